"""Who gets a conversation. Pure and deterministic: the same question has the same answer.

Hard: store, legal constraint, channel family, language at the step, skills, on shift now, room.
Everything else is a score; but who is about to go begins nothing that can wait for one who stays,
unless a fallback had it else.
A step that nobody on shift could serve is empty and left at once; one whose people are only full is
waited for, and those after it are looked at beside it as their time comes (`steps`). Any language
with a translation is never looked at sooner, nor waited for. What nobody of the customer's
languages takes is given to others after the work in their own. A crisis is looked at for leads
first.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from itertools import takewhile

import msgspec

from routing.domain import telling
from routing.domain.floor import Answer, Floor
from routing.domain.score import POINTS, Weights
from routing.domain.steps import NEVER, Timers, calm, in_order, is_fallback, look, used
from routing.domain.team import Agent
from routing.domain.telling import Ground
from routing.domain.waiting import Waiting
from shared.contracts.base import AgentId
from shared.contracts.routing import Explanation, Step, Tried

SHOWN = 20
"""Of how many of those with room an explanation tells one by one."""


class Decision:
    """The agent who gets it with his score, or None when it has to wait on."""

    def __init__(
        self,
        ground: Ground,
        agent_id: AgentId | None,
        score: float | None,
        others: tuple[Ground, ...] = (),
    ) -> None:
        self.agent_id = agent_id
        self.step = ground.step
        self.score = score
        self.is_waited_for = bool(ground.waited_for)
        self._ground = ground
        self._others = others

    @cached_property
    def explanation(self) -> Explanation:
        """Why: everybody as he stood then. It is worked out when it is first asked for."""
        return self.explained(SHOWN)

    def explained(self, shown: int | None = None) -> Explanation:
        """The explanation with the terms of so many candidates; None is of all."""
        return telling.explanation(self._ground, shown)

    @property
    def explanation_of_old(self) -> Explanation:
        """The explanation as logs have it from when whatever was not waited for was `skipped`."""
        skipped = telling.skipped_of_old(self._ground)
        return msgspec.structs.replace(self.explanation, skipped=skipped)

    @property
    def tried(self) -> tuple[Step, ...]:
        """The steps that were looked at beside `step` and had nobody either."""
        return tuple([each.step for each in self._others])

    @cached_property
    def beside(self) -> tuple[Tried, ...]:
        """What was found at the steps `tried`. It is worked out when it is first asked for."""
        return tuple([telling.tried(each) for each in self._others])


def decide(waiting: Waiting, agents: Sequence[Agent], now: datetime, weights: Weights) -> Decision:
    """Choose among `agents` at `now` (aware).

    Of equal scores the agent whose id sorts first is taken. Without anybody the explanation is
    that of the step at which it waits: the first whose people are full, else the last.
    """
    return _decide(waiting, Floor(agents, now, weights))


def decide_all(
    waiting: Sequence[Waiting], agents: Sequence[Agent], now: datetime, weights: Weights
) -> tuple[list[tuple[Waiting, Decision]], set[str]]:
    """As `decide_batch`: those that somebody gets, and the looks for which nobody has room."""
    batch = decide_batch(waiting, agents, now, weights)
    return batch.taken, set(batch.stuck)


def decide_batch(
    waiting: Sequence[Waiting], agents: Sequence[Agent], now: datetime, weights: Weights
) -> "Batch":
    """Decide for each in turn, as if the ones before had been taken.

    A fallback takes more of an agent's time, so what is in his own languages goes first, if it has
    little time left (`Timers.own_first`). What has waited for too long is put off only while
    somebody of its own language is there.
    """
    batch = Batch(Floor(agents, now, weights))
    for one in batch.first(waiting):
        if not batch.stuck or batch.look(one) not in batch.stuck:
            batch.give(one, _decide(one, batch.floor))
    return batch


@dataclass
class Batch:
    """What somebody gets, and what nobody has room for.

    `stuck` is by look (`steps.look`): the first that was asked, and why nobody can have it. Agents
    only fill up meanwhile, so all that share a look wait alike.
    """

    floor: Floor
    taken: list[tuple[Waiting, Decision]] = field(default_factory=list)
    stuck: dict[str, tuple[Waiting, Decision]] = field(default_factory=dict)

    def look(self, one: Waiting) -> str:
        """What it shares with others for which the same agents are looked at."""
        return look(one, self.floor.now, self.floor.weights.timers_of(one.family))

    def give(self, one: Waiting, decision: Decision) -> None:
        """Take what was decided as done."""
        if decision.agent_id is None:
            self.stuck[self.look(one)] = one, decision
        else:
            self.taken.append((one, decision))
            self.floor.take(self.floor.roll.numbers[decision.agent_id], one.family)

    def first(self, waiting: Sequence[Waiting]) -> Sequence[Waiting]:
        """Give what is no fallback; returns what has to come after that, in turn."""
        later: list[Waiting] = []
        put_off: set[str] = set()
        for one in waiting:
            key = self.look(one) if self.stuck or later else None
            if key in self.stuck:
                continue
            if key in put_off or (later and self._can_be_later(one)):
                later.append(one)
                continue
            decision = _decide(one, self.floor)
            if is_fallback(one, decision.step) and self._is_put_off(one, decision):
                later.append(one)
                put_off.add(self.look(one))
            else:
                self.give(one, decision)
        return later

    def _is_put_off(self, one: Waiting, decision: Decision) -> bool:
        # Who speaks it takes what has waited for too long first, if there is anybody at all.
        is_too_long = self.floor.now >= one.first_from
        return decision.agent_id is not None and (decision.is_waited_for or not is_too_long)

    def _can_be_later(self, one: Waiting) -> bool:
        timers = self.floor.weights.timers_of(one.family)
        return used(one, self.floor.now) < timers.own_first


def _decide(waiting: Waiting, floor: Floor) -> Decision:
    """The first of the steps that are looked at at which somebody has room."""
    timers = floor.weights.timers_of(waiting.family)
    share = used(waiting, floor.now)
    can_wait = share < timers.last_call and not waiting.is_crisis
    full: list[tuple[Step, Answer]] = []
    looked_at: list[tuple[Step, Answer]] = []
    for n, (step, tongues) in enumerate(in_order(waiting)):
        after = timers.shares[step]
        is_timed = bool(full) or step is Step.ANY_TRANSLATED
        if n > 0 and (after == NEVER or (is_timed and after > share)):
            continue
        is_apart = bool(full) and is_fallback(waiting, step)
        calmly = calm(waiting, floor.now) if is_apart else 0.0
        answer = floor.ask(waiting, step, tongues, can_wait=can_wait, calm=calmly)
        if answer.least is not None:
            own = _who_is_about_to_go(waiting, floor, full, looked_at) if is_apart else None
            if own is not None:
                return own
            return _decision(waiting, floor, step, full, looked_at, answer)
        looked_at.append((step, answer))
        if step is not Step.ANY_TRANSLATED and _is_waited_for(answer, share, timers):
            full.append((step, answer))
    return _nobody(waiting, floor, full[0] if full else looked_at[-1], looked_at)


def _is_waited_for(answer: Answer, share: float, timers: Timers) -> bool:
    """Whether somebody is there for a step, if only later on."""
    among = answer.among
    return among.is_anybody or (bool(among.fit.seats) and share < timers.off_shift)


def _before(looked_at: Sequence[tuple[Step, Answer]], step: Step) -> Iterator[tuple[Step, Answer]]:
    """Those that were looked at before a step."""
    return takewhile(lambda each: each[0] is not step, looked_at)


def _is_empty(answer: Answer) -> bool:
    """Whether nobody on shift could serve a step, with room or without."""
    return not answer.among.is_anybody


def _who_is_about_to_go(
    waiting: Waiting,
    floor: Floor,
    full: Sequence[tuple[Step, Answer]],
    looked_at: Sequence[tuple[Step, Answer]],
) -> Decision | None:
    """One of the customer's languages begins it at the end of his shift sooner than a fallback."""
    for step, tongues in in_order(waiting):
        before = next((answer for each, answer in full if each is step), None)
        if before is None or not before.among.going or is_fallback(waiting, step):
            continue
        answer = floor.ask(waiting, step, tongues, can_wait=False)
        if answer.least is not None:
            return _decision(waiting, floor, step, full, looked_at, answer)
    return None


def _nobody(
    waiting: Waiting,
    floor: Floor,
    at: tuple[Step, Answer],
    looked_at: Sequence[tuple[Step, Answer]],
) -> Decision:
    """It waits at one of the steps that were looked at; none of them has anybody."""
    agents = floor.agents.copy()
    empty = tuple([step for step, answer in _before(looked_at, at[0]) if _is_empty(answer)])
    grounds = [
        Ground(
            waiting,
            floor,
            step,
            (),
            empty,
            answer.among,
            answer.among.spoken,
            agents,
            (),
            answer.among.space.lost,
            None,
        )
        for step, answer in looked_at
    ]
    [here] = [each for each in grounds if each.step is at[0]]
    return Decision(here, None, None, tuple([each for each in grounds if each is not here]))


def _decision(
    waiting: Waiting,
    floor: Floor,
    step: Step,
    full: Sequence[tuple[Step, Answer]],
    looked_at: Sequence[tuple[Step, Answer]],
    answer: Answer,
) -> Decision:
    """Somebody gets it at a step, after those `looked_at` before; the `full` were waited for."""
    among, least, keys = answer
    assert least is not None  # noqa: S101 - who asks has looked: else it is `_nobody`
    points, chosen = divmod(least, floor.size)
    waited_for = tuple([each for each, _ in _before(full, step)])
    empty = [each for each, of in _before(looked_at, step) if _is_empty(of)]
    # The floor goes on with its own lists: these are as it stood.
    ground = Ground(
        waiting,
        floor,
        step,
        waited_for,
        tuple([each for each in empty if each not in waited_for]),
        among,
        among.spoken,
        floor.agents.copy(),
        keys.copy(),
        among.space.lost,
        chosen,
    )
    return Decision(ground, floor.agents[chosen].agent_id, points / POINTS)
