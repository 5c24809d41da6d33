"""TikTok: direct messages to a business account.

Sources: developers.tiktok.com, "Webhooks: verification" (Tiktok-Signature); TikTok API for
Business, "Business Messaging API", webhook events `im_*`.
"""

import hmac
from datetime import datetime

from intake.channels.peers import File, Said, inbound, user
from intake.domain.items import Came, Inbound, Known, Odd, Reading
from intake.domain.shapes import Object, json_of, obj, objects, text
from intake.domain.texts import joined, line
from intake.domain.times import from_milliseconds, from_seconds
from shared.stores.accounts.messaging import TikTokAccount
from shared.webhooks import Delivery, equal


def verify(delivery: Delivery, account: TikTokAccount) -> bool:
    """Whether the app's secret signed time and raw body."""
    parts = _parts(delivery)
    signed = f"{parts.get('t', '')}.".encode() + delivery.body
    macs = [hmac.new(key.encode(), signed, "sha256").hexdigest() for key in account.client_secret]
    return True in [equal(parts.get("s", "").lower(), mac) for mac in macs]


def signed_at(delivery: Delivery) -> datetime | None:
    """The time that is signed with the body."""
    return from_seconds(_parts(delivery).get("t"))


def _parts(delivery: Delivery) -> dict[str, str]:
    header = delivery.headers.get("tiktok-signature", "")
    pairs = (part.strip().partition("=") for part in header.split(","))
    return {name: value for name, _, value in pairs}


def read(came: Came[Delivery, TikTokAccount]) -> Reading:
    """The one event; its content is JSON within JSON. An app has one webhook for all accounts."""
    return Reading.of([_event(came)])


def _event(came: Came[Delivery, TikTokAccount]) -> Inbound | Known | Odd:
    event = obj(came.payload)
    kind = text(event.get("event"))
    if kind == "im_receive_msg_eu":
        return Known("somebody in Europe wrote, and TikTok keeps to itself who and what")
    if kind != "im_receive_msg":
        if kind == "im_send_msg":
            return Known("what the account itself wrote")
        if kind == "im_mark_read_msg":
            return Known("all up to a time were delivered or read")
        return Known("an event that is no message to us") if kind else Odd("an event without name")
    named = text(event.get("user_openid"))
    is_own = named is None or named == came.account.account_id
    account = came.account if is_own else came.sibling(named or "")
    if account is None:
        return Odd("a business that is no account")
    return _message(_content(event), account, came.at)


def _content(event: Object) -> Object:
    given = event.get("content")
    return obj(json_of(given) if isinstance(given, str) else given)


def _message(
    content: Object, account: TikTokAccount, received_at: datetime
) -> Inbound | Known | Odd:
    sender = text(obj(content.get("from_user")).get("id")) or text(content.get("unique_identifier"))
    if sender is not None and sender == account.account_id:
        return Known("what the account itself wrote")
    kind = text(content.get("type")) or ""
    body = obj(content.get(kind))
    answered = text(obj(content.get("referenced_message_info")).get("referenced_message_id"))
    signs = list(objects(content.get("reaction"))) if kind == "reaction" else []
    given = [each for each in signs if text(each.get("operation")) != "REMOVE"]
    if signs and not given:
        return Known("a reaction was taken back")
    for sign in given[-1:]:  # the newest counts
        body, answered = sign, text(sign.get("original_msg_id")) or answered
    said = Said(
        external_id=text(content.get("message_id")),
        text=text(body.get("emoji")) if given and body.get("emoji") else _words(kind, body),
        files=_files(kind, body),
        at=from_milliseconds(content.get("timestamp")),
        answers=answered,
        peer=text(content.get("conversation_id")),
    )
    return inbound(said, user(account, sender, content.get("from")), account, received_at)


_MEDIA = {"image": "image/jpeg", "video": "video/mp4", "audio": "audio/mpeg", "voice": "audio/mpeg"}


_DRAWN = ("sticker", "emoji")
"""Pictures that are addressed, not held as media."""


def _files(kind: str, body: Object) -> tuple[File, ...]:
    if kind in _DRAWN and (url := text(body.get("url"))):
        return (File(kind=kind, reference=url, is_url=True, usual_type="image/webp"),)
    if kind not in _MEDIA:
        return ()
    return (File(kind=kind, reference=text(body.get("media_id")), usual_type=_MEDIA[kind]),)


def _words(kind: str, body: Object) -> str | None:
    if kind == "text":
        return text(body.get("body"))
    if kind in _MEDIA or not kind:
        return None
    if kind in _DRAWN:
        return f"[{kind}]"
    url = text(body.get("embed_url")) or text(body.get("url")) or text(body.get("video_id"))
    title = text(body.get("title")) or text(body.get("text"))
    title = title or joined((text(e.get("title")) for e in objects(body.get("elements"))), ", ")
    return joined((f"[{line(kind.replace('_', ' '), 40) or 'message'}]", title, url), " ")
