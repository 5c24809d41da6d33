"""The choice is that of a plain search through everybody, in whatever order the work was shared.

The search here looks at each agent anew for each conversation and keeps nothing; the decision
code keeps rankings from one question to the next and moves in them who was given something.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from math import sqrt
from typing import NamedTuple
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from routing.domain.areas import area
from routing.domain.decide import decide_all
from routing.domain.languages import spoken_level
from routing.domain.presence import Counting, Presence
from routing.domain.score import Weights, hours_apart
from routing.domain.shifts import Calendar, Shift
from routing.domain.steps import Tongues, steps, used
from routing.domain.team import FAMILIES, Agent, Room
from routing.domain.waiting import Waiting
from shared.contracts.base import AgentId
from shared.contracts.routing import Family, Step
from shared.contracts.routing import Presence as Said
from tests.routing.test_decide import TUESDAY_NOON, waiting

NOW = TUESDAY_NOON
TAGS = st.sampled_from(["es", "pt", "pt-BR", "en", "da", "no", "zh-Hans", "zh-Hant", "th"])
PLACES = st.sampled_from(
    [("ES", "Europe/Madrid"), ("JP", "Asia/Tokyo"), ("MX", "America/Mexico_City"), ("PT", "UTC")]
)
WEEK = frozenset(range(7))
SHIFTS = st.sampled_from(
    [(Shift(WEEK, 0, 1440),)] * 3
    + [(Shift(WEEK, 540, 1080),), (Shift(WEEK, 0, 723),), (Shift(WEEK, 0, 1440, ((740, 800),)),)]
)
PRESENCES = st.sampled_from(
    [Presence()] * 4
    + [Presence(said=Said.BUSY, said_at=NOW), Presence(Counting.HEARTBEAT, said_at=NOW, beats=True)]
)
LEGAL = st.sampled_from([frozenset[str]()] * 4 + [frozenset({"ES", "PT"})])
COUNTS = st.sampled_from([0.0, 0.2, 1.0, 2.5])


@st.composite
def people(draw: st.DrawFn, number: int) -> Agent:
    country, zone = draw(PLACES)
    costs = {family: draw(st.sampled_from([50, 100, 150])) for family in FAMILIES}
    room = Room(draw(st.sampled_from([100, 300, 400])), dict.fromkeys(FAMILIES, 300), costs)
    agent = Agent(
        AgentId(f"a{number:02}"),
        draw(st.sampled_from([False, False, True])),
        frozenset(draw(st.sampled_from([["aurora"]] * 4 + [["borealis"]]))),
        draw(st.dictionaries(TAGS, st.integers(2, 5), min_size=1, max_size=3)),
        frozenset(draw(st.sampled_from([[], ["parcels"]]))),
        country,
        Calendar(draw(SHIFTS), zone if draw(st.booleans()) else "UTC"),
        room,
        presence=draw(PRESENCES),
    )
    for family in draw(st.lists(st.sampled_from(FAMILIES), max_size=3)):
        if agent.has_room(family):
            agent = agent.holding_more(family)
    return agent


@st.composite
def work(
    draw: st.DrawFn, number: int, team: list[Agent], family: Family, legal: frozenset[str]
) -> Waiting:
    country, zone = draw(PLACES)
    is_placed = draw(st.booleans())
    known = draw(st.none() | st.sampled_from([*(each.agent_id for each in team), AgentId("gone")]))
    passed = draw(st.sampled_from([[]] * 3 + [[each.agent_id] for each in team]))
    return waiting(
        draw(st.none() | TAGS),
        id=UUID(int=number + 1),
        family=family,
        second_language=draw(st.none() | TAGS),
        asked_at=NOW - timedelta(minutes=draw(st.integers(0, 20))),
        region=country if is_placed else None,
        time_zone=zone if is_placed else None,
        skills=frozenset(draw(st.sampled_from([[]] * 3 + [["parcels"]]))),
        known_agent_id=known,
        legal=legal,
        declined=dict.fromkeys(passed, NOW + timedelta(minutes=draw(st.integers(-1, 1)))),
        is_crisis=draw(st.sampled_from([False] * 5 + [True])),
    )


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[Agent], list[Waiting], Weights]:
    """Up to twelve agents, up to fifteen conversations of one pool, any weights."""
    team = [draw(people(n)) for n in range(draw(st.integers(0, 12)))]
    pool = draw(st.sampled_from(FAMILIES)), draw(LEGAL)
    queue = [draw(work(n, team, *pool)) for n in range(draw(st.integers(0, 15)))]
    weights = Weights(
        scarcity=draw(COUNTS),
        region=draw(COUNTS),
        time_zone=draw(COUNTS),
        shift_end=draw(COUNTS),
        occupancy=draw(COUNTS),
        fluency=draw(COUNTS),
        known=draw(COUNTS),
        kept_free=draw(st.sampled_from((0.0, 0.5, 1.5))),
        kept_share=draw(st.sampled_from((0.3, 0.5, 1.0))),
    )
    return team, queue, weights


class Found(NamedTuple):
    """Who would get it at a step, dearest last, in points."""

    step: Step
    keys: list[tuple[int, AgentId]]


def order_of(one: Waiting) -> list[tuple[Step, Tongues]]:
    order = list(steps(one.language, one.second_language))
    return [order[-1], *order[:-1]] if one.is_crisis else order


def plainly(one: Waiting, team: list[Agent], weights: Weights) -> Found | None:
    """The first step at which somebody has room, each agent looked at by himself."""
    share, order = used(one, NOW), order_of(one)
    is_waited_for = False
    timers = weights.timers_of(one.family)
    going: list[Found] = []
    for step, tongues in order:
        if is_waited_for and timers.shares[step] > share:
            continue
        is_held_back = is_waited_for and is_fallback(step, order)
        there = [
            agent
            for agent in team
            if is_able(one, agent, step, tongues)
            and agent.present_until(NOW) is not None
            and not one.declined.get(agent.agent_id, NOW) > NOW
        ]
        is_off_shift = any(is_able(one, agent, step, tongues) for agent in team)
        is_waited_for |= bool(there) or (is_off_shift and share < timers.off_shift)
        asked = there
        if share < timers.last_call and not one.is_crisis:
            staying = [each for each in there if left(each) >= weights.last_call]
            asked = staying or there
        if is_held_back:
            asked = [
                each for each in asked if is_to_spare(each, team, pressing(one, weights), weights)
            ]
        free = [agent for agent in asked if agent.has_room(one.family)]
        if free and is_held_back and going:
            return going[0]
        if free:
            return found(one, free, step, tongues, team, weights)
        can_begin = [each for each in there if each.has_room(one.family)]
        if can_begin and not is_fallback(step, order):
            going.append(found(one, can_begin, step, tongues, team, weights))
    return None


def found(
    one: Waiting,
    free: list[Agent],
    step: Step,
    tongues: Tongues,
    team: list[Agent],
    weights: Weights,
) -> Found:
    keys = [(points(one, each, step, tongues, team, weights), each) for each in free]
    return Found(step, sorted((dear, each.agent_id) for dear, each in keys))


def pressing(one: Waiting, weights: Weights) -> float:
    """How many units, times the root of a team, are kept free of a fallback."""
    if one.is_crisis or one.first_from <= NOW:
        return 0.0
    tenths = sum(n / 10 <= used(one, NOW) for n in range(1, 11)) if one.answer_by >= NOW else 0
    return weights.kept_free * (1.0 - tenths / 10)


def is_fallback(step: Step, order: list[tuple[Step, Tongues]]) -> bool:
    return step not in (Step.LANGUAGE, Step.SECOND_LANGUAGE, order[0][0])


def is_to_spare(agent: Agent, team: list[Agent], kept: float, weights: Weights) -> bool:
    """Whether each of his languages has more left than a multiple of the root of its team.

    More than a share of the team's room is enough.
    """
    there = [each for each in team if each.present_until(NOW) is not None]

    def has_more(tag: str) -> bool:
        who = [each for each in there if each.languages.get(tag, 0) >= 3]
        left = sum(each.room.total - each.load for each in who)
        room = sum(each.room.total for each in who)
        is_enough = left > kept * 100 * sqrt(len(who)) or left > weights.kept_share * room
        return kept == 0.0 or is_enough

    return all(has_more(tag) for tag, level in agent.languages.items() if level >= 3)


def left(agent: Agent) -> timedelta:
    until = agent.present_until(NOW)
    return until - NOW if until is not None else timedelta(0)


def is_able(one: Waiting, agent: Agent, step: Step, tongues: Tongues) -> bool:
    if one.store_id not in agent.stores or (one.legal and agent.country not in one.legal):
        return False
    if not agent.takes(one.family):
        return False
    if step is Step.LEAD:
        return agent.is_lead
    return spoken_best(agent, tongues) is not None and one.skills <= agent.skills


def spoken_best(agent: Agent, tongues: Tongues) -> tuple[float, int, str] | None:
    able = [(closeness, spoken_level(agent.languages, tag), tag) for tag, closeness in tongues]
    return max([each for each in able if each[1] >= 3], default=None)


def points(
    one: Waiting,
    agent: Agent,
    step: Step,
    tongues: Tongues,
    team: list[Agent],
    weights: Weights,
) -> int:
    """The terms of the score, each rounded to whole points."""
    if step is Step.LEAD:
        tag = tongues[0][0] if tongues else None
        closeness, level = 1.0, spoken_level(agent.languages, tag) if tag else 5
    else:
        best = spoken_best(agent, tongues)
        assert best is not None
        closeness, level, tag = best
    others = [
        other
        for other, how_well in agent.languages.items()
        if how_well >= 3 and not (tag and spoken_level({other: how_well}, tag))
    ]
    terms = [weights.scarcity / answering(other, team) for other in others]
    terms += [weights.fluency * (5 - level), weights.closeness * (1.0 - closeness)]
    terms += [weights.occupancy * agent.load / agent.room.total, weights.lead * agent.is_lead]
    if left(agent) < weights.shift_end_near:
        terms.append(weights.shift_end * (1.0 - left(agent) / weights.shift_end_near))
    if one.region is not None and one.region != agent.country:
        is_near = area(one.region) == area(agent.country)
        terms.append(weights.region * (weights.other_country if is_near else 1.0))
    if one.time_zone is not None:
        hours = hours_apart(one.time_zone, agent.calendar.zone.key, NOW)
        terms.append(weights.time_zone * hours / 12.0)
    if one.known_agent_id == agent.agent_id:
        terms.append(-weights.known)
    return sum(round(10_000 * each) for each in terms)


def answering(tag: str, team: list[Agent]) -> int:
    """How many who are there with room for anything answer in a language."""
    return sum(
        agent.languages.get(tag, 0) >= 3
        for agent in team
        if agent.present_until(NOW) is not None and agent.load < agent.room.total
    )


def one_by_one(
    queue: list[Waiting], team: list[Agent], weights: Weights
) -> Iterator[tuple[Waiting, Found]]:
    """In the order of the queue, but what is no fallback first."""
    now = {agent.agent_id: agent for agent in team}
    later: list[Waiting] = []
    for one, is_second in [*((each, False) for each in queue), *((each, True) for each in queue)]:
        found = plainly(one, list(now.values()), weights)
        if is_second != (one in later):
            continue
        own_first = weights.timers_of(one.family).own_first
        is_behind = bool(later) and used(one, NOW) < own_first
        is_other = found is not None and is_fallback(found.step, order_of(one))
        if not is_second and (is_behind or is_other):
            later.append(one)
        elif found is not None:
            yield one, found
            who = found.keys[0][1]
            held = dict(now[who].held)
            held[one.family] = held.get(one.family, 0) + now[who].room.costs[one.family]
            now[who] = replace(now[who], load=sum(held.values()), held=held)


@settings(max_examples=150)
@given(world=worlds())
def test_the_choice_is_that_of_a_plain_search(
    world: tuple[list[Agent], list[Waiting], Weights],
) -> None:
    team, queue, weights = world
    expected = list(one_by_one(queue, team, weights))

    taken, _ = decide_all(queue, team, NOW, weights)

    assert [(one, each.step, each.agent_id) for one, each in taken] == [
        (one, found.step, found.keys[0][1]) for one, found in expected
    ]
    for (_, decision), (_, found) in zip(taken, expected, strict=True):
        told = [(each.score, each.agent_id) for each in decision.explained().candidates]
        assert told == [(points / 10_000, who) for points, who in found.keys]
        assert decision.score == told[0][0]
