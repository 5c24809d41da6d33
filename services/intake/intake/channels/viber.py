"""Viber bots: messages, and what became of ours.

Source: developers.viber.com, Viber REST API, "Callbacks" (signature, event types) and "Message
types".
"""

from dataclasses import replace

from intake.channels.peers import Fate, File, Said, inbound, status, user
from intake.domain.items import Came, Inbound, Known, Odd, Reading, StatusNews
from intake.domain.shapes import Object, obj, text
from intake.domain.texts import joined
from intake.domain.times import from_milliseconds
from shared.contracts.intake import Delivery as Outcome
from shared.stores.accounts.messaging import ViberAccount
from shared.webhooks import Delivery, is_signed


def verify(delivery: Delivery, account: ViberAccount) -> bool:
    """Whether the bot's token signed the raw body; what Viber shows may stand in the address."""
    if "x-viber-content-signature" not in delivery.headers and "sig" in delivery.query:
        shown = {**delivery.headers, "x-viber-content-signature": delivery.query["sig"]}
        delivery = replace(delivery, headers=shown)
    return is_signed(delivery, account.auth_token, header="x-viber-content-signature")


def read(came: Came[Delivery, ViberAccount]) -> Reading:
    """The one event of a callback."""
    payload = obj(came.payload)
    return Reading.of([_event(payload, came)] if payload else [])


_STATUSES = {"delivered": Outcome.DELIVERED, "seen": Outcome.READ, "failed": Outcome.FAILED}
_OTHERS = {
    "webhook": "a test of the address",
    "subscribed": "somebody follows the bot",
    "unsubscribed": "somebody follows the bot no more",
    "conversation_started": "the chat was opened",
    "action": "an event that is no message",
    "client_status": "an event that is no message",
}


def _event(event: Object, came: Came[Delivery, ViberAccount]) -> Inbound | StatusNews | Known | Odd:
    kind = text(event.get("event")) or ""
    if kind == "message":
        return _message(event, obj(event.get("message")), came)
    if kind in _STATUSES:
        fate = Fate(
            external_id=text(event.get("message_token")),
            status=_STATUSES[kind],
            at=from_milliseconds(event.get("timestamp")),
            reason=text(event.get("desc")) if kind == "failed" else None,
        )
        return status(fate, user(came.account, event.get("user_id")), came.account, came.at)
    return Known(_OTHERS[kind]) if kind in _OTHERS else Odd("an unknown event")


def _message(
    event: Object, message: Object, came: Came[Delivery, ViberAccount]
) -> Inbound | Known | Odd:
    sender = obj(event.get("sender"))
    contact = user(came.account, text(sender.get("id")), sender.get("name"), sender.get("language"))
    kind = text(message.get("type")) or ""
    files = _files(kind, message)
    written = _words(kind, message)
    if written is None and not files:
        return Odd("a message of a kind that is not understood")
    said = Said(
        external_id=text(event.get("message_token")),
        text=written,
        files=files,
        at=from_milliseconds(event.get("timestamp")),
    )
    return inbound(said, contact, came.account, came.at)


_MEDIA = {"picture": "image", "video": "video", "file": "file", "sticker": "sticker"}


def _files(kind: str, message: Object) -> tuple[File, ...]:
    if kind not in _MEDIA:
        return ()
    size = message.get("size") or message.get("file_size")
    url = text(message.get("media"))
    file = File(
        kind=_MEDIA[kind],
        reference=url,
        is_url=url is not None,
        name=text(message.get("file_name")),
        size=size if isinstance(size, int) else 0,
    )
    return (file,)


def _words(kind: str, message: Object) -> str | None:
    body = obj(message.get(kind))
    written = text(message.get("text"))
    if kind == "location":
        point = joined((str(body.get(part, "")) for part in ("lat", "lon")), ", ")
        shown = joined(("[location]", text(body.get("address")), point), " ")
        return joined((written, shown), "\n")
    if kind == "contact":
        parts = (text(body.get("name")), text(body.get("phone_number")))
        return joined((written, joined(("[contact]", *parts), " ")), "\n")
    if kind == "url":
        return joined((written, text(message.get("media"))), " ")
    if kind in ("rich_media", "carousel"):
        return written or "[card]"
    return written
