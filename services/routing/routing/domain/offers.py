"""Whether an agent is asked before a conversation is his, and how long he has to say so."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from routing.domain.team import Agent
from shared.contracts.base import AgentId
from shared.contracts.routing import Family

EXPIRED = "expired"
DECLINED = "declined"


@dataclass(frozen=True)
class Offering:
    """The installation's way.

    `is_usual`: who is not said to be asked, or not, is asked. `within` is how long an offer
    stands, by family. Who let one pass is not asked for the same conversation for `pause`.
    """

    is_usual: bool = False
    within: Mapping[Family, timedelta] = field(default_factory=dict)
    pause: timedelta = timedelta(minutes=2)

    def until(self, agent: Agent, family: Family, now: datetime) -> datetime | None:
        """Until when an offer to this agent stands; None when it is his without being asked."""
        is_asked = self.is_usual if agent.is_asked is None else agent.is_asked
        return now + self.within[family] if is_asked else None

    def passed(
        self, declined: Mapping[AgentId, datetime], agent_id: AgentId, now: datetime
    ) -> dict[AgentId, datetime]:
        """Who is not to be asked, and until when, after this agent let it pass."""
        still = {who: until for who, until in declined.items() if until > now}
        return {**still, agent_id: now + self.pause}
