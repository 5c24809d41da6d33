"""Infobip: SMS, WhatsApp and its other channels, and what became of ours.

Sources: infobip.com/docs/api, "Receive inbound SMS messages", "Receive outbound SMS message
report", "Receive WhatsApp inbound message", "Messages API: receive inbound message",
"Subscriptions management" (security BASIC and HMAC; the page names no header for the latter, so
the usual ones are taken).
"""

import base64
from collections.abc import Iterator
from datetime import timedelta

from intake.channels.peers import USUAL, Fate, File, Said, caller, inbound, status, user
from intake.channels.whatsapp import filled_in
from intake.domain.contacts import Contact
from intake.domain.items import Came, Inbound, Known, Odd, Reading, StatusNews
from intake.domain.shapes import Object, obj, objects, text
from intake.domain.texts import joined, line
from intake.domain.times import from_iso
from shared.contracts.intake import Delivery as Outcome
from shared.stores.accounts.sms import InfobipAccount
from shared.webhooks import Delivery, equal, has_secret, is_signed

WINDOW = timedelta(hours=24)
"""WhatsApp's customer service window."""

_Entry = Inbound | StatusNews | Known | Odd


def verify(delivery: Delivery, account: InfobipAccount) -> bool:
    """Whether a secret signed the body, is the password of basic authentication, or in the address.

    Of basic authentication it may be user and password too, with a colon between.

    What carries an HMAC has to have the right one, whatever else it shows.
    """
    secrets = account.webhook_secret
    for header in ("x-hub-signature", "x-hub-signature-256"):
        if header in delivery.headers:
            return is_signed(delivery, secrets, header=header, prefix="sha256=")
    scheme, _, given = delivery.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            shown = base64.b64decode(given).decode()
        except ValueError:
            return False
        password = shown.partition(":")[2]
        return True in [equal(each, secret) for secret in secrets for each in (password, shown)]
    return has_secret(delivery, secrets)


def read(came: Came[Delivery, InfobipAccount]) -> Reading:
    """Every result of a batch."""
    payload = obj(came.payload)
    results = payload.get("results")
    if isinstance(results, list):
        return Reading.of(_entry(result, came) for result in objects(results))
    return Reading.of([_entry(payload, came)] if payload else [])


def _entry(result: Object, came: Came[Delivery, InfobipAccount]) -> _Entry:
    if "status" in result and "messageId" in result:
        return _report(result, came)
    if "seenAt" in result:
        at = from_iso(result.get("seenAt"))
        fate = Fate(external_id=text(result.get("messageId")), status=Outcome.READ, at=at)
        reader = _contact(result.get("to"), _channel(result), None, came.account)
        return status(fate, reader, came.account, came.at)
    if text(result.get("event")) == "DELETION":
        return Known("a message was taken back")
    if "messageId" in result and ({"from", "sender", "contact"} & result.keys()):
        return _message(result, came)
    if {"event", "eventType", "bulkId", "callId", "type"} & result.keys():
        return Known("an event that is no message")
    return Odd("neither a message nor a report")


def _channel(result: Object) -> str:
    named = text(result.get("integrationType")) or text(result.get("channel")) or "SMS"
    return named.lower()


def _contact(
    address: object, channel: str, name: object, account: InfobipAccount
) -> Contact | None:
    by_number = channel in ("sms", "mms", "rcs", "whatsapp", "viber_bm", "viber_bot")
    return (caller if by_number else user)(account, address, name)


_STATUSES = {
    "PENDING": Outcome.SENT,
    "DELIVERED": Outcome.DELIVERED,
    "SEEN": Outcome.READ,
    "UNDELIVERABLE": Outcome.FAILED,
    "EXPIRED": Outcome.FAILED,
    "REJECTED": Outcome.FAILED,
}


def _report(result: Object, came: Came[Delivery, InfobipAccount]) -> StatusNews | Known | Odd:
    group = (text(obj(result.get("status")).get("groupName")) or "").upper()
    if group == "ACCEPTED":
        return Known("a message of ours that is on its way")
    if group not in _STATUSES:
        return Odd("a status that is not understood")
    error = obj(result.get("error"))
    is_failed = _STATUSES[group] is Outcome.FAILED
    if text(error.get("name")) == "NO_ERROR":  # then the status alone tells why
        error = {}
    is_permanent = error.get("permanent")
    why = text(error.get("name")) or text(obj(result.get("status")).get("name"))
    fate = Fate(
        external_id=text(result.get("messageId")),
        status=_STATUSES[group],
        at=from_iso(result.get("doneAt")),
        reason=why if is_failed else None,
        is_permanent=is_permanent if is_failed and isinstance(is_permanent, bool) else None,
    )
    to = result.get("to") or result.get("destination")
    return status(fate, _contact(to, _channel(result), None, came.account), came.account, came.at)


def _message(result: Object, came: Came[Delivery, InfobipAccount]) -> Inbound | Known | Odd:
    told = obj(result.get("message"))
    if text(told.get("type")) == "REACTION" and not told.get("emoji"):
        return Known("a reaction was taken back")
    channel = _channel(result)
    person = obj(result.get("contact"))
    name = person.get("name") or person.get("username")
    sender = result.get("from") or result.get("sender")
    sender = sender or person.get("phoneNumber") or person.get("userId")
    contact = _contact(sender, channel, name, came.account)
    words, files = [], []
    for content in _contents(result):
        written, file = _content(content)
        words.append(written)
        files.extend([file] if file else [])
    said = Said(
        external_id=text(result.get("messageId")),
        text=joined(words, "\n") or (None if files else "[empty message]"),
        files=tuple(files),
        at=from_iso(result.get("receivedAt")),
        answers=text(obj(obj(result.get("message")).get("context")).get("id")),
        peer=f"{channel}:{contact.address}" if contact and channel not in ("sms", "mms") else None,
        window=WINDOW if channel == "whatsapp" else None,
    )
    return inbound(said, contact, came.account, came.at)


def _contents(result: Object) -> Iterator[Object]:
    """An SMS has its text beside its id, WhatsApp a `message`, MMS and the Messages API a list."""
    told = result.get("message") or result.get("content")
    if isinstance(told, dict):
        yield told
    elif isinstance(told, list):
        yield from objects(told)
    else:
        written = result.get("text") or result.get("cleanText") or told
        yield {"type": "TEXT", "text": written}


_FILES = {"IMAGE", "VIDEO", "AUDIO", "VOICE", "DOCUMENT", "FILE", "STICKER", "GIF"}


def _content(content: Object) -> tuple[str | None, File | None]:
    media_type = text(content.get("contentType"))  # of the parts of an MMS
    kind = (text(content.get("type")) or _kind_of(media_type)).upper()
    written = text(content.get("text")) or text(content.get("caption"))
    written = written or (text(content.get("value")) if kind == "TEXT" else None)
    if kind == "LOCATION":
        named = joined((text(content.get("name")), text(content.get("address"))), ", ")
        point = joined((str(content.get(part, "")) for part in ("latitude", "longitude")), ", ")
        return joined(("[location]", named, point), " "), None
    if kind == "CONTACT":
        return joined(("[contact]", joined(map(_card, _cards(content)), "; ")), " "), None
    if kind == "ORDER":
        lines = ", ".join(map(_ordered, objects(content.get("productItems"))))
        return joined(("[order]", lines, written), " "), None
    if kind in _FILES:
        url = text(content.get("url"))
        name = text(content.get("filename")) or text(content.get("name"))
        file = File(
            kind=kind.lower(),
            reference=url,
            is_url=url is not None,
            name=name,
            media_type=media_type,
            usual_type=USUAL.get(kind.lower()),
        )
        return written, file
    shown = written or text(content.get("title")) or text(content.get("emoji"))
    shown = shown or joined(filled_in(content.get("response")), "\n")
    if shown is None and kind != "TEXT":
        shown = f"[{(line(kind, 40) or '').lower().replace('_', ' ')}]"
    return shown, None


def _cards(content: Object) -> Iterator[Object]:
    yield from objects(content.get("contacts"))
    yield from objects([content.get("contact")])


def _card(card: Object) -> str | None:
    name = obj(card.get("name"))
    parts = (text(name.get("firstName")), text(name.get("lastName")))
    phones = (text(each.get("phone")) for each in objects(card.get("phones")))
    return joined((text(name.get("formattedName")) or joined(parts, " "), *phones), " ")


def _ordered(item: Object) -> str:
    price = joined((line(item.get("itemPrice"), 20), line(item.get("currency"), 3)), " ")
    shown = f"{text(item.get('quantity')) or '1'} × {text(item.get('productRetailerId')) or '?'}"
    return f"{shown} ({price})" if price else shown


def _kind_of(media_type: str | None) -> str:
    kind = (media_type or "text").partition("/")[0]
    return kind if kind in ("text", "image", "video", "audio") else "file"
