"""The discrete events: customers come and leave, agents begin, finish and go home.

A policy only says who takes whom. An agent finishes what he has when his shift ends, and takes
nothing more.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from typing import Protocol

from tests.simulation.staff import Desk
from tests.simulation.world import Conversation

ARRIVES, LEAVES, LOOK, FINISHES, BEGINS, ENDS = range(6)


@dataclass(slots=True)
class State:
    """What a policy sees: who is on shift with how much, and who waits, in the order of coming."""

    desks: Sequence[Desk]
    conversations: Sequence[Conversation]
    slots: int
    now: float = 0.0
    on: set[int] = field(default_factory=set)
    busy: list[int] = field(default_factory=list)
    until: list[float] = field(default_factory=list)
    waiting: dict[int, None] = field(default_factory=dict)

    def has_room(self, agent: int) -> bool:
        """Whether an agent is on shift and may have one more."""
        return agent in self.on and self.busy[agent] < self.slots


Assignment = tuple[int, int, float]
"""Conversation, agent, and how many times the handling time it takes (above 1 on a fallback)."""


class Policy(Protocol):
    """Who takes whom."""

    def arrived(self, state: State, conversation: int) -> Sequence[Assignment]:
        """One came, and waits."""
        ...

    def freed(self, state: State, agent: int) -> Sequence[Assignment]:
        """An agent has room again, or for the first time."""
        ...

    def went(self, state: State) -> Sequence[Assignment]:
        """Somebody went home."""
        ...

    def looks(self, conversation: Conversation) -> Sequence[float]:
        """After how many seconds of waiting it wants to be asked again, as of one that came."""
        ...


@dataclass(slots=True)
class Outcome:
    """What became of everybody. Times are seconds; a wait ends by an answer or by leaving."""

    waits: list[float]
    answered: list[bool]
    agents: list[int]
    fallback: list[bool]
    busy_time: list[float]
    open_at_end: list[int]
    overtime: list[float]


class _Life:
    """One run."""

    def __init__(self, state: State, policy: Policy, warm: float) -> None:
        self.state, self.policy, self.warm = state, policy, warm
        count, desks = len(state.conversations), len(state.desks)
        self.out = Outcome(
            [0.0] * count, [False] * count, [-1] * count, [False] * count, [0.0] * desks, [], []
        )
        self.work: dict[int, list[tuple[float, float]]] = {}
        self.ends = {
            (n, begin): end for n, desk in enumerate(state.desks) for begin, end in desk.spans
        }
        self.events = [(each.at, ARRIVES, n) for n, each in enumerate(state.conversations)]
        for (n, begin), end in self.ends.items():
            self.events += [(begin, BEGINS, n), (end, ENDS, n)]
        heapify(self.events)
        self.happen = {
            ARRIVES: self.arrives,
            LEAVES: self.leaves,
            LOOK: self.is_looked_at,
            FINISHES: self.finishes,
            BEGINS: self.begins,
            ENDS: self.goes,
        }

    def live(self) -> None:
        while self.events:
            self.state.now, kind, n = heappop(self.events)
            self.happen[kind](n)

    def give(self, assignments: Sequence[Assignment]) -> None:
        state, out = self.state, self.out
        for conversation, agent, stretch in assignments:
            assert state.has_room(agent)
            one = state.conversations[conversation]
            del state.waiting[conversation]
            out.waits[conversation] = state.now - one.at
            out.answered[conversation] = True
            out.agents[conversation] = agent
            out.fallback[conversation] = stretch > 1.0
            state.busy[agent] += 1
            finish = state.now + one.handling * stretch
            heappush(self.events, (finish, FINISHES, agent))
            self.work.setdefault(agent, []).append((state.now, finish))

    def arrives(self, n: int) -> None:
        one = self.state.conversations[n]
        self.state.waiting[n] = None
        self.give(self.policy.arrived(self.state, n))
        if n in self.state.waiting:
            if one.patience < float("inf"):
                heappush(self.events, (one.at + one.patience, LEAVES, n))
            for after in self.policy.looks(one):
                heappush(self.events, (one.at + after, LOOK, n))

    def is_looked_at(self, n: int) -> None:
        if n in self.state.waiting:
            self.give(self.policy.arrived(self.state, n))

    def leaves(self, n: int) -> None:
        if n in self.state.waiting:
            del self.state.waiting[n]
            self.out.waits[n] = self.state.now - self.state.conversations[n].at

    def finishes(self, n: int) -> None:
        self.state.busy[n] -= 1
        if self.state.has_room(n):
            self.give(self.policy.freed(self.state, n))

    def begins(self, n: int) -> None:
        self.state.on.add(n)
        self.state.until[n] = self.ends[n, self.state.now]
        if self.state.has_room(n):
            self.give(self.policy.freed(self.state, n))

    def goes(self, n: int) -> None:
        self.state.on.discard(n)
        if self.state.now >= self.warm:
            left = [end for _, end in self.work.get(n, ()) if end > self.state.now]
            self.out.open_at_end.append(len(left))
            self.out.overtime.append(max(left) - self.state.now if left else 0.0)
        self.give(self.policy.went(self.state))


def run(
    desks: Sequence[Desk],
    conversations: Sequence[Conversation],
    slots: int,
    policy: Policy,
    *,
    warm: float,
) -> Outcome:
    """Live through it all; busy time and shift ends count from `warm` seconds on."""
    state = State(desks, conversations, slots, busy=[0] * len(desks), until=[0.0] * len(desks))
    life = _Life(state, policy, warm)
    life.live()
    for n, desk in enumerate(desks):
        life.out.busy_time[n] = _within(life.work.get(n, ()), desk.spans, warm)
    return life.out


def _within(
    work: Sequence[tuple[float, float]], spans: Sequence[tuple[float, float]], warm: float
) -> float:
    """Seconds of work within the shifts that begin after `warm`."""
    total, k = 0.0, 0
    for begin, end in sorted(work):
        while k < len(spans) and spans[k][1] <= begin:
            k += 1
        if k < len(spans) and spans[k][0] >= warm:
            total += max(0.0, min(end, spans[k][1]) - max(begin, spans[k][0]))
    return total
