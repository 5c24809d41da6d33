"""Vonage: the SMS API, the Messages API, and what became of ours.

Sources: developer.vonage.com, "Signing messages" (sig of the SMS API), "Signed webhooks" (JWT of
the Messages API), "SMS API: inbound, delivery receipt", "Messages API: inbound, status".
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec

from intake.channels.jwts import claims_of, is_hash, unverified
from intake.channels.peers import USUAL, Fate, File, Said, caller, inbound, status, user
from intake.channels.whatsapp import ordered
from intake.domain.contacts import Contact
from intake.domain.items import Came, Inbound, Known, Odd, Reading, StatusNews
from intake.domain.shapes import Object, obj, objects, text
from intake.domain.texts import joined, line
from intake.domain.times import from_iso, from_seconds
from shared.contracts.intake import Delivery as Outcome
from shared.stores.accounts.sms import VonageAccount
from shared.webhooks import Delivery, Form, equal, parse

WINDOW = timedelta(hours=24)
"""WhatsApp's customer service window."""

_Entry = Inbound | StatusNews | Known | Odd


def verify(delivery: Delivery, account: VonageAccount) -> bool:
    """Whether a secret signed the token that names the body, or the parameters themselves."""
    if token := _token(delivery):
        claims = claims_of(token, account.signature_secret)
        return claims is not None and _names_body(claims, delivery)
    told = _told(delivery)
    shown = (told.get("sig") or "").lower()
    return True in [
        equal(shown, mac) for secret in account.signature_secret for mac in _macs(told, secret)
    ]


def signed_at(delivery: Delivery) -> datetime | None:
    """The time that is signed with it."""
    if token := _token(delivery):
        return from_seconds(unverified(token).get("iat"))
    return from_seconds(_told(delivery).get("timestamp"))


def _token(delivery: Delivery) -> str | None:
    scheme, _, token = delivery.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def _names_body(claims: Mapping[str, Any], delivery: Delivery) -> bool:
    """Of a GET the parameters are hashed as JSON."""
    if delivery.method == "GET":
        return is_hash(claims.get("payload_hash"), msgspec.json.encode(dict(delivery.query)))
    return is_hash(claims.get("payload_hash"), delivery.body)


def _told(delivery: Delivery) -> dict[str, str]:
    try:
        payload = parse(delivery)
    except ValueError:
        return {}
    if isinstance(payload, Form):  # signed is what was sent, not what can be kept of it
        return {name: octets.decode("utf-8", "replace") for name, octets in payload.octets.items()}
    return {str(name): text(value) or "" for name, value in obj(payload).items()}


def _macs(told: Mapping[str, str], secret: str) -> list[str]:
    """By each method that an account may be set to; what would part two fields is replaced."""
    written = "".join(
        f"&{name}={told[name].replace('&', '_').replace('=', '_')}"
        for name in sorted(told)
        if name != "sig"
    ).encode("utf-8", "replace")
    key = secret.encode()
    plain = hashlib.md5(written + key, usedforsecurity=False).hexdigest()
    methods = ("md5", "sha1", "sha256", "sha512")
    return [plain, *(hmac.new(key, written, method).hexdigest() for method in methods)]


def read(came: Came[Delivery, VonageAccount]) -> Reading:
    """The one message or receipt of a request."""
    payload = obj(came.payload)
    return Reading.of([_entry(payload, came)] if payload else [])


def _entry(payload: Object, came: Came[Delivery, VonageAccount]) -> _Entry:
    if "message_uuid" in payload:
        return _of_messages_api(payload, came)
    if "msisdn" in payload:
        return _of_sms_api(payload, came)
    if {"conversation_uuid", "uuid", "request_id"} & payload.keys():
        return Known("an event of a call or a verification")
    return Odd("neither a message nor a receipt")


def _of_sms_api(payload: Object, came: Came[Delivery, VonageAccount]) -> _Entry:
    contact = caller(came.account, payload.get("msisdn"))
    id = text(payload.get("messageId")) or text(payload.get("message-id"))
    at = _at(payload.get("message-timestamp"))
    if "status" in payload:
        code = text(payload.get("err-code"))
        fate = (id, text(payload.get("status")), at, None if code == "0" else code)
        return _status(fate, contact, came)
    kind = text(payload.get("type"))
    written = text(payload.get("text"))
    if not written and kind == "binary":
        written = "[binary message]"
    said = Said(external_id=id, text=written or "[empty message]", at=at)
    return inbound(said, contact, came.account, came.at)


def _at(value: object) -> datetime | None:
    """The SMS API writes UTC without saying so."""
    return from_iso(value) or (from_iso(f"{value}+00:00") if isinstance(value, str) else None)


_STATUSES = {
    "submitted": Outcome.SENT,
    "accepted": Outcome.SENT,
    "buffered": Outcome.SENT,
    "delivered": Outcome.DELIVERED,
    "read": Outcome.READ,
    "expired": Outcome.FAILED,
    "failed": Outcome.FAILED,
    "rejected": Outcome.FAILED,
    "undeliverable": Outcome.FAILED,
}


def _status(
    told: tuple[str | None, str | None, datetime | None, str | None],
    contact: Contact | None,
    came: Came[Delivery, VonageAccount],
) -> StatusNews | Known | Odd:
    id, name, at, reason = told
    if name in ("unknown", "deleted", "clicked"):
        return Known("a status of no concern")
    outcome = _STATUSES.get(name or "")
    if outcome is None:
        return Odd("a status that is not understood")
    why = reason if outcome is Outcome.FAILED else None
    fate = Fate(external_id=id, status=outcome, at=at, reason=why)
    return status(fate, contact, came.account, came.at)


def _of_messages_api(payload: Object, came: Came[Delivery, VonageAccount]) -> _Entry:
    """Version 1; and version 0.1, where addresses and content are objects."""
    is_receipt = "status" in payload
    end = payload.get("to" if is_receipt else "from")
    channel = text(payload.get("channel")) or text(obj(end).get("type")) or ""
    address = text(obj(end).get("number")) or text(obj(end).get("id")) or text(end)
    by_number = channel in ("", "sms", "mms", "rcs", "whatsapp", "viber_service")
    person = caller if by_number else user
    contact = person(came.account, address, obj(payload.get("profile")).get("name"))
    at = from_iso(payload.get("timestamp"))
    id = text(payload.get("message_uuid"))
    if is_receipt:
        error = obj(payload.get("error"))
        code = text(error.get("title")) or text(error.get("code"))
        return _status((id, text(payload.get("status")), at, code), contact, came)
    content = obj(obj(payload.get("message")).get("content"))
    kind = text(payload.get("message_type")) or text(content.get("type")) or ""
    if text(obj(payload.get("reaction")).get("action")) == "unreact":
        return Known("a reaction was taken back")
    written, files = _content(kind, content or payload)
    if written is None and not files:
        return Odd("a message of a kind that is not understood")
    peer = contact.address if contact and channel not in ("", "sms", "mms") else None
    said = Said(
        external_id=id,
        text=written,
        files=files,
        at=at,
        answers=text(obj(payload.get("context")).get("message_uuid")),
        peer=f"{channel}:{peer}" if peer else None,
        window=WINDOW if channel == "whatsapp" else None,
    )
    return inbound(said, contact, came.account, came.at)


_FILES = {"image", "audio", "video", "file", "sticker", "vcard"}


def _content(kind: str, told: Object) -> tuple[str | None, tuple[File, ...]]:
    body = obj(told.get(kind))
    url = text(body.get("url"))
    if kind in _FILES:
        file = File(
            kind=kind,
            reference=url,
            is_url=url is not None,
            name=text(body.get("name")),
            usual_type=USUAL.get(kind),
        )
        return text(body.get("caption")), (file,)
    if kind == "content":
        parts = [
            _content(text(each.get("type")) or "", _flat(each))
            for each in objects(told.get("content"))
        ]
        words = joined((written for written, _ in parts), "\n")
        return words, tuple(file for _, files in parts for file in files)
    if kind in _WORDS:
        return _WORDS[kind](told, body), ()
    shown = text(body.get("title")) or text(body.get("text")) or text(told.get("text"))
    return shown or (f"[{line(kind, 40)}]" if kind else None), ()


def _place(_: Object, body: Object) -> str | None:
    named = joined((text(body.get("name")), text(body.get("address"))), ", ")
    point = joined((str(body.get(part, "")) for part in ("lat", "long")), ", ")
    return joined(("[location]", named, point), " ")


def _order(_: Object, body: Object) -> str | None:
    lines = map(ordered, objects(body.get("product_items")))
    return joined(("[order]", ", ".join(lines), text(body.get("text"))), " ")


def _cards(told: Object, body: Object) -> str | None:
    """One, or several in a list."""
    places = (body.get("contacts"), told.get("contact"), told.get("contacts"))
    cards = objects(next((each for each in places if isinstance(each, list)), [body]))
    return joined(("[contact]", joined(map(_card, cards), "; ")), " ")


def _card(card: Object) -> str | None:
    name = text(obj(card.get("name")).get("formatted_name"))
    phones = (text(each.get("phone")) for each in objects(card.get("phones")))
    return joined((name, *phones), " ")


_WORDS: Mapping[str, Callable[[Object, Object], str | None]] = {
    "contact": _cards,
    "contacts": _cards,
    "location": _place,
    "order": _order,
    "reaction": lambda _, body: text(body.get("emoji")),
    "text": lambda told, _: text(told.get("text")),
}
"""Of a kind's message and what it tells in the kind's name."""


def _flat(part: Object) -> Object:
    """A part of an MMS as if it were a message of its kind."""
    return {**part, text(part.get("type")) or "": part if "url" in part else part.get("text")}
