"""What WeChat tells, one message or event a delivery."""

import hashlib
from collections.abc import Iterator, Mapping
from xml.etree.ElementTree import Element

from intake.channels.peers import Fate, File, Said, inbound, status, user
from intake.channels.wechat.signatures import decrypted, encrypted_of
from intake.domain.contacts import Contact
from intake.domain.items import Came, Inbound, Known, Odd, Reading, StatusNews
from intake.domain.shapes import text
from intake.domain.texts import joined
from intake.domain.times import from_milliseconds
from shared.contracts.intake import Delivery as Outcome
from shared.stores.accounts.messaging import WeChatAccount
from shared.webhooks import Delivery, parse

_Fields = Mapping[str, str]
_Entry = Inbound | StatusNews | Known | Odd


def read(came: Came[Delivery, WeChatAccount]) -> Reading:
    """The message or event, opened first where it is encrypted.

    Of a delivery that has both (compatibility mode) the encrypted one counts where we have a key.
    """
    payload = came.payload
    encrypted = encrypted_of(payload)
    if encrypted is not None and came.account.encoding_aes_key:
        opened = decrypted(encrypted, came.account)
        if opened is None:
            return Reading.of([Odd("no key of the account opens it")])
        try:
            payload = parse(Delivery("POST", "", {}, {}, opened))
        except ValueError:
            return Reading.of([Odd("what was encrypted is no XML")])
    fields = _fields(payload)
    if encrypted is not None and "MsgType" not in fields:
        return Reading.of([Odd("it is encrypted, and the account has no key")])
    return Reading.of(_entries(fields, payload, came))


def _fields(payload: object) -> _Fields:
    """The text of the children of the root; mini programs may send the same as JSON."""
    if isinstance(payload, Element):
        return {child.tag: child.text.strip() for child in payload if child.text}
    if isinstance(payload, dict):
        pairs = ((str(name), text(value)) for name, value in payload.items())
        return {name: value for name, value in pairs if value}
    return {}


def _entries(
    fields: _Fields, payload: object, came: Came[Delivery, WeChatAccount]
) -> Iterator[_Entry]:
    kind = fields.get("MsgType", "").lower()
    contact = user(came.account, fields.get("FromUserName"))
    if kind == "event":
        yield from _event(fields, payload, contact, came)
    elif kind in ("device_text", "device_event", "hardware"):
        yield Known("a message of a device")
    elif kind:
        yield _message(kind, fields, contact, came)
    elif "InfoType" in fields:
        yield Known("a note of the open platform")
    elif "return_code" in fields:
        yield Known("a note of WeChat Pay")
    elif fields:
        yield Odd("neither a message nor an event")


def _event(
    fields: _Fields,
    payload: object,
    contact: Contact | None,
    came: Came[Delivery, WeChatAccount],
) -> Iterator[_Entry]:
    """Events are many and say nothing, but for those that tell of template messages."""
    name = fields.get("Event", "").lower()
    at = from_milliseconds(fields.get("CreateTime"))
    if name == "templatesendjobfinish":
        told = fields.get("Status", "").lower()
        outcome = Outcome.DELIVERED if told == "success" else Outcome.FAILED
        reason = None if outcome is Outcome.DELIVERED else told
        fate = Fate(external_id=_id(fields), status=outcome, at=at, reason=reason)
        yield status(fate, contact, came.account, came.at)
    elif name == "subscribe_msg_sent_event" and isinstance(payload, Element):
        for sent in payload.iter("List"):
            code = sent.findtext("ErrorCode")
            outcome = Outcome.DELIVERED if code == "0" else Outcome.FAILED
            reason = None if code == "0" else code
            id = sent.findtext("MsgID")
            fate = Fate(external_id=id, status=outcome, at=at, reason=reason)
            yield status(fate, contact, came.account, came.at)
    elif name:
        yield Known(_SHOWN.get(name, "an event that is no message"))
    else:
        yield Odd("an event without name")


_SHOWN = {
    "subscribe": "somebody follows the account",
    "unsubscribe": "somebody follows the account no more",
}


def _id(fields: _Fields) -> str | None:
    return fields.get("MsgId") or fields.get("MsgID")


def _message(
    kind: str,
    fields: _Fields,
    contact: Contact | None,
    came: Came[Delivery, WeChatAccount],
) -> Inbound | Odd:
    files = tuple(_files(kind, fields))
    written = _words(kind, fields)
    if written is None and not files:
        return Odd("a message of a kind that is not understood")
    said = Said(
        external_id=_id(fields) or _digest(fields),
        text=written,
        files=files,
        at=from_milliseconds(fields.get("CreateTime")),
    )
    return inbound(said, contact, came.account, came.at)


def _digest(fields: _Fields) -> str:
    """For a message without id: WeChat says to tell repetitions by sender and time."""
    told = "\n".join(f"{name}={fields[name]}" for name in sorted(fields))
    return hashlib.sha256(told.encode("utf-8", "replace")).hexdigest()


_MEDIA = {
    "image": ("image", "image/jpeg"),
    "voice": ("voice message", "audio/amr"),
    "video": ("video", "video/mp4"),
    "shortvideo": ("video", "video/mp4"),
    "file": ("file", None),
}


def _files(kind: str, fields: _Fields) -> Iterator[File]:
    if kind not in _MEDIA:
        return
    shown, media_type = _MEDIA[kind]
    if kind == "voice" and fields.get("Format", "").lower() == "speex":
        media_type = "audio/speex"
    media_id, url = fields.get("MediaId"), fields.get("PicUrl")
    yield File(
        kind=shown,
        reference=media_id or url,
        is_url=media_id is None and url is not None,
        name=fields.get("FileName") or (fields.get("Title") if kind == "file" else None),
        media_type=media_type,
    )


def _words(kind: str, fields: _Fields) -> str | None:
    if kind == "text":
        return fields.get("Content")
    if kind == "voice":
        return fields.get("Recognition")  # what WeChat heard, where the account asked for it
    if kind == "location":
        point = joined((fields.get("Location_X"), fields.get("Location_Y")), ", ")
        return joined(("[location]", fields.get("Label"), point), " ")
    if kind == "link":
        parts = (fields.get("Title"), fields.get("Description"), fields.get("Url"))
        return joined(("[link]", *parts), " ")
    if kind in ("miniprogrampage", "miniprogram"):
        return joined(("[mini program]", fields.get("Title"), fields.get("PagePath")), " ")
    return None
