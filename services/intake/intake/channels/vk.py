"""VK: messages to a community by the Callback API.

VK signs nothing: the secret stands in the body. Sources: dev.vk.com, "Callback API" (confirmation,
secret, answer `ok`), "Событие message_new", "Объект «Сообщение»".
"""

from collections.abc import Iterator

from intake.channels.peers import Fate, File, Said, inbound, status, user
from intake.domain.items import Came, Inbound, Known, Odd, Reading, StatusNews
from intake.domain.shapes import Object, obj, objects, text
from intake.domain.texts import joined, line
from intake.domain.times import from_seconds
from shared.contracts.intake import Delivery as Outcome
from shared.stores.accounts.messaging import VKAccount
from shared.webhooks import Answer, Delivery, equal, parse


def verify(delivery: Delivery, account: VKAccount) -> bool:
    """Whether the body carries a secret of the account."""
    try:
        event = obj(parse(delivery))
    except ValueError:
        return False
    shown = text(event.get("secret")) or ""
    return True in [equal(shown, secret) for secret in account.secret]


def answer(delivery: Delivery, account: VKAccount) -> Answer:
    """The word that VK confirms the server by, or the one that ends its repetitions."""
    is_asked = text(obj(parse(delivery)).get("type")) == "confirmation"
    return Answer(account.confirmation if is_asked else "ok")


def read(came: Came[Delivery, VKAccount]) -> Reading:
    """The one event of a delivery."""
    return Reading.of(_entries(came))


def _entries(
    came: Came[Delivery, VKAccount],
) -> Iterator[Inbound | StatusNews | Known | Odd]:
    event = obj(came.payload)
    kind, told = text(event.get("type")), obj(event.get("object"))
    if kind == "message_new":
        yield _message(obj(told.get("message")) or told, obj(told.get("client_info")), came)
    elif kind == "message_read":
        fate = Fate(external_id=text(told.get("read_message_id")), status=Outcome.READ)
        yield status(fate, user(came.account, text(told.get("from_id"))), came.account, came.at)
    elif kind:
        yield Known(_SHOWN.get(kind, "an event that is no new message"))
    elif event:
        yield Odd("an event without type")


_SHOWN = {
    "confirmation": "the vendor asks whether the address is ours",
    "group_join": "somebody follows the community",
    "group_leave": "somebody follows the community no more",
    "message_allow": "somebody lets the community write to him",
    "message_deny": "somebody lets the community write to him no more",
    "message_edit": "a message was edited",
    "message_reply": "what the community itself wrote",
}


def _message(
    message: Object, client: Object, came: Came[Delivery, VKAccount]
) -> Inbound | Known | Odd:
    sender = text(message.get("from_id")) or text(message.get("user_id")) or ""
    if text(message.get("out")) == "1" or sender.startswith("-"):
        return Known("what a community wrote")
    if "action" in message:
        return Known("a change of the chat")
    peer = text(message.get("peer_id")) or sender
    words, files = _attached(message)
    written = joined((text(message.get("text")) or text(message.get("body")), *words), "\n")
    answered = text(obj(message.get("reply_message")).get("id"))
    said = Said(
        external_id=_id(message, peer) or text(obj(came.payload).get("event_id")),
        text=written,
        files=files,
        at=from_seconds(message.get("date")),
        answers=answered,
        peer=peer,
    )
    locale = _LANGUAGES.get(text(client.get("lang_id")) or "")
    return inbound(said, user(came.account, sender, locale=locale), came.account, came.at)


_LANGUAGES = {
    str(n): name for n, name in enumerate(["ru", "uk", "be", "en", "es", "fi", "de", "it"])
}
"""The language of the customer's VK, by the number that it has there."""


def _id(message: Object, peer: str) -> str | None:
    """In chats of many messages have no id but the chat's own number."""
    id = text(message.get("id"))
    number = text(message.get("conversation_message_id"))
    if id and id != "0":
        return id
    return f"{peer}:{number}" if number else None


def _attached(message: Object) -> tuple[list[str], tuple[File, ...]]:
    words, files = [], []
    if place := obj(message.get("geo")):
        point = obj(place.get("coordinates"))
        where = joined((str(point.get(part, "")) for part in ("latitude", "longitude")), ", ")
        words.append(joined(("[location]", text(obj(place.get("place")).get("title")), where), " "))
    for attachment in objects(message.get("attachments")):
        kind = text(attachment.get("type")) or "attachment"
        body = obj(attachment.get(kind))
        url = _url(kind, body)
        if kind in _FILES and url:
            size = body.get("size")
            files.append(
                File(
                    kind=_FILES[kind],
                    reference=url,
                    is_url=True,
                    name=text(body.get("title")),
                    media_type="image/jpeg" if kind == "photo" else None,
                    size=size if isinstance(size, int) else 0,
                )
            )
        else:
            words.append(_shown(kind, body))
    words.extend(
        joined(("[forwarded]", text(forwarded.get("text"))), " ")
        for forwarded in objects(message.get("fwd_messages"))
    )
    return [word for word in words if word], tuple(files)


_FILES = {
    "photo": "image",
    "doc": "document",
    "audio_message": "voice message",
    "graffiti": "image",
    "audio": "audio",
}


def _url(kind: str, body: Object) -> str | None:
    if kind == "photo":
        sizes = [each for each in objects(body.get("sizes")) if isinstance(each.get("width"), int)]
        largest = max(sizes, key=lambda each: int(each["width"]), default={})
        return text(largest.get("url")) or text(obj(body.get("orig_photo")).get("url"))
    return text(body.get("link_ogg")) or text(body.get("link_mp3")) or text(body.get("url"))


def _shown(kind: str, body: Object) -> str:
    """What is no file: a sticker, a product, a page, a post."""
    title = text(body.get("title")) or text(body.get("question")) or text(body.get("text"))
    url = text(body.get("url")) if kind == "link" else None
    return joined((f"[{line(kind.replace('_', ' '), 40)}]", title, url), " ") or ""
