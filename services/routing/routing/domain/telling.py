"""Why a decision came out as it did, worked out of what it stood on."""

from collections.abc import Sequence
from dataclasses import dataclass

from routing.domain import score
from routing.domain.floor import NOBODY, Floor
from routing.domain.languages import ENGLISH, spoken_level
from routing.domain.ranking import Present, Spoken
from routing.domain.roll import Customers
from routing.domain.score import POINTS, Told, told
from routing.domain.steps import NEVER, STEPS
from routing.domain.team import Agent
from routing.domain.waiting import Waiting
from shared.contracts.base import AgentId
from shared.contracts.routing import Candidate, Explanation, Family, Others, Step, Tried

NO_ROOM = "no room"
ABOUT_TO_GO = "shift ends"
SPARED = "kept for his languages"
_TRANSLATED = Step.ENGLISH_TRANSLATED, Step.ANY_TRANSLATED, Step.LEAD


@dataclass(slots=True)
class Ground:
    """What a decision stood on; the floor goes on meanwhile.

    `keys` are of those with room, `chosen` is the number of the one who got it, `lost` how many
    had lost their room by then.
    """

    waiting: Waiting
    floor: Floor
    step: Step
    waited_for: tuple[Step, ...]
    skipped: tuple[Step, ...]
    among: Present
    spoken: Spoken
    agents: Sequence[Agent]
    keys: Sequence[int]
    lost: int
    chosen: int | None


def explanation(on: Ground, shown: int | None) -> Explanation:
    """Everybody as he stood then; of the best `shown` with room one by one, None is of all."""
    keys = sorted(on.keys)
    best = keys if shown is None else keys[:shown]
    customers = on.waiting.region, on.waiting.time_zone
    return Explanation(
        step=on.step,
        skipped=on.skipped,
        waited_for=on.waited_for,
        language=_language(on),
        needs_translation=_needs_translation(on),
        candidates=tuple([_candidate(on, key, customers) for key in best]),
        rejected=_rejected(on),
        others=_others(on, keys[len(best) :]),
    )


def skipped_of_old(on: Ground) -> tuple[Step, ...]:
    """What once was told as skipped: each step before, whether it was looked at or not.

    Logs of that time are read for 30 days; any language is none where it is off.
    """
    if on.waiting.is_crisis and on.step is Step.LEAD:
        return ()
    timers = on.floor.weights.timers_of(on.waiting.family)
    off = {Step.ANY_TRANSLATED} if timers.any_translated == NEVER else set()
    before = [step for step in STEPS[: STEPS.index(on.step)] if step not in off]
    return tuple([step for step in before if step not in on.waited_for])


def tried(on: Ground) -> Tried:
    """Everybody at a step that was looked at in vain."""
    return Tried(step=on.step, rejected=_rejected(on))


def _others(on: Ground, keys: Sequence[int]) -> Others | None:
    if not keys:
        return None
    size, ids = on.floor.size, on.floor.roll.ids
    return Others(
        agents=tuple([ids[key % size] for key in keys]),
        least=keys[0] // size / POINTS,
        most=keys[-1] // size / POINTS,
    )


def _candidate(on: Ground, key: int, customers: Customers) -> Candidate:
    points, n = divmod(key, on.floor.size)
    agent = on.agents[n]
    is_known = agent.agent_id == on.waiting.known_agent_id
    shown = on.among.shown.get((customers, n))
    if shown is not None and shown[0] is agent and shown[1] is on.spoken and not is_known:
        return shown[2]
    _, tongue, place = on.among.fit.by_number[n]
    terms = {
        **_told_of_desk(on.floor, n, agent),
        **_told_of_tongue(on, tongue),
        **on.floor.sitting(customers).told[place],
    }
    if is_known:
        terms["known"] = score.known_points(on.floor.weights) / POINTS
    found = Candidate(agent_id=agent.agent_id, score=points / POINTS, terms=terms)
    if not is_known:
        on.among.shown[customers, n] = agent, on.spoken, found
    return found


def _told_of_desk(floor: Floor, number: int, agent: Agent) -> Told:
    until = floor.untils[number] or floor.now
    return told(score.desk_terms(agent, until, floor.now, floor.weights))


def _told_of_tongue(on: Ground, number: int) -> Told:
    found = on.spoken.told.get(number)
    if found is None:
        tongue = on.among.fit.tongues[number]
        terms = score.tongue_terms(tongue, on.spoken.worths, on.floor.weights)
        found = on.spoken.told[number] = told(terms)
    return found


def _rejected(on: Ground) -> dict[str, tuple[AgentId, ...]]:
    """Everybody who could not have it, by reason."""
    found = on.among.rejected.get(on.lost)
    if found is None:
        found = on.among.rejected[on.lost] = _who_and_why(on)
    return found


def _who_and_why(on: Ground) -> dict[str, tuple[AgentId, ...]]:
    free = {key % on.floor.size for key in on.keys}
    declined = on.waiting.who_declined(on.floor.now) if on.waiting.declined else NOBODY
    found: dict[str, list[AgentId]] = {}
    for n in on.among.fit.by_number:
        if n not in free:
            agent = on.agents[n]
            if agent.agent_id in declined:
                why = "declined"
            else:
                why = _why_not(on, n, agent, on.waiting.family)
            found.setdefault(why, []).append(agent.agent_id)
    return {**on.among.fit.rejected, **{why: tuple(who) for why, who in found.items()}}


def _why_not(on: Ground, number: int, agent: Agent, family: Family) -> str:
    if on.floor.untils[number] is None or not agent.has_room(family):
        return agent.absence(on.floor.now) or NO_ROOM
    if number in on.among.going:
        return ABOUT_TO_GO
    return SPARED if number in on.among.spared else NO_ROOM


def _language(on: Ground) -> str | None:
    """The language that the answer is written in."""
    if on.chosen is not None:
        return on.among.fit.tongue(on.chosen).language
    if on.step is Step.ENGLISH_TRANSLATED:
        return ENGLISH
    return on.waiting.second_language if on.step is Step.SECOND_LANGUAGE else on.waiting.language


def _needs_translation(on: Ground) -> bool:
    if on.waiting.language is None or on.step not in _TRANSLATED:
        return False
    if on.chosen is None:
        return on.step is Step.ENGLISH_TRANSLATED
    if on.step is Step.ANY_TRANSLATED:
        # He answers in another language, though he may have a little of the customer's.
        return on.among.fit.tongue(on.chosen).language != on.waiting.language
    return spoken_level(on.agents[on.chosen].languages, on.waiting.language) == 0
