"""What a customer of Messenger or Instagram says without writing it, in words that can be read.

Sources: developers.facebook.com, Messenger Platform, "messages", "send_cart" and "customer feedback
template" (webhook events); Instagram Platform, "Webhooks".
"""

from collections.abc import Iterator
from datetime import datetime
from itertools import chain
from zoneinfo import ZoneInfo

from intake.channels.peers import File
from intake.domain.shapes import Object, obj, objects, text
from intake.domain.texts import joined, line
from intake.domain.times import from_seconds

_MOST = 50
"""Lines of an order, fields of a form, cards of a template: nobody reads more in a message."""


def attached(message: Object) -> tuple[list[str], tuple[File, ...]]:
    """What hangs on a message: words for what is no file, and the files."""
    words, files, stickers = [], [], []
    for attachment in objects(message.get("attachments")):
        kind = text(attachment.get("type")) or "attachment"
        payload = obj(attachment.get("payload"))
        url = text(payload.get("url")) or text(attachment.get("url"))
        title = line(attachment.get("title"), 300) or line(payload.get("title"), 300)
        sticker = text(payload.get("sticker_id")) or text(message.get("sticker_id"))
        if sticker or kind == "sticker":
            # Told twice while Meta goes from one way to the other: as an image and as a sticker.
            stickers.append("👍" if sticker in _THUMBS else "[sticker]")
        elif kind == "like_heart":
            words.append("❤️")
        elif kind in _FILES and url:
            files.append(File(kind=_FILES[kind], reference=url, is_url=True))
            words.extend([f"[{_FILES[kind]}] {title}"] if title else [])
        else:
            words.append(_shared(kind, payload, title, url))
    return [*dict.fromkeys(stickers), *words], tuple(files)


_THUMBS = {"369239263222822", "369239343222814", "369239383222810"}
"""Messenger's own thumb in three sizes."""

_FILES = {
    "image": "image",
    "video": "video",
    "audio": "audio",
    "file": "file",
    "animated_image": "image",
    "animated_image_share": "image",
    "story_mention": "story mention",
    "ig_reel": "reel",
    "reel": "reel",
}


def _shared(kind: str, payload: Object, title: str | None, url: str | None) -> str:
    """What is no file: a place, an appointment, products, a page, a post."""
    where = obj(payload.get("coordinates"))
    place = joined((str(where[name]) for name in ("lat", "long") if name in where), ", ")
    name = _NAMES.get(kind) or line(kind.replace("_", " "), 40)
    said = (_appointment(payload) if kind == "appointment_booking" else None, _cards(payload))
    shown = joined((f"[{name}]", title, place, *said, None if place else url), " ")
    return shown or "[attachment]"


_NAMES = {"fallback": "link", "ig_post": "post", "appointment_booking": "appointment"}


def _cards(payload: Object) -> str | None:
    """The products or cards of a template."""
    lists = (obj(payload.get(name)).get("elements") for name in ("product", "generic"))
    told = chain.from_iterable(map(objects, (*lists, payload.get("elements"))))
    cards = [
        joined((line(each.get(name), 100) for name in ("title", "subtitle", "retailer_id")), ", ")
        for each, _ in zip(told, range(_MOST), strict=False)
    ]
    return joined((*cards, line(payload.get("text"), 300)), "; ")


def _appointment(payload: Object) -> str | None:
    """When it is, on the clock of its own time zone."""
    zone = line(payload.get("timezone"), 60)
    times = (from_seconds(payload.get(name)) for name in ("start_time", "end_time"))
    when = joined((_on_clock(time, zone) for time in times if time), " – ")
    return joined((line(payload.get("status"), 40), when), " ")


def _on_clock(time: datetime, zone: str | None) -> str:
    try:
        return f"{time.astimezone(ZoneInfo(zone or 'UTC')):%Y-%m-%d %H:%M} {zone or 'UTC'}"
    except (
        KeyError,
        ValueError,
        OSError,
        OverflowError,
    ):  # no such zone, or past the end of the calendar
        return f"{time:%Y-%m-%d %H:%M} UTC"


def came_from(message: Object) -> str | None:
    """The product or advertisement that a message was begun at."""
    told = obj(message.get("referral"))
    advertised = obj(told.get("ads_context_data"))
    product = line(obj(told.get("product")).get("id"), 100)
    product = product or line(advertised.get("product_id"), 100)
    return joined(
        (f"[product] {product}" if product else None, line(advertised.get("ad_title"), 300)), " "
    )


def ordered(order: Object) -> str | None:
    """A basket that a customer sent: its lines with the price of one piece, and his note."""
    products = zip(objects(order.get("products")), range(_MOST), strict=False)
    lines = joined((_line(each) for each, _ in products), ", ")
    note = text(order.get("note"))
    return joined(("[order]", lines, note), " ") if lines or note else None


def _line(product: Object) -> str:
    price = joined((line(product.get("unit_price"), 20), line(product.get("currency"), 3)), " ")
    number = line(product.get("retailer_id"), 100)
    name = joined((line(product.get("name"), 200), f"[{number}]" if number else None), " ")
    shown = f"{line(product.get('quantity'), 20) or '1'} × {name or line(product.get('id')) or '?'}"
    return f"{shown} ({price})" if price else shown


def judged(feedback: Object) -> str | None:
    """What a customer wrote into a form that asks how he liked it; a mark alone says nothing."""
    answers = [each for screen in objects(feedback.get("feedback_screens"))
               for each in obj(screen.get("questions")).values()]  # fmt: skip
    shown, has_words = [], False
    for answer in map(obj, answers[:_MOST]):
        follow_up = obj(answer.get("follow_up"))
        mark, more = text(answer.get("payload")), text(follow_up.get("payload"))
        has_words |= bool(more or (mark and answer.get("type") == "free_form"))
        shown.append(joined((mark, more), ": "))
    return joined(("[feedback]", joined(shown, "; ")), " ") if has_words else None


def filled_in(form: Object) -> str | None:
    """The fields of a form that a customer filled in: his address and the like."""
    fields = joined(_fields(form), "\n")
    return f"[form]\n{fields}" if fields else None


def _fields(form: Object) -> Iterator[str]:
    answers = (each for screen in objects(form.get("screens"))
               for each in objects(screen.get("responses")))  # fmt: skip
    for answer, _ in zip(answers, range(_MOST), strict=False):
        name, value = line(answer.get("key"), 100), line(answer.get("value"), 300)
        if name and value:
            yield f"{name}: {value}"
