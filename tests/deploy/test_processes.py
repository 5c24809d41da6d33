"""Child processes: ready before use, missed when they die, gone when we are."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local.child import started
from deploy.local.errors import CannotStart
from deploy.local.ports import free_port
from deploy.local.processes import Process, Processes

SERVE = """
import http.server, signal, sys, time

name, port, ready_after = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
begun = time.monotonic()

class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if time.monotonic() - begun > ready_after else 503)
        self.end_headers()
    def log_message(self, *args):
        pass

def leave(*_):
    print(name, "leaves", flush=True)
    sys.exit(0)

signal.signal(signal.SIGTERM, leave)
print(name, "serves", flush=True)
http.server.HTTPServer(("127.0.0.1", port), Answer).serve_forever()
"""


@pytest.fixture
def told() -> list[str]:
    return []


def serving(name: str, folder: Path, ready_after: float = 0.0, within: float = 20.0) -> Process:
    port = free_port()
    return Process(
        name=name,
        command=[sys.executable, "-c", SERVE, name, str(port), str(ready_after)],
        log=folder / f"{name}.log",
        ready=f"http://127.0.0.1:{port}/readyz",
        within=within,
    )


def python(name: str, folder: Path, code: str) -> Process:
    return Process(name=name, command=[sys.executable, "-c", code], log=folder / f"{name}.log")


async def test_start_returns_when_all_are_ready(tmp_path: Path) -> None:
    async with Processes() as processes, asyncio.timeout(20):
        slow, quick = serving("slow", tmp_path, ready_after=0.5), serving("quick", tmp_path)

        await processes.start(slow, quick)

        assert "slow serves" in (tmp_path / "slow.log").read_text()
        assert processes.pid("slow") != processes.pid("quick")


async def test_a_process_that_ends_while_starting_says_its_last_words(tmp_path: Path) -> None:
    async with Processes() as processes:
        broken = python("broken", tmp_path, "raise SystemExit('no such setting')")
        broken = Process(
            name="broken", command=broken.command, log=broken.log, ready="http://127.0.0.1:9/"
        )

        with pytest.raises(CannotStart, match=r"broken ended with code 1(?s:.*)no such setting"):
            await processes.start(broken)


async def test_a_process_that_is_never_ready_is_ended(tmp_path: Path) -> None:
    async with Processes() as processes:
        lazy = serving("lazy", tmp_path, ready_after=60, within=0.5)

        with pytest.raises(CannotStart, match="lazy was not ready in time"):
            await processes.start(lazy)

        assert processes.pid("lazy") is None


async def test_a_death_nobody_asked_for_is_told_with_the_last_words(
    tmp_path: Path, told: list[str]
) -> None:
    async with Processes(tell=told.append) as processes:
        await processes.start(serving("service", tmp_path))
        pid = processes.pid("service")
        assert pid

        os.kill(pid, signal.SIGKILL)

        async with asyncio.timeout(10):
            assert await processes.died.get() == "service"
        assert "service ended by itself with code -9" in told[0]
        assert "service serves" in told[0]


async def test_a_killed_process_comes_back_and_nobody_is_alarmed(
    tmp_path: Path, told: list[str]
) -> None:
    async with Processes(tell=told.append) as processes:
        await processes.start(serving("service", tmp_path))
        before = processes.pid("service")

        await processes.kill("service")
        assert processes.pid("service") is None
        await processes.restart("service")

        assert processes.pid("service") not in (None, before)
        assert await processes.stop("service") == 0
    assert told == []
    assert processes.died.empty()


async def test_at_the_end_all_are_asked_to_stop(tmp_path: Path, told: list[str]) -> None:
    async with Processes(tell=told.append) as processes:
        await processes.start(serving("first", tmp_path), serving("second", tmp_path))

    assert "first leaves" in (tmp_path / "first.log").read_text()
    assert "second leaves" in (tmp_path / "second.log").read_text()
    assert told == []


async def test_one_that_will_not_stop_is_killed_and_told(tmp_path: Path, told: list[str]) -> None:
    code = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True)"
    async with Processes(tell=told.append) as processes:
        deaf = python("deaf", tmp_path, f"{code}; signal.pause()")
        await processes.start(deaf)
        async with asyncio.timeout(10):
            while "deaf" not in deaf.log.read_text():
                await asyncio.sleep(0.01)

        assert await processes.stop("deaf", within=0.3) == -signal.SIGKILL

    assert told == ["deaf did not stop within 0.3 s: killed."]


async def test_two_of_one_name_are_refused(tmp_path: Path) -> None:
    async with Processes() as processes:
        await processes.start(serving("service", tmp_path))

        with pytest.raises(ValueError, match="runs already"):
            await processes.start(serving("service", tmp_path))


SUPERVISOR = """
import asyncio, pathlib, sys
from deploy.local.processes import Process, Processes
from deploy.local.terminal import run_until_stopped

async def main():
    folder = pathlib.Path(sys.argv[1])
    code = "import time; time.sleep(60)"
    async with Processes() as processes:
        for name in ("one", "two"):
            log = folder / f"{name}.log"
            await processes.start(
                Process(name=name, command=[sys.executable, "-c", code], log=log)
            )
        print(processes.pid("one"), processes.pid("two"), flush=True)
        await asyncio.Event().wait()

sys.exit(run_until_stopped(main))
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parent")
async def test_no_process_stays_behind_however_we_end(
    number: signal.Signals, tmp_path: Path
) -> None:
    supervisor = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SUPERVISOR, str(tmp_path), stdout=subprocess.PIPE
    )
    assert supervisor.stdout
    async with asyncio.timeout(20):
        pids = [int(pid) for pid in (await supervisor.stdout.readline()).split()]
        assert all(started(pid) for pid in pids)

        supervisor.send_signal(number)

        code = await supervisor.wait()
        while any(started(pid) for pid in pids):
            await asyncio.sleep(0.01)
    assert code == (-signal.SIGKILL if number is signal.SIGKILL else 0)
