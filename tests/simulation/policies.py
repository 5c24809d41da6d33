"""Who takes whom: the production code, two common rules to compare with, and the bounds."""

from bisect import bisect_right
from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from heapq import nsmallest
from uuid import UUID

from routing.domain.decide import decide_all
from routing.domain.score import Weights
from routing.domain.steps import Timers
from routing.domain.team import Agent
from routing.domain.waiting import Turn, Waiting, turn
from shared.contracts.base import Channel, ConversationId
from shared.contracts.routing import Family, Step
from tests.simulation.engine import Assignment, State
from tests.simulation.staff import STORE, Desk
from tests.simulation.world import BEGIN, Conversation

TRANSLATED = 1.4
"""How much longer an answer takes by way of a translation, or in a language that is only near."""
LATE_CAP = 4.0


class _Plain:
    """First come, first served; who of the free agents is for a rule to say."""

    def pick(self, state: State, language: str, free: Sequence[int]) -> int:
        """One of the agents with room who speak the language."""
        raise NotImplementedError

    def arrived(self, state: State, conversation: int) -> Sequence[Assignment]:
        language = state.conversations[conversation].language
        free = [n for n in state.on if state.has_room(n) and language in state.desks[n].languages]
        return [(conversation, self.pick(state, language, free), 1.0)] if free else []

    def freed(self, state: State, agent: int) -> Sequence[Assignment]:
        spoken = state.desks[agent].languages
        room = state.slots - state.busy[agent]
        found = [n for n in state.waiting if state.conversations[n].language in spoken]
        return [(n, agent, 1.0) for n in found[:room]]

    def went(self, state: State) -> Sequence[Assignment]:
        return ()

    def looks(self, conversation: Conversation) -> Sequence[float]:
        return ()


class RoundRobin(_Plain):
    """Each language has its rota; who is full is passed over."""

    def __init__(self) -> None:
        self._last: dict[str, int] = {}

    def pick(self, state: State, language: str, free: Sequence[int]) -> int:
        last = self._last.get(language, -1)
        chosen = min(free, key=lambda n: (n <= last, n))
        self._last[language] = chosen
        return chosen


class LongestIdle(_Plain):
    """Who has waited longest since he last got or finished something."""

    def __init__(self) -> None:
        self._since: dict[int, float] = {}

    def pick(self, state: State, language: str, free: Sequence[int]) -> int:
        chosen = min(free, key=lambda n: (self._since.get(n, -1.0), n))
        self._since[chosen] = state.now
        return chosen

    def freed(self, state: State, agent: int) -> Sequence[Assignment]:
        self._since[agent] = state.now
        return super().freed(state, agent)


class Bound:
    """More than any policy can: whoever speaks it is there for this language alone.

    The earliest promise is served first, who is late vanishes, and work goes to whose shift ends
    first, for what is over the end of a shift takes no room.
    """

    def __init__(self, *, is_pool: bool) -> None:
        self._is_pool = is_pool

    def arrived(self, state: State, conversation: int) -> Sequence[Assignment]:
        language = state.conversations[conversation].language
        free = [
            n
            for n in state.on
            if state.has_room(n) and (self._is_pool or language in state.desks[n].languages)
        ]
        if not free:
            return []
        return [(conversation, min(free, key=lambda n: (state.until[n], n)), 1.0)]

    def freed(self, state: State, agent: int) -> Sequence[Assignment]:
        spoken = state.desks[agent].languages
        due = []
        for n in list(state.waiting):
            one = state.conversations[n]
            if one.at + one.promise < state.now:
                del state.waiting[n]
            elif self._is_pool or one.language in spoken:
                due.append((one.at + one.promise, n))
        due.sort()
        return [(n, agent, 1.0) for _, n in due[: state.slots - state.busy[agent]]]

    def went(self, state: State) -> Sequence[Assignment]:
        return ()

    def looks(self, conversation: Conversation) -> Sequence[float]:
        return ()


@dataclass
class Production:
    """`routing.domain`, as the dispatcher asks it: what waits in turn, among who is on shift."""

    weights: Weights
    family: Family
    _waiting: dict[int, Waiting] = field(default_factory=dict)
    _agents: dict[tuple[int, int], Agent] = field(default_factory=dict)

    def arrived(self, state: State, conversation: int) -> Sequence[Assignment]:
        # Whoever waited before finds nobody still: nobody has more room than a moment ago.
        if all(state.busy[n] >= state.slots for n in state.on):
            return []
        return self._decide(state, [conversation])

    def freed(self, state: State, agent: int) -> Sequence[Assignment]:
        served = self._served(state, state.desks[agent].languages)
        return self._decide(state, served) if served else []

    def went(self, state: State) -> Sequence[Assignment]:
        served = self._served(state, None)
        return self._decide(state, served) if served else []

    def _served(self, state: State, spoken: Set[str] | None) -> list[int]:
        """Whom they may serve who speak these languages, or any.

        Of those who share a look no more than there is room for, the next in turn.
        """
        now, marks = state.now, self._marks
        at_once = self._falls_back_at_once
        looks: dict[tuple[str, int], list[tuple[Turn, float, int]]] = {}
        for n in state.waiting:
            one = state.conversations[n]
            share = (now - one.at) / one.promise
            reached = bisect_right(marks, share)
            if spoken is None or at_once or reached or one.language in spoken:
                if share >= LATE_CAP:
                    turn = Turn.TOO_LONG, one.at + LATE_CAP * one.promise, n
                else:
                    due = one.at + one.promise
                    turn = Turn.IN_TIME if now <= due else Turn.LATE, due, n
                looks.setdefault((one.language, reached), []).append(turn)
        room = sum(state.slots - state.busy[each] for each in state.on)
        return [n for each in looks.values() for _, _, n in nsmallest(room, each)]

    def looks(self, conversation: Conversation) -> Sequence[float]:
        # A hair later than the share itself, which rounding to a microsecond may miss.
        return [mark * conversation.promise + 1e-5 for mark in self._marks]

    @cached_property
    def _falls_back_at_once(self) -> bool:
        return 0.0 in (self._timers.english, self._timers.nearest)

    @cached_property
    def _timers(self) -> Timers:
        return self.weights.timers_of(self.family)

    @cached_property
    def _marks(self) -> list[float]:
        return [mark for mark in self._timers.marks if mark < float("inf")]

    def _decide(self, state: State, conversations: Sequence[int]) -> list[Assignment]:
        now = _moment(state.now)
        waiting = [self._waits(n, state.conversations[n]) for n in conversations]
        on = sorted(state.on)
        agents = [self._holding(n, state.desks[n], state.busy[n]) for n in on]
        by_id = {agent.agent_id: n for agent, n in zip(agents, on, strict=True)}
        waiting.sort(key=lambda each: turn(each, now))
        taken, _ = decide_all(waiting, agents, now, self.weights)
        return [
            (
                one.conversation_id.int,
                by_id[decision.agent_id],
                1.0 if decision.step is Step.LANGUAGE else TRANSLATED,
            )
            for one, decision in taken
            if decision.agent_id is not None
        ]

    def _holding(self, number: int, desk: Desk, busy: int) -> Agent:
        found = self._agents.get((number, busy))
        if found is None:
            load = busy * 100
            found = self._agents[number, busy] = desk.agent.with_load(load, {self.family: load})
        return found

    def _waits(self, number: int, of: Conversation) -> Waiting:
        found = self._waiting.get(number)
        if found is None:
            found = self._waiting[number] = Waiting(
                conversation_id=ConversationId(UUID(int=number)),
                store_id=STORE,
                family=self.family,
                channel=Channel("simulated"),
                version=1,
                epoch=0,
                flow_id=UUID(int=0),
                asked_at=_moment(of.at),
                answer_by=_moment(of.at + of.promise),
                first_from=_moment(of.at + LATE_CAP * of.promise),
                language=of.language,
                region=of.country,
                time_zone=of.zone,
            )
        return found


def _moment(seconds: float) -> datetime:
    return BEGIN + timedelta(seconds=seconds)
