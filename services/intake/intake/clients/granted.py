"""Access tokens that a refresh token is good for, kept until shortly before they end."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
import msgspec

from intake.domain.shapes import obj, text
from shared import clock
from shared.errors import Unavailable
from shared.stores import Account

TIMEOUT = httpx.Timeout(20.0, connect=10.0)
_MARGIN = 60.0


@dataclass(frozen=True)
class Granted:
    """What a vendor granted: a token, the refresh token that counts from now on, until when."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    until: float
    """Seconds since 1970."""


class Tokens:
    """One access token an account. `renew` has a new one of the vendor by a refresh token."""

    def __init__(self, renew: Callable[[Any, str], Awaitable[Granted]]) -> None:
        self._renew = renew
        self._kept: dict[str, Granted] = {}
        self._one_at_a_time: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def of(self, account: Any) -> str:
        """The account's access token. Raises what `renew` raises."""
        async with self._one_at_a_time[account.account_id]:
            kept = self._kept.get(account.account_id)
            if kept is None or kept.until - _MARGIN < clock.now().timestamp():
                refresh = kept.refresh if kept else str(account.refresh_token[0])
                kept = self._kept[account.account_id] = await self._renew(account, refresh)
            return kept.access

    def forget(self, account: Account) -> None:
        """What the vendor takes no longer is asked for anew, by the newest refresh token.

        That of the file may be good for nothing since a newer one was granted for it.
        """
        kept = self._kept.get(account.account_id)
        if kept is not None:
            self._kept[account.account_id] = replace(kept, until=0.0)


def told(answer: httpx.Response, who: str) -> Mapping[str, Any]:
    """The object that an answer is. Raises `Unavailable`."""
    try:
        found = msgspec.json.decode(answer.content)
    except (msgspec.DecodeError, RecursionError, UnicodeError) as why:
        raise Unavailable(f"{who}: an answer that cannot be read") from why
    return obj(found)


def granted(told: Mapping[str, Any], who: str, *, until: float, refresh: str) -> Granted:
    """What stands in a vendor's answer. Raises `Unavailable` when there is no token in it."""
    access = text(told.get("access_token"))
    if not access:
        raise Unavailable(f"{who}: no token was granted")
    return Granted(access, text(told.get("refresh_token")) or refresh, until)
