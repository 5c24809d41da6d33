"""Deliveries locked away: AES-256-GCM (NIST SP 800-38D) under a key that is not in the database."""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import replace

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from intake.domain.items import Raw

_MARK = b"\0sealed1"
_NONCE = 12


class Locked(Exception):
    """None of the keys opens it."""


class _Inside(msgspec.Struct, frozen=True):
    url: str
    headers: dict[str, str]
    body: bytes


class Seal:
    """Of two keys the first locks, both open, so that keys can change. Without keys all lies open.

    A key is any long random text; the cipher's key is its SHA-256.
    """

    def __init__(self, keys: Sequence[str] = ()) -> None:
        self._keys = [AESGCM(hashlib.sha256(key.encode()).digest()) for key in keys if key]

    def closed(self, raw: Raw) -> Raw:
        """The delivery with its address, headers and body locked; bound to its own id."""
        if not self._keys:
            return raw
        inside = msgspec.msgpack.encode(_Inside(raw.url, raw.headers, raw.body))
        nonce = os.urandom(_NONCE)
        body = _MARK + nonce + self._keys[0].encrypt(nonce, inside, raw.raw_id.bytes)
        return replace(raw, url="", headers={}, body=body)

    def opened(self, raw: Raw) -> Raw:
        """The delivery as it came. Raises `Locked`."""
        if not raw.body.startswith(_MARK):
            return raw
        nonce, locked = raw.body[len(_MARK) :][:_NONCE], raw.body[len(_MARK) + _NONCE :]
        for key in self._keys:
            try:
                found = key.decrypt(nonce, locked, raw.raw_id.bytes)
            except InvalidTag:
                continue
            inside = msgspec.msgpack.decode(found, type=_Inside)
            return replace(raw, url=inside.url, headers=inside.headers, body=inside.body)
        raise Locked("no key opens the delivery")
