"""The broker's jars: from whichever mirror, only those on the list, whole or not at all."""

import http.server
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from deploy.local import jars
from deploy.local.errors import CannotStart

SMALL = "org/slf4j/slf4j-simple/1.7.36/slf4j-simple-1.7.36.jar"
Named = Callable[[str], None]


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def real() -> Path:
    """The folder of the jars that `make setup` fetched, checked."""
    return Path(str(jars.jars()[0]).removesuffix(next(iter(_listed()))))


def _listed() -> list[str]:
    return [line.split("  ")[1] for line in jars.LIST.read_text().splitlines()]


@pytest.fixture
def cache(tmp_path: Path, real: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache that has every jar but a small one; return the folder of the jars."""
    monkeypatch.setenv("MERIDIAN_CACHE", str(tmp_path / "cache"))
    for path in _listed():
        if path != SMALL:
            copy = tmp_path / "cache/kafka-jars" / path
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.symlink_to(real / path)
    return tmp_path / "cache/kafka-jars"


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A Maven repository on loopback: its folder and its URL."""
    folder = tmp_path / "mirror"
    (folder / SMALL).parent.mkdir(parents=True)
    handler = partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield folder, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Named:
    """Name a mirror in jgo's configuration, as a person behind one does."""

    def name(url: str) -> None:
        (tmp_path / "jgo.conf").write_text(f"[repositories]\nours = {url}\n")
        monkeypatch.setenv("JGO_CONFIG_FILE", str(tmp_path / "jgo.conf"))

    return name


def test_the_list_holds_the_broker_and_a_digest_for_each_jar() -> None:
    lines = jars.LIST.read_text().splitlines()

    assert len(lines) == 45
    assert all(len(line.split("  ")[0]) == 64 for line in lines)
    assert "org/apache/kafka/kafka_2.13/4.4.0/kafka_2.13-4.4.0.jar" in _listed()


def test_a_missing_jar_is_fetched_from_the_mirror_that_jgo_knows(
    cache: Path, real: Path, mirror: tuple[Path, str], named: Named
) -> None:
    folder, url = mirror
    (folder / SMALL).write_bytes((real / SMALL).read_bytes())
    named(url)

    found = jars.jars()

    assert cache / SMALL in found
    assert (cache / SMALL).read_bytes() == (real / SMALL).read_bytes()
    assert not list(cache.glob(".fetching-*"))


def test_another_jar_of_the_same_name_is_refused_and_not_kept(
    cache: Path, mirror: tuple[Path, str], named: Named
) -> None:
    folder, url = mirror
    (folder / SMALL).write_bytes(b"not the one")
    named(url)

    with pytest.raises(CannotStart, match=r"sent a slf4j-simple-1\.7\.36\.jar other than the one"):
        jars.jars()

    assert not (cache / SMALL).exists()
    assert not list(cache.glob(".fetching-*"))


def test_a_mirror_out_of_reach_is_one_sentence(cache: Path, named: Named) -> None:
    named("http://127.0.0.1:9")

    with pytest.raises(
        CannotStart, match=r"^The broker's jars could not be fetched: check [^\n]*$"
    ):
        jars.jars()


def test_a_jar_that_changed_on_disk_is_not_run(cache: Path, real: Path) -> None:
    content = bytearray((real / SMALL).read_bytes())
    content[-1] ^= 1
    (cache / SMALL).parent.mkdir(parents=True)
    (cache / SMALL).write_bytes(content)

    with pytest.raises(CannotStart, match=f"{SMALL} is not the jar .* delete it"):
        jars.jars()
