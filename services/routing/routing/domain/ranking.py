"""What those who may have a question would cost, each in one whole number.

A key is an agent's points and his number in one, so that keys sort as points do, and of equal
points the first number is first.
"""

from bisect import bisect_left, insort
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from routing.domain.roll import Customers, Fit, Seat
from routing.domain.score import Told
from routing.domain.team import Agent
from shared.contracts.base import AgentId
from shared.contracts.routing import Candidate

Worths = Mapping[str, int]
"""What each language is worth to others, in points."""
Change = tuple[int, int]
"""Number of an agent who was given something, and the key of his own that he had before."""


@dataclass(slots=True)
class Spoken:
    """What counts by the languages of each tongue, as long as they are worth so much to others."""

    keys: Sequence[int]
    worths: Worths
    told: dict[int, Told] = field(default_factory=dict)
    """By number of the tongue; worked out when it is first told."""


@dataclass(slots=True)
class Space:
    """Who has room for one more of a family, and how many have lost it meanwhile."""

    has: list[bool]
    lost: int = 0


@dataclass(slots=True)
class Ranking:
    """The keys of those with room after so many changes of the floor.

    They are sorted once a second question asks for them: most teams are asked a few questions
    often, or many once, and the least of a list is found sooner than its order.
    """

    keys: list[int]
    spoken: Spoken
    seen: int
    is_sorted: bool = False

    def catch_up(
        self,
        fit: Fit,
        changes: Sequence[Change],
        own: Sequence[int],
        places: Sequence[int],
        space: Space,
    ) -> None:
        """Put those who were given something meanwhile to where they belong now."""
        if not self.is_sorted:
            self.keys.sort()
            self.is_sorted = True
        if self.seen == len(changes):
            return
        # Of several changes of one agent, the first has the key that is still among these.
        first = dict(reversed(changes[self.seen :]))
        self.seen = len(changes)
        keys = self.keys
        for number, before in first.items():
            seat = fit.by_number.get(number)
            if seat is None:
                continue
            rest = self.spoken.keys[seat[1]] + places[seat[2]]
            at = bisect_left(keys, before + rest)
            if at < len(keys) and keys[at] == before + rest:
                del keys[at]
                if space.has[number]:
                    insort(keys, own[number] + rest)


@dataclass(slots=True)
class Present:
    """Those of a fit who are there: `askable` but for the `going` and the `spared`.

    The `going` are about to go; the `spared` are among the last with room in a language.
    `spoken` is never changed, but replaced: whoever keeps it knows what was then.
    """

    fit: Fit
    going: frozenset[int]
    spared: frozenset[int]
    is_anybody: bool
    askable: Sequence[Seat]
    space: Space
    spoken: Spoken
    rankings: dict[Customers, Ranking] = field(default_factory=dict)
    rejected: dict[int, dict[str, tuple[AgentId, ...]]] = field(default_factory=dict)
    """Everybody without a key by reason, by how many had lost their room."""
    shown: dict[tuple[Customers, int], tuple[Agent, Spoken, Candidate]] = field(
        default_factory=dict
    )
    """Candidates by customer's place and number of the agent, who was then as he is here."""
