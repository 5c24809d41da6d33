"""Who stands in an address field of a mail, however it is written."""

import re
from email.utils import getaddresses
from typing import NamedTuple

from intake.channels.mail.encoded_words import words
from intake.domain.texts import line

_NAME = r"[^\s<>\"',;:()\[\]\\]"
# From its first character on: tried from each, a long word without a sign takes its square.
_ADDRESS = re.compile(rf"(?<!{_NAME}){_NAME}+@[^\s<>\"',;:()\\]+")
_PLAIN_MAILBOX = re.compile(
    r"(?:([\w=?+/-][\w=?+/ -]{0,200}) )?<([\w+-]+(?:\.[\w+-]+)*@[\w-]+(?:\.[\w-]+)*)>|"
    r"([\w+-]+(?:\.[\w+-]+)*@[\w-]+(?:\.[\w-]+)*)",
    re.ASCII,
)
"""What most address fields are, and the library takes long to read."""
_ONE_MAILBOX = re.compile(
    rf"([^<>@\"()]{{0,300}}|[^<>\"(),;]{{0,300}})<[<\s]*(?:mailto:)?({_NAME}+@[^\s<>\"',;:()\\]+)\s*>+\s*",
    re.IGNORECASE,
)
"""A name with commas, colons, brackets or `@` that nobody put into quotes, or brackets twice."""
_QUOTED_ADDRESS = re.compile(r"\"[^\"\s<>]{1,64}\"@[^\s<>\"',;:()\\]+")
"""What Japanese carriers let people choose has two dots in a row, or one before the sign."""
_LONGEST = 32 * 1024


class Mailbox(NamedTuple):
    """A person in an address field; the address in lower case."""

    name: str | None
    address: str


def mailboxes(value: str, hint: str | None = None) -> list[Mailbox]:
    """Everybody in one field; what is no address is passed over.

    `hint` is a charset that encoded names may be in.
    """
    if (plain := _PLAIN_MAILBOX.fullmatch(value)) is not None:
        return [_mailbox(plain[1] or "", plain[2] or plain[3], hint)]
    value = value[:_LONGEST]
    if "@" not in value and "=?" in value:
        value = words(value, hint)  # some encode the address too
    if (one := _ONE_MAILBOX.fullmatch(value)) is not None:
        return [_mailbox(one[1], one[2], hint)]
    try:
        pairs = getaddresses([value])
    except (ValueError, TypeError, IndexError, RecursionError):
        pairs = []
    found = [
        _mailbox(name, address, hint) for name, address in pairs if _is_address(address.strip())
    ]
    return found or [_mailbox("", one, hint) for one in _ADDRESS.findall(value)]


def _is_address(address: str) -> bool:
    return bool(_ADDRESS.fullmatch(address) or _QUOTED_ADDRESS.fullmatch(address))


def _mailbox(name: str, address: str, hint: str | None) -> Mailbox:
    shown = line(words(name, hint), 200)
    if shown and len(shown) > 2 and shown[0] == shown[-1] == "'" and "'" not in shown[1:-1]:
        shown = line(shown[1:-1])  # Outlook's quotes
    return Mailbox(shown, address.strip().rstrip(".").lower()[:254])


_SHARED = frozenset({"ac", "co", "com", "edu", "gob", "gov", "gv", "ne", "net", "or", "org"})
"""Labels under which many lands give names to others: `co.uk`, `com.br`."""


def domain(address: str) -> str:
    """The name that its owner registered: the last two labels of its domain, or three.

    >>> domain("ana@mail.lamps.example"), domain("ana@mail.lamps.co.uk")
    ('lamps.example', 'lamps.co.uk')
    """
    labels = address.rpartition("@")[2].split(".")
    is_shared = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SHARED
    return ".".join(labels[-3 if is_shared else -2 :])
