"""Files that old programs write into the text itself (uuencode, POSIX.1)."""

import binascii
import re
from itertools import islice

_FILE = re.compile(
    r"^begin [0-7]{3,4} (?P<name>\S[^\n]{0,200})\n(?P<lines>(?:[ -`]{1,90}\n)+)end[ \t]*(?:\n|\Z)",
    re.MULTILINE,
)
_MOST = 300
"""More of them stay in the text."""


def taken_out(text: str) -> tuple[str, list[tuple[str, bytes]]]:
    """The text without such files, and their names and octets. What is none stays.

    >>> taken_out("Hello\\nbegin 644 a.txt\\n#0V%T\\n`\\nend\\n")
    ('Hello\\n', [('a.txt', b'Cat')])
    """
    if "\nend" not in text or "begin " not in text:
        return text, []
    text = text.replace("\r\n", "\n")
    files: list[tuple[str, bytes]] = []
    kept, at = [], 0
    for found in islice(_FILE.finditer(text), _MOST):
        octets = _decoded(found["lines"])
        if octets is not None:
            files.append((found["name"].strip(), octets))
            kept.append(text[at : found.start()].rstrip("\n") + "\n")
            at = found.end()
    return "".join([*kept, text[at:]]), files


def _decoded(lines: str) -> bytes | None:
    try:
        return b"".join(map(_line, lines.splitlines()))
    except (binascii.Error, ValueError):
        return None


def _line(line: str) -> bytes:
    """One line; programs add characters for good measure, or fill the last octets with noise."""
    length = (ord(line[0]) - 32) & 63
    return binascii.a2b_uu(line[: (length * 4 + 5) // 3])
