"""Who gets a conversation. Pure and deterministic: the same question has the same answer.

Hard: store, legal constraint, channel family, language at the step, skills, on shift now, room.
Everything else is a score; but who is about to go begins nothing that can wait for one who stays.
A step that nobody on shift could serve is empty and left at once; one whose people are only full is
waited for, and those after it are looked at beside it as their time comes (`steps`). A crisis is
looked at for leads first.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import cached_property

from routing.domain import telling
from routing.domain.floor import Answer, Floor
from routing.domain.score import POINTS, Weights
from routing.domain.steps import look, steps, used
from routing.domain.team import Agent
from routing.domain.telling import Ground
from routing.domain.waiting import Waiting
from shared.contracts.base import AgentId
from shared.contracts.routing import Explanation, Step

SHOWN = 20
"""Of how many of those with room an explanation tells one by one."""


class Decision:
    """The agent who gets it with his score, or None when it has to wait on."""

    def __init__(self, ground: Ground, agent_id: AgentId | None, score: float | None) -> None:
        self.agent_id = agent_id
        self.step = ground.step
        self.score = score
        self._ground = ground

    @cached_property
    def explanation(self) -> Explanation:
        """Why: everybody as he stood then. It is worked out when it is first asked for."""
        return self.explained(SHOWN)

    def explained(self, shown: int | None = None) -> Explanation:
        """The explanation with the terms of so many candidates; None is of all."""
        return telling.explanation(self._ground, shown)


def decide(waiting: Waiting, agents: Sequence[Agent], now: datetime, weights: Weights) -> Decision:
    """Choose among `agents` at `now` (aware).

    Of equal scores the agent whose id sorts first is taken. Without anybody the explanation is
    that of the step at which it waits: the first whose people are full, else the last.
    """
    return _decide(waiting, Floor(agents, now, weights))


def decide_all(
    waiting: Sequence[Waiting], agents: Sequence[Agent], now: datetime, weights: Weights
) -> tuple[list[tuple[Waiting, Decision]], set[str]]:
    """Decide for each in turn, as if the ones before had been taken.

    Returns those that somebody gets, and the looks (`steps.look`) for which nobody has room:
    agents only fill up meanwhile, so all that share one wait alike.
    """
    floor = Floor(agents, now, weights)
    taken: list[tuple[Waiting, Decision]] = []
    stuck: set[str] = set()
    for one in waiting:
        if stuck and look(one, now, weights.timers) in stuck:
            continue
        decision = _decide(one, floor)
        if decision.agent_id is None:
            stuck.add(look(one, now, weights.timers))
        else:
            taken.append((one, decision))
            floor.take(floor.roll.numbers[decision.agent_id], one.family)
    return taken, stuck


def _decide(waiting: Waiting, floor: Floor) -> Decision:
    """The first of the steps that are looked at at which somebody has room."""
    timers = floor.weights.timers
    share = used(waiting, floor.now)
    can_wait = share < timers.last_call and not waiting.is_crisis
    full: list[tuple[Step, Answer]] = []
    order = steps(waiting.language, waiting.second_language)
    if waiting.is_crisis:
        order = (order[-1], *order[:-1])
    for step, tongues in order:
        if full and timers.shares[step] > share:
            continue
        answer = floor.ask(waiting, step, tongues, can_wait=can_wait)
        if answer.least is not None:
            return _decision(waiting, floor, step, tuple([each for each, _ in full]), answer)
        if answer.among.is_anybody:
            full.append((step, answer))
    if full:
        step, answer = full[0]
    return _decision(waiting, floor, step, (), answer)


def _decision(
    waiting: Waiting, floor: Floor, step: Step, waited_for: tuple[Step, ...], answer: Answer
) -> Decision:
    among, least, keys = answer
    points, chosen = divmod(least, floor.size) if least is not None else (None, None)
    # The floor goes on with its own lists: these are as it stood.
    ground = Ground(
        waiting,
        floor,
        step,
        waited_for,
        among,
        among.spoken,
        floor.agents.copy(),
        keys.copy(),
        among.space.lost,
        chosen,
    )
    if points is None or chosen is None:
        return Decision(ground, None, None)
    return Decision(ground, floor.agents[chosen].agent_id, points / POINTS)
