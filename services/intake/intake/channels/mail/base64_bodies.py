"""A text body in base64, as it comes: with noise, broken into blocks, quoted, or with a footer."""

import base64
import re
from collections.abc import Iterator

_SPACED = re.compile(r"[A-Za-z0-9+/\s]{4,}={1,2}")
"""No words end like this."""
_QUOTED = re.compile(r"^(?:>[ \t]?)+(?=[A-Za-z0-9+/]{20,}={0,2}[ \t]*\r?$)", re.MULTILINE)
_NO_DIGIT = re.compile(r"[^A-Za-z0-9+/]")
_PADDED = re.compile(r"(?<!=)=+$", re.MULTILINE)
_LINE = 20
_LEAST_ENCODED = 60
_NO_NOISE = 10
"""Of so many characters, one beyond ASCII is noise; more are a script that needs no spaces."""


def octets_of(written: str) -> bytes | None:
    """What a body that is labelled base64 holds; None of plain words that are so by label alone.

    Characters outside the alphabet are passed over (RFC 2045 §6.8), but for lines of words: they
    are the footer that a list's program put under it. A last digit too many is dropped.
    """
    written = _QUOTED.sub("", written)
    # Where words stand between spaces, somebody forgot to encode what he labelled, or put a
    # footer under it.
    has_words = re.search(r"\S \S", written) and not _SPACED.fullmatch(written.strip())
    if not has_words and _SPACED.fullmatch(written.strip()):
        return _decoded(written)
    head, below = _parted(written)
    if not has_words:
        return None if not head and _is_of_letters(written) else _decoded(head or written)
    if len(head) < _LEAST_ENCODED and not head.rstrip().endswith("="):
        return None
    told = head.rstrip()
    return _decoded(told) + (head[len(told) :] + below).encode("utf-8", "surrogateescape")


def _parted(written: str) -> tuple[str, str]:
    """The lines of digits that it begins with, and what is below them."""
    lines = written.splitlines(keepends=True)
    is_padded = False
    for n, line in enumerate(lines):
        told = line.strip()
        if told and not _is_encoded(told, is_padded=is_padded):
            return "".join(lines[:n]), "".join(lines[n:])
        is_padded = told.endswith("=") or (is_padded and not told)
    return written, ""


def _is_encoded(line: str, *, is_padded: bool) -> bool:
    """Whether a line is digits, or nearly so; below padding, a block's end, a long clean one."""
    digits = _NO_DIGIT.sub("", line)
    noise = len(line) - len(digits) - line.count("=")
    if noise == 0 or is_padded:
        return noise == 0 and (len(digits) >= _LINE or not is_padded)
    is_long = len(digits) >= _LINE and noise <= 1 + len(digits) // (2 * _LINE)
    is_whole = noise == 1 and len(digits) % 4 == 0
    return (is_long or is_whole) and not re.search(r"\s", line)


def _is_of_letters(written: str) -> bool:
    """Whether it is words after all: Chinese, Japanese and Thai have no spaces between them."""
    return _NO_NOISE * sum(each > "\x7f" for each in written) > len(written)


def _decoded(written: str) -> bytes:
    return b"".join(_blocks(written))


def _blocks(written: str) -> Iterator[bytes]:
    """Each block up to its padding: programs that put texts together leave it between them."""
    for block in _PADDED.split("\n".join(line.rstrip() for line in written.splitlines())):
        digits = _NO_DIGIT.sub("", block)
        digits = digits[: len(digits) - (len(digits) % 4 == 1)]
        yield base64.b64decode(digits + "=" * (-len(digits) % 4))
