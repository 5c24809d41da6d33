"""The demo's team lets the stories hold at any hour of any week of the year."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import pytest

from deploy.demo import installation
from deploy.demo.installation import AURORA, KAEDE, SHOPS
from deploy.demo.stories.messages import PEOPLE
from routing.clients import read_team
from routing.domain.decide import Decision, decide
from routing.domain.score import Weights
from routing.domain.team import Agent
from routing.domain.waiting import Waiting
from shared.contracts.base import Channel, ConversationId, StoreId
from shared.contracts.routing import Family, Step

SUNDAY_NIGHT = datetime(2026, 11, 22, 3, tzinfo=UTC)
TUESDAY_NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
GAPS = (
    datetime(2026, 3, 8, 10, 15, tzinfo=UTC),  # Los Angeles, Vancouver
    datetime(2026, 3, 29, 1, 15, tzinfo=UTC),  # Europe
    datetime(2026, 10, 3, 16, 15, tzinfo=UTC),  # Sydney
)
"""A quarter of an hour after the clocks jumped ahead somewhere the team works."""
FOLDS = (
    datetime(2026, 4, 4, 15, 45, tzinfo=UTC),  # Sydney
    datetime(2026, 10, 25, 0, 45, tzinfo=UTC),  # Europe
    datetime(2026, 11, 1, 8, 45, tzinfo=UTC),  # Los Angeles, Vancouver
)
"""A quarter of an hour before the clocks go back."""


class Asked(NamedTuple):
    """What a story asks of the team, and where it has to end."""

    store_id: str
    channel: str
    family: Family
    language: str
    skills: frozenset[str] = frozenset()
    step: Step = Step.LANGUAGE


STORIES = (
    Asked(AURORA, "whatsapp", Family.MESSAGING, "es"),
    Asked(KAEDE, "whatsapp", Family.MESSAGING, "yue"),
    Asked(KAEDE, "mail", Family.MAIL, "ja"),
    Asked(AURORA, "chat", Family.CHAT, "ar"),
    Asked(KAEDE, "whatsapp", Family.MESSAGING, "th", step=Step.ENGLISH_TRANSLATED),
    Asked(AURORA, "mail", Family.MAIL, "ja", frozenset({"parcels"})),
    Asked(AURORA, "mail", Family.MAIL, "ar", frozenset({"returns"})),
)


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Sequence[Agent]:
    """The demo's team as routing reads it."""
    folder: Path = tmp_path_factory.mktemp("installation")
    made = installation.make(folder / "config", world="http://127.0.0.1:1", smtp_port=25)
    return read_team(made.team, [StoreId(store) for store in SHOPS]).agents


def _decide(asked: Asked, team: Sequence[Agent], now: datetime) -> Decision:
    nothing = UUID(int=0)
    waiting = Waiting(
        conversation_id=ConversationId(nothing),
        store_id=StoreId(asked.store_id),
        family=asked.family,
        channel=Channel(asked.channel),
        version=1,
        epoch=0,
        flow_id=nothing,
        asked_at=now,
        answer_by=now + timedelta(hours=1),
        first_from=now + timedelta(hours=4),
        language=asked.language,
        skills=asked.skills,
    )
    return decide(waiting, team, now, Weights())


@pytest.mark.parametrize(
    "now", [SUNDAY_NIGHT, TUESDAY_NOON, *GAPS, *FOLDS], ids=lambda now: f"{now:%a-%d-%b-%H%M}"
)
@pytest.mark.parametrize("asked", STORIES, ids=lambda asked: f"{asked.language}-{asked.family}")
def test_somebody_fit_is_there_on_sunday_night_at_noon_and_when_clocks_change(
    asked: Asked, now: datetime, team: Sequence[Agent]
) -> None:
    decision = _decide(asked, team, now)

    assert decision.agent_id is not None
    assert decision.explanation.step is asked.step
    person = PEOPLE[decision.agent_id]
    assert asked.store_id in person.stores
    assert asked.skills <= set(person.skills)
    if asked.step is Step.LANGUAGE:
        assert asked.language in person.languages
        assert not decision.explanation.needs_translation
    else:
        assert "en" in person.languages
        assert decision.explanation.needs_translation


def test_the_stories_hold_at_all_hours_of_the_week_through_a_year(
    team: Sequence[Agent],
) -> None:
    # Five hours have no divisor in common with a week's 168: every hour of the week has its turn.
    begin = datetime(2026, 1, 1, 0, 30, tzinfo=UTC)
    hours = [begin + timedelta(hours=5 * n) for n in range(365 * 24 // 5)]
    assert len({(now.weekday(), now.hour) for now in hours}) == 168

    steps = {
        (asked.language, asked.skills, decision.explanation.step, decision.agent_id is None)
        for now in hours
        for asked in STORIES
        for decision in [_decide(asked, team, now)]
    }

    assert steps == {(asked.language, asked.skills, asked.step, False) for asked in STORIES}


def test_who_is_chosen_changes_with_the_hour(team: Sequence[Agent]) -> None:
    spanish = STORIES[0]

    chosen = {
        _decide(spanish, team, TUESDAY_NOON + timedelta(hours=hour)).agent_id for hour in range(24)
    }

    assert len(chosen) > 1
