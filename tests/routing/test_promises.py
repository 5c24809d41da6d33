"""What is promised to whom: the first row that fits, then the family's own."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from routing.clients import read_promises
from routing.domain.promises import Asked, Promise, Promises
from shared.contracts.base import StoreId
from shared.contracts.routing import Family, Priority
from shared.yaml_files import BadFile

STORES = [StoreId("aurora")]
FILE = """
promises:
  - {store: aurora, language: ja, family: mail, priority: urgent, within: 30m}
  - {store: aurora, language: zh, family: mail, within: 8h, business_hours: true}
  - {channel: instagram, within: 20m}
"""
USUAL = Promises(
    {
        Family.CHAT: Promise(timedelta(seconds=30)),
        Family.MESSAGING: Promise(timedelta(minutes=15)),
        Family.MAIL: Promise(timedelta(hours=24), in_business_hours=True),
    }
)


def asked(
    channel: str = "mail",
    family: Family = Family.MAIL,
    language: str | None = None,
    priority: Priority = Priority.NORMAL,
) -> Asked:
    return Asked("aurora", channel, family, language, priority)


def test_without_a_row_the_family_decides_and_what_presses_is_answered_sooner() -> None:
    day = Promise(timedelta(hours=24), in_business_hours=True)
    for priority in (Priority.LOW, Priority.NORMAL):
        assert USUAL.of(asked(priority=priority)) == day
    waits = [USUAL.of(asked(priority=each)).within for each in (Priority.HIGH, Priority.URGENT)]
    assert day.within > waits[0] > waits[1]
    assert not USUAL.of(asked(priority=Priority.URGENT)).in_business_hours

    chat = USUAL.of(asked("chat", Family.CHAT, priority=Priority.URGENT))
    assert chat == Promise(timedelta(seconds=30))


def test_a_promise_shorter_than_ours_is_not_made_longer_by_a_priority() -> None:
    quick = Promises({Family.MESSAGING: Promise(timedelta(minutes=2))})

    for priority in Priority:
        of = quick.of(asked("whatsapp", Family.MESSAGING, priority=priority))
        assert of.within == timedelta(minutes=2)


def test_the_first_row_that_fits_counts(tmp_path: Path) -> None:
    path = tmp_path / "promises.yaml"
    path.write_text(FILE, encoding="utf-8")
    promises = Promises(USUAL.by_family, terms=read_promises(path, STORES))

    assert promises.of(asked(language="ja", priority=Priority.URGENT)).within.seconds == 1800
    assert promises.of(asked(language="ja")) == USUAL.of(asked())
    eight = Promise(timedelta(hours=8), in_business_hours=True)
    assert promises.of(asked(language="zh-Hant")) == eight
    assert promises.of(asked("instagram", Family.MESSAGING)) == Promise(timedelta(minutes=20))
    elsewhere = Asked("borealis", "mail", Family.MAIL, "zh-Hans")
    assert promises.of(elsewhere) == USUAL.of(asked())


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("{store: nowhere, within: 5m}", "there is no store nowhere"),
        ("{within: soon}", "write a number"),
        ("{within: 5m, family: unknown}", "unknown is none of them"),
        ("{within: 5m, day: monday}", "day"),
    ],
)
def test_an_odd_row_is_told_with_its_line(tmp_path: Path, row: str, says: str) -> None:
    path = tmp_path / "promises.yaml"
    path.write_text(f"promises:\n  - {{within: 5m}}\n  - {row}\n", encoding="utf-8")

    with pytest.raises(BadFile, match=rf"promises.yaml:3: .*{says}"):
        read_promises(path, STORES)


def test_what_waits_a_multiple_of_its_promise_goes_first() -> None:
    at = datetime(2026, 11, 2, 9, tzinfo=UTC)
    promises = Promises({Family.MESSAGING: Promise(timedelta(minutes=15))}, 4.0)

    due = promises.due(asked("whatsapp", Family.MESSAGING), at)

    assert (due.soon, due.by) == (at + timedelta(minutes=12), at + timedelta(minutes=15))
    assert due.first_from == at + timedelta(minutes=60)
