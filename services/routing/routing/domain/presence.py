"""Whether an agent is there, beside his shifts: what he said, and whether his console beats."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property

from shared.contracts.routing import Presence as State


class Counting(StrEnum):
    """What makes an agent present: that he is on shift, or a console that beats as well."""

    SHIFT = "shift"
    HEARTBEAT = "heartbeat"


@dataclass(frozen=True)
class Presence:
    """What is known of an agent's presence.

    `said` is what he said last, at `said_at`; `beats` tells whether his console was heard of lately
    enough. By shift, it does not matter, and what he said holds until the end of that work.
    """

    counting: Counting = Counting.SHIFT
    said: State = State.AVAILABLE
    said_at: datetime | None = None
    beats: bool = False

    @cached_property
    def is_by_shift_alone(self) -> bool:
        """Whether on shift is all there is to it."""
        return self.counting is Counting.SHIFT and self.said_at is None

    def state(self, work_began_at: datetime | None) -> State:
        """How he stands in the work that began then; None is no work at all.

        By heartbeat, who says nothing, or is not heard of any more, is offline.
        """
        if self.counting is Counting.HEARTBEAT:
            return self.said if self.beats and self.said_at is not None else State.OFFLINE
        if self.said_at is None:
            return State.AVAILABLE
        if work_began_at is not None and self.said_at < work_began_at:
            return State.AVAILABLE
        return self.said
