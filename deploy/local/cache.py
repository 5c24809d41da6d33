"""Where things live that are not part of the project: jars, the kept cluster, logs.

`$MERIDIAN_CACHE`, else `$XDG_CACHE_HOME/meridian`, else `~/.cache/meridian`; without a home that
can be written, a folder of this user in the system's folder for temporary files.
"""

import fcntl
import os
import stat
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.local.errors import CannotStart

_TOLD: set[Path] = set()


def tell(sentence: str) -> None:
    """Print one sentence for the person at the terminal; standard output stays for results."""
    print(sentence, file=sys.stderr, flush=True)


def cache_folder(tell: Callable[[str], None] = tell) -> Path:
    """Make and return the cache folder.

    Raises CannotStart when `$MERIDIAN_CACHE` is set and cannot be written, or when nothing can.
    """
    named = os.environ.get("MERIDIAN_CACHE")
    if named:
        folder = Path(named).expanduser().absolute()
        why = _cannot_write(folder)
        if why:
            raise CannotStart(
                f"MERIDIAN_CACHE={folder} cannot be written ({why}): name another folder."
            )
        return folder
    wanted = _default_folder()
    why = _cannot_write(wanted)
    if not why:
        return wanted
    spare = Path(tempfile.gettempdir()) / f"meridian-{os.getuid()}"
    if _cannot_write(spare) or not _is_our_own(spare):
        raise CannotStart(
            f"Neither {wanted} nor {spare} can be written ({why}): "
            "set MERIDIAN_CACHE to a folder that can."
        )
    if spare not in _TOLD:
        _TOLD.add(spare)
        tell(f"{wanted} cannot be written ({why}); using {spare} as the cache.")
    return spare


def _default_folder() -> Path:
    xdg = os.environ.get("XDG_CACHE_HOME", "")
    # The XDG base directory specification: a relative path is invalid and to be ignored.
    if xdg.startswith("/"):
        return Path(xdg) / "meridian"
    try:
        return Path.home() / ".cache" / "meridian"
    except RuntimeError:  # no HOME and no passwd entry
        return Path("/nonexistent/.cache/meridian")


def _cannot_write(folder: Path) -> str | None:
    """Make the folder and try to write in it; return why not, or None."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return None
    except OSError as error:
        return error.strerror or str(error)


def _is_our_own(folder: Path) -> bool:
    """Tell whether a folder in a place open to all is ours, and no link that somebody planted."""
    found = folder.lstat()
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid()


@contextmanager
def only_one(lock: Path, busy: str) -> Iterator[None]:
    """Hold `lock` against other processes; wait for them, telling `busy` once when it takes long.

    The operating system lets go of the lock when its holder dies, however it dies.
    """
    with lock.open("a") as handle:
        begun, told = time.monotonic(), False
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if not told and time.monotonic() - begun > 1:
                    tell(busy)
                    told = True
                time.sleep(0.1)
        yield
