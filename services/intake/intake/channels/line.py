"""LINE Messaging API: what users, and groups that the bot is in, send.

Sources: developers.line.biz, Messaging API reference, "Webhooks", "Webhook event objects";
"Verify webhook signature".
"""

from collections.abc import Iterator

from intake.channels.peers import File, Said, inbound, user
from intake.domain.items import Came, Inbound, Known, Odd, Reading
from intake.domain.shapes import Object, obj, objects, text
from intake.domain.texts import joined
from intake.domain.times import from_milliseconds
from shared.stores.accounts.messaging import LineAccount
from shared.webhooks import Delivery, is_signed


def verify(delivery: Delivery, account: LineAccount) -> bool:
    """Whether a secret of the channel signed the raw body."""
    return is_signed(delivery, account.channel_secret, header="x-line-signature", written="base64")


def read(came: Came[Delivery, LineAccount]) -> Reading:
    """Every event; LINE proves the address with a delivery that has none."""
    payload = obj(came.payload)
    if payload.get("events") == []:
        return Reading.of([Known("a test of the address")])
    return Reading.of(_event(event, came) for event in objects(payload.get("events")))


_OTHERS = {
    "accountLink", "activated", "beacon", "botResumed", "botSuspended", "deactivated", "delivery",
    "join", "leave", "memberJoined", "memberLeft", "membership", "module", "postback", "things",
    "videoPlayComplete",
}  # fmt: skip
_SHOWN = {
    "follow": "somebody follows the account",
    "unfollow": "somebody follows the account no more",
    "unsend": "a message was taken back",
    "messageEdited": "a message was edited",
}
_TESTER = "Udeadbeefdeadbeefdeadbeefdeadbeef"
"""Who writes when the console of LINE's older days tries an address."""


def _event(event: Object, came: Came[Delivery, LineAccount]) -> Inbound | Known | Odd:
    kind = text(event.get("type"))
    if obj(event.get("source")).get("userId") == _TESTER:
        return Known("a test of the address")
    if kind in _OTHERS or kind in _SHOWN:
        return Known(_SHOWN.get(kind, "an event that is no message"))
    if kind != "message":
        return Odd("an event that is not understood")
    if text(event.get("mode")) == "standby":
        return Known("what another module of the channel answers")
    return _message(event, obj(event.get("message")), came)


def _message(
    event: Object, message: Object, came: Came[Delivery, LineAccount]
) -> Inbound | Known | Odd:
    source = obj(event.get("source"))
    group = text(source.get("groupId")) or text(source.get("roomId"))
    # In groups LINE names the user only when he has agreed to it.
    contact = user(came.account, text(source.get("userId")) or group)
    kind = text(message.get("type")) or ""
    written = _words(kind, message)
    files = tuple(_files(kind, message))
    if written is None and not files:
        return Odd("a message of a kind that is not understood")
    said = Said(
        external_id=text(message.get("id")),
        text=written,
        files=files,
        at=from_milliseconds(event.get("timestamp")),
        answers=text(message.get("quotedMessageId")),
        peer=group,
    )
    return inbound(said, contact, came.account, came.at)


def _words(kind: str, message: Object) -> str | None:
    if kind == "text":
        return text(message.get("text"))
    if kind == "location":
        named = joined((text(message.get("title")), text(message.get("address"))), ", ")
        point = joined((str(message.get(part, "")) for part in ("latitude", "longitude")), ", ")
        return joined(("[location]", named, point), " ")
    if kind == "sticker":
        keywords = message.get("keywords")
        first = text(keywords[0]) if isinstance(keywords, list) and keywords else None
        name = text(message.get("text")) or first
        return f"[sticker: {name}]" if name else "[sticker]"
    return None


_MEDIA = {"image": "image/jpeg", "video": "video/mp4", "audio": "audio/m4a", "file": None}


def _files(kind: str, message: Object) -> Iterator[File]:
    if kind not in _MEDIA:
        return
    provider = obj(message.get("contentProvider"))
    url = text(provider.get("originalContentUrl"))
    size = message.get("fileSize")
    yield File(
        kind=kind,
        reference=url or text(message.get("id")),
        is_url=url is not None,
        name=text(message.get("fileName")),
        usual_type=_MEDIA[kind],
        size=size if isinstance(size, int) else 0,
    )
