"""AfterShip's Tracking API: registering numbers.

POST {base}/trackings with `as-api-key`; errors carry `meta.code`
(https://www.aftership.com/docs/tracking/2026-07/quickstart/request-errors). Registering again is
harmless: the answer is 4003, "already exists". So an attempt that ended unknown is simply repeated.
"""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from types import TracebackType
from typing import Any, Self

import httpx
import msgspec
from msgspec import Struct

from logistics_watch.carriers.countries import alpha3
from shared.contracts.base import Country, OrderId
from shared.errors import Refused, Unavailable
from shared.stores import AfterShipAccount

_ALREADY_EXISTS = 4003
_OURS_TO_MEND = frozenset({401, 402, 403, 404, 408, 425, 429})
"""Answers about the account, the address or the moment, not about the number: they pass when
somebody has mended that, so the number is not given up for them."""


class Later(Unavailable):
    """AfterShip asks for a pause of so many seconds before the next call."""

    def __init__(self, why: str, seconds: float) -> None:
        super().__init__(why)
        self.seconds = seconds


@dataclass(frozen=True)
class ToWatch:
    """A number to register. Without a carrier AfterShip detects it."""

    number: str
    carrier: str | None = None
    order_id: OrderId | None = None
    country: Country | None = None


@dataclass(frozen=True)
class Watched:
    """AfterShip watches the number; `carrier` is the slug it has it under, where it tells."""

    carrier: str | None
    is_new: bool


class _Meta(Struct, frozen=True):
    code: int = 0
    message: str = ""


class _Tracking(Struct):
    slug: str | None = None
    tracking_number: str | None = None


class _Data(Struct):
    slug: str | None = None
    tracking: _Tracking | None = None
    trackings: list[_Tracking] = []


class _Answer(Struct):
    meta: _Meta = _Meta()
    data: _Data | None = None


class AfterShip:
    """The API client, for all accounts. Open it as a context."""

    def __init__(self, timeout: timedelta) -> None:
        self._timeout = timeout.total_seconds()
        self._http = httpx.AsyncClient(
            timeout=httpx.Timeout(self._timeout, connect=min(5.0, self._timeout)),
            follow_redirects=False,
            headers={"accept": "application/json", "user-agent": "meridian-logistics-watch"},
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._http.aclose()

    async def register(self, account: AfterShipAccount, wanted: ToWatch) -> Watched:
        """Have a number watched; one that is watched already counts as done.

        Raises `Refused` with AfterShip's reason when it will never watch it, `Unavailable` (or
        `Later`) when the same call may succeed another time.
        """
        asked: dict[str, Any] = {
            "tracking_number": wanted.number,
            "slug": wanted.carrier,
            "order_id": wanted.order_id and str(wanted.order_id),
            "destination_country_region": alpha3(wanted.country),
        }
        body = {name: value for name, value in asked.items() if value is not None}
        response, answer = await self._call(account, "POST", "/trackings", json=body)
        if response.is_success:
            return Watched(_slug(answer) or wanted.carrier, is_new=True)
        if answer.meta.code == _ALREADY_EXISTS:
            carrier = _slug(answer) or wanted.carrier
            return Watched(carrier or await self._known_as(account, wanted.number), is_new=False)
        raise Refused(f"{answer.meta.code or response.status_code} {answer.meta.message}"[:300])

    async def _known_as(self, account: AfterShipAccount, number: str) -> str | None:
        """Ask which carrier's number AfterShip takes it for."""
        _, answer = await self._call(
            account, "GET", "/trackings", params={"tracking_numbers": number}
        )
        found = answer.data.trackings if answer.data else []
        return next((each.slug for each in found if each.tracking_number == number), None)

    async def _call(
        self, account: AfterShipAccount, method: str, path: str, **options: Any
    ) -> tuple[httpx.Response, _Answer]:
        try:
            # httpx bounds each read; a server that drips would hold us for ever without this.
            async with asyncio.timeout(self._timeout):
                response = await self._http.request(
                    method,
                    f"{account.base_url}{path}",
                    headers={"as-api-key": account.api_key[0]},
                    **options,
                )
        except (httpx.RequestError, TimeoutError) as why:
            raise Unavailable(f"aftership: {type(why).__name__}") from why
        return response, _checked(response)


def _checked(response: httpx.Response) -> _Answer:
    """The answer, or `Unavailable` when it says nothing about what was asked."""
    status = response.status_code
    if status == 429:
        pause = response.headers.get("retry-after", "")
        raise Later("aftership: 429", float(pause) if pause.isdecimal() else 1.0)
    if status in _OURS_TO_MEND or not (200 <= status < 300 or 400 <= status < 500):
        raise Unavailable(f"aftership: {status}")
    try:
        return msgspec.json.decode(response.content, type=_Answer)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        # Something between us and AfterShip answered, a proxy or a portal.
        raise Unavailable(f"aftership: {status} without an answer of its own") from None


def _slug(answer: _Answer) -> str | None:
    data = answer.data
    if data is None:
        return None
    return data.slug or (data.tracking.slug if data.tracking else None)
