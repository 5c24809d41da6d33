"""X: direct messages by the Account Activity API and the X Activity API.

Sources: docs.x.com, "Account Activity API", "Securing webhooks" (CRC, signature), "Message create
object"; "X Activity API"; "XChat: real-time events" (what is encrypted from end to end).
"""

import re
from collections.abc import Iterator
from itertools import islice

import msgspec

from intake.channels.peers import Fate, File, Said, inbound, status, user
from intake.domain.items import Came, Inbound, Known, Odd, Reading, StatusNews
from intake.domain.shapes import Object, obj, objects, text
from intake.domain.times import from_iso, from_milliseconds
from shared.contracts.intake import Delivery as Outcome
from shared.stores.accounts.messaging import XAccount
from shared.webhooks import Answer, Delivery, hmac_base64, is_signed

_Entry = Inbound | StatusNews | Known | Odd


def verify(delivery: Delivery, account: XAccount) -> bool:
    """Whether the app's secret signed the raw body."""
    return is_signed(
        delivery,
        account.consumer_secret,
        header="x-twitter-webhooks-signature",
        prefix="sha256=",
        written="base64",
    )


def handshake(delivery: Delivery, account: XAccount) -> Answer | None:
    """Answer the challenge-response check, which X repeats every hour."""
    token = delivery.query.get("crc_token")
    if not token or not account.consumer_secret:
        return None
    mac = hmac_base64(account.consumer_secret[0], token.encode())
    shown = msgspec.json.encode({"response_token": f"sha256={mac}"})
    return Answer(shown.decode(), "application/json")


def read(came: Came[Delivery, XAccount]) -> Reading:
    """Every direct message; an app has one webhook for all its users."""
    payload = obj(came.payload)
    told = obj(payload.get("data"))
    if told:
        return Reading.of(_activity(told, came))
    return Reading.of(_entries(payload, text(payload.get("for_user_id")), came))


def _activity(data: Object, came: Came[Delivery, XAccount]) -> Iterator[_Entry]:
    kind = text(data.get("event_type")) or ""
    payload = obj(data.get("payload"))
    owner = text(obj(data.get("filter")).get("user_id"))
    if {"direct_message_events", "direct_message_mark_read_events"} & payload.keys():
        yield from _entries(payload, text(payload.get("for_user_id")) or owner, came)
    elif (written := _written(kind, payload)) is not None:
        account = _owner(owner, came) if owner else came.account
        if account is None:
            yield Odd("a user that is no account")
            return
        at = from_iso(payload.get("created_at")) or from_milliseconds(
            payload.get("created_at_msec")
        )
        said = Said(external_id=text(payload.get("id")), text=written, at=at)
        yield inbound(said, user(account, text(payload.get("sender_id"))), account, came.at)
    elif kind and kind != "dm.received":
        yield Known("an activity that is no message to us")
    else:
        yield Odd("an activity that is not understood")


def _written(kind: str, payload: Object) -> str | None:
    """What a customer wrote; words that stand for it where only X's apps can open it."""
    if kind == "chat.received" and "encoded_event" in payload:
        return "[encrypted message]"
    return text(payload.get("text")) if kind == "dm.received" else None


def _owner(user_id: str | None, came: Came[Delivery, XAccount]) -> XAccount | None:
    return came.account if user_id == came.account.account_id else came.sibling(user_id or "")


def _entries(
    payload: Object, user_id: str | None, came: Came[Delivery, XAccount]
) -> Iterator[_Entry]:
    account = _owner(user_id, came) if user_id else came.account
    if account is None:
        yield Odd("a user that is no account")
        return
    people = obj(payload.get("users"))
    for event in objects(payload.get("direct_message_events")):
        yield _message(event, people, account, came)
    for event in objects(payload.get("direct_message_mark_read_events")):
        if text(event.get("sender_id")) == account.account_id:
            yield Known("the account itself read a message")
            continue
        fate = Fate(
            external_id=text(event.get("last_read_event_id")),
            status=Outcome.READ,
            at=from_milliseconds(event.get("created_timestamp")),
        )
        yield status(fate, user(account, text(event.get("sender_id"))), account, came.at)
    others = [name for name in payload if str(name).endswith(("_events", "_event"))]
    if set(others) - {"direct_message_events", "direct_message_mark_read_events"}:
        yield Known("an event that is no message")


def _message(
    event: Object, people: Object, account: XAccount, came: Came[Delivery, XAccount]
) -> Inbound | Known | Odd:
    kind = text(event.get("type"))
    if kind != "message_create" and (kind or "message_create" not in event):
        return Known("a sign on a message") if kind else Odd("an event without type")
    created = obj(event.get("message_create"))
    sender_id = text(created.get("sender_id"))
    if sender_id == account.account_id:
        return Known("what the account itself wrote")
    data = obj(created.get("message_data"))
    person = obj(people.get(sender_id or ""))
    person = obj(person.get("data")) or person  # as the X Activity API wraps it
    names = (text(person.get(each)) for each in ("name", "screen_name", "username"))
    name = next((each for each in names if each), None)
    said = Said(
        external_id=text(event.get("id")),
        text=_expanded(data),
        files=_files(data),
        at=from_milliseconds(event.get("created_timestamp")),
        answers=text(obj(data.get("reply_to")).get("id")),
    )
    return inbound(said, user(account, sender_id, name), account, came.at)


def _expanded(data: Object) -> str | None:
    """The text with the addresses that X's short ones stand for; that of its file goes."""
    written = text(data.get("text"))
    for url in islice(objects(obj(data.get("entities")).get("urls")), 100):
        short, whole = text(url.get("url")), text(url.get("expanded_url"))
        if written and short and whole:
            is_file = "attachment" in data and _OF_A_FILE.match(whole)
            written = written.replace(short, "" if is_file else whole[:2000], 1)
    return written


_OF_A_FILE = re.compile(r"https://(twitter|x)\.com/messages/media/")

_MEDIA = {"photo": "image", "video": "video", "animated_gif": "animation"}


def _files(data: Object) -> tuple[File, ...]:
    media = obj(obj(data.get("attachment")).get("media"))
    if not media:
        return ()
    kind = _MEDIA.get(text(media.get("type")) or "", "media")
    variants = [
        each
        for each in objects(obj(media.get("video_info")).get("variants"))
        if isinstance(each.get("bitrate"), int)
    ]
    best = max(variants, key=lambda each: int(each["bitrate"]), default={})
    url = text(best.get("url")) or text(media.get("media_url_https"))
    return (File(kind=kind, reference=url, is_url=url is not None),)
