"""What `.venv` is: finished, cut short, or not made; and where everything of it lies."""

import hashlib
import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from deploy.local import lock_lines

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
UV = VENV / "bin" / "uv"
LOCK = ROOT / "requirements.lock"
STAMP = VENV / "meridian-installed.json"
HALF = VENV / "meridian-half-made"


def packages() -> list[Path]:
    """Return the folders of our own distributions."""
    services = sorted(path.parent for path in ROOT.glob("services/*/pyproject.toml"))
    return [ROOT / "shared", *services]


def wanted() -> dict[str, Any]:
    """Return what the stamp of a finished `.venv` says: scripts in it hold the project's path."""
    inputs = hashlib.sha256()
    for path in (LOCK, *(package / "pyproject.toml" for package in packages())):
        inputs.update(path.read_bytes())
    return {"root": str(ROOT), "inputs": inputs.hexdigest(), "python": version_of_venv()}


def version_of_venv() -> str:
    """Return the version of the Python that `.venv` really runs, or ""."""
    show = "import sys; print(*sys.version_info[:3], sep='.')"
    return _output([str(PYTHON), "-I", "-S", "-c", show]).strip()


def _output(command: Sequence[str]) -> str:
    """Return what a command prints, "" when it fails or is not there."""
    try:
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return ""


def _stamp() -> dict[str, Any]:
    try:
        stamp: dict[str, Any] = json.loads(STAMP.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp


def is_installed() -> bool:
    """Tell whether `.venv` is whole and of this lock, these packages, this folder."""
    return not HALF.exists() and _stamp() == wanted()


def why_afresh() -> str:
    """Return why `.venv` cannot be built upon, or "" when it can."""
    stamp, want = _stamp(), wanted()
    if HALF.exists():
        return "is half-made, from a run that was cut short"
    if stamp.get("root", want["root"]) != want["root"]:
        return "was made in another folder"
    if not want["python"] or stamp.get("python", want["python"]) != want["python"]:
        return "has lost its Python"
    if want["python"].split(".")[:2] not in (["3", "11"], ["3", "12"], ["3", "13"]):
        return f"is of Python {want['python']}"
    if not has_uv() and not _output([str(PYTHON), "-m", "pip", "--version"]):
        return "has neither pip nor uv"
    return ""


def has_uv() -> bool:
    """Tell whether `.venv` has the uv that the lock names."""
    pinned = uv_lines().split()[0].removeprefix("uv==")
    return _output([str(UV), "--version"]).split()[1:2] == [pinned]


def uv_lines() -> str:
    """Return what the lock says about uv."""
    return lock_lines.blocks(LOCK.read_text("utf-8"))["uv"]
