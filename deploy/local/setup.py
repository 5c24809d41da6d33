"""Find a Python that will do and hand over to `install`, which does the work.

Written so that any Python 3 can read it: with the wrong one, the answer is one clear sentence.
"""

import os
import shutil
import subprocess
import sys

GOOD = ((3, 13), (3, 12), (3, 11))
PROBE = "import sys, ensurepip, venv; print(*sys.version_info[:2])"
HINT = "or name another Python: make PYTHON=/path/to/python3.12"


def main():  # type: () -> None
    """Exec `install` with this Python or with another one from PATH; exit with a sentence."""
    wrong = what_is_wrong()
    python = sys.executable
    if wrong:
        python = another()
        if not python:
            sys.exit(wrong)
        print(f"{sys.executable} is Python {version()}; using {python} instead.", flush=True)
    os.chdir(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
    os.execv(python, [python, "-m", "deploy.local.install"])  # noqa: S606


def version():  # type: () -> str
    """Return the version of the running Python, as people write it."""
    return ".".join(str(part) for part in sys.version_info[:3])


def what_is_wrong():  # type: () -> str
    """Return a sentence about the running Python, or "" when it will do."""
    if sys.version_info[:2] not in GOOD:
        return (
            f"Meridian needs Python 3.11, 3.12 or 3.13, and {sys.executable} is {version()}: "
            f"install one of them, {HINT}"
        )
    try:
        import ensurepip  # noqa: F401, PLC0415
        import venv  # noqa: F401, PLC0415
    except ImportError:
        return (
            f"Python {version()} ({sys.executable}) comes without venv and pip: install them "
            f"(on Debian and Ubuntu: apt install python3-venv), {HINT}"
        )
    return ""


def another():  # type: () -> str
    """Return the newest Python on PATH that runs, is one of GOOD and has venv, or ""."""
    for wanted in GOOD:
        python = shutil.which("python{}.{}".format(*wanted))
        if not python:
            continue
        try:
            found = subprocess.check_output([python, "-c", PROBE], stderr=subprocess.DEVNULL)
        except (OSError, subprocess.CalledProcessError):  # as pyenv's stand-ins do
            continue
        if found.decode().split() == [str(part) for part in wanted]:
            return python
    return ""


main()
