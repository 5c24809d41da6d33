"""The agents as one batch finds them, filling up while it is decided.

Who could serve a question is worked out once; what changes afterwards is what the agent who was
taken holds, and how many are left who speak his languages.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

from routing.domain import score
from routing.domain.score import Tongue, Weights
from routing.domain.steps import Tongues
from routing.domain.team import Agent
from routing.domain.waiting import Waiting
from shared.contracts.base import AgentId
from shared.contracts.routing import Candidate, Family, Step

NO_ROOM = "no room"
Seat = tuple[int, int, int]
"""Number of an agent, of his tongue in the question, and of his place."""


@dataclass(slots=True)
class Fit:
    """Who could serve a question, full or not; and why the others could not."""

    rejected: list[Candidate | None]
    seats: list[Seat]
    free: list[Seat]
    tongues: list[Tongue]
    costs: list[int]
    costs_of: Mapping[str, int]

    def tongue(self, number: int) -> Tongue:
        """The tongue of an agent who could serve it."""
        return self.tongues[self.seats[bisect_left(self.seats, (number, -1, -1))][1]]


class Floor:
    """Everybody, at one moment."""

    def __init__(self, agents: Iterable[Agent], now: datetime, weights: Weights) -> None:
        """`now` is aware."""
        self.now = now
        self.weights = weights
        self.agents = sorted(agents, key=attrgetter("agent_id"))
        self.untils = [agent.present_until(now) for agent in self.agents]
        self._numbers = {agent.agent_id: n for n, agent in enumerate(self.agents)}
        self._own = [self._desk_points(n) for n in range(len(self.agents))]
        self._supply = self._at_hand()
        self.worths = self._worths()
        self._fits: dict[tuple[object, ...], Fit] = {}
        self._places: dict[tuple[str, str], int] = {}
        self._seated = [
            self._places.setdefault((each.country, each.calendar.zone.key), len(self._places))
            for each in self.agents
        ]
        self._place_points: dict[tuple[str | None, str | None], list[int]] = {}
        self._hour = now.replace(minute=0, second=0, microsecond=0)

    def fit(self, waiting: Waiting, step: Step, tongues: Tongues) -> Fit:
        """Who could serve a conversation at a step."""
        declined = waiting.who_declined(self.now)
        key = (
            step,
            tongues,
            waiting.store_id,
            waiting.family,
            waiting.skills,
            waiting.legal,
            declined,
        )
        found = self._fits.get(key)
        if found is None:
            found = self._fits[key] = self._look(waiting, step, tongues)
        return found

    def cheapest(self, fit: Fit, waiting: Waiting) -> int | None:
        """The number of the agent with room whose score is least; of equals the first id's."""
        if not fit.free:
            return None
        if fit.costs_of is not self.worths:
            fit.costs_of = self.worths
            fit.costs = [
                sum(score.tongue_terms(each, self.worths, self.weights).values())
                for each in fit.tongues
            ]
        own, spoken = self._own, fit.costs
        place = self._points_of_places(waiting.region, waiting.time_zone)
        costs = [own[n] + spoken[t] + place[p] for n, t, p in fit.free]
        known = self._numbers.get(waiting.known_agent_id) if waiting.known_agent_id else None
        if known is not None:
            at = bisect_left(fit.free, (known, -1, -1))
            if at < len(costs) and fit.free[at][0] == known:
                costs[at] += score.known_points(self.weights)
        return fit.free[costs.index(min(costs))][0]

    def take(self, number: int, family: Family) -> None:
        """One more conversation of a family is this agent's."""
        agent = self.agents[number] = self.agents[number].holding_more(family)
        self._own[number] = self._desk_points(number)
        for (_, _, _, of, *_), fit in self._fits.items():
            if not agent.has_room(of):  # type: ignore[arg-type]
                fit.free = [seat for seat in fit.free if seat[0] != number]
        if agent.load >= agent.room.total:
            self._supply.subtract(self._answers_in(agent))
            self.worths = self._worths()

    def candidate(
        self, number: int, agent: Agent, of: Tongue, waiting: Waiting, worths: Mapping[str, int]
    ) -> Candidate:
        """An agent who could serve it, as he stood with `agent`'s load: his score and its terms."""
        until = self.untils[number]
        if until is None or not agent.has_room(waiting.family):
            return Candidate(agent_id=agent.agent_id, rejected_because=NO_ROOM)
        terms = score.desk_terms(agent, until, self.now, self.weights)
        terms |= score.tongue_terms(of, worths, self.weights)
        place = agent.country, agent.calendar.zone.key
        terms |= score.place_terms(
            place, waiting.region, waiting.time_zone, self._hour, self.weights
        )
        if agent.agent_id == waiting.known_agent_id:
            terms["known"] = score.known_points(self.weights)
        return Candidate(
            agent_id=agent.agent_id,
            score=sum(terms.values()) / score.POINTS,
            terms={name: points / score.POINTS for name, points in terms.items()},
        )

    def _look(self, waiting: Waiting, step: Step, tongues: Tongues) -> Fit:
        found = Fit([], [], [], [], [], {})
        numbers: dict[Tongue, int] = {}
        for n, agent in enumerate(self.agents):
            spoken, why = self._answers(waiting, step, tongues, n)
            if spoken is None:
                found.rejected.append(Candidate(agent_id=agent.agent_id, rejected_because=why))
                continue
            seat = n, numbers.setdefault(spoken, len(numbers)), self._seated[n]
            found.rejected.append(None)
            found.seats.append(seat)
            if agent.has_room(waiting.family):
                found.free.append(seat)
        found.tongues = list(numbers)
        return found

    def _answers(
        self, waiting: Waiting, step: Step, tongues: Tongues, number: int
    ) -> tuple[Tongue | None, str | None]:
        """How an agent answers at a step, or why he cannot, whatever room he has."""
        agent = self.agents[number]
        why = _unfit(waiting, agent, self.now)
        if why is None and step is Step.LEAD:
            spoken = score.any_tongue(agent.languages, tongues, self.weights.min_level)
            why = None if agent.is_lead else "not a lead"
        elif why is None:
            found = score.tongue(agent.languages, tongues, self.weights.min_level)
            if found is None:
                return None, "language"
            spoken = found
            why = None if agent.has(waiting.skills) else "skills"
        if why is None and self.untils[number] is None:
            why = agent.absence(self.now)
        return (spoken, None) if why is None else (None, why)

    def _points_of_places(self, region: str | None, zone: str | None) -> list[int]:
        found = self._place_points.get((region, zone))
        if found is None:
            found = self._place_points[region, zone] = [
                sum(score.place_terms(each, region, zone, self._hour, self.weights).values())
                for each in self._places
            ]
        return found

    def _desk_points(self, number: int) -> int:
        until = self.untils[number]
        if until is None:
            return 0
        return sum(score.desk_terms(self.agents[number], until, self.now, self.weights).values())

    def _at_hand(self) -> Counter[str]:
        """By language, how many on shift with room for anything more answer in it."""
        found: Counter[str] = Counter()
        for agent, until in zip(self.agents, self.untils, strict=True):
            if until is not None and agent.load < agent.room.total:
                found.update(self._answers_in(agent))
        return found

    def _answers_in(self, agent: Agent) -> list[str]:
        least = self.weights.min_level
        return [tag for tag, level in agent.languages.items() if level >= least]

    def _worths(self) -> Mapping[str, int]:
        return {tag: score.worth(count, self.weights) for tag, count in self._supply.items()}

    def number(self, agent_id: AgentId) -> int:
        """The number of an agent."""
        return self._numbers[agent_id]


def _unfit(waiting: Waiting, agent: Agent, now: datetime) -> str | None:
    """Why an agent cannot have it at any step, as a stable handle."""
    if waiting.store_id not in agent.stores:
        return "store"
    if waiting.legal and agent.country not in waiting.legal:
        return "legal"
    if agent.agent_id in waiting.who_declined(now):
        return "declined"
    return None if agent.takes(waiting.family) else "channel"
