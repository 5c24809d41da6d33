"""MessageBird, now Bird: SMS, conversations, and what became of ours.

Sources: developers.messagebird.com, "Verify HTTP requests" (MessageBird-Signature-JWT, the older
MessageBird-Signature), "SMS: receive messages, status reports", "Conversations: webhooks";
docs.bird.com, "Verifying a webhook" (messagebird-signature over address and body).
"""

import base64
import hashlib
import hmac
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlencode

from intake.channels import bird
from intake.channels.jwts import claims_of, is_hash, unverified
from intake.channels.peers import USUAL, Fate, File, Said, caller, inbound, status, user
from intake.channels.whatsapp import ordered
from intake.domain.contacts import Contact
from intake.domain.items import Came, Inbound, Known, Odd, Reading, StatusNews
from intake.domain.shapes import Object, obj, objects, text
from intake.domain.texts import joined, line
from intake.domain.times import from_iso, from_seconds
from shared.contracts.intake import Delivery as Outcome
from shared.stores.accounts.sms import MessageBirdAccount
from shared.webhooks import Delivery, Form, equal

_Entry = Inbound | StatusNews | Known | Odd


def verify(delivery: Delivery, account: MessageBirdAccount) -> bool:
    """Whether a key signed address and body, by any of the three schemes."""
    if token := delivery.headers.get("messagebird-signature-jwt"):
        claims = claims_of(token, account.signing_key)
        if claims is None or not is_hash(claims.get("url_hash"), delivery.url.encode()):
            return False
        if not delivery.body and "payload_hash" not in claims:
            return True
        return is_hash(claims.get("payload_hash"), delivery.body)
    shown = delivery.headers.get("messagebird-signature", "")
    macs = [
        base64.b64encode(hmac.new(key.encode(), signed, "sha256").digest()).decode()
        for key in account.signing_key
        for signed in _signed(delivery)
    ]
    return True in [equal(shown, mac) for mac in macs]


def _signed(delivery: Delivery) -> Iterator[bytes]:
    """Time, sorted query and digest in the older scheme; in Bird's the address for the query."""
    at = delivery.headers.get("messagebird-request-timestamp", "")
    digest = hashlib.sha256(delivery.body).digest()
    asked = urlencode(sorted(delivery.query.items()))
    for middle in (asked, delivery.url):
        yield f"{at}\n{middle}\n".encode("utf-8", "replace") + digest


def signed_at(delivery: Delivery) -> datetime | None:
    """The time that is signed with it."""
    if token := delivery.headers.get("messagebird-signature-jwt"):
        return from_seconds(unverified(token).get("nbf"))
    return from_seconds(delivery.headers.get("messagebird-request-timestamp"))


def read(came: Came[Delivery, MessageBirdAccount]) -> Reading:
    """The one message or status of a request."""
    payload = obj(came.payload)
    if "service" in payload and isinstance(payload.get("payload"), dict):
        return Reading.of([bird.entry(payload, came)])
    return Reading.of([_entry(payload, came)] if payload else [])


def _entry(payload: Object, came: Came[Delivery, MessageBirdAccount]) -> _Entry:
    kind = text(payload.get("type")) or ""
    if isinstance(payload.get("message"), dict):
        return _of_conversations(kind, payload, came)
    if kind.startswith("conversation."):
        return Known("a conversation was made or changed")
    if "originator" in payload and "status" not in payload:
        return _sms(payload, came)
    if "status" in payload and "id" in payload:
        contact = caller(came.account, payload.get("recipient"))
        at = from_iso(payload.get("statusDatetime"))
        return _status(payload, contact, at, came)
    if "recipient" in payload and "reference" in payload:
        return Known("a report without a status")
    return Odd("neither a message nor a status")


def _sms(payload: Object, came: Came[Delivery, MessageBirdAccount]) -> Inbound | Odd:
    written = next((text(payload[name]) for name in ("body", "payload", "message")
                    if name in payload), None)  # fmt: skip
    files = tuple(_media(payload))
    said = Said(
        external_id=next(filter(None, (text(payload.get(name)) for name in _IDS)), None),
        text=written or (None if files else "[empty message]"),
        files=files,
        at=from_iso(payload.get("createdDatetime") or payload.get("CreatedDatetime"))
        or from_iso(payload.get("receive_datetime"))
        or _digits(payload.get("receive_datetime")),
    )
    return inbound(said, caller(came.account, payload.get("originator")), came.account, came.at)


_IDS = ("id", "message_id", "mid")


def _digits(value: object) -> datetime | None:
    """The time of a message to a short code: fourteen digits, UTC."""
    try:
        return datetime.strptime(str(value), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def _media(payload: Object) -> Iterator[File]:
    """The files of an MMS; a form repeats the field for each."""
    pairs = payload.pairs if isinstance(payload, Form) else payload.items()
    for name, value in pairs:
        if str(name).rstrip("[]0123456789").lower() == "mediaurls":
            for url in value if isinstance(value, list) else [value]:
                yield File(kind="file", reference=text(url), is_url=True)


_STATUSES = {
    "sent": Outcome.SENT,
    "buffered": Outcome.SENT,
    "transmitted": Outcome.SENT,
    "delivered": Outcome.DELIVERED,
    "read": Outcome.READ,
    "expired": Outcome.FAILED,
    "delivery_failed": Outcome.FAILED,
    "failed": Outcome.FAILED,
    "rejected": Outcome.FAILED,
}
_EARLIER = {"accepted", "pending", "scheduled", "deleted", "unknown", "unsupported", "received"}


def _status(
    told: Object,
    contact: Contact | None,
    at: datetime | None,
    came: Came[Delivery, MessageBirdAccount],
) -> StatusNews | Known | Odd:
    name = (text(told.get("status")) or "").lower()
    if name in _EARLIER:
        return Known("a status of no concern")
    if name not in _STATUSES:
        return Odd("a status that is not understood")
    code = text(told.get("statusErrorCode")) or text(obj(told.get("error")).get("code"))
    fate = Fate(external_id=text(told.get("id")), status=_STATUSES[name], at=at, reason=code)
    return status(fate, contact, came.account, came.at)


def _of_conversations(
    kind: str, payload: Object, came: Came[Delivery, MessageBirdAccount]
) -> _Entry:
    message, person = obj(payload["message"]), obj(payload.get("contact"))
    platform = text(message.get("platform")) or ""
    contact = _contact(platform, message, person, came.account)
    if text(message.get("direction")) == "sent":
        at = from_iso(message.get("updatedDatetime"))
        return _status(message, contact, at, came)
    if kind and kind != "message.created":
        return Known("a message was changed")
    shape = text(message.get("type")) or ""
    if shape == "event":
        return Known("an event that is no message")
    written, files = _content(shape, obj(message.get("content")))
    conversation = text(message.get("conversationId"))
    said = Said(
        external_id=text(message.get("id")),
        text=written,
        files=files,
        at=from_iso(message.get("createdDatetime")),
        answers=text(obj(message.get("replyTo")).get("id")),
        peer=f"conversation:{conversation}" if conversation else None,
        window=bird.WINDOW if platform == "whatsapp" else None,
    )
    return inbound(said, contact, came.account, came.at)


def _contact(
    platform: str, message: Object, person: Object, account: MessageBirdAccount
) -> Contact | None:
    """By number where the platform has numbers, by MessageBird's own contact elsewhere."""
    is_sent = text(message.get("direction")) == "sent"
    full_name = joined((text(person.get("firstName")), text(person.get("lastName"))), " ")
    shown = text(person.get("displayName"))
    # Somebody who has given no name is shown by his number.
    name = full_name if (shown or "").removeprefix("+").isdigit() else shown or full_name
    number = text(person.get("msisdn")) or text(message.get("to" if is_sent else "from"))
    if platform in ("", "sms", "whatsapp", "whatsapp_sandbox") and number:
        return caller(account, number, name)
    return user(account, text(person.get("id")) or number, name)


_FILES = {"image", "video", "audio", "file", "whatsappSticker", "sticker"}


def _card(card: Object) -> str | None:
    name = obj(card.get("name"))
    parts = (text(name.get("firstName")), text(name.get("lastName")))
    phones = (text(phone.get("phone")) for phone in objects(card.get("phones")))
    return joined((text(name.get("formattedName")) or joined(parts, " "), *phones), " ")


def _mail(body: Object) -> str | None:
    mail = obj(body.get("content"))
    return joined((text(body.get("subject")), text(mail.get("text"))), "\n") or "[email]"


def _order(body: Object) -> str | None:
    lines = ", ".join(map(ordered, objects(body.get("product_items"))))
    return joined(("[order]", lines, text(body.get("text"))), " ")


_WORDS = {"email": _mail, "whatsappOrder": _order}


def _content(kind: str, content: Object) -> tuple[str | None, tuple[File, ...]]:
    body = obj(content.get(kind))
    if kind == "text":
        return text(content.get("text")), ()
    if kind in _FILES:
        url = text(body.get("url")) or text(body.get("link"))
        shown = "sticker" if kind == "whatsappSticker" else kind
        file = File(
            kind=shown,
            reference=url,
            is_url=url is not None,
            name=text(body.get("filename")),
            usual_type=USUAL.get(shown),
        )
        return text(body.get("caption")), (file,)
    if kind == "location":
        point = joined((str(body.get(part, "")) for part in ("latitude", "longitude")), ", ")
        return joined(("[location]", text(body.get("name")), point), " "), ()
    if kind == "contacts":
        cards = joined(map(_card, objects(content.get("contacts"))), "; ")
        return joined(("[contact]", cards), " "), ()
    if kind in _WORDS:
        return _WORDS[kind](body), ()
    reply = obj(body.get("reply")) or body
    said = text(reply.get("text")) or text(reply.get("title")) or text(body.get("emoji"))
    return said or (f"[{line(kind, 40)}]" if kind else None), ()
