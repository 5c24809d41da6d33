"""The steps of the search: when each is looked at, and what goes before a fallback."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from routing.domain.decide import Decision, decide, decide_all
from routing.domain.score import Weights
from routing.domain.shifts import Shift
from routing.domain.steps import NEVER, Timers, mark
from routing.domain.team import Agent
from routing.domain.waiting import Waiting
from shared.contracts.routing import Family, Step
from tests.routing.test_decide import TUESDAY_NOON, WEIGHTS, waiting

Make = Callable[..., Agent]

KEPT = replace(WEIGHTS, kept_free=1.5)
MORNING = Shift(frozenset(range(7)), 6 * 60, 12 * 60)


def holding(agent: Agent, chats: int) -> Agent:
    """The agent with so many conversations."""
    return agent.with_load(100 * chats, {Family.MESSAGING: 100 * chats})


def test_without_the_language_the_second_is_tried_then_english_then_a_lead(agent: Make) -> None:
    de, en, lead = agent("de", {"de": 5}), agent("en", {"en": 5}), agent("lea", is_lead=True)

    second = decide(waiting("th", second_language="de"), [de, en, lead], TUESDAY_NOON, WEIGHTS)
    english = decide(waiting("th"), [de, en, lead], TUESDAY_NOON, WEIGHTS)
    last = decide(waiting("th"), [de, lead], TUESDAY_NOON, WEIGHTS)
    nobody = decide(waiting("th"), [de], TUESDAY_NOON, WEIGHTS)

    assert (second.agent_id, second.explanation.step) == ("de", Step.SECOND_LANGUAGE)
    assert second.explanation.skipped == (Step.LANGUAGE,)
    assert second.explanation.needs_translation is False
    assert (english.agent_id, english.explanation.step) == ("en", Step.ENGLISH_TRANSLATED)
    assert english.explanation.skipped == (Step.LANGUAGE,)
    assert english.explanation.needs_translation is True
    assert (last.agent_id, last.explanation.step) == ("lea", Step.LEAD)
    assert last.explanation.needs_translation is True
    assert (nobody.agent_id, nobody.explanation.step) == (None, Step.LEAD)


def test_a_message_without_a_language_goes_to_english_without_translation(agent: Make) -> None:
    found = decide(waiting(None), [agent("en", {"en": 5})], TUESDAY_NOON, WEIGHTS)

    assert (found.agent_id, found.explanation.step) == ("en", Step.ENGLISH_TRANSLATED)
    assert found.explanation.skipped == ()
    assert found.explanation.needs_translation is False


def test_a_step_whose_people_are_full_is_waited_for(agent: Make) -> None:
    full = agent("eva", room=100).holding_more(Family.MESSAGING)

    team = [full, agent("en", {"en": 5}, room=100)]
    found = decide(waiting("es"), team, TUESDAY_NOON, WEIGHTS)

    assert found.agent_id is None
    assert found.explanation.step is Step.LANGUAGE


def test_a_step_that_is_full_is_left_in_its_time_and_the_earliest_with_room_is_taken(
    agent: Make,
) -> None:
    full = agent("eva", {"pt": 5}, room=100).holding_more(Family.MESSAGING)
    team = [full, agent("en", {"en": 5}), agent("es"), agent("lea", {"ja": 5}, is_lead=True)]
    asked = waiting("pt", promise=timedelta(minutes=100))
    timers = Timers(english=0.2, nearest=0.25)
    apart = replace(WEIGHTS, kept_free=0.0, timers=timers)

    def after(minutes: float, team: list[Agent]) -> tuple[str | None, Step, tuple[Step, ...]]:
        found = decide(asked, team, TUESDAY_NOON + timedelta(minutes=minutes), apart)
        return found.agent_id, found.explanation.step, found.explanation.waited_for

    waited = (Step.LANGUAGE,)
    assert after(19.9, team) == (None, Step.LANGUAGE, ())
    assert after(20, team) == ("en", Step.ENGLISH_TRANSLATED, waited)
    assert after(24.9, [full, team[2], team[3]]) == (None, Step.LANGUAGE, ())
    assert after(25, [full, team[2], team[3]]) == ("es", Step.NEAREST_LANGUAGE, waited)
    assert after(89.9, [full, team[3]]) == (None, Step.LANGUAGE, ())
    assert after(90, [full, team[3]]) == ("lea", Step.LEAD, waited)
    assert after(95, [*team, agent("ana", {"pt": 4})]) == ("ana", Step.LANGUAGE, ())


def test_an_empty_step_is_left_at_once_whatever_its_time(agent: Make) -> None:
    near = decide(waiting("da"), [agent("ola", {"no": 5})], TUESDAY_NOON, WEIGHTS)

    assert (near.agent_id, near.explanation.step) == ("ola", Step.NEAREST_LANGUAGE)
    assert near.explanation.language == "no"
    assert near.explanation.needs_translation is False
    assert near.explanation.skipped == (Step.LANGUAGE, Step.ENGLISH_TRANSLATED)


def test_any_language_waits_for_its_share_though_all_before_it_are_empty(agent: Make) -> None:
    full = agent("pia", {"th": 5}, room=100).holding_more(Family.MESSAGING)
    ken, lea = agent("ken", {"ja": 4, "ko": 5}, room=300), agent("lea", {"ja": 5}, is_lead=True)
    asked = waiting("th", promise=timedelta(minutes=100))
    timed = replace(WEIGHTS, kept_free=0.0, timers=Timers(any_translated=0.5))

    def after(minutes: float, *team: Agent) -> tuple[str | None, Step]:
        found = decide(asked, team, TUESDAY_NOON + timedelta(minutes=minutes), timed)
        return found.agent_id, found.explanation.step

    assert after(49.9, ken) == (None, Step.LEAD)
    assert after(50, ken) == ("ken", Step.ANY_TRANSLATED)
    assert after(49.9, ken, full) == (None, Step.LANGUAGE)
    assert after(50, ken, full) == ("ken", Step.ANY_TRANSLATED)
    # Nobody waits for it: with nobody of the languages before, a lead is asked at once as ever.
    assert after(0, ken, lea) == ("lea", Step.LEAD)
    assert after(50, ken.holding_more(Family.MESSAGING), lea)[1] is Step.ANY_TRANSLATED
    assert decide(asked, [ken], TUESDAY_NOON + timedelta(minutes=99), WEIGHTS).agent_id is None


def test_who_translates_answers_in_what_he_speaks_best(agent: Make) -> None:
    full = agent("pia", {"th": 5}, room=100).holding_more(Family.MESSAGING)
    team = [full, agent("ken", {"ja": 4, "ko": 5}, room=500)]
    timed = replace(WEIGHTS, timers=Timers(any_translated=0.5))
    now = TUESDAY_NOON + timedelta(minutes=10)

    why = decide(waiting("th"), team, now, timed).explanation

    assert (why.language, why.needs_translation) == ("ko", True)
    assert why.waited_for == (Step.LANGUAGE,)
    assert why.candidates[0].agent_id == "ken"


def test_who_has_a_little_of_the_customers_language_translates_all_the_same(agent: Make) -> None:
    timed = replace(WEIGHTS, timers=Timers(any_translated=0.5))
    late = TUESDAY_NOON + timedelta(minutes=14)

    why = decide(waiting("th"), [agent("ken", {"ja": 5, "th": 2})], late, timed).explanation

    assert (why.language, why.needs_translation) == ("ja", True)


def test_a_step_that_was_not_looked_at_is_not_told(agent: Make) -> None:
    team = [agent("ken", {"ja": 5})]
    timed = replace(WEIGHTS, timers=Timers(any_translated=0.5))
    led = replace(WEIGHTS, timers=Timers(lead=NEVER))

    crises = [
        decide(waiting("da", is_crisis=True), team, TUESDAY_NOON, w) for w in (WEIGHTS, timed)
    ]
    never = decide(waiting("th"), team, TUESDAY_NOON, led)

    assert [each.step for each in crises] == [Step.NEAREST_LANGUAGE] * 2
    assert never.explanation.step is Step.ENGLISH_TRANSLATED
    assert never.explanation.rejected == {"language": ("ken",)}


def test_a_step_is_told_as_skipped_only_where_it_was_looked_at_and_nobody_on_shift_serves_it(
    agent: Make,
) -> None:
    lea, fred = agent("lea", {"ja": 2}, is_lead=True), agent("fred", {"fr": 5}, room=100)
    full = fred.holding_more(Family.MESSAGING)
    asked = waiting("th", promise=timedelta(minutes=100))
    timed = replace(WEIGHTS, timers=Timers(any_translated=0.5))

    def skipped(minutes: float, *team: Agent, weights: Weights = timed) -> tuple[Step, ...]:
        now = TUESDAY_NOON + timedelta(minutes=minutes)
        found = decide(asked, [lea, *team], now, weights)
        assert (found.agent_id, found.explanation.waited_for) == ("lea", ())
        return found.explanation.skipped

    nobody = Step.LANGUAGE, Step.ENGLISH_TRANSLATED
    # Fred could translate, but only from half of the promise on.
    assert skipped(3, fred) == skipped(3) == nobody
    assert skipped(50) == (*nobody, Step.ANY_TRANSLATED)
    assert skipped(50, weights=WEIGHTS) == nobody
    # He who is full is there, and is not waited for.
    assert skipped(50, full) == nobody


def test_what_waits_tells_as_skipped_what_nobody_on_shift_serves_and_no_more(agent: Make) -> None:
    full = agent("eva", {"en": 5}, room=100).holding_more(Family.MESSAGING)
    timed = replace(WEIGHTS, timers=Timers(any_translated=0.5))
    early, late = TUESDAY_NOON, TUESDAY_NOON + timedelta(minutes=14)

    def waits(one: Waiting, now: Any, *team: Agent) -> tuple[Step, tuple[Step, ...]]:
        found = decide(one, team, now, timed)
        assert found.agent_id is None
        return found.explanation.step, found.explanation.skipped

    english = Step.ENGLISH_TRANSLATED, (Step.LANGUAGE,)
    assert waits(waiting("th"), early, full) == english
    assert waits(waiting("th", second_language="de"), early, full) == (
        Step.ENGLISH_TRANSLATED,
        (Step.LANGUAGE, Step.SECOND_LANGUAGE),
    )
    nobody = Step.LANGUAGE, Step.ENGLISH_TRANSLATED
    assert waits(waiting("th"), early) == (Step.LEAD, nobody)
    assert waits(waiting("th"), late) == (Step.LEAD, (*nobody, Step.ANY_TRANSLATED))
    crisis = waiting("th", is_crisis=True)
    assert waits(crisis, early, full) == (Step.ENGLISH_TRANSLATED, (Step.LEAD, Step.LANGUAGE))


def test_a_step_that_is_off_is_no_mark_even_of_what_was_promised_for_no_time() -> None:
    asked = waiting("th", promise=timedelta(0))

    on, off = Timers(any_translated=0.9), Timers()

    assert off.marks == on.marks
    assert mark(asked, TUESDAY_NOON, off) == mark(asked, TUESDAY_NOON, on)


def test_any_language_keeps_to_law_skill_and_store(agent: Make) -> None:
    timed = replace(WEIGHTS, timers=Timers(any_translated=0.5, lead=NEVER))
    late = TUESDAY_NOON + timedelta(minutes=14)

    def why_not(ken: Agent, **asked: Any) -> Any:
        decided = decide(waiting("th", **asked), [ken], late, timed)
        assert (decided.agent_id, decided.step) == (None, Step.ANY_TRANSLATED)
        return decided.explanation.rejected

    ken = agent("ken", {"ja": 5})
    assert why_not(ken, legal=frozenset({"ZZ"})) == {"legal": ("ken",)}
    assert why_not(ken, skills=frozenset({"parcels"})) == {"skills": ("ken",)}
    assert why_not(agent("ken", {"ja": 5}, stores=("x",))) == {"store": ("ken",)}


def test_who_has_no_language_well_enough_translates_nothing(agent: Make) -> None:
    timed = replace(WEIGHTS, timers=Timers(any_translated=0.5))
    late = TUESDAY_NOON + timedelta(minutes=14)

    assert decide(waiting("th"), [agent("ken", {"ja": 2})], late, timed).agent_id is None


def test_a_fallback_leaves_less_free_in_each_language_the_more_it_presses(agent: Make) -> None:
    full = agent("pia", {"pt": 5}, room=100).holding_more(Family.MESSAGING)
    ada, eva = agent("ada", {"en": 5, "ja": 5}, room=100), agent("eva", {"en": 5}, room=200)
    asked = waiting("pt", promise=timedelta(minutes=100))

    def after(minutes: float, *team: Agent) -> Decision:
        return decide(asked, [full, *team], TUESDAY_NOON + timedelta(minutes=minutes), KEPT)

    # Of English 3 units are free and 1.5 times the root of 2 are kept, of Japanese 1 and 1.5.
    early = after(0, ada, eva)
    assert (early.agent_id, early.explanation.step) == ("eva", Step.ENGLISH_TRANSLATED)
    assert early.explanation.rejected["kept for his languages"] == ("ada",)
    # One unit is more than 1.5 less four tenths of it.
    assert after(39.9, ada).agent_id is None
    assert after(40, ada).agent_id == "ada"


def test_a_late_fallback_leaves_as_much_as_a_fresh_one_until_it_has_waited_for_too_long(
    agent: Make,
) -> None:
    full = agent("pia", {"pt": 5}, room=100).holding_more(Family.MESSAGING)
    eva, asked = agent("eva", {"en": 5}, room=100), waiting("pt", promise=timedelta(minutes=10))

    def after(minutes: float) -> str | None:
        now = TUESDAY_NOON + timedelta(minutes=minutes)
        return decide(asked, [full, eva], now, WEIGHTS).agent_id

    assert [after(each) for each in (1, 10, 10.1, 39.9, 40)] == [None, "eva", None, None, "eva"]


def test_of_a_small_group_no_more_than_a_third_of_its_room_is_kept_free(agent: Make) -> None:
    full = agent("pia", {"pt": 5}, room=100).holding_more(Family.MESSAGING)
    asked = waiting("pt", promise=timedelta(minutes=10))
    third, ages = replace(WEIGHTS, kept_share=1 / 3), (0.1, 5, 9.9, 10.1, 39.9, 40)

    def after(holds: int, weights: Weights) -> list[str | None]:
        team = [full, holding(agent("eva", {"en": 5}, room=300), holds)]
        moments = [TUESDAY_NOON + timedelta(minutes=each) for each in ages]
        return [decide(asked, team, each, weights).agent_id for each in moments]

    # With two of three free he is asked at any age; the last is kept as ever.
    assert after(1, WEIGHTS) == [None, "eva", "eva", None, None, "eva"]
    assert after(1, third) == ["eva"] * len(ages)
    assert after(2, third) == after(2, WEIGHTS) == [None, None, "eva", None, None, "eva"]


def test_of_a_large_group_as_much_is_kept_free_as_without_a_limit(agent: Make) -> None:
    full = agent("pia", {"pt": 5}, room=100).holding_more(Family.MESSAGING)
    third, asked = replace(WEIGHTS, kept_share=1 / 3), waiting("pt")
    found = []
    for held in range(22):
        group = [
            holding(agent(f"a{n}", {"en": 5}, room=300), held // 7 + (n < held % 7))
            for n in range(7)
        ]
        who = [decide(asked, [full, *group], TUESDAY_NOON, w).agent_id for w in (WEIGHTS, third)]
        assert who[0] == who[1]
        found.append(who[0] is not None)

    # 2.5 times the root of seven is 6.6 of 21 units, a third are 7.
    assert found == [True] * 15 + [False] * 7


def test_who_is_about_to_go_begins_what_others_would_have_to_translate(agent: Make) -> None:
    soon = Shift(frozenset({1}), 0, 13 * 60 + 4)  # four minutes from noon UTC, in Madrid
    going = agent("pia", {"pt": 5}, shifts=(soon,))
    full = agent("paz", {"pt": 5}, room=100).holding_more(Family.MESSAGING)
    asked = waiting("pt", promise=timedelta(minutes=100))

    def given(*team: Agent) -> tuple[str | None, Step]:
        found = decide(asked, [going, full, *team], TUESDAY_NOON, WEIGHTS)
        assert found.explanation.skipped == ()
        return found.agent_id, found.explanation.step

    assert given(agent("eva", {"en": 5})) == ("pia", Step.LANGUAGE)
    assert given() == (None, Step.LANGUAGE)


def test_own_languages_go_before_a_fallback_though_it_is_more_pressing(agent: Make) -> None:
    full = agent("pia", {"pt": 5}, room=100).holding_more(Family.MESSAGING)
    one_more = agent("eva", {"en": 5}, room=100)
    pressing = waiting("pt", promise=timedelta(minutes=100))
    own = waiting("en", promise=timedelta(minutes=300))
    now = TUESDAY_NOON + timedelta(minutes=90)

    taken, stuck = decide_all([pressing, own], [full, one_more], now, WEIGHTS)

    assert [one.language for one, _ in taken] == ["en"]
    assert {each.split("|")[1] for each in stuck} == {"pt"}
    alone, _ = decide_all([pressing], [full, one_more], now, WEIGHTS)
    assert [decision.step for _, decision in alone] == [Step.ENGLISH_TRANSLATED]


def test_what_has_waited_for_too_long_is_put_off_only_where_somebody_speaks_it(
    agent: Make,
) -> None:
    full = agent("pia", {"pt": 5}, room=100).holding_more(Family.MESSAGING)
    eva = agent("eva", {"en": 5}, room=100)
    lost, own = waiting("pt", promise=timedelta(minutes=10)), waiting("en")

    def first(minutes: int, team: list[Agent]) -> list[str | None]:
        now = TUESDAY_NOON + timedelta(minutes=minutes)
        return [one.language for one, _ in decide_all([lost, own], team, now, WEIGHTS)[0]]

    assert first(39, [eva]) == ["en"]
    assert first(40, [eva]) == ["pt"]
    assert first(40, [full, eva]) == ["en"]


def test_by_mail_own_work_with_time_left_lets_a_pressing_fallback_pass(agent: Make) -> None:
    mail: dict[str, Any] = {"family": Family.MAIL, "promise": timedelta(minutes=100)}
    full = agent("pia", {"pt": 5}, room=100).holding_more(Family.MAIL)
    team = [full, agent("eva", {"en": 5}, room=100)]
    pressing, now = waiting("pt", **mail), TUESDAY_NOON + timedelta(minutes=95)
    fresh = waiting("en", asked_at=TUESDAY_NOON + timedelta(minutes=16), **mail)
    older = waiting("en", asked_at=TUESDAY_NOON + timedelta(minutes=15), **mail)

    def first(queue: list[Waiting]) -> list[str | None]:
        return [one.language for one, _ in decide_all(queue, team, now, WEIGHTS)[0]]

    assert first([pressing, fresh]) == ["pt"]
    assert first([pressing, older]) == ["en"]


def test_a_mail_waits_for_who_is_off_shift_only_where_that_is_set(agent: Make) -> None:
    team = [agent("eva", {"en": 5}), agent("ken", {"ja": 5}, shifts=(MORNING,))]
    mail: dict[str, Any] = {"family": Family.MAIL, "promise": timedelta(minutes=100)}
    patient = replace(WEIGHTS, mail_timers=replace(WEIGHTS.mail_timers, off_shift=0.8))

    def after(minutes: float, language: str, weights: Weights) -> str | None:
        now = TUESDAY_NOON + timedelta(minutes=minutes)
        return decide(waiting(language, **mail), team, now, weights).agent_id

    assert after(0, "ja", WEIGHTS) == "eva"
    assert after(79.9, "ja", patient) is None
    assert after(80, "ja", patient) == "eva"
    assert after(0, "th", patient) == "eva"
    assert decide(waiting("ja"), team, TUESDAY_NOON, patient).agent_id == "eva"


def test_a_step_that_is_never_to_be_taken_is_not_though_all_before_it_are_empty(
    agent: Make,
) -> None:
    never = Weights(timers=Timers(english=NEVER, nearest=NEVER))

    assert decide(waiting("th"), [agent("eva", {"en": 5})], TUESDAY_NOON, never).agent_id is None
    assert decide(waiting(None), [agent("eva", {"en": 5})], TUESDAY_NOON, never).agent_id == "eva"


def test_of_near_languages_the_closer_is_preferred(agent: Make) -> None:
    team = [agent("ola", {"sv": 5}), agent("pia", {"no": 5})]

    assert decide(waiting("da"), team, TUESDAY_NOON, WEIGHTS).agent_id == "pia"
