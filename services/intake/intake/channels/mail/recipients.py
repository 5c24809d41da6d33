"""Whom a bounce is about, where its prose tells: the addresses, and what is said of each."""

import re
from collections.abc import Container, Iterator

from intake.channels.mail.phrases import NOT_THE_RECIPIENT, RECIPIENTS_BELOW

_ADDRESS = r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}"
ADDRESS = re.compile(_ADDRESS)
_LISTED = re.compile(
    rf"^(?P<before>[ \t>*•-]*)(?P<label>(?:unknown (?:user|recipient)|error-for|failed|user): *)?"
    rf"(?P<mark>[<\"]?)(?:smtp:)?(?P<address>{_ADDRESS})[>\"]?(?P<after>[:;,]?)(?P<end>[ \t]*$)?",
    re.IGNORECASE | re.MULTILINE,
)
"""How one of several stands at the beginning of its line."""
_FROM = re.compile(r"(?<!generated )\bfrom\W{0,3}\Z", re.IGNORECASE)
_NEAR = 600
_MOST = 50


def told_of(text: str) -> Iterator[str]:
    """The addresses in a text that may be a recipient's, in order, in lower case.

    Whom a mail is from is none.
    """
    for found in ADDRESS.finditer(text):
        if _FROM.search(text, max(0, found.start() - 30), found.start()):
            continue
        address = found[0].lower().strip(".'=").removeprefix("smtp=")
        if not NOT_THE_RECIPIENT.match(address):
            yield address


def named(prose: str, ours: Container[str]) -> str | None:
    """The first address behind the words that say that recipients follow."""
    for found in RECIPIENTS_BELOW.finditer(prose):
        near = prose[found.end() : found.end() + _NEAR]
        if (address := next((one for one in told_of(near) if one not in ours), None)) is not None:
            return address
    return None


def listed(prose: str, ours: Container[str]) -> list[tuple[str, str]]:
    """Each recipient of a list of several, with what is said of it; empty without such a list.

    All entries begin alike: with brackets and a colon, a label, or the same white space.
    """
    found = [one for one in _LISTED.finditer(prose) if _is_entry(one, ours)][:_MOST]
    alike = [one for one in found if _form(one) == _form(found[0])]
    ends = [*(one.start() for one in alike[1:]), len(prose)]
    said: dict[str, str] = {}
    for one, end in zip(alike, ends, strict=False):
        address = one["address"].lower().removeprefix("smtp=")
        said[address] = said.get(address, "") + prose[one.end() : end]
    return list(said.items()) if len(said) > 1 else []


def _is_entry(found: re.Match[str], ours: Container[str]) -> bool:
    address = found["address"].lower()
    is_alone = found["mark"] == "<" and found["end"] is not None
    is_marked = bool(found["label"] or found["before"] or found["after"] == ":" or is_alone)
    return is_marked and address not in ours and not NOT_THE_RECIPIENT.match(address)


def _form(found: re.Match[str]) -> tuple[str, str, bool]:
    return found["before"], (found["label"] or "").lower(), found["after"] == ":"
