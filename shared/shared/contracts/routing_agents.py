"""What routing says of agents: how they stand, and when their shifts end."""

from typing import ClassVar

from shared.contracts.base import AgentId, By, Message, Moment, OpenEnum, StoreId


class Presence(OpenEnum):
    """How an agent says he stands. Only who is available takes new work."""

    AVAILABLE = "available"
    BUSY = "busy"
    AWAY = "away"
    OFFLINE = "offline"
    UNKNOWN = "unknown"


class _AgentEvent(Message, frozen=True, kw_only=True):
    """Agents belong to the installation: instead of one store, all that he works for."""

    TOPIC: ClassVar[str] = "routing.agents.v1"
    KEY: ClassVar[tuple[str, ...]] = ("agent_id",)

    agent_id: AgentId
    stores: tuple[StoreId, ...]
    version: int
    by: By | None = None


class AgentPresenceChanged(_AgentEvent, frozen=True, kw_only=True):
    """An agent says how he stands, or his console is not heard of any more, or again.

    `is_present`: he takes new work, being available and on shift. `shift_ends_at` is the end of the
    work that goes on, None when he is off.
    """

    presence: Presence
    is_present: bool
    why: str
    shift_ends_at: Moment | None = None


class ShiftEnding(_AgentEvent, frozen=True, kw_only=True):
    """An agent's shift ends soon; said once for each shift. `open_count` is what he still has."""

    began_at: Moment
    ends_at: Moment
    time_zone: str
    open_count: int = 0
