"""WhatsApp Cloud API: customers' messages, and what became of ours.

Sources: developers.facebook.com, WhatsApp Business Platform, "messages webhook reference", and
Graph API, "Webhooks: getting started" (handshake, X-Hub-Signature-256).
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import islice

import msgspec

from intake.channels.meta import WINDOW, handshake, verify
from intake.channels.peers import Fate, File, Said, inbound, status
from intake.domain.contacts import Contact
from intake.domain.items import Came, Inbound, Known, Odd, Reading, StatusNews
from intake.domain.phones import e164_of_wa_id
from intake.domain.shapes import Object, obj, objects, text
from intake.domain.texts import joined, line
from intake.domain.times import from_seconds
from shared.contracts.intake import Delivery as Outcome
from shared.stores import WhatsAppAccount
from shared.webhooks import Delivery

__all__ = ["handshake", "read", "verify"]


def read(came: Came[Delivery, WhatsAppAccount]) -> Reading:
    """Everything in all entries of a batch. An app has one webhook for all its numbers."""
    return Reading.of(_entries(came))


def _entries(
    came: Came[Delivery, WhatsAppAccount],
) -> Iterator[Inbound | StatusNews | Known | Odd]:
    for change in _changes(came.payload):
        value = obj(change.get("value"))
        # Those who pass deliveries on may leave out what the change is of.
        usual = "messages" if {"messages", "statuses"} & value.keys() else ""
        if (field := change.get("field", usual)) != "messages":
            yield Known(_FIELDS.get(str(field), "a field that carries no message"))
            continue
        number = text(obj(value.get("metadata")).get("phone_number_id"))
        is_own = number in (None, came.account.account_id)
        owner = came.account if is_own else came.sibling(number or "")
        if owner is None:
            yield Odd("a phone number that is no account")
            continue
        if not {"messages", "statuses", "errors"} & value.keys():
            yield Odd("a change with nothing in it")
        yield from _messages(value, owner, came.at)
        yield from _statuses(value, owner, came.at)
        if value.get("errors") and not value.get("messages"):
            yield Known("an error of the account")


_FIELDS = {
    "smb_message_echoes": "what the business wrote on its phone",
    "history": "what was written before the number came to the API",
}


def _changes(payload: object) -> Iterator[Object]:
    """All changes of all entries; Meta's console sends one by itself to try an address.

    Those who still pass on what the API on one's own premises says send what a change holds alone.
    """
    told = obj(payload)
    if "entry" not in told and {"messages", "statuses"} & told.keys():
        yield {"field": "messages", "value": told}
    if "field" in told and "value" in told:
        yield told
    for entry in objects(told.get("entry")):
        yield from objects(entry.get("changes"))


def _messages(
    value: Object, account: WhatsAppAccount, received_at: datetime
) -> Iterator[Inbound | Known | Odd]:
    people = {
        key: each
        for each in objects(value.get("contacts"))
        for key in (text(each.get("wa_id")), text(each.get("user_id")))
        if key
    }
    # A message that names nobody is of the one person who is named beside it.
    alone = next(iter(people.values())) if len({id(each) for each in people.values()}) == 1 else {}
    sole = {"from": alone.get("wa_id"), "from_user_id": alone.get("user_id")}
    for message in objects(value.get("messages")):
        named = {} if message.get("from") or message.get("from_user_id") else sole
        # What could not be delivered to us is told beside the messages or inside one.
        told = {"errors": value.get("errors"), **message, **named}
        read = _message(told, people, account, received_at)
        yield read
        if isinstance(read, Inbound) and text(message.get("type")) not in _KINDS:
            yield _NEW


def _message(
    message: Object, people: dict[str, Object], account: WhatsAppAccount, received_at: datetime
) -> Inbound | Known | Odd:
    wa_id, user_id = text(message.get("from")), line(message.get("from_user_id"), 200)
    person = people.get(wa_id or "") or people.get(user_id or "") or {}
    profile = obj(person.get("profile"))
    name = line(profile.get("name"), 200) or line(profile.get("username"), 200)
    contact = _contact(account, wa_id, user_id, name)
    content = _content(message)
    if isinstance(content, Known | Odd):
        return content
    is_phone = contact is not None and contact.identity == "phone"
    said = Said(
        external_id=text(message.get("id")),
        text=content[0],
        files=content[1],
        at=from_seconds(message.get("timestamp")),
        answers=_answered(message),
        peer=f"+{wa_id}" if is_phone else None,
        window=WINDOW,
    )
    return inbound(said, contact, account, received_at)


def _answered(message: Object) -> str | None:
    on = text(obj(message.get("reaction")).get("message_id"))
    return text(obj(message.get("context")).get("id")) or on


def _contact(
    account: WhatsAppAccount, wa_id: str | None, user_id: str | None, name: str | None
) -> Contact | None:
    """By phone; by the id that stands for it where a customer shows a user name only."""
    if (phone := e164_of_wa_id(wa_id)) is not None:
        return Contact(store_id=account.store_id, identity="phone", address=phone, name=name)
    if (address := line(user_id or wa_id, 200)) is None:
        return None
    return Contact(
        store_id=account.store_id,
        identity="user",
        scope=account.account_id,
        address=address,
        name=name,
    )


_Content = tuple[str | None, tuple[File, ...]]


def _content(message: Object) -> _Content | Known | Odd:
    """What the message says, in words where it has none of its own."""
    kind = text(message.get("type")) or ""
    body = obj(message.get(kind))
    if kind in _MEDIA:
        return _media(kind, body)
    if kind == "reaction" and not body.get("emoji"):
        return Known("a reaction was taken back")
    if (known := body.get("type") if kind == "unsupported" else kind) in ("edit", "revoke"):
        return Known(_NO_MESSAGE[str(known)])
    if kind in _NO_MESSAGE:
        return Known(_NO_MESSAGE[kind])
    told = _WORDS[kind](message, body) if kind in _WORDS else None
    if told is None and message.get("errors"):
        told = "[unsupported message]"
    if told is None and kind not in _KINDS and kind:
        told = joined((f"[{kind.replace('_', ' ')[:50]}]", *islice(_readable(body), 10)), " ")
    return (told, ()) if told else _NEW


_NEW = Odd("a message of a kind that is not understood")
_SAYING = ("title", "header", "name", "question", "body", "text", "caption", "description")


def _readable(told: object, depth: int = 3) -> Iterator[str]:
    """What there may be to read in a kind of message that is new to us."""
    if depth and isinstance(told, list):
        for each in told[:20]:
            yield from _readable(each, depth - 1)
    for name, value in obj(told).items():
        if name in _SAYING and (found := line(value, 300)):
            yield found
        elif depth:
            yield from _readable(value, depth - 1)


_MEDIA = {"image", "video", "audio", "voice", "document", "sticker"}
_NO_MESSAGE = {
    "edit": "a message was edited",
    "ephemeral": "a message that was to vanish was not delivered",
    "media_placeholder": "media of earlier days are not delivered",
    "request_welcome": "the chat was opened",
    "revoke": "a message was taken back",
    "system": "a note of the service",
}


def _media(kind: str, body: Object) -> _Content:
    file = File(
        kind=kind,
        reference=text(body.get("id")),
        name=text(body.get("filename")),
        media_type=text(body.get("mime_type")),
    )
    return text(body.get("caption")), (file,)


def _interactive(message: Object, body: Object) -> str | None:
    kind = text(body.get("type")) or ""
    answer = obj(body.get(kind))
    title = text(answer.get("title")) or text(answer.get("body")) or text(answer.get("response"))
    filled = joined(filled_in(answer.get("response_json")), "\n")
    if (said := line(answer.get("response"), 100)) and title == answer.get("response"):
        title = f"[{kind.replace('_', ' ')[:50]}] {said}"  # to a call, say
    if title is None and answer:
        title = f"[{text(answer.get('name')) or 'form'}]"
    return joined((title, filled), "\n")


def filled_in(written: object) -> Iterator[str]:
    """What a customer filled into a form: its fields, without the token that names the form."""
    try:
        fields = obj(msgspec.json.decode(written) if isinstance(written, str) else written)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        fields = {}
    inner = fields.get("values")  # of an address, beside the id it is saved by
    for name, value in ({**fields, **inner} if isinstance(inner, dict) else fields).items():
        shown = line(value) if not isinstance(value, dict | list) else _listed(value)
        if shown and name not in ("flow_token", "values"):
            yield f"{name}: {shown}"


def _listed(value: object) -> str | None:
    return line(msgspec.json.encode(value).decode())


def _unsupported(kind: str | None) -> str:
    """What WhatsApp does not let through, by its kind where it tells that."""
    shown = line((kind or "unknown").replace("_", " "), 50)
    return "[unsupported message]" if shown in (None, "unknown") else f"[unsupported: {shown}]"


def _button(message: Object, body: Object) -> str | None:
    return text(body.get("text")) or text(body.get("payload"))


def _location(message: Object, body: Object) -> str:
    place = joined((text(body.get("name")), text(body.get("address"))), ", ")
    where = joined((str(body.get(part, "")) for part in ("latitude", "longitude")), ", ")
    return joined(("[location]", place, where), " ") or ""


def _contacts(message: Object, body: Object) -> str:
    cards = []
    for card in objects(message.get("contacts")):
        name = obj(card.get("name"))
        parts = (text(name.get("first_name")), text(name.get("last_name")))
        shown = text(name.get("formatted_name")) or joined(parts, " ")
        phones = [text(phone.get("phone")) for phone in objects(card.get("phones"))]
        mails = [text(mail.get("email")) for mail in objects(card.get("emails"))]
        cards.append(joined((shown, *phones, *mails), " "))
    return joined(("[contact]", joined(cards, "; ")), " ") or ""


def _order(message: Object, body: Object) -> str:
    lines = map(ordered, objects(body.get("product_items")))
    return joined(("[order]", ", ".join(lines), text(body.get("text"))), " ") or ""


def ordered(item: Object) -> str:
    """A line of a WhatsApp order in words, with the price of one piece."""
    price = joined((line(item.get("item_price"), 20), line(item.get("currency"), 3)), " ")
    shown = f"{text(item.get('quantity')) or '1'} × {text(item.get('product_retailer_id')) or '?'}"
    return f"{shown} ({price})" if price else shown


_WORDS: dict[str, Callable[[Object, Object], str | None]] = {
    "text": lambda message, body: text(body.get("body")),
    "button": _button,
    "interactive": _interactive,
    "reaction": lambda message, body: text(body.get("emoji")),
    "location": _location,
    "contacts": _contacts,
    "order": _order,
    "unsupported": lambda message, body: _unsupported(text(body.get("type"))),
    "unknown": lambda message, body: "[unsupported message]",
}

_KINDS = _MEDIA | _NO_MESSAGE.keys() | _WORDS.keys()

_STATUSES = {
    "sent": Outcome.SENT,
    "delivered": Outcome.DELIVERED,
    "read": Outcome.READ,
    "played": Outcome.READ,
    "failed": Outcome.FAILED,
}


def _statuses(
    value: Object, account: WhatsAppAccount, received_at: datetime
) -> Iterator[StatusNews | Known | Odd]:
    for told in objects(value.get("statuses")):
        external_id, name = line(told.get("id"), 300), text(told.get("status")) or ""
        contact = _contact(
            account, text(told.get("recipient_id")), line(told.get("recipient_user_id"), 200), None
        )
        if name in ("deleted", "warning") or told.get("type") == "payment":
            yield Known("a status of no concern")
        elif name not in _STATUSES:
            yield Odd("a status that is not understood")
        else:
            codes = (text(error.get("code")) for error in objects(told.get("errors")))
            fate = Fate(
                external_id=external_id,
                status=_STATUSES[name],
                at=from_seconds(told.get("timestamp")),
                reason=next((code for code in codes if code), None),
            )
            yield status(fate, contact, account, received_at)
