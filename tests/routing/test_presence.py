"""Who is there, and who has what is demanded."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from routing.domain.presence import Counting, Presence
from routing.domain.shifts import Shift
from routing.domain.team import Agent
from shared.contracts.routing import Presence as State

MakeAgent = Callable[..., Agent]

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)
DAY = Shift(frozenset(range(7)), 540, 1020, ((720, 750),))  # in Madrid: from 08:00 UTC


@pytest.mark.parametrize(
    ("presence", "why"),
    [
        (Presence(), None),
        (Presence(said=State.AWAY, said_at=NOON - timedelta(hours=1)), "away"),
        # What he said yesterday is over with yesterday's shift.
        (Presence(said=State.OFFLINE, said_at=NOON - timedelta(hours=9)), None),
        (Presence(Counting.HEARTBEAT), "offline"),
        (Presence(Counting.HEARTBEAT, State.AVAILABLE, NOON, beats=True), None),
        (Presence(Counting.HEARTBEAT, State.AVAILABLE, NOON, beats=False), "offline"),
        (Presence(Counting.HEARTBEAT, State.BUSY, NOON, beats=True), "busy"),
    ],
)
def test_on_shift_is_enough_or_a_console_must_beat(
    agent: MakeAgent, presence: Presence, why: str | None
) -> None:
    eva = replace(agent("eva", shifts=(DAY,)), presence=presence)

    assert eva.absence(NOON) == why
    assert eva.has_left(NOON) is (why == "offline")
    assert (eva.present_until(NOON) is None) is (why is not None)
    assert eva.absence(NOON - timedelta(hours=5)) == "not on shift"


def test_a_break_takes_nothing_and_gives_nothing_back(agent: MakeAgent) -> None:
    eva = agent("eva", shifts=(DAY,))
    half_past_noon_in_madrid = NOON - timedelta(minutes=45)

    assert eva.absence(half_past_noon_in_madrid) == "on a break"
    assert not eva.has_left(half_past_noon_in_madrid)


@pytest.mark.parametrize(
    ("demands", "has"),
    [
        (["parcels"], True),
        (["parcels>=4"], True),  # a tag has no level
        (["returns"], False),
        (["product:shoes"], True),
        (["product:shoes>=4"], True),
        (["product:shoes>=5"], False),
        (["shoes>=4", "refund"], True),
        (["intent:refund>=2", "intent:shoes"], False),
        (["language:pt-BR>=4"], True),
        (["language:pt-BR>=5"], False),
        (["what is this?"], False),
        ([], True),
    ],
)
def test_skills_are_tags_or_have_levels(agent: MakeAgent, demands: list[str], *, has: bool) -> None:
    eva = replace(
        agent("eva", {"pt": 4}, skills=("parcels",)), products={"shoes": 4}, intents={"refund": 2}
    )

    assert eva.has(demands) is has
