"""The agents as one batch finds them, filling up while it is decided.

What could serve a question is the roll's to say. What changes here is what the agent who was taken
holds, and how many are left who speak his languages.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import chain
from math import sqrt
from operator import attrgetter
from typing import NamedTuple

from routing.domain import score
from routing.domain.ranking import Change, Present, Ranking, Space, Spoken, Worths
from routing.domain.roll import Customers, Fit, Seat, Sitting, roll
from routing.domain.score import Weights
from routing.domain.steps import Tongues
from routing.domain.team import UNIT, Agent
from routing.domain.waiting import Waiting
from shared.contracts.base import AgentId
from shared.contracts.routing import Family, Step

NOBODY: frozenset[AgentId] = frozenset()
NOTHING: frozenset[str] = frozenset()
Kept = tuple[bool, frozenset[str]]
"""Whether it can wait, and the languages in which too little is free for it."""


class Answer(NamedTuple):
    """Who is there for a question.

    `least` is the least key of those with room, None if nobody has; `keys` are all of them, in a
    list that the next question may change.
    """

    among: Present
    least: int | None
    keys: list[int]


class Floor:
    """Everybody, at one moment."""

    def __init__(self, agents: Iterable[Agent], now: datetime, weights: Weights) -> None:
        """`now` is aware."""
        self.now = now
        self.weights = weights
        self.agents = sorted(agents, key=attrgetter("agent_id"))
        self.size = max(1, len(self.agents))
        self.roll = roll(self.agents, weights)
        self.untils = [agent.present_until(now) for agent in self.agents]
        self._own = [
            n if until is None else self._own_key(n, agent, until)
            for n, (agent, until) in enumerate(zip(self.agents, self.untils, strict=True))
        ]
        self._changes: list[Change] = []
        self._supply = self._at_hand()
        self._free: Counter[str] | None = None
        self._kept: Mapping[str, tuple[float, float]] = {}
        self._worths: Worths = {
            tag: score.worth(count, weights) for tag, count in self._supply.items()
        }
        self._present: dict[tuple[int, Family, Kept, frozenset[AgentId]], Present] = {}
        self._spaces: dict[Family, Space] = {}
        self._places: dict[Customers, list[int]] = {}
        self._hour = now.replace(minute=0, second=0, microsecond=0)

    def ask(
        self, waiting: Waiting, step: Step, tongues: Tongues, *, can_wait: bool, calm: float = 0.0
    ) -> Answer:
        """Who could have a conversation at a step.

        What `can_wait` is not begun by who is about to go, if there is one who stays. The more
        `calm`, the more is kept free in each of an agent's languages (`Weights.kept_free`).
        """
        # Who is kept back changes as people fill up.
        kept = can_wait, self._short(calm) if calm else NOTHING
        among = self._among(waiting, step, tongues, kept)
        return Answer(among, *self._keys(among, waiting))

    def _among(self, waiting: Waiting, step: Step, tongues: Tongues, kept: Kept) -> Present:
        fit = self.roll.fit(waiting, step, tongues)
        declined = waiting.who_declined(self.now) if waiting.declined else NOBODY
        key = id(fit), waiting.family, kept, declined
        found = self._present.get(key)
        if found is None:
            found = self._present[key] = self._look(fit, waiting.family, declined, kept)
        return found

    def _keys(self, among: Present, waiting: Waiting) -> tuple[int | None, list[int]]:
        customers = waiting.region, waiting.time_zone
        places = self._places.get(customers) or self._keys_of_places(customers)
        if among.spoken.worths is not self._worths:
            self._listen(among)
        found = among.rankings.get(customers)
        if found is not None and found.spoken is among.spoken:
            found.catch_up(among.fit, self._changes, self._own, places, among.space)
        else:
            own, spoken, has = self._own, among.spoken.keys, among.space.has
            keys = [own[n] + spoken[t] + places[p] for n, t, p in among.askable if has[n]]
            found = among.rankings[customers] = Ranking(keys, among.spoken, len(self._changes))
        keys = found.keys
        if waiting.known_agent_id is not None:
            keys = self._favoured(waiting.known_agent_id, among, places, keys)
        elif found.is_sorted and keys:
            return keys[0], keys
        return min(keys, default=None), keys

    def take(self, number: int, family: Family) -> None:
        """One more conversation of a family is this agent's."""
        agent = self.agents[number] = self.agents[number].holding_more(family)
        self._changes.append((number, self._own[number]))
        self._own[number] = self._own_key(number, agent, self.untils[number] or self.now)
        if self._free is not None:
            for tag in self.roll.answers_in[number]:
                self._free[tag] -= agent.room.costs[family]
        for of, space in self._spaces.items():
            if space.has[number] and not agent.has_room(of):
                space.has[number] = False
                space.lost += 1
        if agent.load >= agent.room.total:
            gone = self.roll.answers_in[number]
            self._supply.subtract(gone)
            now = {tag: score.worth(self._supply[tag], self.weights) for tag in gone}
            self._worths = {**self._worths, **now}

    def sitting(self, customers: Customers) -> Sitting:
        """What counts by where agents sit for customers of one place."""
        return self.roll.sitting(customers, self._hour)

    def _keys_of_places(self, customers: Customers) -> list[int]:
        found = [points * self.size for points in self.sitting(customers).points]
        self._places[customers] = found
        return found

    def _look(self, fit: Fit, family: Family, declined: frozenset[AgentId], kept: Kept) -> Present:
        seats = [
            seat
            for seat in fit.seats
            if self.untils[seat[0]] is not None
            and not (declined and self.agents[seat[0]].agent_id in declined)
        ]
        space = self._spaces.get(family)
        if space is None:
            space = self._spaces[family] = Space([agent.has_room(family) for agent in self.agents])
        can_wait, short = kept
        going = self._going(seats) if can_wait else frozenset()
        spoken = self.roll.answers_in
        spared = frozenset(n for n, _, _ in seats if short and not short.isdisjoint(spoken[n]))
        not_asked = going | spared
        askable = [seat for seat in seats if seat[0] not in not_asked] if not_asked else seats
        return Present(fit, going, spared, bool(seats), askable, space, self._spoken(fit))

    def _going(self, seats: Sequence[Seat]) -> frozenset[int]:
        """Who of these is about to go; nobody, if all of them are."""
        latest = self.now + self.weights.last_call
        found = {n for n, _, _ in seats if (until := self.untils[n]) and until < latest}
        return frozenset(found) if len(found) < len(seats) else frozenset()

    def _short(self, calm: float) -> frozenset[str]:
        """The languages in which too little is free for a fallback.

        A team needs more than its mean load by the square root of it (square-root staffing). Of a
        small one that is most of its room, or all: so there is a limit by its room too.
        """
        if self._free is None:
            self._free = self._room_left()
        free, least = self._free, self.weights.kept_free * calm * UNIT
        return frozenset(
            tag for tag, (root, most) in self._kept.items() if free[tag] <= min(least * root, most)
        )

    def _spoken(self, fit: Fit) -> Spoken:
        worth = self._worths.get
        keys = [
            (points + sum([worth(tag, 0) for tag in tongue.others])) * self.size
            for points, tongue in zip(fit.fixed, fit.tongues, strict=True)
        ]
        return Spoken(keys, self._worths)

    def _listen(self, among: Present) -> None:
        """Look at what languages are worth now; where it is the same, what was worked out stays."""
        found = self._spoken(among.fit)
        if found.keys == among.spoken.keys:
            among.spoken.worths = self._worths
        else:
            among.spoken = found

    def _favoured(
        self, known: AgentId, among: Present, places: Sequence[int], keys: list[int]
    ) -> list[int]:
        """The keys with that of the agent who knows the customer as it is for him."""
        number = self.roll.numbers.get(known)
        seat = among.fit.by_number.get(number) if number is not None else None
        if number is None or seat is None:
            return keys
        key = self._own[number] + among.spoken.keys[seat[1]] + places[seat[2]]
        if key not in keys:
            return keys
        found = [each for each in keys if each != key]
        found.append(key + score.known_points(self.weights) * self.size)
        return found

    def _own_key(self, number: int, agent: Agent, until: datetime) -> int:
        points = score.desk_points(agent, until, self.now, self.weights)
        return points * self.size + number

    def _room_left(self) -> Counter[str]:
        """By language, what is free among those there who answer in it.

        Works out besides the root of how many they are, and the most that is kept of their room.
        """
        free: Counter[str] = Counter()
        there: Counter[str] = Counter()
        room: Counter[str] = Counter()
        for agent, until, spoken in zip(
            self.agents, self.untils, self.roll.answers_in, strict=True
        ):
            if until is not None:
                left = agent.room.total - agent.load
                for tag in spoken:
                    free[tag] += left
                    there[tag] += 1
                    room[tag] += agent.room.total
        share = self.weights.kept_share
        self._kept = {tag: (sqrt(count), share * room[tag]) for tag, count in there.items()}
        return free

    def _at_hand(self) -> Counter[str]:
        """By language, how many who are there with room for anything more answer in it."""
        return Counter(
            chain.from_iterable(
                spoken
                for agent, until, spoken in zip(
                    self.agents, self.untils, self.roll.answers_in, strict=True
                )
                if until is not None and agent.load < agent.room.total
            )
        )
