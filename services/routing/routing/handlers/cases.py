"""A return that no rule may decide needs a person."""

from collections.abc import Sequence

from routing.handlers.rules import Rules
from routing.handlers.subjects import Subject, on_subject
from shared import clock
from shared.bus import Heard, Said, batch
from shared.contracts.returns import ReturnRequested
from shared.contracts.routing import OpenedBy
from shared.db import Transaction

SKILL = "returns"


@batch
async def on_return_requested(
    heard: Sequence[Heard[ReturnRequested]], tx: Transaction, *, rules: Rules
) -> list[Said]:
    """One conversation for each case that needs a person."""
    now = clock.now()
    said: list[Said] = []
    for each in sorted(heard, key=lambda one: str(one.message.order_id)):
        message = each.message
        if not message.needs_person:
            continue
        subject = Subject(
            store_id=message.store_id,
            opened_by=OpenedBy.CASE,
            kind="case",
            id=message.case_id,
            order_id=message.order_id,
            skill=SKILL,
            what="return needs a person",
            at=message.occurred_at,
            flow_id=each.correlation_id,
            contact_id=message.contact_id,
            language=message.language,
            country=message.country,
        )
        events = await on_subject(subject, tx, now=now, rules=rules)
        said += [Said(event, each.id, each.correlation_id) for event in events]
    return said
