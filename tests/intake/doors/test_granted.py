"""Access tokens: one question an account, and no account waits for another's."""

import asyncio
from types import SimpleNamespace
from typing import Any

from intake.clients.granted import Granted, Tokens


def account(name: str) -> Any:
    return SimpleNamespace(account_id=name, refresh_token=(f"{name}'s",))


async def test_a_slow_vendor_of_one_account_holds_no_other_and_is_asked_once() -> None:
    slow, asked = asyncio.Event(), []

    async def renew(of: Any, refresh: str) -> Granted:
        asked.append(refresh)
        if of.account_id == "slow":
            await slow.wait()
        return Granted(f"token of {of.account_id}", refresh, 4_102_444_800.0)

    tokens = Tokens(renew)
    waiting = [asyncio.create_task(tokens.of(account("slow"))) for _ in range(2)]
    await asyncio.sleep(0)

    async with asyncio.timeout(5):
        assert await tokens.of(account("quick")) == "token of quick"
    assert not any(task.done() for task in waiting)

    slow.set()
    assert await asyncio.gather(*waiting) == ["token of slow"] * 2
    assert sorted(asked) == ["quick's", "slow's"]


async def test_what_is_refused_is_asked_for_anew_by_the_newest_grant() -> None:
    shown: list[str] = []

    async def renew(of: Any, refresh: str) -> Granted:
        shown.append(refresh)
        n = len(shown)
        return Granted(f"token {n}", f"grant {n}", 4_102_444_800.0)

    tokens, one = Tokens(renew), account("one")
    assert await tokens.of(one) == "token 1"
    tokens.forget(one)
    tokens.forget(one)
    assert await tokens.of(one) == "token 2"
    tokens.forget(account("never asked"))

    assert shown == ["one's", "grant 1"]
