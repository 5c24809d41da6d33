"""Who gets a conversation. Pure and deterministic: the same question has the same answer.

Hard: store, channel family, skills, language at the step, on shift now, room. Everything else is
a score. The steps go from the customer's language to his second one, to English with a
translation, to a lead. A step that nobody on shift could serve is empty and left at once; one
whose people are only full is waited for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from routing.domain.languages import ENGLISH, spoken_level
from routing.domain.score import Situation, Weights, situation, terms
from routing.domain.team import Agent
from routing.domain.waiting import Waiting
from shared.contracts.base import AgentId
from shared.contracts.routing import Candidate, Explanation, Step

STEPS = (Step.LANGUAGE, Step.SECOND_LANGUAGE, Step.ENGLISH_TRANSLATED, Step.LEAD)

NO_ROOM = "no room"


_Memory = dict[tuple[object, ...], dict[AgentId, tuple[Agent, Candidate]]]
"""Candidates by question and agent, as long as the situation is the same."""


@dataclass(frozen=True)
class Decision:
    """The agent who gets it, or None when it has to wait on; and why."""

    agent_id: AgentId | None
    explanation: Explanation


def decide(waiting: Waiting, agents: Sequence[Agent], now: datetime, weights: Weights) -> Decision:
    """Choose among `agents` at `now` (aware).

    Of equal scores the agent whose id sorts first is taken. Without anybody the explanation is
    that of the step at which it waits: the first whose people are full, else the last.
    """
    return _decide(waiting, agents, situation(agents, now, weights), {})


def _decide(waiting: Waiting, agents: Sequence[Agent], at: Situation, memory: _Memory) -> Decision:
    candidates: tuple[Candidate, ...] = ()
    for step in _steps(waiting):
        candidates = _look(waiting, step, agents, at, memory)
        if any(each.rejected_because in (None, NO_ROOM) for each in candidates):
            break
    best = _best(candidates)
    explanation = Explanation(
        step=step,
        skipped=STEPS[: STEPS.index(step)],
        language=_language(waiting, step),
        needs_translation=_needs_translation(waiting, step, best, agents),
        candidates=candidates,
    )
    return Decision(best, explanation)


def _look(
    waiting: Waiting, step: Step, agents: Sequence[Agent], at: Situation, memory: _Memory
) -> tuple[Candidate, ...]:
    """Every agent as he stands at a step; who has not changed since a like question is known."""
    question = (
        step,
        waiting.store_id,
        waiting.family,
        waiting.signature,
        waiting.region,
        waiting.time_zone,
        waiting.known_agent_id,
    )
    known = memory.setdefault(question, {})
    found = []
    for agent in agents:
        before = known.get(agent.agent_id)
        if before is None or before[0] is not agent:
            before = known[agent.agent_id] = agent, _candidate(waiting, step, agent, at)
        found.append(before[1])
    return tuple(found)


def decide_all(
    waiting: Sequence[Waiting], agents: Sequence[Agent], now: datetime, weights: Weights
) -> tuple[list[tuple[Waiting, Decision]], set[str]]:
    """Decide for each in turn, as if the ones before had been taken.

    Returns those that somebody gets, and the signatures for which nobody has room: agents only
    fill up meanwhile, so all that share one wait alike.
    """
    at_hand = {agent.agent_id: agent for agent in agents}
    at, memory = situation(agents, now, weights), _Memory()
    taken: list[tuple[Waiting, Decision]] = []
    stuck: set[str] = set()
    for one in waiting:
        if one.signature in stuck:
            continue
        decision = _decide(one, list(at_hand.values()), at, memory)
        if decision.agent_id is None:
            stuck.add(one.signature)
        else:
            taken.append((one, decision))
            agent = at_hand[decision.agent_id].holding_more(one.family)
            at_hand[agent.agent_id] = agent
            if agent.load >= agent.room.total:
                at, memory = situation(at_hand.values(), now, weights), _Memory()
    return taken, stuck


def _steps(waiting: Waiting) -> list[Step]:
    """The steps that say something new for this conversation, in order."""
    asked: set[str] = set()
    steps = []
    for step in STEPS[:-1]:
        language = _language(waiting, step)
        if language is not None and language not in asked:
            asked.add(language)
            steps.append(step)
    return [*steps, Step.LEAD]


def _language(waiting: Waiting, step: Step) -> str | None:
    """The language that the answer is written in at a step."""
    if step is Step.SECOND_LANGUAGE:
        return waiting.second_language
    if step is Step.ENGLISH_TRANSLATED:
        return ENGLISH
    return waiting.language


def _rejection(waiting: Waiting, step: Step, agent: Agent, at: Situation) -> str | None:
    """Why an agent cannot have it at this step, as a stable handle; None when he can."""
    if waiting.store_id not in agent.stores:
        return "store"
    if not agent.takes(waiting.family):
        return "channel"
    if step is Step.LEAD:
        if not agent.is_lead:
            return "not a lead"
    elif why := _unfit(waiting, step, agent, at.weights.min_level):
        return why
    if agent.calendar.on_shift_until(at.now) is None:
        return "not on shift"
    return None if agent.has_room(waiting.family) else NO_ROOM


def _unfit(waiting: Waiting, step: Step, agent: Agent, min_level: int) -> str | None:
    language = _language(waiting, step)
    if language is None or spoken_level(agent.languages, language) < min_level:
        return "language"
    return None if waiting.skills <= agent.skills else "skills"


def _candidate(waiting: Waiting, step: Step, agent: Agent, at: Situation) -> Candidate:
    why = _rejection(waiting, step, agent, at)
    if why is not None:
        return Candidate(agent_id=agent.agent_id, rejected_because=why)
    until = agent.calendar.on_shift_until(at.now) or at.now
    found = terms(waiting, agent, _language(waiting, step), until, at)
    score = round(sum(found.values()), 4)
    return Candidate(agent_id=agent.agent_id, score=score, terms=found)


def _best(candidates: Sequence[Candidate]) -> AgentId | None:
    scored = [(each.score, each.agent_id) for each in candidates if each.score is not None]
    return min(scored)[1] if scored else None


def _needs_translation(
    waiting: Waiting, step: Step, chosen: AgentId | None, agents: Sequence[Agent]
) -> bool:
    if waiting.language is None or step in (Step.LANGUAGE, Step.SECOND_LANGUAGE):
        return False
    if chosen is None:
        return step is Step.ENGLISH_TRANSLATED
    spoken = next(agent.languages for agent in agents if agent.agent_id == chosen)
    return spoken_level(spoken, waiting.language) == 0
