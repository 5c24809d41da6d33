"""What is promised to whom: the first row that fits, then the family's own; by priority."""

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


BY_PRIORITY = [Priority.URGENT, Priority.HIGH, Priority.NORMAL, Priority.LOW]


@pytest.mark.parametrize(
    ("channel", "family", "expected"),
    [
        ("mail", Family.MAIL, ["2:00:00", "8:00:00", "1 day, 0:00:00", "2 days, 0:00:00"]),
        ("whatsapp", Family.MESSAGING, ["0:05:00", "0:10:00", "0:15:00", "0:30:00"]),
        ("chat", Family.CHAT, ["0:00:10", "0:00:20", "0:00:30", "0:01:00"]),
    ],
)
def test_each_priority_has_a_promise_of_its_own(
    channel: str, family: Family, expected: list[str]
) -> None:
    promises = [USUAL.of(asked(channel, family, priority=each)) for each in BY_PRIORITY]

    assert [str(each.within) for each in promises] == expected
    in_hours = family is Family.MAIL
    assert [each.in_business_hours for each in promises] == [False, in_hours, in_hours, in_hours]


@pytest.mark.parametrize("family", [Family.CHAT, Family.MESSAGING, Family.MAIL])
@pytest.mark.parametrize("seconds", [3, 120, 90_000, 9_000_000])
@pytest.mark.parametrize("in_business_hours", [True, False])
def test_whatever_is_usual_what_presses_more_is_answered_sooner(
    family: Family, seconds: int, in_business_hours: bool
) -> None:
    usual = Promise(timedelta(seconds=seconds), in_business_hours)
    promises = Promises({family: usual})

    urgent, high, normal, low = (promises.of(asked("x", family, priority=p)) for p in BY_PRIORITY)

    assert normal == usual
    assert urgent.within < high.within < normal.within < low.within
    assert urgent.within <= timedelta(hours=2)
    assert not urgent.in_business_hours
    assert high.in_business_hours is low.in_business_hours is in_business_hours


def test_a_row_without_a_priority_is_the_usual_and_one_that_names_it_is_taken_as_it_stands(
    tmp_path: Path,
) -> None:
    path = tmp_path / "promises.yaml"
    path.write_text(
        "promises:\n"
        "  - {channel: mail, within: 24h}\n"
        "  - {channel: mail, priority: high, within: 20h, business_hours: true}\n"
        "  - {family: messaging, priority: urgent, within: 40m}\n"
        "  - {family: messaging, within: 3m}\n"
        "  - {store: aurora, within: 1m}\n",
        encoding="utf-8",
    )
    promises = Promises(USUAL.by_family, terms=read_promises(path, STORES))

    def of(channel: str, family: Family) -> list[Promise]:
        return [promises.of(asked(channel, family, priority=each)) for each in BY_PRIORITY]

    day = timedelta(days=1)
    assert of("mail", Family.MAIL) == [
        Promise(timedelta(hours=2)),
        Promise(timedelta(hours=20), in_business_hours=True),
        Promise(day),
        Promise(2 * day),
    ]
    waits = [each.within.seconds for each in of("whatsapp", Family.MESSAGING)]
    assert waits == [2400, 120, 180, 360]
    assert [each.within.seconds for each in of("chat", Family.CHAT)] == [10, 20, 60, 120]


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
