"""Zalo official accounts: messages, and what became of ours.

Zalo repeats a delivery for hours with the time it was first signed at, so its age tells nothing; a
repetition is known by its message's id. Source: developers.zalo.me, Official Account API,
"Webhook", "Xác thực sự kiện" (X-ZEvent-Signature).
"""

import hashlib
from collections.abc import Iterator

from intake.channels.peers import Fate, File, Said, inbound, status, user
from intake.domain.items import Came, Inbound, Known, Odd, Reading, StatusNews
from intake.domain.phones import e164
from intake.domain.shapes import Object, json_of, obj, objects, text
from intake.domain.texts import joined, line
from intake.domain.times import from_milliseconds
from shared.contracts.intake import Delivery as Outcome
from shared.stores.accounts.messaging import ZaloAccount
from shared.webhooks import Delivery, equal, parse


def verify(delivery: Delivery, account: ZaloAccount) -> bool:
    """Whether SHA-256 of app id, raw body, its timestamp and a secret is what the header shows."""
    shown = delivery.headers.get("x-zevent-signature", "").removeprefix("mac=").lower()
    try:
        event = obj(parse(delivery))
    except ValueError:
        return False
    app_id, at = text(event.get("app_id")) or "", text(event.get("timestamp")) or ""
    if account.app_id and app_id != account.app_id:
        return False
    signed = app_id.encode() + delivery.body + at.encode()
    macs = [hashlib.sha256(signed + secret.encode()).hexdigest() for secret in account.oa_secret]
    return True in [equal(shown, mac) for mac in macs]


def read(came: Came[Delivery, ZaloAccount]) -> Reading:
    """The one event of a delivery."""
    return Reading.of(_entries(came))


def _entries(
    came: Came[Delivery, ZaloAccount],
) -> Iterator[Inbound | StatusNews | Known | Odd]:
    event = obj(came.payload)
    name = text(event.get("event_name")) or ""
    message = obj(event.get("message"))
    if name.startswith(("user_send_", "anonymous_send_")):
        yield _message(name, event, message, came)
    elif name == "user_submit_info" and (told := joined(_details(event, message), "\n")):
        yield _submitted(told, event, message, came)
    elif name in _STATUSES:
        yield from _statuses(name, event, message, came)
    elif name:
        yield Known(_SHOWN.get(name, "an event that is no message"))
    elif event:
        yield Odd("an event without name")


def _message(
    name: str, event: Object, message: Object, came: Came[Delivery, ZaloAccount]
) -> Inbound | Odd:
    kind = name.partition("_send_")[2]
    is_group = kind.startswith("group_")
    kind = kind.removeprefix("group_")
    contact = user(came.account, text(obj(event.get("sender")).get("id")))
    words, files = [], []
    for attachment in objects(message.get("attachments")):
        told = text(attachment.get("type")) or kind
        payload = obj(attachment.get("payload"))
        if told in _FILES and text(payload.get("url")):
            files.append(_file(told, payload))
        else:
            words.append(_words(told, payload))
    written = joined((text(message.get("text")), *words), "\n")
    said = Said(
        external_id=text(message.get("msg_id")) or text(message.get("mid")),
        text=written or (None if files else f"[{line(kind, 40)}]"),
        files=tuple(files),
        at=from_milliseconds(event.get("timestamp")),
        answers=text(message.get("quote_msg_id")),
        peer=text(obj(event.get("recipient")).get("id")) if is_group else None,
    )
    return inbound(said, contact, came.account, came.at)


def _info(event: Object, message: Object) -> Object:
    """What a customer gives of himself when he is asked to: beside the message, or JSON in it."""
    return (
        obj(event.get("info")) or obj(event.get("user_info")) or obj(json_of(message.get("text")))
    )


def _details(event: Object, message: Object) -> Iterator[str]:
    info = _info(event, message)
    for name in ("name", "phone", "address", "ward", "district", "city"):
        if shown := line(info.get(name), 300):
            yield f"{name}: {shown}"


def _submitted(
    told: str, event: Object, message: Object, came: Came[Delivery, ZaloAccount]
) -> Inbound | Odd:
    """Name, number and address that a customer let the account have; the event has no id."""
    sender, at = text(obj(event.get("sender")).get("id")), text(event.get("timestamp"))
    named = f"details:{sender}:{at}" if sender and at else None
    number = (line(_info(event, message).get("phone"), 40) or "").removeprefix("+")
    said = Said(
        external_id=text(message.get("msg_id")) or named,
        text=f"[details]\n{told}",
        at=from_milliseconds(at),
        phone=e164(f"+{number}" if number.startswith("84") else number, "VN"),
    )
    return inbound(said, user(came.account, sender), came.account, came.at)


_SHOWN = {
    "follow": "somebody follows the account",
    "unfollow": "somebody follows the account no more",
}

_FILES = {"image", "photo", "gif", "audio", "voice", "video", "file", "sticker"}


def _file(kind: str, payload: Object) -> File:
    size = text(payload.get("size")) or ""
    return File(
        kind=kind,
        reference=text(payload.get("url")),
        is_url=True,
        name=text(payload.get("name")),
        size=int(size) if size.isascii() and size.isdigit() and len(size) < 16 else 0,
    )


def _words(kind: str, payload: Object) -> str:
    """What is no file: a place, a page, a card."""
    where = obj(payload.get("coordinates"))
    point = joined((str(where[part]) for part in ("latitude", "longitude") if part in where), ", ")
    parts = (text(payload.get(name)) for name in ("title", "description", "url"))
    return joined((f"[{line(kind, 40) or 'attachment'}]", point, *parts), " ") or ""


_STATUSES = {"user_received_message": Outcome.DELIVERED, "user_seen_message": Outcome.READ}


def _statuses(
    name: str, event: Object, message: Object, came: Came[Delivery, ZaloAccount]
) -> Iterator[StatusNews | Known | Odd]:
    contact = user(came.account, text(obj(event.get("recipient")).get("id")))
    listed = message.get("msg_ids")
    ids = [*(listed if isinstance(listed, list) else ()), message.get("msg_id")]
    found = [id for id in map(text, ids) if id]
    for id in found:
        at = from_milliseconds(event.get("timestamp"))
        fate = Fate(external_id=id, status=_STATUSES[name], at=at)
        yield status(fate, contact, came.account, came.at)
    if not found:
        yield Odd("a receipt of no message")
