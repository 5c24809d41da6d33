"""Why work waits, over HTTP: of one conversation, and for leads of all that waits now."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from routing.domain.conversation import Conversation, State
from routing.domain.waits import HELD, story
from routing.store import waits
from shared import clock
from shared.callers import Role
from shared.db import Database, Transaction
from shared.http import Caller, require

_LIST = 200


class WaitsShown(BaseModel):
    """One kind of work that nobody can take at present.

    `waiting` of it wait, the first since `oldest`. `why` counts, for each step that was looked at,
    the agents who cannot have it by reason; `explanation` (of the `step` at which it waits) and
    `beside` (of the others) name them.
    """

    store_id: str
    family: str
    kind: str = Field(description="What all of it shares: language, second language, skills …")
    waiting: int
    oldest: datetime
    since: datetime
    as_of: datetime
    used_from: float = Field(description="Of which share of the promise on, once it is used up.")
    used_until: float | None
    step: str
    why: dict[str, dict[str, int]]
    explanation: dict[str, Any]
    beside: list[dict[str, Any]]


def router(db: Database) -> APIRouter:
    """The route `/waits`."""
    api = APIRouter()

    @api.get("/waits")
    async def at_present(
        actor: Caller, limit: Annotated[int, Query(ge=1, le=_LIST)] = _LIST
    ) -> list[WaitsShown]:
        """Why what waits in the caller's stores waits, a kind of work each, the oldest first.

        For leads. What nobody has looked at for a half a minute is left out.
        """
        require(actor, Role.LEAD, Role.ADMIN)
        now = clock.now()
        async with db.transaction() as tx:
            found = await waits.at_present(tx, actor.stores, since=now - HELD, now=now, limit=limit)
        return [_shown(each) for each in found]

    return api


async def why_it_waits(tx: Transaction, of: Conversation, now: datetime) -> list[dict[str, Any]]:
    """The reasons for which a conversation has waited since it was queued, oldest first."""
    if of.state is not State.QUEUED or not (of.queued_at and of.asked_at and of.answer_by):
        return []
    spells = story(
        await waits.of(tx, of, of.queued_at - HELD),
        queued_at=of.queued_at,
        asked_at=of.asked_at,
        answer_by=of.answer_by,
        now=now,
    )
    return [each.told() for each in spells]


def _shown(of: waits.Waits) -> WaitsShown:
    reason = of.reason.told()
    return WaitsShown(
        store_id=of.store_id,
        family=of.family,
        kind=of.signature,
        waiting=of.waiting,
        oldest=of.oldest,
        used_from=of.reason.used_from,
        used_until=of.reason.used_until,
        step=of.reason.explanation.step,
        **reason,
    )
