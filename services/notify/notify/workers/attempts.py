"""One attempt: letter, account, channel. Whatever happens becomes an outcome."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import NamedTuple

import msgspec
import structlog

from notify.channels.outgoing import Channel, Content
from notify.domain.sending import Due, Failed, Outcome, Sent, given_up
from notify.templates.letters import Letters
from shared import clock
from shared.stores import Account, Store, Stores

log = structlog.get_logger()


class Limits(NamedTuple):
    """How much at once, and how long everything may take.

    `in_flight` is of all, `in_flight_each` of one store's one channel, so that a server that does
    not answer holds up nobody else. `lease` is longer than `call`: nobody repeats an attempt that
    is still being made.
    """

    in_flight: int
    in_flight_each: int
    call: timedelta
    lease: timedelta
    late_after: timedelta
    give_up_after: timedelta
    give_up_replies_after: timedelta


class Done(NamedTuple):
    """An attempt that was made; `is_final` tells that there will be no other."""

    due: Due
    outcome: Outcome
    is_final: bool


class Attempts:
    """Makes attempts. Touches no database."""

    def __init__(
        self,
        *,
        stores: Stores,
        channels: Mapping[str, Channel],
        letters: Letters,
        limits: Limits,
    ) -> None:
        self._stores = stores
        self._channels = channels
        self._letters = letters
        self._limits = limits

    async def make(self, due: Due) -> Done:
        """Make one attempt, bounded in time."""
        due, outcome = await self._make(due)
        return Done(due, outcome, self._is_final(due, outcome))

    async def _make(self, due: Due) -> tuple[Due, Outcome]:
        channel = self._channels.get(due.channel)
        store = self._stores.stores.get(due.store_id)
        if channel is None:
            return due, Failed(why="no_channel", is_permanent=True)
        account = self._account(due, store)
        if account is None or store is None:
            return due, Failed(why="no_account")
        try:
            content = self._content(due, store)
        except Exception as why:  # noqa: BLE001 - a broken template is repaired by a new release
            return due, _broken(due, why, is_unknown=False)
        due = msgspec.structs.replace(due, account_id=account.account_id, language=content.language)
        return due, await self._call(channel, due, account, content)

    async def _call(
        self, channel: Channel, due: Due, account: Account, content: Content
    ) -> Outcome:
        try:
            async with asyncio.timeout(self._limits.call.total_seconds()):
                return await channel.send(due, account, content, clock.now())
        except TimeoutError:
            return Failed(why="no_answer", is_unknown=True)
        except Exception as why:  # noqa: BLE001 - nobody knows how far it came
            return _broken(due, why, is_unknown=True)

    def _account(self, due: Due, store: Store | None) -> Account | None:
        if due.account_id is None:
            return store.account(due.channel) if store else None
        account = self._stores.account(due.channel, due.account_id)
        return account if account and account.store_id == due.store_id else None

    def _content(self, due: Due, store: Store) -> Content:
        if due.is_reply and due.channel != "mail":
            return Content(text=due.text or "", language=due.language or store.languages[0])
        make = self._letters.reply if due.is_reply else self._letters.notice
        letter = make(due, store)
        return Content(
            text=letter.text,
            subject=letter.subject,
            html=letter.html,
            language=letter.language,
            is_automatic=letter.is_automatic,
        )

    def _is_final(self, due: Due, outcome: Outcome) -> bool:
        if isinstance(outcome, Sent):
            return True
        limits = self._limits
        limit = limits.give_up_replies_after if due.is_reply else limits.give_up_after
        return given_up(due, outcome, now=clock.now(), limit=limit)


def _broken(due: Due, why: Exception, *, is_unknown: bool) -> Failed:
    log.error(
        "attempt broke",
        notification_id=str(due.notification_id),
        template=due.template,
        error=type(why).__name__,
    )
    return Failed(why=f"bug {type(why).__name__}", is_unknown=is_unknown)
