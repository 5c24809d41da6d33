"""Where the cache is, and what happens when it cannot be there."""

from pathlib import Path

import pytest

from deploy.local.cache import cache_folder
from deploy.local.errors import CannotStart


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MERIDIAN_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)


def test_the_cache_is_where_it_is_named_else_in_xdg_else_at_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert cache_folder() == tmp_path / "home/.cache/meridian"

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder() == tmp_path / "xdg/meridian"

    monkeypatch.setenv("MERIDIAN_CACHE", str(tmp_path / "named"))
    assert cache_folder() == tmp_path / "named"
    assert (tmp_path / "named").stat().st_mode & 0o777 == 0o700


def test_a_home_that_cannot_be_written_is_said_and_stood_in_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/dev/null")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    told: list[str] = []

    folder = cache_folder(told.append)

    assert folder.parent == tmp_path
    assert len(told) == 1
    assert told[0].startswith("/dev/null/.cache/meridian cannot be written (Not a directory)")
    assert str(folder) in told[0]


def test_a_stand_in_that_somebody_else_laid_out_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/dev/null")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    planted = cache_folder(lambda _: None)
    planted.rmdir()
    planted.symlink_to("/var")

    with pytest.raises(CannotStart, match="set MERIDIAN_CACHE"):
        cache_folder(lambda _: None)
