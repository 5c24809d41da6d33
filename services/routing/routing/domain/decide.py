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
    rejections: list[str | None] = []
    for step in _steps(waiting):
        rejections = [_rejection(waiting, step, agent, now, weights.min_level) for agent in agents]
        if None in rejections or NO_ROOM in rejections:
            break
    language = _language(waiting, step)
    at = situation(agents, now, weights)
    candidates = tuple(
        Candidate(agent_id=agent.agent_id, rejected_because=why)
        if why is not None
        else _scored(waiting, agent, language, at)
        for agent, why in zip(agents, rejections, strict=True)
    )
    best = _best(candidates)
    explanation = Explanation(
        step=step,
        skipped=STEPS[: STEPS.index(step)],
        language=language,
        needs_translation=_needs_translation(waiting, step, best, agents),
        candidates=candidates,
    )
    return Decision(best, explanation)


def decide_all(
    waiting: Sequence[Waiting], agents: Sequence[Agent], now: datetime, weights: Weights
) -> tuple[list[tuple[Waiting, Decision]], set[str]]:
    """Decide for each in turn, as if the ones before had been taken.

    Returns those that somebody gets, and the signatures for which nobody has room: agents only
    fill up meanwhile, so all that share one wait alike.
    """
    at_hand = {agent.agent_id: agent for agent in agents}
    taken: list[tuple[Waiting, Decision]] = []
    stuck: set[str] = set()
    for one in waiting:
        if one.signature in stuck:
            continue
        decision = decide(one, list(at_hand.values()), now, weights)
        if decision.agent_id is None:
            stuck.add(one.signature)
        else:
            taken.append((one, decision))
            agent = at_hand[decision.agent_id]
            at_hand[decision.agent_id] = agent.holding_more(one.family)
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


def _rejection(
    waiting: Waiting, step: Step, agent: Agent, now: datetime, min_level: int
) -> str | None:
    """Why an agent cannot have it at this step, as a stable handle; None when he can."""
    if waiting.store_id not in agent.stores:
        return "store"
    if not agent.takes(waiting.family):
        return "channel"
    if step is Step.LEAD:
        if not agent.is_lead:
            return "not a lead"
    elif why := _unfit(waiting, step, agent, min_level):
        return why
    if agent.calendar.on_shift_until(now) is None:
        return "not on shift"
    return None if agent.has_room(waiting.family) else NO_ROOM


def _unfit(waiting: Waiting, step: Step, agent: Agent, min_level: int) -> str | None:
    language = _language(waiting, step)
    if language is None or spoken_level(agent.languages, language) < min_level:
        return "language"
    return None if waiting.skills <= agent.skills else "skills"


def _scored(waiting: Waiting, agent: Agent, language: str | None, at: Situation) -> Candidate:
    until = agent.calendar.on_shift_until(at.now) or at.now
    found = terms(waiting, agent, language, until, at)
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
    by_id = {agent.agent_id: agent for agent in agents}
    if chosen is None:
        return step is Step.ENGLISH_TRANSLATED
    return spoken_level(by_id[chosen].languages, waiting.language) == 0
