"""The agents as one batch finds them, filling up while it is decided.

What could serve a question is the roll's to say. What changes here is what the agent who was taken
holds, and how many are left who speak his languages.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

from routing.domain import score
from routing.domain.roll import Fit, Seat, roll
from routing.domain.score import Terms, Weights
from routing.domain.steps import Tongues
from routing.domain.team import Agent
from routing.domain.waiting import Waiting
from shared.contracts.base import AgentId
from shared.contracts.routing import Candidate, Family, Step

NO_ROOM = "no room"
ABOUT_TO_GO = "shift ends"
NOBODY: frozenset[AgentId] = frozenset()
Worths = Mapping[str, int]
"""What each language is worth to others, in points."""


@dataclass(slots=True)
class Present:
    """Those of a fit who are there and may be asked: `free` are the ones with room.

    `going` are the ones who are spared for they are about to go.
    """

    fit: Fit
    going: frozenset[int]
    seats: Sequence[Seat]
    free: list[Seat]
    fixed: Sequence[int]
    costs: list[int]
    costs_of: Worths
    shown: dict[tuple[str | None, str | None, int], tuple[Agent, Worths, Candidate]]
    """Candidates by customer's place and number of the agent, who was then as he is here."""


class Floor:
    """Everybody, at one moment."""

    def __init__(self, agents: Iterable[Agent], now: datetime, weights: Weights) -> None:
        """`now` is aware."""
        self.now = now
        self.weights = weights
        self.agents = sorted(agents, key=attrgetter("agent_id"))
        self.roll = roll(self.agents, weights.min_level)
        self.untils = [agent.present_until(now) for agent in self.agents]
        self._own = [
            0 if until is None else score.desk_points(agent, until, now, weights)
            for agent, until in zip(self.agents, self.untils, strict=True)
        ]
        self._supply = self._at_hand()
        self.worths = self._worths()
        self._present: dict[Family, dict[tuple[int, bool, frozenset[AgentId]], Present]] = {}
        self._has_room: dict[Family, list[bool]] = {}
        self._places: dict[tuple[str | None, str | None], tuple[list[Terms], list[int]]] = {}
        self._hour = now.replace(minute=0, second=0, microsecond=0)

    def present(self, waiting: Waiting, step: Step, tongues: Tongues, *, can_wait: bool) -> Present:
        """Who of those that could serve a conversation at a step is there.

        What `can_wait` is not begun by who is about to go, if there is one who stays.
        """
        fit = self.roll.fit(waiting, step, tongues)
        declined = waiting.who_declined(self.now) if waiting.declined else NOBODY
        of_family = self._present.setdefault(waiting.family, {})
        found = of_family.get((id(fit), can_wait, declined))
        if found is None:
            found = self._look(fit, waiting.family, declined, can_wait=can_wait)
            of_family[id(fit), can_wait, declined] = found
        return found

    def cheapest(self, among: Present, waiting: Waiting) -> int | None:
        """The number of the agent with room whose score is least; of equals the first id's."""
        if not among.free:
            return None
        if among.costs_of is not self.worths:
            among.costs_of = self.worths
            among.costs = [
                fixed + sum([self.worths.get(tag, 0) for tag in tongue.others])
                for fixed, tongue in zip(among.fixed, among.fit.tongues, strict=True)
            ]
        own, spoken = self._own, among.costs
        _, place = self._terms_of_places(waiting.region, waiting.time_zone)
        costs = [own[n] + spoken[t] + place[p] for n, t, p in among.free]
        if waiting.known_agent_id is not None:
            self._favour(waiting.known_agent_id, among, costs)
        return among.free[costs.index(min(costs))][0]

    def take(self, number: int, family: Family) -> None:
        """One more conversation of a family is this agent's."""
        agent = self.agents[number] = self.agents[number].holding_more(family)
        until = self.untils[number] or self.now
        self._own[number] = score.desk_points(agent, until, self.now, self.weights)
        for of, room in self._has_room.items():
            if room[number] and not agent.has_room(of):
                room[number] = False
                for each in self._present[of].values():
                    each.free = [seat for seat in each.free if seat[0] != number]
        if agent.load >= agent.room.total:
            self._supply.subtract(self.roll.answers_in[number])
            self.worths = self._worths()

    def candidates(
        self, among: Present, waiting: Waiting, agents: Sequence[Agent], worths: Worths
    ) -> tuple[Candidate, ...]:
        """Everybody with his reason or his score, as `agents` stood with their loads."""
        found = list(among.fit.rejected)
        declined = waiting.who_declined(self.now)
        for seat in among.fit.seats:
            n, agent = seat[0], agents[seat[0]]
            key = waiting.region, waiting.time_zone, n
            shown = among.shown.get(key)
            if agent.agent_id in declined:
                found[n] = Candidate(agent_id=agent.agent_id, rejected_because="declined")
            elif agent.agent_id == waiting.known_agent_id:
                found[n] = self._candidate(among, seat, agent, waiting, worths)
            elif shown is not None and shown[0] is agent and shown[1] is worths:
                found[n] = shown[2]
            else:
                one = found[n] = self._candidate(among, seat, agent, waiting, worths)
                among.shown[key] = agent, worths, one
        return tuple(each for each in found if each is not None)

    def _candidate(
        self, among: Present, seat: Seat, agent: Agent, waiting: Waiting, worths: Worths
    ) -> Candidate:
        n, tongue, place = seat
        until = self.untils[n]
        if until is None or not agent.has_room(waiting.family):
            why = agent.absence(self.now) or NO_ROOM
            return Candidate(agent_id=agent.agent_id, rejected_because=why)
        if n in among.going:
            return Candidate(agent_id=agent.agent_id, rejected_because=ABOUT_TO_GO)
        places, _ = self._terms_of_places(waiting.region, waiting.time_zone)
        terms = {
            **score.desk_terms(agent, until, self.now, self.weights),
            **score.tongue_terms(among.fit.tongues[tongue], worths, self.weights),
            **places[place],
        }
        if agent.agent_id == waiting.known_agent_id:
            terms["known"] = score.known_points(self.weights)
        return Candidate(
            agent_id=agent.agent_id,
            score=sum(terms.values()) / score.POINTS,
            terms={name: points / score.POINTS for name, points in terms.items()},
        )

    def _going(self, seats: Sequence[Seat]) -> frozenset[int]:
        """Who of these is about to go; nobody, if all of them are."""
        latest = self.now + self.weights.last_call
        found = {n for n, _, _ in seats if (until := self.untils[n]) and until < latest}
        return frozenset(found) if len(found) < len(seats) else frozenset()

    def _look(
        self, fit: Fit, family: Family, declined: frozenset[AgentId], *, can_wait: bool
    ) -> Present:
        seats = [
            seat
            for seat in fit.seats
            if self.untils[seat[0]] is not None
            and not (declined and self.agents[seat[0]].agent_id in declined)
        ]
        room = self._has_room.get(family)
        if room is None:
            room = self._has_room[family] = [agent.has_room(family) for agent in self.agents]
        going = self._going(seats) if can_wait else frozenset()
        free = [seat for seat in seats if room[seat[0]] and seat[0] not in going]
        fixed = [score.fixed_points(each, self.weights) for each in fit.tongues]
        return Present(fit, going, seats, free, fixed, [], {}, {})

    def _favour(self, known: AgentId, among: Present, costs: list[int]) -> None:
        number = self.roll.numbers.get(known)
        if number is not None:
            at = bisect_left(among.free, (number, -1, -1))
            if at < len(costs) and among.free[at][0] == number:
                costs[at] += score.known_points(self.weights)

    def _terms_of_places(
        self, region: str | None, zone: str | None
    ) -> tuple[list[Terms], list[int]]:
        found = self._places.get((region, zone))
        if found is None:
            terms = [
                score.place_terms(each, region, zone, self._hour, self.weights)
                for each in self.roll.places
            ]
            found = self._places[region, zone] = terms, [sum(each.values()) for each in terms]
        return found

    def _at_hand(self) -> Counter[str]:
        """By language, how many who are there with room for anything more answer in it."""
        found: Counter[str] = Counter()
        for n, agent in enumerate(self.agents):
            if self.untils[n] is not None and agent.load < agent.room.total:
                found.update(self.roll.answers_in[n])
        return found

    def _worths(self) -> Worths:
        return {tag: score.worth(count, self.weights) for tag, count in self._supply.items()}
