"""A service's process: its parts, its end, its command line."""

import asyncio
import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from shared import cli, testing
from shared.settings import ServiceSettings, config

PROGRAM = """
import asyncio
from functools import partial
from shared import service, cli
from shared.http import shell
from shared.settings import ServiceSettings, config

class Settings(ServiceSettings):
    model_config = config("COUNTING_")
    fails: str = ""
    '''How the odd part ends: `raises`, `returns`, or not at all.'''

async def odd(stop, how):
    if how == "raises":
        raise ValueError("odd part")
    if how == "returns":
        return
    await stop.wait()

async def run(settings):
    from shared import db, migrations
    async def bare(who, package):
        return None
    migrations.prepare = bare
    async with service.opened("counting", settings) as runtime:
        app = shell("counting", public=(), callers=runtime.callers, ready=runtime.ready)
        part = partial(odd, how=settings.fails)
        await runtime.run(runtime.relay().run, runtime.serve(app), part)

cli.cli("counting", Settings, run, lambda runtime: [])()
"""


async def start(tmp_path: Path, url: str, bootstrap: str, **env: str) -> subprocess.Popen[bytes]:
    (tmp_path / "counting.py").write_text(PROGRAM)
    return await asyncio.to_thread(
        subprocess.Popen,
        [sys.executable, "counting.py", "run"],
        cwd=tmp_path,
        env={"DATABASE_URL": url, "KAFKA_BOOTSTRAP": bootstrap, "PATH": "/usr/bin:/bin", **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


async def ended(process: subprocess.Popen[bytes], within: float = 40) -> tuple[int, str]:
    output, _ = await asyncio.to_thread(process.communicate, timeout=within)
    return process.returncode, output.decode()


async def lines_until(process: subprocess.Popen[bytes], word: str) -> list[str]:
    assert process.stdout is not None
    found: list[str] = []
    async with asyncio.timeout(30):
        while not found or word not in found[-1]:
            line = await asyncio.to_thread(process.stdout.readline)
            assert line, found
            found.append(line.decode())
    return found


@pytest.fixture
async def place(servers: object, database_url: str) -> tuple[str, str]:
    await testing.bare_service(database_url, "counting")
    return database_url, servers.bootstrap  # type: ignore[attr-defined]


async def test_sigterm_ends_a_service_with_zero(tmp_path: Path, place: tuple[str, str]) -> None:
    process = await start(tmp_path, *place)
    lines = await lines_until(process, "http listening")

    process.send_signal(signal.SIGTERM)
    code, rest = await ended(process)

    assert code == 0, rest
    assert "service stopped" in rest
    for line in [*lines, *rest.splitlines()]:
        assert json.loads(line)["service"] == "counting"


@pytest.mark.parametrize("how", ["raises", "returns"])
async def test_a_part_that_ends_takes_the_process_down(
    tmp_path: Path, place: tuple[str, str], how: str
) -> None:
    process = await start(tmp_path, *place, COUNTING_FAILS=how)

    code, output = await ended(process)

    assert code not in (0, -signal.SIGTERM), output


async def test_a_setting_that_is_wrong_is_said_in_one_line(
    tmp_path: Path, place: tuple[str, str]
) -> None:
    process = await start(tmp_path, *place, COUNTING_HTTP_PORT="many")

    code, output = await ended(process)

    assert code == 2
    assert output.count("\n") == 1
    assert "http_port" in output


async def test_a_stores_file_that_is_not_there_is_said_in_one_line(
    tmp_path: Path, place: tuple[str, str]
) -> None:
    process = await start(tmp_path, *place, STORES_FILE="nowhere.yaml")

    code, output = await ended(process)

    assert code == 1, output
    assert "nowhere.yaml" in output
    assert "Traceback" not in output


async def test_a_service_waits_for_its_database(tmp_path: Path) -> None:
    process = await start(tmp_path, "postgresql://postgres@127.0.0.1:9/postgres", "127.0.0.1:9")
    await lines_until(process, "relay interrupted")

    process.send_signal(signal.SIGTERM)
    code, output = await ended(process)

    assert code == 0, output


@pytest.mark.parametrize("package", ["intake", "routing", "logistics_watch", "returns", "notify"])
def test_a_command_looks_for_garbage_while_it_works(package: str) -> None:
    program = f"""
import contextlib, gc, runpy, sys
sys.argv = ["{package}", "--help"]
with contextlib.suppress(SystemExit):
    runpy.run_module("{package}", run_name="__main__")
sys.exit(0 if gc.isenabled() and gc.get_freeze_count() else 1)
"""

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)

    assert b"Usage" in done.stdout
    assert done.returncode == 0, done.stderr


def test_every_setting_has_a_sentence() -> None:
    class Settings(ServiceSettings):
        model_config = config("X_")
        room: int = 3
        """How much."""

    found = {variable: (default, text) for variable, default, text in cli.knobs(Settings)}

    assert found["X_ROOM"] == ("3", "How much.")
    assert "KAFKA_BOOTSTRAP" in found
    assert "DATABASE_URL" in found
    assert all(text for _, text in found.values()), found
