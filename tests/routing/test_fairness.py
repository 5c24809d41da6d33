"""What holds for every team, queue and hour: nobody idle beside work, nobody starved."""

from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from routing.domain.decide import Decision, decide, decide_all
from routing.domain.score import Weights, hours_apart
from routing.domain.shifts import Calendar, Shift
from routing.domain.steps import Timers, look, mark, used
from routing.domain.team import FAMILIES, Agent, Room
from routing.domain.waiting import Waiting, turn
from shared.contracts.base import AgentId, StoreId
from shared.contracts.routing import Family, Others
from tests.routing.test_decide import TUESDAY_NOON, waiting
from tests.simulation.measure import SHIPPED

LANGUAGES = st.sampled_from(["es", "pt", "en", "ja", "da", "no", "th"])
ZONES = st.sampled_from(sorted(available_timezones()))
INSTANTS = st.integers(0, 48 * 366 * 24).map(
    lambda hours: datetime(1990, 1, 1, tzinfo=UTC) + timedelta(hours=hours)
)
PLACES = (("ES", "Europe/Madrid"), ("JP", "Asia/Tokyo"), ("US", "America/Los_Angeles"))
ALWAYS = Shift(frozenset(range(7)), 0, 1440)
WEIGHTS = st.sampled_from((Weights(), SHIPPED))


@st.composite
def agents(draw: st.DrawFn) -> list[Agent]:
    """Up to eight, some of them full, some off shift."""
    found = []
    for n in range(draw(st.integers(0, 8))):
        country, zone = draw(st.sampled_from(PLACES))
        shifts = draw(st.sampled_from([(ALWAYS,), (Shift(frozenset(range(7)), 540, 1080),)]))
        agent = Agent(
            AgentId(f"a{n}"),
            draw(st.booleans()),
            frozenset({StoreId("aurora")}),
            draw(st.dictionaries(LANGUAGES, st.integers(1, 5), min_size=1, max_size=3)),
            frozenset(),
            country,
            Calendar(shifts, zone),
            Room(300, dict.fromkeys(FAMILIES, 300), dict.fromkeys(FAMILIES, 100)),
        )
        load = draw(st.sampled_from([0, 100, 200, 300]))
        found.append(agent.with_load(load, {Family.MESSAGING: load}))
    return found


@st.composite
def queues(draw: st.DrawFn) -> list[Waiting]:
    """Up to twelve, of all ages."""
    found = []
    for n in range(draw(st.integers(0, 12))):
        country, zone = draw(st.sampled_from(PLACES))
        age = timedelta(minutes=draw(st.integers(0, 90)))
        found.append(
            waiting(
                draw(st.none() | LANGUAGES),
                id=UUID(int=n + 1),
                second_language=draw(st.none() | LANGUAGES),
                asked_at=TUESDAY_NOON - age,
                region=country,
                time_zone=zone,
                known_agent_id=draw(st.none() | st.just(AgentId("a1"))),
            )
        )
    return sorted(found, key=lambda each: turn(each, TUESDAY_NOON))


def assert_whole(decision: Decision, team: list[Agent]) -> None:
    """Everybody is told of once, best first, and what counted adds up."""
    why = decision.explanation
    told = [each.agent_id for each in why.candidates]
    assert sorted([*told, *(who for whom in why.rejected.values() for who in whom)]) == sorted(
        each.agent_id for each in team
    )
    scored = [(each.score, each.agent_id) for each in why.candidates]
    assert scored == sorted(scored)
    assert scored[0] == (decision.score, decision.agent_id)
    for each in why.candidates:
        assert each.score == pytest.approx(sum(each.terms.values()), abs=1e-9)


@given(
    team=agents(),
    queue=queues(),
    seed=st.integers(0, 1_000),
    shown=st.integers(1, 3),
    weights=WEIGHTS,
)
def test_of_many_the_best_are_told_term_by_term_and_the_rest_are_named(
    team: list[Agent], queue: list[Waiting], seed: int, shown: int, weights: Weights
) -> None:
    taken, _ = decide_all(queue, team, TUESDAY_NOON, weights)
    Random(seed).shuffle(taken)

    for _, decision in taken:
        whole = decision.explained()
        rest = whole.candidates[shown:]
        others = rest and Others(
            agents=tuple(each.agent_id for each in rest),
            least=rest[0].score or 0.0,
            most=rest[-1].score or 0.0,
        )
        assert whole.others is None
        assert decision.explained(shown) == structs.replace(
            whole, candidates=whole.candidates[:shown], others=others or None
        )


@given(team=agents(), queue=queues(), seed=st.integers(0, 1_000), weights=WEIGHTS)
def test_nobody_is_idle_beside_work_he_could_do_and_the_order_of_a_team_changes_nothing(
    team: list[Agent], queue: list[Waiting], seed: int, weights: Weights
) -> None:
    taken, stuck = decide_all(queue, team, TUESDAY_NOON, weights)
    shuffled = team.copy()
    Random(seed).shuffle(shuffled)

    again, stuck_again = decide_all(queue, shuffled, TUESDAY_NOON, weights)

    assert [(w, d.agent_id, d.explanation) for w, d in again] == [
        (w, d.agent_id, d.explanation) for w, d in taken
    ]
    assert stuck_again == stuck
    given_to = {one.conversation_id for one, _ in taken}
    after = {agent.agent_id: agent for agent in team}
    for one, decision in taken:
        assert decision.agent_id is not None
        assert_whole(decision, team)
        assert after[decision.agent_id].has_room(one.family)
        alone = decide(one, list(after.values()), TUESDAY_NOON, weights)
        assert (decision.agent_id, decision.score) == (alone.agent_id, alone.score)
        assert decision.explanation == alone.explanation
        after[decision.agent_id] = after[decision.agent_id].holding_more(one.family)
    for one in queue:
        if one.conversation_id not in given_to:
            assert look(one, TUESDAY_NOON, weights.timers) in stuck
            left = decide(one, list(after.values()), TUESDAY_NOON, weights)
            assert left.agent_id is None


@given(team=agents(), one=queues().filter(bool).map(lambda queue: queue[0]))
def test_what_has_waited_for_too_long_waits_on_only_where_nobody_has_room(
    team: list[Agent], one: Waiting
) -> None:
    now = max(TUESDAY_NOON, one.first_from)
    there = [
        agent
        for agent in team
        if agent.absence(now) is None
        and agent.has_room(one.family)
        and (agent.is_lead or max(agent.languages.values()) >= SHIPPED.min_level)
    ]

    found = decide(one, team, now, SHIPPED)

    # Without a language there is nothing to translate from: who has English or is a lead answers.
    if one.language is not None:
        assert (found.agent_id is not None) == bool(there)


@given(queue=queues(), later=st.integers(0, 10_000))
def test_whoever_waits_is_the_first_of_all_in_the_end(queue: list[Waiting], later: int) -> None:
    if not queue:
        return
    one = queue[later % len(queue)]
    now = one.first_from + timedelta(minutes=1)
    fresh = [waiting("es", asked_at=now - timedelta(seconds=n)) for n in range(0, 3600, 240)]

    order = sorted([*fresh, one], key=lambda each: turn(each, now))

    assert order[0] is one


@given(one=ZONES, other=ZONES, at=INSTANTS)
def test_hours_apart_are_the_same_both_ways_and_never_more_than_twelve(
    one: str, other: str, at: datetime
) -> None:
    apart = hours_apart(one, other, at)

    assert 0.0 <= apart <= 12.0
    assert apart == hours_apart(other, one, at)
    assert hours_apart(one, one, at) == 0.0
    ahead = at.astimezone(ZoneInfo(one)).utcoffset(), at.astimezone(ZoneInfo(other)).utcoffset()
    assert ahead[0] is not None
    assert ahead[1] is not None
    round_the_world = abs((ahead[0] - ahead[1]) / timedelta(hours=1)) % 24
    assert abs(apart - min(round_the_world, 24 - round_the_world)) < 1e-9


@given(minutes=st.integers(-60, 600), promise=st.integers(1, 300))
def test_more_is_looked_at_the_longer_one_waits(minutes: int, promise: int) -> None:
    one = waiting("es", promise=timedelta(minutes=promise))
    now = TUESDAY_NOON + timedelta(minutes=minutes)

    reached = mark(one, now, Timers())

    assert reached == sum(share <= used(one, now) for share in Timers().marks)
    assert reached <= mark(one, now + timedelta(minutes=1), Timers())
