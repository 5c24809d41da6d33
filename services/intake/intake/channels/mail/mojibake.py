"""UTF-8 that a program took for another charset and wrote as UTF-8 again, put right."""

import re
from collections.abc import Iterator
from functools import cache

_TAKEN_FOR = ("cp1252", "cp1251", "cp1250", "cp1254", "koi8_r")
_SURE = {"cp1252": 1}
_AT_LEAST = 2
"""So many letters must come out: in other charsets than windows-1252 one may be chance."""
_MOST_TIMES = 3
_PAIR = re.compile(r"[^\x00-\x7f]{2}")


def once(text: str) -> str:
    """The text as it was written; as it is where nothing was written twice.

    >>> once("GrÃ¼ÃŸe"), once("РџСЂРёРІРµС‚"), once("Grüße")
    ('Grüße', 'Привет', 'Grüße')
    """
    if not _PAIR.search(text):
        return text
    for _ in range(_MOST_TIMES):
        found = next(_readings(text), None)
        if found is None:
            return text
        text = found
    return text


def _readings(text: str) -> Iterator[str]:
    for codec in _TAKEN_FOR:
        signs = _pattern(codec).findall(text)
        if len(signs) < _SURE.get(codec, _AT_LEAST):
            continue
        try:
            yield text.translate(_octets(codec)).encode("latin-1").decode("utf-8")
        except UnicodeError:
            continue


def _table(codec: str) -> Iterator[tuple[int, str]]:
    """Each octet beyond ASCII and its character; one that the charset has not stays a control."""
    for octet in range(0x80, 0x100):
        char = bytes([octet]).decode(codec, "replace")
        yield octet, chr(octet) if char == "\ufffd" else char


@cache
def _pattern(codec: str) -> re.Pattern[str]:
    """A character of two octets or more, as it looks in a charset."""
    table = dict(_table(codec))
    first = "".join(re.escape(table[octet]) for octet in range(0xC2, 0xF5))
    rest = "".join(re.escape(table[octet]) for octet in range(0x80, 0xC0))
    # Latin-1 has controls where windows-1252 has signs.
    controls = "\x80-\x9f" if codec == "cp1252" else ""
    return re.compile(f"[{first}][{rest}{controls}]")


@cache
def _octets(codec: str) -> dict[int, int | str]:
    """Each character back to its octet; others of Latin-1 cannot have come from one."""
    table = {ord(char): octet for octet, char in _table(codec)}
    if codec == "cp1252":
        return dict(table)
    return {**dict.fromkeys(range(0xA0, 0x100), "\ufffd"), **table}
