"""An agent's words did not arrive: the conversation goes to an agent again."""

from collections.abc import Sequence

from routing.domain import saying
from routing.domain.conversation import State
from routing.handlers.releasing import requeue
from routing.handlers.rules import Rules
from routing.store import conversations, history, replies
from routing.store.history import happening
from shared import clock
from shared.contracts.base import Event
from shared.contracts.notify import NotificationFailed
from shared.db import Transaction

_WHY = "reply failed"


async def on_notification_failed(
    message: NotificationFailed, tx: Transaction, *, rules: Rules
) -> Sequence[Event]:
    """Queue again what was answered or resolved by a reply that will not arrive.

    While the customer waits anyway, for an agent or for another answer, or has another
    conversation open in the same thread, it is only noted.
    """
    if message.conversation_id is None:
        return []
    now = clock.now()
    of = await conversations.locked(tx, message.store_id, message.conversation_id)
    if of is None:
        return []
    if message.reply_id is not None:
        await replies.mark_failed(
            tx, message.store_id, message.reply_id, why=message.why, at=message.occurred_at
        )
    await history.note(
        tx,
        [
            happening(
                of.store_id,
                of.id,
                message.occurred_at,
                _WHY,
                saying.ROUTING,
                why=message.why,
                notification_id=message.notification_id,
            )
        ],
    )
    if of.asked_at is not None or of.state is State.PENDING:
        return []
    if of.state is State.RESOLVED and await conversations.is_thread_open(tx, of):
        return []
    after, events = await requeue(tx, of, why=_WHY, now=now, rules=rules)
    await conversations.save(tx, [after])
    return events
