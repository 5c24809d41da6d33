"""The webhook of whoever is on call: one signed POST, Standard Webhooks 1.0.0.

The id is the same at every attempt (`webhook-id`, and `Idempotency-Key` for who looks at that), so
that a page that was taken but not answered is not raised twice.
"""

import base64
import hashlib
import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from uuid import UUID

import httpx

from shared.errors import Refused, Unavailable

_PASSES = frozenset({408, 409, 423, 425, 429})
"""Besides 5xx, what may be different later."""


class OnCall:
    """The client. Made by `opened`."""

    def __init__(self, http: httpx.AsyncClient, url: str, secret: str) -> None:
        """`secret` is `whsec_` and base64, or any other text as it is."""
        self._http = http
        self._url = url
        self._key = _key(secret)

    async def call(self, call_id: UUID, body: str, now: datetime) -> None:
        """Bring a body (JSON). Raises `Unavailable` or `Refused`; redirects are not followed."""
        seconds = int(now.timestamp())
        signed = f"{call_id}.{seconds}.{body}".encode()
        mac = base64.b64encode(hmac.new(self._key, signed, hashlib.sha256).digest()).decode()
        headers = {
            "content-type": "application/json",
            "webhook-id": str(call_id),
            "webhook-timestamp": str(seconds),
            "webhook-signature": f"v1,{mac}",
            "idempotency-key": str(call_id),
        }
        try:
            answer = await self._http.post(self._url, content=body.encode(), headers=headers)
        except httpx.HTTPError as why:
            raise Unavailable(type(why).__name__) from why
        if answer.is_success:
            return
        if answer.status_code >= 500 or answer.status_code in _PASSES:
            raise Unavailable(f"answered {answer.status_code}")
        raise Refused(f"answered {answer.status_code}")


@asynccontextmanager
async def opened(url: str, secret: str, *, timeout: float = 10.0) -> AsyncIterator[OnCall]:
    """The client with connections of its own; each call is bounded at `timeout` seconds."""
    async with httpx.AsyncClient(timeout=timeout) as http:
        yield OnCall(http, url, secret)


def _key(secret: str) -> bytes:
    if secret.startswith("whsec_"):
        return base64.b64decode(secret.removeprefix("whsec_"))
    return secret.encode()
