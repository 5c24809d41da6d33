"""What routing says: who answers which conversation, and the replies themselves."""

from datetime import timedelta
from typing import ClassVar
from uuid import UUID

from msgspec import field

from shared.contracts.base import (
    About,
    AgentId,
    Channel,
    Command,
    ContactId,
    ConversationId,
    Country,
    Event,
    Language,
    Moment,
    OpenEnum,
    Part,
    Personal,
    ReplyId,
    ReplyRoute,
    ThreadId,
)
from shared.contracts.routing_agents import AgentPresenceChanged as AgentPresenceChanged  # noqa: PLC0414
from shared.contracts.routing_agents import Presence as Presence  # noqa: PLC0414
from shared.contracts.routing_agents import ShiftEnding as ShiftEnding  # noqa: PLC0414


class OpenedBy(OpenEnum):
    """Why a conversation exists."""

    MESSAGE = "message"
    ALARM = "alarm"
    CASE = "case"
    UNKNOWN = "unknown"


class Family(OpenEnum):
    """Channels that are worked alike and share an agent's room."""

    MAIL = "mail"
    MESSAGING = "messaging"
    CHAT = "chat"
    UNKNOWN = "unknown"


class Intent(OpenEnum):
    """What a customer writes for."""

    PRE_SALE = "pre_sale"
    ORDER_STATUS = "order_status"
    CUSTOMS = "customs"
    DAMAGED = "damaged"
    NOT_RECEIVED = "not_received"
    RETURN = "return"
    REFUND = "refund"
    REPAIR = "repair"
    COMPLAINT = "complaint"
    OTHER = "other"
    UNKNOWN = "unknown"


class Priority(OpenEnum):
    """How pressing an answer is."""

    URGENT = "urgent"
    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"
    UNKNOWN = "unknown"


class LanguageShare(Part, frozen=True, kw_only=True):
    """A language that a text may be in, and how probable it is."""

    language: Language
    confidence: float


class Step(OpenEnum):
    """How far the search for an agent had to go; by hand, there was none."""

    LANGUAGE = "language"
    SECOND_LANGUAGE = "second_language"
    ENGLISH_TRANSLATED = "english_translated"
    NEAREST_LANGUAGE = "nearest_language"
    ANY_TRANSLATED = "any_translated"
    LEAD = "lead"
    MANUAL = "manual"
    UNKNOWN = "unknown"


class Candidate(Part, frozen=True, kw_only=True, omit_defaults=True):
    """One agent as the decision scored him: least is best.

    `rejected_because` is said no more: explanations from before `Explanation.rejected` have it.
    """

    agent_id: AgentId
    rejected_because: str | None = None
    score: float | None = None
    terms: dict[str, float] = field(default_factory=dict)


class Others(Part, frozen=True, kw_only=True):
    """Those who were scored after the best, next best first, from which score to which."""

    agents: tuple[AgentId, ...]
    least: float
    most: float


class Explanation(Part, frozen=True, kw_only=True):
    """Why this agent: everybody who was looked at, at the step that was reached.

    `candidates` are those who were scored, best first, and `rejected` who could not have it, by
    reason. Of many who were scored only the best are told term by term; the `others` are named.
    Their terms are told by `python -m routing replay --explain`, for as long as the log is kept.

    The steps before it were `skipped`, as nobody on shift could serve them, or their people had no
    room and were `waited_for` long enough. One in neither was not looked at, as its time had not
    come, it is off or says nothing new for the customer's languages; or it is any language, whose
    people had no room: nobody waits for them. Explanations of old list what was not looked at as
    skipped too. `language` is what the answer is written in.
    `is_override`: a lead went over the agent's room by hand.
    """

    step: Step
    skipped: tuple[Step, ...] = ()
    waited_for: tuple[Step, ...] = ()
    language: Language | None = None
    needs_translation: bool = False
    candidates: tuple[Candidate, ...] = ()
    is_override: bool = False
    rejected: dict[str, tuple[AgentId, ...]] = field(default_factory=dict)
    others: Others | None = None


class Tried(Part, frozen=True, kw_only=True):
    """A step that was looked at in vain: who could not have it, by reason."""

    step: Step
    rejected: dict[str, tuple[AgentId, ...]] = field(default_factory=dict)


class _ConversationEvent(Event, frozen=True, kw_only=True):
    TOPIC: ClassVar[str] = "routing.conversations.v1"
    KEY: ClassVar[tuple[str, ...]] = ("conversation_id",)

    conversation_id: ConversationId
    channel: Channel


class ConversationOpened(_ConversationEvent, frozen=True, kw_only=True):
    """Something waits for a person.

    `time_zone` is the customer's, an IANA name; `region_source` and `zone_source` tell what each
    was read from, most trusted first: order, phone, locale, mail, market. `skills` are what an
    agent must have beside the language. `language_alternatives` are the runners-up, best first;
    `urgency_reasons` tell what made the priority.
    """

    opened_by: OpenedBy
    family: Family
    language: Language | None = None
    script: str | None = None
    language_confidence: float | None = None
    region: Country | None = None
    region_source: str | None = None
    time_zone: str | None = None
    skills: tuple[str, ...] = ()
    thread_id: ThreadId | None = None
    contact_id: ContactId | None = None
    about: About | None = None
    order_ids: tuple[UUID, ...] = ()
    language_alternatives: tuple[LanguageShare, ...] = ()
    intent: Intent | None = None
    intent_confidence: float | None = None
    priority: Priority = Priority.NORMAL
    urgency_reasons: tuple[str, ...] = ()
    zone_source: str | None = None


class ConversationQueued(_ConversationEvent, frozen=True, kw_only=True):
    """It waits; `answer_by` is what was promised to what has this `priority`."""

    queued_at: Moment
    answer_by: Moment
    priority: Priority = Priority.NORMAL
    intent: Intent | None = None
    urgency_reasons: tuple[str, ...] = ()


class WaitExplained(Event, frozen=True, kw_only=True):
    """Nobody can take conversations of one kind at present, and why; said when why changes.

    Said of the `kind`, not of each conversation: all of a pool (store and family) with the same
    languages, demands and share of their promise used up wait alike. `kind` is its handle, and
    `version` counts what was said of it, from 1 again when it was not met for as long as decisions
    are kept (30 days, as shipped). It holds for those of which `used_from` of the promise
    and less than `used_until` is used up; None is for good. `found_with` is one of them.

    `explanation` tells of the step at which they wait, `beside` of the others that were looked at.
    What is taken at once is never explained here: its ConversationAssigned is.
    """

    TOPIC: ClassVar[str] = "routing.agents.v1"
    KEY: ClassVar[tuple[str, ...]] = ("store_id", "family")

    kind: str
    family: Family
    found_with: ConversationId
    language: Language | None = None
    second_language: Language | None = None
    skills: tuple[str, ...] = ()
    is_crisis: bool = False
    used_from: float = 0.0
    used_until: float | None = None
    explanation: Explanation
    beside: tuple[Tried, ...] = ()


class PriorityChanged(_ConversationEvent, frozen=True, kw_only=True):
    """What the customer adds presses more, or less, than what was known, or a person (`by`) set it.

    Said of a conversation that waits or is somebody's already. `answer_by` is what is promised to
    what has this `priority`, since `asked_at`; where no customer is waiting, both are this event's
    own time.
    """

    was: Priority
    priority: Priority
    asked_at: Moment
    answer_by: Moment
    agent_id: AgentId | None = None
    intent: Intent | None = None
    urgency_reasons: tuple[str, ...] = ()
    is_waiting: bool = True


class ConversationAssigned(_ConversationEvent, frozen=True, kw_only=True):
    """An agent has it. `epoch` rises with every assignment of the same conversation."""

    agent_id: AgentId
    epoch: int
    units: float
    waited: timedelta
    explanation: Explanation


class ConversationOffered(_ConversationEvent, frozen=True, kw_only=True):
    """An agent is asked to take it until `expires_at`; it counts against his room already.

    ConversationAssigned follows when he accepts, ConversationReleased when he does not. The epoch
    is that of both.
    """

    agent_id: AgentId
    epoch: int
    units: float
    expires_at: Moment
    explanation: Explanation


class ConversationReleased(_ConversationEvent, frozen=True, kw_only=True):
    """It counts for the agent no longer: resolved, waiting again, or his without counting.

    `is_kept`: it stays his until the customer writes or `snoozed_until` has come. The rest is what
    whoever gets it next should know: what was promised, and the last answer given.
    """

    agent_id: AgentId
    epoch: int
    why: str
    is_kept: bool = False
    snoozed_until: Moment | None = None
    asked_at: Moment | None = None
    answer_by: Moment | None = None
    last_reply_id: ReplyId | None = None


class ConversationAnswered(_ConversationEvent, frozen=True, kw_only=True):
    """The customer's question got an answer; all that a service level is computed from.

    What was promised is `answer_by`, what was kept is this event's own time; `promise` and `waited`
    are what lies between `asked_at` and them, nights and holidays included.
    """

    agent_id: AgentId
    is_first: bool
    waited: timedelta
    promise: timedelta
    is_met: bool
    asked_at: Moment | None = None
    answer_by: Moment | None = None
    language: Language | None = None
    region: Country | None = None


class AnswerDueSoon(_ConversationEvent, frozen=True, kw_only=True):
    """Little is left of a promise; said once for each time that a customer waits."""

    asked_at: Moment
    answer_by: Moment
    agent_id: AgentId | None = None
    priority: Priority = Priority.NORMAL
    language: Language | None = None
    region: Country | None = None


class AnswerOverdue(_ConversationEvent, frozen=True, kw_only=True):
    """A promise is broken; said once for each time that a customer waits."""

    asked_at: Moment
    answer_by: Moment
    agent_id: AgentId | None = None
    priority: Priority = Priority.NORMAL
    language: Language | None = None
    region: Country | None = None


class EscalationLevel(OpenEnum):
    """Before whom a conversation is brought."""

    AGENT = "agent"
    LEAD = "lead"
    REGION_LEAD = "region_lead"
    ON_CALL = "on_call"
    UNKNOWN = "unknown"


class ConversationEscalated(_ConversationEvent, frozen=True, kw_only=True):
    """It is brought before these, as nobody answered or acknowledged it in time, or it is a crisis.

    `to` is empty for whoever is on call. `why` is a stable handle: overdue, crisis.
    """

    level: EscalationLevel
    to: tuple[AgentId, ...] = ()
    why: str
    answer_by: Moment | None = None


class EscalationAcknowledged(_ConversationEvent, frozen=True, kw_only=True):
    """Somebody (`by`) cares for what was brought before these `levels`.

    It goes higher at `goes_on_at` if the customer has no answer by then; None is no further.
    """

    levels: tuple[EscalationLevel, ...]
    why: str
    goes_on_at: Moment | None = None
    agent_id: AgentId | None = None
    answer_by: Moment | None = None


class ConversationResolved(_ConversationEvent, frozen=True, kw_only=True):
    """Done, until the customer writes again."""

    reason: str | None = None
    intent: str | None = None
    reopened_count: int = 0
    handled: timedelta = timedelta(0)
    contact_id: ContactId | None = None
    thread_id: ThreadId | None = None


class AgentReplied(_ConversationEvent, frozen=True, kw_only=True):
    """An agent answered; the text went out with SendReply."""

    reply_id: ReplyId
    agent_id: AgentId
    text: Personal


class SendReply(Command, frozen=True, kw_only=True):
    """Bring an agent's words to the customer; the route holds all that is needed."""

    TOPIC: ClassVar[str] = "notify.commands.v1"
    KEY: ClassVar[tuple[str, ...]] = ("conversation_id",)

    reply_id: ReplyId
    conversation_id: ConversationId
    text: Personal
    route: ReplyRoute
    thread_id: ThreadId | None = None
    contact_id: ContactId | None = None
    language: Language | None = None
    agent_id: AgentId | None = None
    about: About | None = None
