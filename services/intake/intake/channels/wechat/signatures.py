"""Who signed a delivery of WeChat's, and what is in an encrypted one.

`signature` covers token, time and nonce, not the body: in plain mode WeChat proves no more.
`msg_signature` covers the encrypted body too, so an account with an EncodingAESKey takes nothing
else.
"""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from datetime import datetime
from xml.etree.ElementTree import Element

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from intake.domain.shapes import text
from intake.domain.times import from_seconds
from shared.stores.accounts.messaging import WeChatAccount
from shared.webhooks import Answer, Delivery, equal, parse


def verify(delivery: Delivery, account: WeChatAccount) -> bool:
    """Whether a token of the account signed it, with its body in safe mode."""
    told = _told(delivery)
    shown = told.get("msg_signature")
    if shown is None and account.encoding_aes_key:
        return False
    if shown is None:
        return _is_signed(told, account, told.get("signature", ""), [])
    try:
        encrypted = encrypted_of(parse(delivery))
    except ValueError:
        return False
    return encrypted is not None and _is_signed(told, account, shown, [encrypted])


def signed_at(delivery: Delivery) -> datetime | None:
    """The time that is signed."""
    return from_seconds(_told(delivery).get("timestamp"))


_BESIDE = {"msg_signature": "MsgSignature", "timestamp": "TimeStamp", "nonce": "Nonce"}


def _told(delivery: Delivery) -> Mapping[str, str]:
    """What is signed, as the address has it; where it has no signature, as the envelope does."""
    if "msg_signature" in delivery.query or "signature" in delivery.query:
        return delivery.query
    try:
        envelope = parse(delivery)
    except ValueError:
        return delivery.query
    found = {ours: _inside(envelope, theirs) for ours, theirs in _BESIDE.items()}
    return {name: value for name, value in found.items() if value is not None}


def answer(_: Delivery, __: WeChatAccount) -> Answer:
    """What keeps WeChat from sending it again and from telling the customer of an error."""
    return Answer("success")


def handshake(delivery: Delivery, account: WeChatAccount) -> str | None:
    """What WeChat wants to read again, decrypted in WeCom; None when it is not WeChat's."""
    echo, shown = delivery.query.get("echostr"), delivery.query.get("msg_signature")
    if echo is None:
        return None
    if shown is None:
        given = delivery.query.get("signature", "")
        return echo if _is_signed(delivery.query, account, given, []) else None
    if not _is_signed(delivery.query, account, shown, [echo]):
        return None
    opened = decrypted(echo, account)
    return opened.decode("utf-8", "replace") if opened is not None else None


def _is_signed(
    told: Mapping[str, str], account: WeChatAccount, given: str, more: list[str]
) -> bool:
    signed = [told.get("timestamp", ""), told.get("nonce", ""), *more]
    return True in [equal(given.lower(), _digest([token, *signed])) for token in account.token]


def _digest(parts: list[str]) -> str:
    return hashlib.sha1("".join(sorted(parts)).encode(), usedforsecurity=False).hexdigest()


def encrypted_of(payload: object) -> str | None:
    """The encrypted part of an envelope, XML or JSON; None when it has none."""
    return _inside(payload, "Encrypt")


def _inside(envelope: object, name: str) -> str | None:
    if isinstance(envelope, Element):
        found = envelope.findtext(name)
    else:
        found = text(envelope.get(name)) if isinstance(envelope, dict) else None
    return found.strip() if found and found.strip() else None


_BLOCK = 32
"""WeChat pads to 32 octets, twice the block of AES."""


def decrypted(encrypted: str, account: WeChatAccount) -> bytes | None:
    """The message inside, under either key; None when no key of the account opens it.

    Inside are 16 random octets, the message's length (4 octets, big endian), the message and the
    app's id, which must be the account's where it has one.
    """
    for written in account.encoding_aes_key or ():
        try:
            key = base64.b64decode(written + "=", validate=True)
            octets = base64.b64decode(encrypted, validate=True)
            decryptor = Cipher(AES(key), CBC(key[:16])).decryptor()
            padded = decryptor.update(octets) + decryptor.finalize()
        except (binascii.Error, ValueError):
            continue
        padding = padded[-1] if padded else 0
        opened = padded[16 : len(padded) - padding]
        length = int.from_bytes(opened[:4], "big")
        app_id = opened[4 + length :].decode("utf-8", "replace")
        if not 1 <= padding <= _BLOCK or len(opened) < 4 + length or not app_id:
            continue
        if account.app_id and app_id != account.app_id:
            continue
        return opened[4 : 4 + length]
    return None
