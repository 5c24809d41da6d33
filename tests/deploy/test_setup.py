"""`make setup` on machines that lack something: one sentence, an exit code, and a way back."""

import ast
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from deploy.local import lock_lines
from deploy.local.install import FOR_THE_JARS
from deploy.local.install_errors import sentence
from deploy.local.install_state import LOCK, ROOT, UV

Run = Callable[..., "subprocess.CompletedProcess[str]"]
NOWHERE = "http://127.0.0.1:9/simple"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of what `make setup` reads, without a `.venv`."""
    copy = tmp_path / "project"
    for path in ("Makefile", "requirements.lock", "deploy/__init__.py"):
        (copy / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, copy / path)
    shutil.copytree(ROOT / "deploy/local", copy / "deploy/local")
    for package in (ROOT / "shared", *(path.parent for path in ROOT.glob("services/*/*.toml"))):
        to = copy / package.relative_to(ROOT)
        shutil.copytree(package, to, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


@pytest.fixture
def setup(project: Path) -> Run:
    """Run the project's setup with a Python and an environment."""

    def run(
        *python: str, env: Mapping[str, str] | None = None
    ) -> "subprocess.CompletedProcess[str]":
        command = [*(python or (sys.executable,)), "deploy/local/setup.py"]
        whole = {**os.environ, **(env or {})}
        return subprocess.run(
            command, check=False, cwd=project, env=whole, capture_output=True, text=True
        )

    return run


@pytest.fixture
def pretending(tmp_path: Path) -> Callable[[str, str], Path]:
    """Make a Python that differs from ours by a line run before everything else."""

    def make(name: str, line: str) -> Path:
        fake = tmp_path / "fakes" / name
        fake.parent.mkdir(exist_ok=True)
        code = f"import runpy, sys; sys.executable = {str(fake)!r}; {line}; "
        code += (
            "del sys.argv[0]; sys.path[0] = ''; runpy.run_path(sys.argv[0], run_name='__main__')"
        )
        fake.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "{code}" "$@"\n')
        fake.chmod(0o755)
        return fake

    return make


def assert_one_sentence(run: "subprocess.CompletedProcess[str]", *words: str) -> None:
    assert run.returncode not in (0, None)
    assert len(run.stderr.strip().splitlines()) == 1, run.stderr
    for word in words:
        assert word in run.stderr


def test_any_python_3_can_read_the_first_file() -> None:
    source = (ROOT / "deploy/local/setup.py").read_text()

    ast.parse(source, feature_version=(3, 6))

    assert "from __future__" not in source


def test_an_old_python_is_told_which_to_install(
    setup: Run, pretending: Callable[[str, str], Path]
) -> None:
    old = pretending("python3", "sys.version_info = (3, 9, 18)")

    run = setup(str(old), env={"PATH": "/usr/share/empty"})

    assert_one_sentence(run, "3.11, 3.12 or 3.13", "3.9.18", str(old))


def test_an_old_python_gives_way_to_a_good_one_on_the_path(
    project: Path, setup: Run, pretending: Callable[[str, str], Path], tmp_path: Path
) -> None:
    old = pretending("python3", "sys.version_info = (3, 9, 18)")
    (project / "deploy/local/install.py").write_text("import sys; print(*sys.version_info[:2])")
    path = tmp_path / "path"
    path.mkdir()
    for version in ("3.13", "3.12", "3.11"):  # as pyenv's: there, and unable to run
        (path / f"python{version}").write_text("#!/bin/sh\nexit 127\n")
        (path / f"python{version}").chmod(0o755)
    ours = path / "python{}.{}".format(*sys.version_info[:2])
    ours.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')

    run = setup(str(old), env={"PATH": f"{path}:/usr/bin:/bin"})

    assert run.returncode == 0, run.stderr
    said, version_used = run.stdout.splitlines()
    assert str(ours) in said
    assert version_used == "{} {}".format(*sys.version_info[:2])


def test_a_python_without_venv_and_pip_is_told_to_get_them(
    setup: Run, pretending: Callable[[str, str], Path]
) -> None:
    bare = pretending("python3", "sys.modules['ensurepip'] = None")

    run = setup(str(bare), env={"PATH": "/usr/share/empty"})

    assert_one_sentence(run, "without venv and pip", "python3-venv")


def test_a_machine_without_python_is_told_to_get_it(project: Path) -> None:
    run = subprocess.run(
        ["make", "setup", "PYTHON=python3.no"],
        check=False,
        cwd=project,
        capture_output=True,
        text=True,
    )

    assert run.returncode
    assert "install Python 3.11, 3.12 or 3.13" in run.stderr.splitlines()[0]


def test_a_registry_out_of_reach_is_said_in_one_sentence(setup: Run) -> None:
    away = {"PIP_INDEX_URL": NOWHERE, "PIP_CONFIG_FILE": os.devnull, "PIP_FIND_LINKS": ""}

    run = setup(env={**away, "PIP_NO_CACHE_DIR": "1"})

    assert_one_sentence(run, "registry cannot be reached", "check the network")


def test_uv_too_is_understood_when_the_registry_is_out_of_reach() -> None:
    command = [
        str(UV),
        "pip",
        "install",
        "--dry-run",
        "--no-cache",
        "--default-index",
        NOWHERE,
        "uv",
    ]
    env = {"PATH": os.defpath, "VIRTUAL_ENV": str(ROOT / ".venv"), "UV_HTTP_RETRIES": "0"}

    run = subprocess.run(
        [*command, "--reinstall"], check=False, env=env, capture_output=True, text=True
    )

    assert "registry cannot be reached" in sentence("Installing", run.stderr)


def test_a_disk_without_room_is_said_before_anything_is_fetched(
    project: Path, tmp_path: Path
) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mount = f'mount -t tmpfs -o size=20m small "{small}" && cd "{project}" && '
    inside = f'{mount} MERIDIAN_CACHE="{small}" exec "{sys.executable}" deploy/local/setup.py'
    # Root of a namespace of his own may mount, whoever he is outside.
    unshare = ["unshare", "--mount"] + ([] if os.geteuid() == 0 else ["--map-root-user"])
    if subprocess.run([*unshare, "true"], check=False, capture_output=True).returncode:
        pytest.skip("this machine lets nobody mount a small disk")

    run = subprocess.run(
        [*unshare, "sh", "-c", inside], check=False, capture_output=True, text=True
    )

    assert_one_sentence(run, "needs about 1 GB", str(small), "free some")
    assert not (project / ".venv").exists()


def test_a_cache_that_cannot_be_written_is_said(setup: Run) -> None:
    run = setup(env={"MERIDIAN_CACHE": "/dev/null/cache"})

    assert_one_sentence(run, "MERIDIAN_CACHE=/dev/null/cache", "name another folder")


def test_pip_is_understood_when_it_refuses_a_file() -> None:
    said = (
        "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE. If you have "
        "updated the package versions, please update the hashes.\n"
        "        Expected sha256 00\n             Got        d7\n"
    )

    assert "other than the one requirements.lock names" in sentence("Installing uv", said)


def test_uv_too_is_understood_when_it_refuses_a_file(tmp_path: Path) -> None:
    wheel = tmp_path / "odd-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as content:
        content.writestr("odd.py", "")
        content.writestr(
            "odd-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: odd\nVersion: 1.0"
        )
        content.writestr("odd-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        content.writestr("odd-1.0.dist-info/RECORD", "")
    lock = tmp_path / "lock"
    lock.write_text(f"odd==1.0 --hash=sha256:{'0' * 64}\n")
    where = ["--no-index", "--find-links", str(tmp_path), "--target", str(tmp_path / "into")]

    run = subprocess.run(
        [str(UV), "pip", "install", *where, "--require-hashes", "-r", str(lock)],
        check=False,
        capture_output=True,
        text=True,
    )

    assert run.returncode
    assert not (tmp_path / "into/odd.py").exists()
    told = sentence("Installing", run.stdout + run.stderr)
    assert "other than the one requirements.lock names" in told


def test_what_nobody_foresaw_ends_in_the_tools_own_words() -> None:
    assert sentence("Installing", "line\n\x1b[31merror: odd\x1b[0m\n\n") == (
        "Installing failed: error: odd"
    )


def test_the_lines_for_the_jars_hold_all_that_they_need() -> None:
    lines = lock_lines.needed_by(FOR_THE_JARS, LOCK.read_text())

    packages = set(lock_lines.blocks(lines))
    assert {"jgo", "truststore", "requests", "urllib3", "certifi"} <= packages
    assert "fastapi" not in packages
    assert lines.count("==") >= len(packages)
    assert "--hash=sha256:" in lines


def begin(project: Path) -> "subprocess.Popen[str]":
    """Start a setup and return when it has begun to fill `.venv`."""
    # Who runs the tests in the background may have it ignored, and a child inherits that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    run = subprocess.Popen(
        [sys.executable, "deploy/local/setup.py"],
        cwd=project,
        start_new_session=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    until = time.monotonic() + 60
    while not (project / ".venv/bin/python").exists() and time.monotonic() < until:
        time.sleep(0.01)
    return run


def test_ctrl_c_is_no_traceback(project: Path) -> None:
    run = begin(project)

    os.killpg(run.pid, signal.SIGINT)

    _, said = run.communicate(timeout=20)
    assert run.returncode == 130
    assert said.startswith("Interrupted")
    assert len(said.splitlines()) == 1


def test_a_setup_killed_half_way_is_made_afresh_even_by_two_at_once(
    project: Path, setup: Run
) -> None:
    killed = begin(project)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.communicate()

    one = begin(project)
    other = setup()
    said, told = one.communicate()
    again = setup()

    assert (one.returncode, other.returncode) == (0, 0), told + other.stderr
    assert "half-made" in said + other.stdout
    assert "Waiting for another run" in told + other.stderr
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    stamp = json.loads((project / ".venv/meridian-installed.json").read_text())
    assert stamp["root"] == str(project)
    imports = [str(project / ".venv/bin/python"), "-c", "import intake, shared, aiokafka, asyncpg"]
    assert subprocess.run(imports, check=False).returncode == 0
