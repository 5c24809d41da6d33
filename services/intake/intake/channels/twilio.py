"""Twilio: SMS, WhatsApp and its other channels, and what became of ours.

Sources: twilio.com/docs, "Webhooks: security" (X-Twilio-Signature, ports, bodySHA256), "Twilio's
request to your webhook URL" (messaging), "Message status callbacks", "Conversations webhooks".
"""

import base64
import hashlib
import hmac
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlsplit

import msgspec

from intake.channels.peers import Fate, File, Said, caller, inbound, status, user
from intake.domain.contacts import Contact
from intake.domain.items import Came, Inbound, Known, Odd, Reading, StatusNews
from intake.domain.shapes import Object, obj, objects, text
from intake.domain.texts import joined
from intake.domain.times import from_iso
from shared.contracts.intake import Delivery as Outcome
from shared.stores.accounts.sms import TwilioAccount
from shared.webhooks import Answer, Delivery, Form, equal, parse

WINDOW = timedelta(hours=24)
"""WhatsApp's customer service window."""


def verify(delivery: Delivery, account: TwilioAccount) -> bool:
    """Whether a token signed the address and the form; or the address, and it the body."""
    shown = delivery.headers.get("x-twilio-signature", "")
    told = _told(delivery)
    if told is None:
        return False
    macs = [
        base64.b64encode(hmac.new(token.encode(), url.encode() + told, "sha1").digest()).decode()
        for token in account.auth_token
        for url in _spellings(delivery.url)
    ]
    return True in [equal(shown, mac) for mac in macs]


def _told(delivery: Delivery) -> bytes | None:
    """What is signed after the address; None when the body is not what the address says."""
    if (digest := delivery.query.get("bodySHA256")) is not None:
        found = hashlib.sha256(delivery.body).hexdigest()
        return b"" if equal(digest.lower(), found) else None
    if delivery.method == "GET" or not delivery.body:
        return b""
    try:
        form = parse(delivery)
    except ValueError:
        return None
    if not isinstance(form, Form):
        return None
    values: dict[bytes, set[bytes]] = {}
    for name, value in form.sent:
        values.setdefault(name, set()).add(value)
    return b"".join(name + value for name in sorted(values) for value in sorted(values[name]))


def _spellings(url: str) -> Iterator[str]:
    """The address with its port and without: Twilio writes it differently for some webhooks."""
    yield url
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return
    if port is not None:
        yield parts._replace(netloc=parts.netloc.removesuffix(f":{port}")).geturl()
    elif parts.netloc:
        usual = 80 if parts.scheme == "http" else 443
        yield parts._replace(netloc=f"{parts.netloc}:{usual}").geturl()


def answer(_: Delivery, __: TwilioAccount) -> Answer:
    """TwiML that tells Twilio to do nothing more."""
    return Answer("<Response/>", "text/xml")


def read(came: Came[Delivery, TwilioAccount]) -> Reading:
    """The one message or status of a request."""
    if isinstance(came.payload, list):
        return Reading.of(_entry(_as_form(each), came) for each in objects(came.payload))
    form = obj(came.payload)
    return Reading.of([_entry(form, came)] if form else [])


def _as_form(event: Object) -> Object:
    """An event of Event Streams by the names of the form that tells the same."""
    told = {name[:1].upper() + name[1:]: value for name, value in obj(event.get("data")).items()}
    return {"EventType": event.get("type"), **told}


def _entry(form: Object, came: Came[Delivery, TwilioAccount]) -> Inbound | StatusNews | Known | Odd:
    sid = (
        text(form.get("MessageSid")) or text(form.get("SmsSid")) or text(form.get("SmsMessageSid"))
    )
    told = (text(form.get("MessageStatus")) or text(form.get("SmsStatus")) or "").lower()
    if text(form.get("EventType")) == "onDeliveryUpdated":  # of Conversations
        sid = text(form.get("ChannelMessageSid")) or sid
        told = (text(form.get("Status")) or "").lower()
    if sid and told and told not in ("received", "receiving"):
        return _status(sid, told, form, came)
    if text(form.get("EventType")) == "onMessageAdded":
        return _in_conversation(sid, form, came)
    if text(form.get("OptOutType")):
        return Known("an opt-out that Twilio answered")
    if sid and text(form.get("From")):
        return _message(sid, form, came)
    if {"CallSid", "EventType", "ConversationSid", "VerificationSid"} & form.keys():
        return Known("an event that is no message")
    return Odd("neither a message nor a status")


def _person(account: TwilioAccount, address: str, name: object = None) -> Contact | None:
    """`whatsapp:+34…` and `rcs:+34…` are known by their number; Messenger's users by an id."""
    kind, _, number = address.rpartition(":")
    is_number = kind in ("", "whatsapp", "rcs", "sms")
    return caller(account, number, name) if is_number else user(account, address, name)


def _message(sid: str, form: Object, came: Came[Delivery, TwilioAccount]) -> Inbound | Odd:
    address = text(form.get("From")) or ""
    files = tuple(_files(form))
    said = Said(
        external_id=sid,
        text=_words(form),
        files=files,
        at=from_iso(form.get("Timestamp")),
        answers=text(form.get("OriginalRepliedMessageSid")),
        peer=address if ":" in address else None,
        window=WINDOW if address.startswith("whatsapp:") else None,
    )
    contact = _person(came.account, address, form.get("ProfileName"))
    return inbound(said, contact, came.account, came.at)


def _in_conversation(
    sid: str | None, form: Object, came: Came[Delivery, TwilioAccount]
) -> Inbound | Known | Odd:
    """Conversations' own webhook: whoever writes from outside does so by a number."""
    author = text(form.get("Author")) or ""
    if not author.rpartition(":")[2].startswith("+"):
        return Known("what one of ours wrote")
    files = tuple(map(_file_of_conversation, objects(_json_of(form.get("Media")))))
    said = Said(
        external_id=sid,
        text=text(form.get("Body")) or (None if files else "[empty message]"),
        files=files,
        at=from_iso(form.get("DateCreated")),
        peer=f"conversation:{text(form.get('ConversationSid'))}",
    )
    return inbound(said, _person(came.account, author), came.account, came.at)


def _file_of_conversation(told: Object) -> File:
    """It lies with the conversation, to be had by its SID alone: it is named, not fetched."""
    media_type, size = text(told.get("ContentType")), told.get("Size")
    return File(
        kind=_KINDS.get((media_type or "").partition("/")[0], "file"),
        name=text(told.get("Filename")),
        media_type=media_type,
        size=size if isinstance(size, int) else 0,
    )


def _json_of(value: object) -> object:
    try:
        return msgspec.json.decode(value) if isinstance(value, str) else value
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return None


def _words(form: Object) -> str | None:
    body = text(form.get("Body"))
    if body and body.strip():
        return body
    if "Latitude" in form:
        named = joined((text(form.get("Label")), text(form.get("Address"))), ", ")
        point = joined((text(form.get("Latitude")), text(form.get("Longitude"))), ", ")
        return joined(("[location]", named, point), " ")
    shown = text(form.get("ButtonText")) or text(form.get("ListTitle"))
    kind = text(form.get("MessageType"))
    if shown or (text(form.get("NumMedia")) or "0") != "0":
        return shown
    return f"[{kind}]" if kind and kind != "text" else "[empty message]"


_KINDS = {"image": "image", "video": "video", "audio": "audio", "application": "document",
          "text": "document"}  # fmt: skip
_CARDS = ("text/vcard", "text/x-vcard")


def _files(form: Object) -> Iterator[File]:
    count = text(form.get("NumMedia")) or "0"
    is_count = count.isascii() and count.isdigit() and len(count) < 10
    for n in range(min(int(count), 20) if is_count else 0):
        media_type = text(form.get(f"MediaContentType{n}"))
        url = text(form.get(f"MediaUrl{n}"))
        yield File(
            kind="contact"
            if media_type in _CARDS
            else _KINDS.get((media_type or "").partition("/")[0], "file"),
            reference=url,
            is_url=url is not None,
            media_type=media_type,
        )


_STATUSES = {
    "sent": Outcome.SENT,
    "delivered": Outcome.DELIVERED,
    "read": Outcome.READ,
    "undelivered": Outcome.FAILED,
    "failed": Outcome.FAILED,
}
_EARLIER = {"accepted", "queued", "scheduled", "sending", "canceled", "partially_delivered"}


def _status(
    sid: str, told: str, form: Object, came: Came[Delivery, TwilioAccount]
) -> StatusNews | Known | Odd:
    if told in _EARLIER:
        return Known("a message of ours that is on its way")
    if told not in _STATUSES:
        return Odd("a status that is not understood")
    fate = Fate(
        external_id=sid,
        status=_STATUSES[told],
        at=from_iso(form.get("Timestamp")) or from_iso(form.get("DateUpdated")),
        reason=text(form.get("ErrorCode")),
    )
    contact = _person(came.account, text(form.get("To")) or "")
    return status(fate, contact, came.account, came.at)
