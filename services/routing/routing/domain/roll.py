"""A team without what changes by the minute: who could serve which question, and how well.

The team is the same from batch to batch, so what is worked out of it is kept for the next one: for
as long as nobody's languages, skills, stores, place or room become others.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from routing.domain import score
from routing.domain.score import Told, Tongue, Weights
from routing.domain.steps import Tongues
from routing.domain.team import Agent
from routing.domain.waiting import Waiting
from shared.contracts.base import AgentId
from shared.contracts.routing import Step

Seat = tuple[int, int, int]
"""Number of an agent, of his tongue in the question, and of his place."""
Customers = tuple[str | None, str | None]
"""Country and time zone of a customer."""


@dataclass(frozen=True, slots=True)
class Fit:
    """Who could serve a question, were he there and had he room; and why the others could not."""

    rejected: Mapping[str, tuple[AgentId, ...]]
    """By reason."""
    by_number: Mapping[int, Seat]
    seats: tuple[Seat, ...]
    tongues: tuple[Tongue, ...]
    fixed: tuple[int, ...]
    """The points of each tongue but for what its other languages are worth."""

    def tongue(self, number: int) -> Tongue:
        """The tongue of an agent who could serve it."""
        return self.tongues[self.by_number[number][1]]


@dataclass(frozen=True, slots=True)
class Sitting:
    """What counts by each of the places where agents sit, for customers of one place."""

    points: tuple[int, ...]
    told: tuple[Told, ...]


@dataclass
class Roll:
    """Everybody, sorted by id."""

    agents: Sequence[Agent]
    weights: Weights
    ids: Sequence[AgentId] = field(init=False)
    numbers: Mapping[AgentId, int] = field(init=False)
    places: Sequence[tuple[str, str]] = field(init=False)
    """Countries and time zones in which somebody sits."""
    answers_in: Sequence[Sequence[str]] = field(init=False)
    _seated: Sequence[int] = field(init=False)
    _fits: dict[tuple[object, ...], Fit] = field(init=False, default_factory=dict)
    _sittings: dict[tuple[Customers, datetime], Sitting] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.ids = [agent.agent_id for agent in self.agents]
        self.numbers = {agent_id: n for n, agent_id in enumerate(self.ids)}
        places: dict[tuple[str, str], int] = {}
        self._seated = [
            places.setdefault((each.country, each.calendar.zone.key), len(places))
            for each in self.agents
        ]
        self.places = list(places)
        self.answers_in = [
            [tag for tag, level in agent.languages.items() if level >= self.weights.min_level]
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

    def sitting(self, customers: Customers, hour: datetime) -> Sitting:
        """What counts by where agents sit for customers of one place, by the clocks at `hour`."""
        found = self._sittings.get((customers, hour))
        if found is None:
            if len(self._sittings) > 1_000:
                self._sittings.clear()
            terms = [
                score.place_terms(each, *customers, hour, self.weights) for each in self.places
            ]
            points = tuple([sum(each.values()) for each in terms])
            found = Sitting(points, tuple([score.told(each) for each in terms]))
            self._sittings[customers, hour] = found
        return found

    def _look(self, waiting: Waiting, step: Step, tongues: Tongues) -> Fit:
        rejected: dict[str, list[AgentId]] = {}
        seats: dict[int, Seat] = {}
        numbers: dict[Tongue, int] = {}
        for n, agent in enumerate(self.agents):
            found = self._answers(waiting, step, tongues, agent)
            if isinstance(found, str):
                rejected.setdefault(found, []).append(agent.agent_id)
            else:
                seats[n] = n, numbers.setdefault(found, len(numbers)), self._seated[n]
        why = {reason: tuple(who) for reason, who in rejected.items()}
        fixed = tuple([score.fixed_points(each, self.weights) for each in numbers])
        return Fit(why, seats, tuple(seats.values()), tuple(numbers), fixed)

    def _answers(
        self, waiting: Waiting, step: Step, tongues: Tongues, agent: Agent
    ) -> Tongue | str:
        """How an agent answers at a step, or why he cannot, as a stable handle."""
        min_level = self.weights.min_level
        why = _unfit(waiting, agent)
        if why is not None:
            return why
        if step is Step.LEAD:
            if not agent.is_lead:
                return "not a lead"
            return score.any_tongue(agent.languages, tongues, min_level)
        spoken = score.tongue(agent.languages, tongues, min_level)
        if spoken is None and step is Step.ANY_TRANSLATED:
            spoken = score.best_tongue(agent.languages, min_level)
        if spoken is None:
            return "language"
        return spoken if agent.has(waiting.skills) else "skills"


def _unfit(waiting: Waiting, agent: Agent) -> str | None:
    """Why an agent cannot have it at any step."""
    if waiting.store_id not in agent.stores:
        return "store"
    if waiting.legal and agent.country not in waiting.legal:
        return "legal"
    return None if agent.takes(waiting.family) else "channel"


_kept: dict[tuple[AgentId, ...], tuple[list[tuple[object, ...]], Roll]] = {}


def roll(agents: Sequence[Agent], weights: Weights) -> Roll:
    """The roll of these agents, sorted by id; the one of last time, if it still is the same."""
    key = tuple(agent.agent_id for agent in agents)
    lasting = [agent.lasting for agent in agents]
    found = _kept.get(key)
    if found is None or found[1].weights != weights or found[0] != lasting:
        if len(_kept) > 256:
            _kept.clear()
        found = _kept[key] = lasting, Roll(tuple(agents), weights)
    return found[1]
