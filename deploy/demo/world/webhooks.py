"""What the vendors send us: signed, sent again until taken, kept to be sent once more."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import Coroutine, Iterable, Mapping
from typing import Any
from uuid import uuid4

import httpx

from deploy.demo.world.shapes import Sent, Try
from shared.clock import now

_PAUSES = (0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4)
"""Seconds before each further try; vendors wait minutes, a story cannot."""


def signed(secret: str, body: bytes) -> bytes:
    """The HMAC-SHA256 that Meta, Shopify and AfterShip sign with, each in its own notation."""
    return hmac.new(secret.encode(), body, hashlib.sha256).digest()


def base64_signature(secret: str, body: bytes) -> str:
    """The signature as Shopify and AfterShip write it."""
    return base64.b64encode(signed(secret, body)).decode()


class Webhooks:
    """Sends webhooks and remembers them, in order."""

    def __init__(self) -> None:
        self.sent: list[Sent] = []
        self._http = httpx.AsyncClient(timeout=10, trust_env=False)
        self._background: set[asyncio.Task[Any]] = set()

    async def close(self) -> None:
        """Drop what is still to be sent."""
        for task in self._background:
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)
        await self._http.aclose()

    def later(self, work: Coroutine[Any, Any, Any]) -> None:
        """Do something after the answer to the request at hand."""
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def send(
        self, sender: str, topic: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> Sent:
        """Send until it is taken or the tries are used up."""
        sent = Sent(
            webhook_id=uuid4(),
            sender=sender,
            topic=topic,
            url=url,
            headers={"content-type": "application/json", **headers},
            body=body.decode(),
            sent_at=now().timestamp(),
        )
        self.sent.append(sent)
        sent.tries.append(await self._try(sent))
        for pause in _PAUSES:
            if sent.is_taken:
                break
            await asyncio.sleep(pause)
            sent.tries.append(await self._try(sent))
        return sent

    async def send_again(self, webhooks: Iterable[Sent]) -> list[Try]:
        """Send webhooks of before once more, byte for byte, all at once."""
        return list(await asyncio.gather(*(self._try(sent) for sent in webhooks)))

    async def _try(self, sent: Sent) -> Try:
        begun = asyncio.get_running_loop().time()
        try:
            answer = await self._http.post(sent.url, content=sent.body, headers=sent.headers)
            status: int | None = answer.status_code
        except httpx.HTTPError:
            status = None
        took = asyncio.get_running_loop().time() - begun
        return Try(status=status, milliseconds=round(took * 1000, 1))


def encoded(payload: object) -> bytes:
    """The body of a webhook: JSON with spaces, which a re-encoding would not bring back."""
    return json.dumps(payload, ensure_ascii=False, separators=(", ", ": ")).encode()
