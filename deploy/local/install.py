"""Make `.venv`: uv first, then everything in the lock beside the broker's jars, then our packages.

A run that was cut short is recognised by a marker in `.venv` and made afresh; a finished one by a
stamp, so that doing it again takes a fraction of a second. Only the standard library is used.
"""

import contextlib
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence

from deploy.local import install_state, lock_lines
from deploy.local.cache import cache_folder
from deploy.local.errors import CannotStart
from deploy.local.install_env import environment
from deploy.local.install_errors import sentence
from deploy.local.install_state import HALF, LOCK, PYTHON, ROOT, STAMP, UV, VENV

FOR_THE_JARS = ("jgo", "truststore")
_ROOM = 1_000_000_000  # bytes: .venv 570 MB, jars 45 MB, and data to work with
_BEGUN = time.monotonic()


def main() -> int:
    """Set everything up; return the exit code."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with _alone() as lock:
            _set_up(lock)
    except CannotStart as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(sentence("Setting up", f"{error}"), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted; run it again, and it starts over where it must.", file=sys.stderr)
        return 130
    return 0


def _set_up(lock: int) -> None:
    cache_folder()  # says at once when it cannot be written
    if install_state.is_installed():
        _end_jars(_begin_jars())
        return
    _check_room()
    why = install_state.why_afresh() if VENV.exists() else ""
    afresh = bool(why) or not VENV.exists()
    if why:
        _say(f".venv {why}: making it afresh")
    if afresh:
        _make_venv(lock)
    HALF.touch()
    try:
        jars = _install(lock)
    except CannotStart:
        if not afresh:
            HALF.unlink()  # uv fetches everything before it changes anything
        raise
    STAMP.write_text(json.dumps(install_state.wanted()), "utf-8")
    HALF.unlink()
    _end_jars(jars)
    _say("everything is set up")


def _install(lock: int) -> "subprocess.Popen[str] | None":
    """Install everything into `.venv`; return the fetching of the jars, which may go on."""
    _install_uv(lock)
    text = LOCK.read_text("utf-8")
    _uv(lock, *_from_lock("jars", lock_lines.needed_by(FOR_THE_JARS, text)))
    jars = _begin_jars()
    _say("installing all packages and fetching the broker's jars (45 MB), side by side")
    try:
        _uv(lock, *_from_lock("all", text))
        _say("packages installed")
        editable = [part for package in install_state.packages() for part in ("-e", str(package))]
        _uv(lock, "--no-deps", "--no-build-isolation", *editable)
        _say("Meridian's own six packages installed")
    except BaseException:
        if jars:
            jars.kill()
            jars.communicate()
        raise
    return jars


@contextlib.contextmanager
def _alone() -> Iterator[int]:
    """Hold a lock on the project; yield its descriptor.

    pip and uv inherit it, so that one of them that outlives a killed run still keeps others out.
    """
    folder = os.open(ROOT, os.O_RDONLY)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Waiting for another run that is setting up.", file=sys.stderr, flush=True)
            fcntl.flock(folder, fcntl.LOCK_EX)
        yield folder
    finally:
        os.close(folder)


def _check_room() -> None:
    for folder in (ROOT, cache_folder()):
        free = shutil.disk_usage(folder).free
        if free < _ROOM:
            raise CannotStart(
                f"Meridian needs about 1 GB of disk, and {folder} has {free // 1_000_000} MB free: "
                "free some, or move the project (MERIDIAN_CACHE moves the cache)."
            )


def _make_venv(lock: int) -> None:
    if VENV.exists():
        shutil.rmtree(VENV)
    VENV.mkdir()
    HALF.touch()
    _run(lock, "Making .venv", [sys.executable, "-m", "venv", str(VENV)])
    _say(f".venv made with Python {install_state.version_of_venv()} ({sys.executable})")


def _install_uv(lock: int) -> None:
    if install_state.has_uv():
        return
    options = ["--quiet", "--disable-pip-version-check", "--retries", "1"]
    pip = [
        str(PYTHON),
        "-m",
        "pip",
        "install",
        *options,
        *_from_lock("uv", install_state.uv_lines()),
    ]
    _run(lock, "Installing uv", pip)
    _say("uv installed")


def _from_lock(name: str, lines: str) -> list[str]:
    """Write lines of the lock to a file and return the options that install them."""
    path = VENV / f"{name}.lock"
    path.write_text(lines, "utf-8")
    return ["--require-hashes", "-r", str(path)]


def _uv(lock: int, *arguments: str) -> None:
    command = [str(UV), "pip", "install", "--quiet", "--python", str(PYTHON), *arguments]
    _run(lock, "Installing packages", command, environment(PYTHON))


def _run(
    lock: int, step: str, command: Sequence[str], env: Mapping[str, str] | None = None
) -> None:
    run = subprocess.run(
        command,
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        cwd=ROOT,
        env=env,
        pass_fds=(lock,),
    )
    if run.returncode:
        raise CannotStart(sentence(step, run.stdout))


def _begin_jars() -> "subprocess.Popen[str] | None":
    """Start fetching and checking the jars; a cluster of one's own needs none."""
    if os.environ.get("KAFKA_BOOTSTRAP"):
        return None
    command = [str(PYTHON), "-m", "deploy.local.jars"]
    return subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)


def _end_jars(jars: "subprocess.Popen[str] | None") -> None:
    if jars:
        _, said = jars.communicate()
        if jars.returncode:
            raise CannotStart(said.strip().splitlines()[-1])


def _say(sentence: str) -> None:
    print(f"{time.monotonic() - _BEGUN:5.1f} s  {sentence}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
