"""Work that waits for an agent, and which of it comes first."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from uuid import UUID

from shared.contracts.base import AgentId, Channel, ConversationId, StoreId
from shared.contracts.routing import Family


@dataclass(frozen=True)
class Waiting:
    """A conversation that waits, as the dispatcher sees it.

    It was asked at `asked_at`, an answer is promised by `answer_by`, and from `first_from` on it
    goes before everything that is younger, late as it is. `legal` are the countries that whoever
    answers must sit in; empty, any will do. `declined` are agents who let it pass, with the
    instants from which on they may be asked again. A crisis goes to a lead at once.
    """

    conversation_id: ConversationId
    store_id: StoreId
    family: Family
    channel: Channel
    version: int
    epoch: int
    flow_id: UUID
    asked_at: datetime
    answer_by: datetime
    first_from: datetime
    language: str | None = None
    second_language: str | None = None
    region: str | None = None
    time_zone: str | None = None
    skills: frozenset[str] = frozenset()
    known_agent_id: AgentId | None = None
    legal: frozenset[str] = frozenset()
    declined: Mapping[AgentId, datetime] = field(default_factory=dict)
    is_crisis: bool = False

    @property
    def signature(self) -> str:
        """Who may take it hangs on this alone, within one pool."""
        return signature(
            self.language,
            self.second_language,
            self.skills,
            self.declined,
            is_crisis=self.is_crisis,
        )

    def who_declined(self, now: datetime) -> frozenset[AgentId]:
        """Who is not to be asked at `now`."""
        return frozenset(who for who, until in self.declined.items() if until > now)


def signature(
    language: str | None,
    second: str | None,
    skills: frozenset[str],
    declined: Mapping[AgentId, datetime],
    *,
    is_crisis: bool = False,
) -> str:
    """What two conversations of a pool share when the same agents may take them.

    >>> signature("th", None, frozenset({"parcels"}), {})
    'th||parcels'
    """
    passed = [f"|{who}@{until.timestamp()}" for who, until in sorted(declined.items())]
    found = "|".join((language or "", second or "", " ".join(sorted(skills)))) + "".join(passed)
    return f"{found}|!" if is_crisis else found


class Turn(IntEnum):
    """In which order waiting work is looked at."""

    TOO_LONG = 0
    IN_TIME = 1
    LATE = 2


def turn(waiting: Waiting, now: datetime) -> tuple[Turn, datetime, str]:
    """The key to sort by: least is next.

    What can still be answered in time goes first, least slack before: spending an agent on what is
    lost already loses another. So that the late ones are not starved, one that waits for a
    multiple of its promise goes before all (routing study: shortest time to extinction with a cap).
    """
    if now >= waiting.first_from:
        return Turn.TOO_LONG, waiting.first_from, str(waiting.conversation_id)
    kind = Turn.IN_TIME if now <= waiting.answer_by else Turn.LATE
    return kind, waiting.answer_by, str(waiting.conversation_id)
