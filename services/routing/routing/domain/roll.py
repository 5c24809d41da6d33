"""A team without what changes by the minute: who could serve which question, and how.

The team is the same from batch to batch, so what is worked out of it is kept for the next one: for
as long as nobody's languages, skills, stores, place or room become others.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter

from routing.domain import score
from routing.domain.score import Tongue
from routing.domain.steps import Tongues
from routing.domain.team import Agent
from routing.domain.waiting import Waiting
from shared.contracts.base import AgentId
from shared.contracts.routing import Candidate, Step

Seat = tuple[int, int, int]
"""Number of an agent, of his tongue in the question, and of his place."""
_CONSTANT = attrgetter(
    "agent_id",
    "is_lead",
    "stores",
    "languages",
    "skills",
    "country",
    "calendar.zone",
    "room",
    "products",
    "intents",
)


@dataclass(frozen=True, slots=True)
class Fit:
    """Who could serve a question, were he there and had he room; and why the others could not."""

    rejected: tuple[Candidate | None, ...]
    seats: tuple[Seat, ...]
    tongues: tuple[Tongue, ...]

    def tongue(self, number: int) -> Tongue:
        """The tongue of an agent who could serve it."""
        return self.tongues[self.seats[bisect_left(self.seats, (number, -1, -1))][1]]


@dataclass
class Roll:
    """Everybody, sorted by id. Levels of language count from `min_level` on."""

    agents: Sequence[Agent]
    min_level: int
    numbers: Mapping[AgentId, int] = field(init=False)
    places: Sequence[tuple[str, str]] = field(init=False)
    """Countries and time zones in which somebody sits."""
    answers_in: Sequence[Sequence[str]] = field(init=False)
    _seated: Sequence[int] = field(init=False)
    _fits: dict[tuple[object, ...], Fit] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.numbers = {agent.agent_id: n for n, agent in enumerate(self.agents)}
        places: dict[tuple[str, str], int] = {}
        self._seated = [
            places.setdefault((each.country, each.calendar.zone.key), len(places))
            for each in self.agents
        ]
        self.places = list(places)
        self.answers_in = [
            [tag for tag, level in agent.languages.items() if level >= self.min_level]
            for agent in self.agents
        ]

    def fit(self, waiting: Waiting, step: Step, tongues: Tongues) -> Fit:
        """Who could serve a conversation at a step."""
        key = step, tongues, waiting.store_id, waiting.family, waiting.skills, waiting.legal
        found = self._fits.get(key)
        if found is None:
            if len(self._fits) > 1_000:
                self._fits.clear()
            found = self._fits[key] = self._look(waiting, step, tongues)
        return found

    def _look(self, waiting: Waiting, step: Step, tongues: Tongues) -> Fit:
        rejected: list[Candidate | None] = []
        seats: list[Seat] = []
        numbers: dict[Tongue, int] = {}
        for n, agent in enumerate(self.agents):
            spoken, why = self._answers(waiting, step, tongues, agent)
            if spoken is None:
                rejected.append(Candidate(agent_id=agent.agent_id, rejected_because=why))
            else:
                rejected.append(None)
                seats.append((n, numbers.setdefault(spoken, len(numbers)), self._seated[n]))
        return Fit(tuple(rejected), tuple(seats), tuple(numbers))

    def _answers(
        self, waiting: Waiting, step: Step, tongues: Tongues, agent: Agent
    ) -> tuple[Tongue | None, str | None]:
        """How an agent answers at a step, or why he cannot, as a stable handle."""
        why = _unfit(waiting, agent)
        if why is not None:
            return None, why
        if step is Step.LEAD:
            if not agent.is_lead:
                return None, "not a lead"
            return score.any_tongue(agent.languages, tongues, self.min_level), None
        spoken = score.tongue(agent.languages, tongues, self.min_level)
        if spoken is None:
            return None, "language"
        return (spoken, None) if agent.has(waiting.skills) else (None, "skills")


def _unfit(waiting: Waiting, agent: Agent) -> str | None:
    """Why an agent cannot have it at any step."""
    if waiting.store_id not in agent.stores:
        return "store"
    if waiting.legal and agent.country not in waiting.legal:
        return "legal"
    return None if agent.takes(waiting.family) else "channel"


_kept: dict[tuple[AgentId, ...], tuple[list[tuple[object, ...]], Roll]] = {}


def roll(agents: Sequence[Agent], min_level: int) -> Roll:
    """The roll of these agents, sorted by id; the one of last time, if it still is the same."""
    key = tuple(agent.agent_id for agent in agents)
    constant = [_CONSTANT(agent) for agent in agents]
    found = _kept.get(key)
    if found is None or found[1].min_level != min_level or found[0] != constant:
        if len(_kept) > 256:
            _kept.clear()
        found = _kept[key] = constant, Roll(tuple(agents), min_level)
    return found[1]
