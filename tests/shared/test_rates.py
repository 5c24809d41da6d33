"""So many a second and no more, each key for itself."""

import pytest

from shared import rates


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The monotonic clock's time, to be changed."""
    now = [1000.0]
    monkeypatch.setattr("shared.rates.time.monotonic", lambda: now[0])
    return now


def test_one_more_than_allowed_waits_until_the_first_is_a_second_old(clock: list[float]) -> None:
    assert [rates.wait(3, "a", "x") for _ in range(3)] == [0.0, 0.0, 0.0]
    clock[0] += 0.25
    assert rates.wait(3, "a", "x") == pytest.approx(0.75)
    assert rates.wait(3, "a", "y") == 0.0

    clock[0] += 0.75

    assert rates.wait(3, "a", "x") == 0.0


def test_what_is_refused_does_not_count(clock: list[float]) -> None:
    rates.wait(1, "b")
    for _ in range(5):
        assert rates.wait(1, "b") > 0

    clock[0] += 1.0

    assert rates.wait(1, "b") == 0.0


def test_keys_of_long_ago_are_forgotten(
    clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rates, "_MOST_IDLE", 10)
    windows = rates.Windows()
    for n in range(10):
        windows.acquire_entry(str(n), 1, 1)
    clock[0] += 1.0

    windows.acquire_entry("new", 1, 1)

    assert list(windows._windows) == ["new"]
