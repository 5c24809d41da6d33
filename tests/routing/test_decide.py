"""Who gets a conversation, and why."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.domain.decide import decide, decide_all
from routing.domain.score import Weights
from routing.domain.shifts import Calendar, Shift
from routing.domain.team import FAMILIES, Agent, Room
from routing.domain.waiting import Turn, Waiting, turn
from shared.contracts.base import AgentId, Channel, ConversationId, StoreId
from shared.contracts.routing import Family, Step

Make = Callable[..., Agent]

TUESDAY_NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)
SUNDAY_NIGHT = datetime(2026, 3, 1, 3, tzinfo=UTC)
WEIGHTS = Weights(region=0.5, time_zone=0.5, shift_end=1.0)
OFFICE = Shift(frozenset(range(5)), 9 * 60, 18 * 60)


def waiting(language: str | None = "es", **told: Any) -> Waiting:
    asked_at = told.pop("asked_at", TUESDAY_NOON)
    promise = told.pop("promise", timedelta(minutes=15))
    return Waiting(
        conversation_id=ConversationId(told.pop("id", None) or uuid4()),
        store_id=StoreId("aurora"),
        family=told.pop("family", Family.MESSAGING),
        channel=Channel("whatsapp"),
        version=2,
        epoch=0,
        flow_id=uuid4(),
        asked_at=asked_at,
        answer_by=asked_at + promise,
        first_from=asked_at + 4 * promise,
        language=language,
        **told,
    )


def rejections(agents: list[Agent], one: Waiting, now: datetime = TUESDAY_NOON) -> dict[str, Any]:
    found = decide(one, agents, now, WEIGHTS)
    told: dict[str, Any] = {each.agent_id: None for each in found.explanation.candidates}
    for why, who in found.explanation.rejected.items():
        told.update(dict.fromkeys(who, why))
    return told


def test_the_one_who_speaks_it_gets_it(agent: Make) -> None:
    team = [agent("eva", {"es": 5}), agent("ken", {"ja": 5})]

    found = decide(waiting("ja"), team, TUESDAY_NOON, WEIGHTS)

    assert found.agent_id == "ken"
    assert found.explanation.step is Step.LANGUAGE
    assert found.explanation.skipped == ()
    assert found.explanation.needs_translation is False


def test_every_candidate_is_explained(agent: Make) -> None:
    team = [
        agent("borja", stores=("borealis",)),
        agent("full", room=100).holding_more(Family.MESSAGING),
        agent("home", shifts=(Shift(frozenset({6}), 0, 60),)),
        agent("ken", {"ja": 5}),
        agent("learner", {"es": 2}),
        agent("nomail", room=50),
        agent("ok", skills=("parcels",)),
        agent("unskilled"),
    ]

    assert rejections(team, waiting(skills=frozenset({"parcels"}))) == {
        "borja": "store",
        "full": "skills",
        "home": "skills",
        "ken": "language",
        "learner": "language",
        "nomail": "channel",
        "ok": None,
        "unskilled": "skills",
    }
    assert rejections(team, waiting())["full"] == "no room"
    assert rejections(team, waiting())["home"] == "not on shift"


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (TUESDAY_NOON, "madrid"),  # 13:00 in Madrid, 21:00 in Tokyo, 07:00 in New York
        (datetime(2026, 3, 3, 3, tzinfo=UTC), "tokyo"),  # noon in Tokyo
        (datetime(2026, 3, 3, 20, tzinfo=UTC), "york"),  # 15:00 in New York
        (SUNDAY_NIGHT, None),
        (datetime(2026, 3, 29, 1, tzinfo=UTC), None),  # the clocks of Madrid jump
    ],
)
def test_work_follows_the_sun(agent: Make, now: datetime, expected: str | None) -> None:
    team = [
        agent("madrid", time_zone="Europe/Madrid", shifts=(OFFICE,)),
        agent("tokyo", time_zone="Asia/Tokyo", shifts=(OFFICE,)),
        agent("york", time_zone="America/New_York", shifts=(OFFICE,)),
    ]

    assert decide(waiting(), team, now, WEIGHTS).agent_id == expected


def test_a_night_shift_takes_over_across_the_gap_of_spring(agent: Make) -> None:
    night = Shift(frozenset({5}), 22 * 60, 6 * 60)
    team = [agent("noctua", time_zone="Europe/Madrid", shifts=(night,))]

    for now, expected in (
        (datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC), "noctua"),  # 01:59:59
        (datetime(2026, 3, 29, 1, 0, tzinfo=UTC), "noctua"),  # 03:00
        (datetime(2026, 3, 29, 4, 0, tzinfo=UTC), None),  # 06:00
    ):
        assert decide(waiting(), team, now, WEIGHTS).agent_id == expected


def test_whom_the_law_shuts_out_gets_it_at_no_step(agent: Make) -> None:
    team = [agent("ana", country="MX"), agent("lea", {"en": 5}, country="MX", is_lead=True)]
    asked = waiting(legal=frozenset({"ES", "PT"}))

    assert rejections(team, asked) == {"ana": "legal", "lea": "legal"}
    assert decide(asked, [*team, agent("eva")], TUESDAY_NOON, WEIGHTS).agent_id == "eva"


def test_a_lead_is_taken_in_his_language_only_after_the_agents(agent: Make) -> None:
    team = [agent("a-lead", is_lead=True), agent("eva")]

    assert decide(waiting(), team, TUESDAY_NOON, WEIGHTS).agent_id == "eva"
    assert decide(waiting(), team[:1], TUESDAY_NOON, WEIGHTS).explanation.step is Step.LANGUAGE


def test_who_speaks_what_few_do_is_spared(agent: Make) -> None:
    team = [agent("ada", {"es": 5, "ja": 5}), agent("eva", {"es": 5})]

    assert decide(waiting("es"), team, TUESDAY_NOON, WEIGHTS).agent_id == "eva"


def test_the_customers_own_region_and_hours_are_preferred(agent: Make) -> None:
    team = [
        agent("ana", country="MX", time_zone="America/Mexico_City"),
        agent("eva", country="ES", time_zone="Europe/Madrid"),
    ]
    mexican = waiting(region="MX", time_zone="America/Mexico_City")

    found = decide(mexican, team, TUESDAY_NOON, WEIGHTS)

    assert found.agent_id == "ana"
    best, eva = found.explanation.candidates
    assert best.agent_id == "ana"
    assert eva.terms["region"] == 0.5
    assert eva.terms["time_zone"] == pytest.approx(0.5 * 7 / 12, abs=1e-4)


def test_hours_apart_are_counted_round_the_date_line(agent: Make) -> None:
    honolulu, kiritimati = "Pacific/Honolulu", "Pacific/Kiritimati"  # −10 and +14: the same hour

    found = decide(
        waiting(time_zone=honolulu), [agent("kai", time_zone=kiritimati)], TUESDAY_NOON, WEIGHTS
    )

    assert "time_zone" not in found.explanation.candidates[0].terms


def test_another_part_of_the_world_counts_more_than_another_country(agent: Make) -> None:
    team = [agent(at.lower(), country=at) for at in ("MX", "PT", "US", "ES")]
    weights = Weights(time_zone=0.0)

    found = decide(waiting(region="ES"), team, TUESDAY_NOON, weights).explanation

    counted = {str(each.agent_id): each.terms.get("region") for each in found.candidates}
    assert counted == {"es": None, "mx": 1.0, "pt": 0.25, "us": 1.0}


def test_who_is_about_to_go_begins_nothing_that_can_wait_for_one_who_stays(agent: Make) -> None:
    soon = Shift(frozenset({1}), 0, 13 * 60 + 4)  # four minutes from noon UTC, in Madrid
    eva = agent("eva", shifts=(soon,))
    full = agent("full", room=100).holding_more(Family.MESSAGING)
    young, old = waiting(), waiting(asked_at=TUESDAY_NOON - timedelta(minutes=8))

    held = decide(young, [eva, full], TUESDAY_NOON, WEIGHTS)

    assert held.agent_id is None
    assert rejections([eva, full], young) == {"eva": "shift ends", "full": "no room"}
    assert decide(old, [eva, full], TUESDAY_NOON, WEIGHTS).agent_id == "eva"
    assert decide(young, [eva], TUESDAY_NOON, WEIGHTS).agent_id == "eva"
    crisis = replace(young, is_crisis=True)
    assert decide(crisis, [eva, full], TUESDAY_NOON, WEIGHTS).agent_id == "eva"


def test_who_goes_home_soon_and_who_is_busy_count_less_and_who_knows_him_more(agent: Make) -> None:
    soon = Shift(frozenset({1}), 0, 13 * 60 + 10)  # ten minutes from noon UTC, in Madrid
    team = [
        agent("eva", shifts=(soon,)),
        agent("iris").holding_more(Family.MESSAGING),
        agent("ute"),
    ]

    assert decide(waiting(), team, TUESDAY_NOON, WEIGHTS).agent_id == "ute"
    terms = {
        str(each.agent_id): each.terms
        for each in decide(waiting(), team, TUESDAY_NOON, WEIGHTS).explanation.candidates
    }
    assert terms["eva"]["shift_end"] == pytest.approx(2 / 3, abs=1e-4)
    assert terms["iris"]["occupancy"] == pytest.approx(1 / 3, abs=1e-4)
    known = waiting(known_agent_id=AgentId("iris"))
    assert decide(known, team, TUESDAY_NOON, WEIGHTS).agent_id == "iris"


def test_of_equals_the_first_id_is_taken_whatever_the_order(agent: Make) -> None:
    team = [agent("b"), agent("a"), agent("c")]

    assert decide(waiting(), team, TUESDAY_NOON, WEIGHTS).agent_id == "a"


def test_a_batch_fills_no_desk_over_its_edge_and_tells_who_must_wait(agent: Make) -> None:
    many = [waiting("es") for _ in range(10)] + [waiting("ja")]
    team = [agent("eva", room=200), agent("ken", {"ja": 5}, room=100)]

    taken, stuck = decide_all(many, team, TUESDAY_NOON, WEIGHTS)

    assert [decision.agent_id for _, decision in taken] == ["eva", "eva", "ken"]
    assert stuck == {"0|es||"}


LANGUAGES = st.sampled_from(["es", "en", "ja", "de", "th"])


@given(
    data=st.data(),
    languages=st.lists(
        st.dictionaries(LANGUAGES, st.integers(1, 5), min_size=1), min_size=0, max_size=6
    ),
    leads=st.lists(st.booleans(), min_size=6, max_size=6),
)
def test_whoever_is_chosen_may_have_it_and_nobody_better_is_passed_over(
    data: st.DataObject, languages: list[dict[str, int]], leads: list[bool]
) -> None:
    make = _maker()
    team = [make(f"a{n}", spoken, is_lead=leads[n]) for n, spoken in enumerate(languages)]
    one = waiting(data.draw(LANGUAGES), second_language=data.draw(st.none() | LANGUAGES))

    found = decide(one, team, TUESDAY_NOON, WEIGHTS)

    scored = found.explanation.candidates
    rejected = [who for whom in found.explanation.rejected.values() for who in whom]
    everybody = [*(each.agent_id for each in scored), *rejected]
    assert sorted(everybody) == sorted(each.agent_id for each in team)
    assert (found.agent_id is None) == (not scored)
    if scored:
        best = min(scored, key=lambda each: (each.score, each.agent_id))
        assert found.agent_id == best.agent_id
        chosen = next(each for each in team if each.agent_id == found.agent_id)
        if found.explanation.step is not Step.LEAD:
            assert chosen.languages[str(found.explanation.language)] >= WEIGHTS.min_level
        else:
            assert chosen.is_lead
    assert decide(one, list(reversed(team)), TUESDAY_NOON, WEIGHTS).agent_id == found.agent_id


def _maker() -> Make:
    def make(agent_id: str, languages: dict[str, int], *, is_lead: bool) -> Agent:
        return Agent(
            AgentId(agent_id),
            is_lead,
            frozenset({StoreId("aurora")}),
            languages,
            frozenset(),
            "ES",
            Calendar([Shift(frozenset(range(7)), 0, 1440)], "Europe/Madrid"),
            Room(300, dict.fromkeys(FAMILIES, 300), dict.fromkeys(FAMILIES, 100)),
        )

    return make


def test_what_can_be_in_time_goes_before_what_is_late_and_the_longest_wait_before_all() -> None:
    now = TUESDAY_NOON
    ages = {"fresh": 1, "close": 14, "late": 20, "later": 50, "ages": 70}
    queue = {
        name: waiting(asked_at=now - timedelta(minutes=minutes)) for name, minutes in ages.items()
    }

    order = sorted(queue, key=lambda name: turn(queue[name], now))

    assert order == ["ages", "close", "fresh", "later", "late"]
    assert turn(queue["ages"], now)[0] is Turn.TOO_LONG


def test_the_signature_is_alike_for_those_that_the_same_agents_may_take() -> None:
    one = waiting("th", skills=frozenset({"b", "a"}))

    assert (
        one.signature
        == replace(one, region="TH", conversation_id=ConversationId(UUID(int=1))).signature
    )
    assert one.signature == "th||a b"
