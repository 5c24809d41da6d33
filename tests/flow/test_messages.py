"""Story 1: who writes is understood, and given to somebody who can answer him."""

from collections import defaultdict
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from deploy.demo.installation import AURORA, KAEDE
from deploy.demo.stories.messages import PEOPLE, Talk, converse
from deploy.demo.stories.people import LUCIA, MARYAM, SIU_MING, SOMCHAI, YUKI, Writer
from deploy.demo.stories.stage import Stage
from deploy.demo.team import TEAM
from shared.contracts.base import Message
from shared.contracts.routing import Step

Of = Callable[[Writer], Talk]


@pytest.fixture
def of(talks: list[Talk]) -> Of:
    """The talk of one writer."""
    return lambda writer: next(talk for talk in talks if talk.writer is writer)


@pytest.mark.parametrize(
    ("writer", "language", "region", "zone"),
    [
        (LUCIA, "es", "ES", "Europe/Madrid"),
        (SIU_MING, "yue", "HK", "Asia/Hong_Kong"),
        (YUKI, "ja", "JP", "Asia/Tokyo"),
        (MARYAM, "ar", None, None),
        (SOMCHAI, "th", "TH", "Asia/Bangkok"),
    ],
    ids=lambda value: value.channel if isinstance(value, Writer) else str(value),
)
def test_language_region_and_time_zone_of_a_customer_are_found(
    of: Of, writer: Writer, language: str, region: str | None, zone: str | None
) -> None:
    opened = of(writer).given.opened

    assert opened.language == language
    assert opened.store_id == writer.store_id
    if region:
        assert (opened.region, opened.time_zone) == (region, zone)


@pytest.mark.parametrize("writer", [LUCIA, SIU_MING, YUKI, MARYAM], ids=lambda w: w.channel)
def test_an_agent_who_speaks_the_language_and_is_on_shift_gets_the_conversation(
    of: Of, writer: Writer
) -> None:
    talk = of(writer)
    agent = PEOPLE[talk.given.assigned.agent_id]

    assert talk.given.opened.language in agent.languages
    assert writer.store_id in agent.stores
    at = talk.given.assigned.occurred_at.astimezone(ZoneInfo(agent.time_zone))
    assert agent.hours[0] <= f"{at:%H:%M}" < agent.hours[1]
    explanation = talk.given.assigned.explanation
    assert (explanation.step, explanation.needs_translation) == (Step.LANGUAGE, False)


def test_the_decision_tells_of_every_agent_why_not_or_how_dear(of: Of) -> None:
    assigned = of(LUCIA).given.assigned

    why = assigned.explanation
    scores = {each.agent_id: each.score for each in why.candidates}
    rejected = [who for whom in why.rejected.values() for who in whom]
    assert sorted([*scores, *rejected]) == sorted(person.id for person in TEAM)
    assert scores[assigned.agent_id] == min(each for each in scores.values() if each is not None)


def test_thai_that_nobody_speaks_goes_to_english_with_a_translation(of: Of) -> None:
    explanation = of(SOMCHAI).given.assigned.explanation

    assert explanation.step is Step.ENGLISH_TRANSLATED
    assert Step.LANGUAGE in explanation.skipped
    assert explanation.needs_translation
    assert "en" in PEOPLE[of(SOMCHAI).given.assigned.agent_id].languages


def test_two_stores_do_not_see_each_other(
    of: Of, stage: Stage, run: Callable[[Coroutine[Any, Any, int]], int]
) -> None:
    ours, theirs = of(LUCIA), of(SIU_MING)
    assert (ours.received.store_id, theirs.received.store_id) == (AURORA, KAEDE)
    only_aurora = next(person.id for person in TEAM if person.stores == (AURORA,))

    async def answered(talk: Talk) -> int:
        async with stage.service(stage.addresses.routing, only_aurora) as routing:
            return await routing.status(f"/conversations/{talk.given.opened.conversation_id}")

    assert run(answered(ours)) == httpx.codes.OK
    assert run(answered(theirs)) == httpx.codes.NOT_FOUND


@pytest.mark.usefixtures("talks", "trouble", "returned", "answers")
def test_nothing_belongs_to_two_stores(stage: Stage) -> None:
    owners: dict[tuple[str, str], set[str]] = defaultdict(set)

    for seen in stage.tail.all(Message):
        for name in ("thread_id", "contact_id", "conversation_id", "order_id", "case_id"):
            if (id := getattr(seen.message, name, None)) is not None:
                owners[name, str(id)].add(getattr(seen.message, "store_id", ""))

    assert len(owners) > 20
    assert {stores for stores in map(frozenset, owners.values()) if len(stores) != 1} == set()
    assert {store for stores in owners.values() for store in stores} == {AURORA, KAEDE}


def test_a_customer_of_both_stores_is_a_stranger_to_each_others(
    of: Of, stage: Stage, run: Callable[[Coroutine[Any, Any, Talk]], Talk]
) -> None:
    here = of(LUCIA)
    at_the_other = replace(LUCIA, store_id=KAEDE, text="¿Tenéis también pendientes de plata?")

    there = run(converse(stage, at_the_other))

    assert there.received.phone == here.received.phone
    assert there.received.contact_id != here.received.contact_id
    assert there.received.thread_id != here.received.thread_id
    assert there.given.opened.conversation_id != here.given.opened.conversation_id
    assert KAEDE in PEOPLE[there.given.assigned.agent_id].stores
