"""What `read` is pointed at: files, folders, standard input. None raises, whatever is there."""

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_MOST = 64 * 1024 * 1024
"""Octets of one input: the largest mail that anybody takes, in base64 and within JSON."""

NO_FILE = "no file that can be read"
NOTHING = "nothing in it"
TOO_LONG = "longer than is read"
CUT = "larger than is taken in: the end of it is left out"


@dataclass(frozen=True)
class Input:
    """One thing to read; `wrong` tells in a constant phrase why there is nothing of it."""

    source: str
    octets: bytes = b""
    wrong: str | None = None
    notes: tuple[str, ...] = ()


def files(paths: list[Path]) -> Iterator[Input]:
    """Each file whole, and all in the folders, in order of their names; - is standard input."""
    for path in paths:
        if not _is(Path.is_dir, path):
            yield _whole(path)
            continue
        is_empty = True
        for found in _within(path, set()):
            is_empty = False
            # A pipe that lies in a folder may never be written to.
            yield _whole(found) if _is(Path.is_file, found) else Input(str(found), wrong=NO_FILE)
        if is_empty:
            yield Input(str(path), wrong=NOTHING)


def lines(path: Path) -> Iterator[Input]:
    """The lines of a file that are not blank; one input in place of a file that has none."""
    number, is_empty = 0, True
    try:
        with _opened(path) as opened:
            for number, octets in enumerate(iter(lambda: opened.readline(_MOST + 1), b""), start=1):
                is_empty &= not octets.strip()
                if len(octets) > _MOST:
                    _pass_over(opened, octets)
                    yield Input(f"{path}:{number}", wrong=TOO_LONG)
                elif octets.strip():
                    yield Input(f"{path}:{number}", octets)
    except OSError:
        yield Input(f"{path}:{number + 1}" if number else str(path), wrong=NO_FILE)
        return
    if is_empty:
        yield Input(str(path), wrong=NOTHING)


def _within(folder: Path, seen: set[tuple[int, int]]) -> Iterator[Path]:
    """All files; a folder that links to itself is gone into once, one that is locked is named."""
    try:
        told = folder.stat()
        if (told.st_dev, told.st_ino) in seen:
            return
        seen.add((told.st_dev, told.st_ino))
        entries = sorted(folder.iterdir())
    except OSError:
        yield folder
        return
    for entry in entries:
        if _is(Path.is_dir, entry):
            yield from _within(entry, seen)
        else:
            yield entry


def _is(kind: Callable[[Path], bool], path: Path) -> bool:
    try:
        return kind(path)
    except OSError:  # a name that is too long, a folder that is locked
        return False


def _whole(path: Path) -> Input:
    try:
        with _opened(path) as opened:
            octets = opened.read(_MOST + 1)
    except OSError:
        return Input(str(path), wrong=NO_FILE)
    notes = (CUT,) if len(octets) > _MOST else ()
    return Input(str(path), octets[:_MOST], notes=notes)


def _opened(path: Path) -> AbstractContextManager[BinaryIO]:
    if str(path) != "-":
        return path.open("rb")
    if sys.stdin is None:
        raise OSError("standard input is closed")
    return nullcontext(sys.stdin.buffer)


def _pass_over(opened: BinaryIO, piece: bytes) -> None:
    while piece and not piece.endswith(b"\n"):
        piece = opened.readline(1024 * 1024)
