"""What agents do with what they have."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from routing import metrics
from routing.domain import saying
from routing.domain.conversation import Conversation, State
from routing.handlers.releasing import wake_for
from routing.store import claims, conversations, customers, history, replies
from routing.store.history import happening
from shared.bus import cause_of, say
from shared.callers import Actor, Role
from shared.contracts.base import AgentId, Event, ReplyId
from shared.contracts.routing import SendReply
from shared.db import Transaction
from shared.errors import Refused


@dataclass(frozen=True)
class Act:
    """One request of an agent: who, on which conversation, under which key."""

    actor: Actor
    conversation: Conversation
    idempotency_key: str
    now: datetime

    @property
    def agent_id(self) -> AgentId:
        """Who acts, as an agent."""
        return AgentId(self.actor.id)

    def cause(self, what: str) -> Any:
        """What makes this happen once."""
        of = self.conversation
        return cause_of(what, of.store_id, of.id, self.actor.id, self.idempotency_key)


async def reply(tx: Transaction, act: Act, text: str) -> dict[str, Any]:
    """Answer the customer: his clock stops, the words go out on the way he wrote last.

    The conversation must be locked by this transaction. Raises `Refused` when nobody has it or no
    way to the customer is known.
    """
    of, now, by = act.conversation, act.now, act.actor.by
    if of.state not in (State.ASSIGNED, State.PARKED):
        raise Refused(f"the conversation is {of.state}, nobody has it to answer")
    cause = act.cause("reply")
    reply_id = ReplyId(cause)
    after, replied = saying.replied(of, reply_id, act.agent_id, text, by=by, at=now)
    messages: list[Event | SendReply] = [
        replied,
        saying.send_reply(after, reply_id, act.agent_id, text, now),
    ]
    if of.asked_at is not None:
        after, answered = saying.answered(after, act.agent_id, by=by, at=now)
        messages.append(answered)
        metrics.answers.labels(of.family, str(answered.is_met).lower()).inc()
    await replies.keep(tx, of, reply_id, act.agent_id, text, now)
    await conversations.save(tx, [after])
    await history.note(
        tx, [happening(of.store_id, of.id, now, "agent replied", by, reply_id=reply_id)]
    )
    await say(tx, messages, cause=cause, correlation_id=of.flow_id)
    return {"conversation_id": str(of.id), "reply_id": str(reply_id), "version": after.version}


async def resolve(tx: Transaction, act: Act, reason: str | None) -> dict[str, Any]:
    """End the conversation and give the agent his room back.

    The conversation must be locked by this transaction. One that is resolved already stays so.
    Raises `Refused` for one that is pending.
    """
    of, now, by = act.conversation, act.now, act.actor.by
    if of.state is State.RESOLVED:
        return {"conversation_id": str(of.id), "version": of.version}
    if of.state is State.PENDING:
        raise Refused("the conversation is not open yet")
    if of.state is State.OFFERED and act.actor.role is not Role.LEAD:
        raise Refused("accept the conversation first")
    messages: list[Event] = []
    after = of
    if of.agent_id is not None:
        await claims.release(tx, of.store_id, [of.id], why="resolved", now=now)
        if of.state is not State.PARKED:
            after, released = saying.released(of, of.agent_id, why="resolved", by=by, at=now)
            messages.append(released)
        if of.contact_id is not None:
            await customers.note_agent(tx, of.store_id, of.contact_id, of.agent_id)
        await wake_for(tx, of.agent_id)
    after, resolved = saying.resolved(after, reason=reason, by=by, at=now)
    messages.append(resolved)
    await conversations.save(tx, [after])
    await history.note(tx, [happening(of.store_id, of.id, now, "resolved", by, reason=reason)])
    await say(tx, messages, cause=act.cause("resolve"), correlation_id=of.flow_id)
    return {"conversation_id": str(of.id), "version": after.version}


def may_act(actor: Actor, conversation: Conversation) -> bool:
    """Whether it is his: he has it, had it when it was resolved, or leads."""
    is_over = conversation.state is State.RESOLVED
    whose = conversation.known_agent_id if is_over else conversation.agent_id
    return actor.role is Role.LEAD or actor.id == whose
