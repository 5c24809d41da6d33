"""Which conversation a message belongs to, and what it does to it."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from uuid import UUID, uuid5

from routing.domain.conversation import Conversation, State
from routing.domain.customer import Contact
from routing.domain.pressing import presses_more, with_message
from routing.domain.team import family_of
from routing.domain.understanding import Reading
from routing.handlers.rules import Rules
from shared.contracts.base import ConversationId, StoreId
from shared.contracts.intake import MessageReceived
from shared.contracts.routing import Intent, LanguageShare, OpenedBy


class There:
    """The conversations that a batch may join, by thread and by what they are about."""

    def __init__(self, conversations: Iterable[Conversation]) -> None:
        self._by_id: dict[ConversationId, Conversation] = {}
        self._ids: dict[tuple[StoreId, str, str], dict[ConversationId, None]] = {}
        for conversation in conversations:
            self.put(conversation)

    def put(self, conversation: Conversation) -> None:
        """Take a conversation in, or what has become of it."""
        self._by_id[conversation.id] = conversation
        for kind, identity in (
            ("thread", conversation.thread_id),
            ("shipment", conversation.shipment_id),
            ("case", conversation.case_id),
        ):
            if identity is not None:
                key = conversation.store_id, kind, str(identity)
                self._ids.setdefault(key, {})[conversation.id] = None

    def of(self, store_id: StoreId, kind: str, identity: str) -> list[Conversation]:
        """Those of a thread, parcel or case."""
        return [self._by_id[each] for each in self._ids.get((store_id, kind, identity), ())]


def joined(message: MessageReceived, there: There, resolved_since: datetime) -> Conversation | None:
    """The conversation that a message belongs to; None when it opens a new one.

    The thread's open one, else the open one about the parcel or case that the message answers,
    else the thread's last, when that was resolved after `resolved_since`.
    """
    of_thread = there.of(message.store_id, "thread", str(message.thread_id))
    for each in (*of_thread, *_of_subject(message, there)):
        if each.state is not State.RESOLVED:
            return each
    ended = [
        (each.resolved_at, str(each.id), each)
        for each in of_thread
        if each.resolved_at is not None and each.resolved_at > resolved_since
    ]
    return max(ended)[2] if ended else None


def _of_subject(message: MessageReceived, there: There) -> list[Conversation]:
    if message.about is None or message.about.kind == "thread":
        return []
    return [
        each
        for each in there.of(message.store_id, message.about.kind, message.about.id)
        if each.thread_id in (None, message.thread_id)
    ]


def opened(
    message: MessageReceived,
    found: Reading,
    contact: Contact,
    flow_id: UUID,
    now: datetime,
    rules: Rules,
) -> Conversation:
    """The new conversation that a message begins, waiting for an agent."""
    begun = Conversation(
        store_id=message.store_id,
        id=ConversationId(uuid5(message.message_id, "conversation")),
        opened_by=OpenedBy.MESSAGE,
        channel=message.channel,
        family=family_of(message.channel),
        state=State.PENDING,
        flow_id=flow_id,
        opened_at=now,
        thread_id=message.thread_id,
        contact_id=message.contact_id,
        about_kind=message.about.kind if message.about else None,
        about_id=message.about.id if message.about else None,
        reply_route=message.reply_route,
        route_at=message.occurred_at,
        known_agent_id=contact.last_agent_id,
    )
    begun = _meant(_known(_in_language(begun, found), found), found, rules)
    return begun.queued(min(message.occurred_at, now), now, rules.promises)


def gone_on(
    before: Conversation,
    message: MessageReceived,
    found: Reading,
    now: datetime,
    rules: Rules,
    *,
    has_left: bool = False,
) -> Conversation:
    """The conversation after one more message: the clock runs, the newest way back counts.

    An agent who has it keeps it, unless he `has_left`: then it waits for whoever is there, as one
    does that is parked or resolved.
    """
    asked_at = min(message.occurred_at, now)
    after = replace(
        before.routed(message.reply_route, message.occurred_at),
        thread_id=before.thread_id or message.thread_id,
        contact_id=before.contact_id or message.contact_id,
    )
    after = _meant(after, found, rules)
    if before.state in (State.OFFERED, State.ASSIGNED) and not has_left:
        return after.asked(asked_at, rules.promises)
    if before.state is State.QUEUED:
        return _clearer(after, found).asked(asked_at, rules.promises)
    if found.language is not None:
        after = _in_language(after, found)
    if before.state is State.PENDING:
        after = _known(after, found)
    return after.queued(asked_at, now, rules.promises)


def _meant(conversation: Conversation, found: Reading, rules: Rules) -> Conversation:
    """With what he wants, how pressing it is, and what that demands of who answers."""
    waits = conversation.asked_at is not None
    presses = presses_more(found.urgency.priority, conversation.priority)
    says = found.meant.intent is not Intent.OTHER
    conversation = with_message(conversation, found.urgency)
    if (
        conversation.intent is None
        or (says and (not waits or presses))
        or (says and conversation.intent is Intent.OTHER)
    ):
        conversation = replace(
            conversation,
            intent=found.meant.intent,
            intent_confidence=found.meant.confidence,
        )
    return replace(
        conversation,
        unanswered_count=conversation.unanswered_count + 1,
        skills=rules.demands.of(conversation),
    )


def _clearer(conversation: Conversation, found: Reading) -> Conversation:
    """In the language of the new message, where it is surer than what was known."""
    if found.written is None or found.found.confidence <= (conversation.language_confidence or 0.0):
        return conversation
    return _in_language(conversation, found)


def _in_language(conversation: Conversation, found: Reading) -> Conversation:
    told = found.found
    return replace(
        conversation,
        language=found.language,
        script=told.script,
        language_confidence=round(told.confidence, 4) if told.language else None,
        language_alternatives=tuple(
            LanguageShare(language=tag, confidence=round(share, 4))
            for tag, share in told.alternatives
        ),
        second_language=found.second_language,
    )


def _known(conversation: Conversation, found: Reading) -> Conversation:
    return replace(
        conversation,
        region=found.region.country if found.region else None,
        region_source=found.region.source if found.region else None,
        time_zone=found.time_zone.name if found.time_zone else None,
        zone_source=found.time_zone.source if found.time_zone else None,
    )
