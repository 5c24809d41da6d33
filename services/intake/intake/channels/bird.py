"""Messages as Bird's newer Channels API tells them; MessageBird's accounts may have either.

Source: docs.bird.com, Notifications API, "Supported webhook events"; Channels API, "Message".
"""

from collections.abc import Iterator
from datetime import timedelta

from intake.channels.peers import Fate, File, Said, caller, inbound, status, user
from intake.domain.contacts import Contact
from intake.domain.items import Came, Inbound, Known, Odd, StatusNews
from intake.domain.shapes import Object, obj, objects, text
from intake.domain.texts import joined, line
from intake.domain.times import from_iso
from shared.contracts.intake import Delivery as Outcome
from shared.stores.accounts.sms import MessageBirdAccount
from shared.webhooks import Delivery

WINDOW = timedelta(hours=24)
"""WhatsApp's customer service window."""

_STATUSES = {
    "sent": Outcome.SENT,
    "delivered": Outcome.DELIVERED,
    "read": Outcome.READ,
    "delivery_failed": Outcome.FAILED,
    "sending_failed": Outcome.FAILED,
    "rejected": Outcome.FAILED,
}


def entry(
    event: Object, came: Came[Delivery, MessageBirdAccount]
) -> Inbound | StatusNews | Known | Odd:
    """What an event of the service `channels` tells; of the others it is known that they come."""
    name, told = text(event.get("event")) or "", obj(event.get("payload"))
    platform, _, direction = name.partition(".")
    if text(event.get("service")) != "channels" or direction not in ("inbound", "outbound"):
        return Known("an event that is no message")
    if direction == "inbound":
        return _message(platform, told, came)
    outcome = _STATUSES.get(text(told.get("status")) or "")
    if outcome is None:
        return Known("a message of ours that is on its way")
    to = next(objects(obj(told.get("receiver")).get("contacts")), {})
    at = from_iso(told.get("lastStatusAt"))
    is_failed = outcome is Outcome.FAILED
    code = text(obj(told.get("failure")).get("code")) or text(told.get("reason"))
    why = code if is_failed else None
    fate = Fate(external_id=text(told.get("id")), status=outcome, at=at, reason=why)
    return status(fate, _contact(to, came.account), came.account, came.at)


def _contact(person: Object, account: MessageBirdAccount) -> Contact | None:
    """By number where that is what identifies him."""
    name = text(obj(person.get("annotations")).get("name"))
    value = text(person.get("identifierValue"))
    key = text(person.get("identifierKey"))
    if key == "phonenumber" or (key is None and (value or "").startswith("+")):
        return caller(account, value, name)
    return user(account, value or text(person.get("id")), name)


def _message(
    platform: str, told: Object, came: Came[Delivery, MessageBirdAccount]
) -> Inbound | Odd:
    body = obj(told.get("body"))
    kind = text(body.get("type")) or ""
    contact = _contact(obj(obj(told.get("sender")).get("contact")), came.account)
    is_sms = platform in ("sms", "mms")
    said = Said(
        external_id=text(told.get("id")),
        text=_words(kind, obj(body.get(kind))),
        files=tuple(_files(kind, obj(body.get(kind)))),
        at=from_iso(told.get("createdAt")),
        answers=text(obj(told.get("replyTo")).get("id")),
        peer=f"{platform}:{contact.address}" if contact and not is_sms else None,
        window=WINDOW if platform == "whatsapp" else None,
    )
    return inbound(said, contact, came.account, came.at)


def _files(kind: str, body: Object) -> Iterator[File]:
    for name in ("images", "files"):
        for each in objects(body.get(name)):
            url = text(each.get("mediaUrl"))
            yield File(
                kind="image" if name == "images" else "file",
                reference=url,
                is_url=url is not None,
                name=text(each.get("filename")),
                media_type=text(each.get("contentType")),
            )


def _words(kind: str, body: Object) -> str | None:
    if kind == "location":
        where = obj(body.get("coordinates"))
        point = joined((str(where.get(part, "")) for part in ("latitude", "longitude")), ", ")
        return joined(("[location]", text(obj(body.get("location")).get("label")), point), " ")
    if kind in ("image", "file"):
        return text(body.get("text"))
    return text(body.get("text")) or (f"[{line(kind, 40)}]" if kind else None)
