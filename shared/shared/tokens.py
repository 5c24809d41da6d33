"""Signed tokens: they tell what a thing is about, where an id alone could be made up.

A token is 27 octets, 44 characters of lower-case base32 (RFC 4648 §6, no padding): one octet for
the kind, sixteen for the id, ten of an HMAC-SHA256 over both. Mail systems change the case of
local parts, so reading does not depend on it.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

LENGTH: Final = 44
"""Characters of every token."""

KINDS: Final = {"order": 1, "thread": 2, "shipment": 3, "case": 4, "notification": 5, "file": 6}
"""What a token can be about, and its octet; numbers are never given anew."""

_NAMES = {number: kind for kind, number in KINDS.items()}
_MAC = 10
_LINK_MAC = 16
_PURPOSE = b"meridian token v1\0"
_MIN_KEY = 16


class Tokens:
    """Signs and reads tokens. Of two keys the first signs, both read, so that keys can change."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        if not 1 <= len(keys) <= 2:
            raise ValueError("give one key, or two while the key is changed")
        if any(len(key) < _MIN_KEY for key in keys):
            raise ValueError(f"a token key has at least {_MIN_KEY} octets")
        self._keys = tuple(keys)

    def sign(self, kind: str, id: UUID) -> str:
        """Make the token for a thing. Raises `ValueError` for a kind that is not in `KINDS`."""
        if kind not in KINDS:
            raise ValueError(f"no token can be about a {kind}")
        told = bytes([KINDS[kind]]) + id.bytes
        return base64.b32encode(told + _mac(self._keys[0], told)).decode().rstrip("=").lower()

    def read(self, token: str) -> tuple[str, UUID] | None:
        """Kind and id, when one of our keys signed it; else `None`. In constant time."""
        octets = _octets(token)
        if octets is None:
            return None
        told, mac = octets[:17], octets[17:]
        signed = [hmac.compare_digest(_mac(key, told), mac) for key in self._keys]
        kind = _NAMES.get(told[0])
        if not any(signed) or kind is None:
            return None
        return kind, UUID(bytes=told[1:])

    def sign_until(self, kind: str, id: UUID, until: datetime) -> str:
        """Make a token for a link that ends at `until` (aware, whole seconds): 51 characters.

        Raises `ValueError` for a kind that is not in `KINDS`.
        """
        if kind not in KINDS:
            raise ValueError(f"no token can be about a {kind}")
        told = bytes([KINDS[kind]]) + id.bytes + int(until.timestamp()).to_bytes(5, "big")
        return _url_safe(told + _link_mac(self._keys[0], told))

    def read_until(self, token: str) -> tuple[str, UUID, datetime] | None:
        """Kind, id and end of a link that one of our keys signed; else `None`. In constant time.

        Whether it has ended is the caller's to compare.
        """
        try:
            padded = token.encode("ascii") + b"=" * (-len(token) % 4)
            octets = base64.b64decode(padded, b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        told, mac = octets[:-_LINK_MAC], octets[-_LINK_MAC:]
        signed = [hmac.compare_digest(_link_mac(key, told), mac) for key in self._keys]
        is_ours = any(signed) and len(told) == 22 and _url_safe(octets) == token
        kind = _NAMES.get(told[0]) if is_ours else None
        if kind is None:
            return None
        until = datetime.fromtimestamp(int.from_bytes(told[17:], "big"), UTC)
        return kind, UUID(bytes=told[1:17]), until


def _url_safe(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")


def _link_mac(key: bytes, told: bytes) -> bytes:
    return hmac.new(key, b"meridian link v1\0" + told, hashlib.sha256).digest()[:_LINK_MAC]


def _mac(key: bytes, told: bytes) -> bytes:
    return hmac.new(key, _PURPOSE + told, hashlib.sha256).digest()[:_MAC]


def _octets(token: str) -> bytes | None:
    """The octets of a token in its one spelling; the last character has four spare bits."""
    if len(token) != LENGTH or not token.isascii():
        return None
    try:
        octets = base64.b32decode(token.upper() + "====")
    except binascii.Error:
        return None
    spelled = base64.b32encode(octets).decode().rstrip("=")
    return octets if spelled == token.upper() else None
