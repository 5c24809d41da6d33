"""Who gets a conversation. Pure and deterministic: the same question has the same answer.

Hard: store, legal constraint, channel family, language at the step, skills, on shift now, room.
Everything else is a score; but who is about to go begins nothing that can wait for one who stays.
A step that nobody on shift could serve is empty and left at once; one whose people are only full is
waited for, and those after it are looked at beside it as their time comes (`steps`). A crisis is
looked at for leads first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from routing.domain.floor import Floor, Present
from routing.domain.languages import ENGLISH, spoken_level
from routing.domain.score import Weights
from routing.domain.steps import STEPS, look, steps, used
from routing.domain.team import Agent
from routing.domain.waiting import Waiting
from shared.contracts.base import AgentId
from shared.contracts.routing import Explanation, Step


@dataclass(frozen=True, slots=True)
class _Ground:
    """What a decision stood on; the floor goes on meanwhile."""

    waiting: Waiting
    floor: Floor
    step: Step
    waited_for: tuple[Step, ...]
    among: Present
    chosen: int | None
    agents: Sequence[Agent]
    worths: Mapping[str, int]


@dataclass(frozen=True)
class Decision:
    """The agent who gets it, or None when it has to wait on; `explanation` tells why."""

    agent_id: AgentId | None
    step: Step
    _ground: _Ground

    @cached_property
    def explanation(self) -> Explanation:
        """Every candidate as it stood then; worked out when it is first asked for."""
        return _explain(self._ground)


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
        key = look(one, now, weights.timers)
        if key in stuck:
            continue
        decision = _decide(one, floor)
        if decision.agent_id is None:
            stuck.add(key)
        else:
            taken.append((one, decision))
            floor.take(floor.roll.numbers[decision.agent_id], one.family)
    return taken, stuck


def _decide(waiting: Waiting, floor: Floor) -> Decision:
    """The first of the steps that are looked at at which somebody has room."""
    timers = floor.weights.timers
    share = used(waiting, floor.now)
    can_wait = share < timers.last_call and not waiting.is_crisis
    full: list[tuple[Step, Present]] = []
    order = steps(waiting.language, waiting.second_language)
    if waiting.is_crisis:
        order = (order[-1], *order[:-1])
    for step, tongues in order:
        if full and timers.shares[step] > share:
            continue
        among = floor.present(waiting, step, tongues, can_wait=can_wait)
        chosen = floor.cheapest(among, waiting)
        if chosen is not None:
            waited_for = tuple(each for each, _ in full)
            return _decision(waiting, floor, step, waited_for, among, chosen)
        if among.seats:
            full.append((step, among))
    if full:
        step, among = full[0]
    return _decision(waiting, floor, step, (), among, None)


def _decision(
    waiting: Waiting,
    floor: Floor,
    step: Step,
    waited_for: tuple[Step, ...],
    among: Present,
    chosen: int | None,
) -> Decision:
    ground = _Ground(
        waiting, floor, step, waited_for, among, chosen, floor.agents.copy(), floor.worths
    )
    agent_id = None if chosen is None else floor.agents[chosen].agent_id
    return Decision(agent_id, step, ground)


def _explain(on: _Ground) -> Explanation:
    is_led = on.waiting.is_crisis and on.step is Step.LEAD
    before = () if is_led else STEPS[: STEPS.index(on.step)]
    return Explanation(
        step=on.step,
        skipped=tuple(step for step in before if step not in on.waited_for),
        waited_for=on.waited_for,
        language=_language(on),
        needs_translation=_needs_translation(on),
        candidates=on.floor.candidates(on.among, on.waiting, on.agents, on.worths),
    )


def _language(on: _Ground) -> str | None:
    """The language that the answer is written in."""
    if on.chosen is not None:
        return on.among.fit.tongue(on.chosen).language
    if on.step is Step.ENGLISH_TRANSLATED:
        return ENGLISH
    return on.waiting.second_language if on.step is Step.SECOND_LANGUAGE else on.waiting.language


def _needs_translation(on: _Ground) -> bool:
    if on.waiting.language is None or on.step not in (Step.ENGLISH_TRANSLATED, Step.LEAD):
        return False
    if on.chosen is None:
        return on.step is Step.ENGLISH_TRANSLATED
    return spoken_level(on.agents[on.chosen].languages, on.waiting.language) == 0
