"""Telegram bots: messages of private chats, groups and connected business accounts.

Sources: core.telegram.org/bots/api, "setWebhook" (secret_token), "Update", "Message".
"""

from collections.abc import Callable, Iterator

from intake.channels.peers import File, Said, inbound, user
from intake.domain.contacts import Contact
from intake.domain.items import Came, Inbound, Known, Odd, Reading
from intake.domain.phones import e164
from intake.domain.shapes import Object, obj, objects, text
from intake.domain.texts import joined
from intake.domain.times import from_seconds
from shared.stores.accounts.messaging import TelegramAccount
from shared.webhooks import Delivery, equal


def verify(delivery: Delivery, account: TelegramAccount) -> bool:
    """Whether the update shows the secret that we gave with the address; Telegram signs nothing."""
    shown = delivery.headers.get("x-telegram-bot-api-secret-token", "")
    return True in [equal(shown, secret) for secret in account.webhook_secret]


def read(came: Came[Delivery, TelegramAccount]) -> Reading:
    """The one thing that an update tells."""
    return Reading.of(_entries(came))


_SHOWN = {
    "callback_query": "a button without words was pressed",
    "deleted_business_messages": "messages were taken back",
    "edited_business_message": "a message was edited",
    "edited_message": "a message was edited",
    "my_chat_member": "somebody follows the bot, or does so no more",
}
_OTHERS = _SHOWN.keys() | {
    "business_connection", "channel_post", "chat_boost", "chat_join_request",
    "chat_member", "chosen_inline_result",
    "edited_channel_post", "guest_message", "inline_query", "managed_bot",
    "message_reaction", "message_reaction_count", "poll", "poll_answer",
    "pre_checkout_query", "purchased_paid_media", "removed_chat_boost", "shipping_query",
    "stopped_message_generation", "subscription",
}  # fmt: skip


def _entries(came: Came[Delivery, TelegramAccount]) -> Iterator[Inbound | Known | Odd]:
    update = obj(came.payload)
    for name in ("message", "business_message"):
        if name in update:
            yield _message(obj(update[name]), came)
    if (pressed := _pressed(obj(update.get("callback_query")), came)) is not None:
        yield pressed
    elif told := _OTHERS & update.keys():
        yield Known(_SHOWN.get(min(told), "an update that is no new message"))
    elif "update_id" in update and not {"message", "business_message"} & update.keys():
        yield Odd("an update that is not understood")


def _pressed(query: Object, came: Came[Delivery, TelegramAccount]) -> Inbound | Odd | None:
    """A button with words says those words, which stand under the message that it hangs on."""
    message, data = obj(query.get("message")), text(query.get("data"))
    rows = obj(message.get("reply_markup")).get("inline_keyboard")
    buttons = (each for row in (rows if isinstance(rows, list) else ()) for each in objects(row))
    words = (text(each.get("text")) for each in buttons if text(each.get("callback_data")) == data)
    if data is None or (written := next(words, None)) is None:
        return None
    chat_id, id = text(obj(message.get("chat")).get("id")), text(message.get("message_id"))
    said = Said(
        external_id=f"button:{text(query.get('id'))}" if text(query.get("id")) else None,
        text=written,
        answers=f"{chat_id}:{id}" if chat_id and id else None,
        peer=chat_id,
        reply_to_id=id,
    )
    return inbound(said, _person(obj(query.get("from")), came), came.account, came.at)


def _message(message: Object, came: Came[Delivery, TelegramAccount]) -> Inbound | Known | Odd:
    chat = obj(message.get("chat"))
    sender = _sender(message, chat)
    chat_id, id = text(chat.get("id")), text(message.get("message_id"))
    contact = _person(sender, came)
    is_ours = "business_connection_id" in message and text(sender.get("id")) != chat_id
    if sender.get("is_bot") or is_ours:
        return Known("what we or another bot wrote")
    if message.get("is_automatic_forward"):
        return Known("a post of the group's own channel")
    if _SERVICE & message.keys():
        return Known("a message of the service")
    written = text(message.get("text")) or text(message.get("caption"))
    if written is not None and written.split()[:1] == ["/start"]:
        return Known("the chat was opened")
    files = tuple(_files(message))
    told = [write(obj(message[kind])) for kind, write in _WORDS.items() if kind in message]
    if "location" in message and "venue" not in message:
        told.append(_place(obj(message["location"])))
    if written is None and not files and not told:
        return Odd("a message of a kind that is not understood")
    answered = text(obj(message.get("reply_to_message")).get("message_id"))
    said = Said(
        external_id=f"{chat_id}:{id}" if chat_id and id else None,
        text=written or joined(told, "\n"),
        files=files,
        at=from_seconds(message.get("date")),
        answers=f"{chat_id}:{answered}" if answered else None,
        peer=chat_id,
        reply_to_id=id,
        phone=_own_phone(message, sender),
    )
    return inbound(said, contact, came.account, came.at)


def _person(told: Object, came: Came[Delivery, TelegramAccount]) -> Contact | None:
    name = joined((text(told.get("first_name")), text(told.get("last_name"))), " ")
    shown = name or text(told.get("title")) or text(told.get("username"))
    return user(came.account, text(told.get("id")), shown, told.get("language_code"))


def _sender(message: Object, chat: Object) -> Object:
    """Who wrote. Channels write in groups too, and whoever hides behind his group: then no person
    is named, or a bot of Telegram's stands in for him.
    """
    hidden = obj(message.get("sender_chat"))
    alone = chat if text(chat.get("type")) == "private" else {}
    return hidden or obj(message.get("from")) or alone


def _own_phone(message: Object, sender: Object) -> str | None:
    card = obj(message.get("contact"))
    if "user_id" not in card or card.get("user_id") != sender.get("id"):
        return None
    return e164(f"+{(text(card.get('phone_number')) or '').removeprefix('+')}")


_FILES = {
    "document": ("document", None),
    "video": ("video", "video/mp4"),
    "animation": ("animation", "video/mp4"),
    "audio": ("audio", "audio/mpeg"),
    "voice": ("voice message", "audio/ogg"),
    "video_note": ("video message", "video/mp4"),
}
"""What each is called, and what Telegram makes of it where it tells no type."""


def _files(message: Object) -> Iterator[File]:
    sizes = list(objects(message.get("photo")))
    if sizes:  # of one picture, the largest last
        yield _file("image", sizes[-1], "image/jpeg")
    for name, (kind, usual_type) in _FILES.items():
        is_twice = name == "document" and "animation" in message
        if name in message and not is_twice:
            yield _file(kind, obj(message[name]), usual_type)
    for paid in objects(obj(message.get("paid_media")).get("paid_media")):
        yield from _files({name: paid[name] for name in ("photo", "video") if name in paid})
    if "sticker" in message:
        sticker = obj(message["sticker"])
        kind = joined(("sticker", text(sticker.get("emoji"))), ": ") or ""
        yield _file(kind, sticker, _sticker_type(sticker))


def _sticker_type(sticker: Object) -> str:
    if sticker.get("is_animated"):
        return "application/x-tgsticker"
    return "video/webm" if sticker.get("is_video") else "image/webp"


def _file(kind: str, told: Object, usual_type: str | None = None) -> File:
    size = told.get("file_size")
    return File(
        kind=kind,
        reference=text(told.get("file_id")),
        name=text(told.get("file_name")),
        media_type=text(told.get("mime_type")),
        usual_type=usual_type,
        size=size if isinstance(size, int) else 0,
    )


def _place(body: Object) -> str:
    where = obj(body.get("location")) or body
    named = joined((text(body.get("title")), text(body.get("address"))), ", ")
    point = joined((str(where.get(part, "")) for part in ("latitude", "longitude")), ", ")
    return joined(("[location]", named, point), " ") or ""


def _card(body: Object) -> str:
    parts = (text(body.get(part)) for part in ("first_name", "last_name", "phone_number"))
    return joined(("[contact]", *parts), " ") or ""


def _poll(body: Object) -> str:
    options = joined((text(option.get("text")) for option in objects(body.get("options"))), "; ")
    return joined(("[poll]", text(body.get("question")), options), " ") or ""


def _dice(body: Object) -> str:
    return joined((text(body.get("emoji")) or "[dice]", text(body.get("value"))), " ") or ""


def _list(body: Object) -> str:
    tasks = joined((text(task.get("text")) for task in objects(body.get("tasks"))), "; ")
    return joined(("[checklist]", text(body.get("title")), tasks), " ") or ""


def _titled(kind: str) -> Callable[[Object], str]:
    return lambda body: joined((f"[{kind}]", text(body.get("title"))), " ") or ""


_WORDS: dict[str, Callable[[Object], str]] = {
    "venue": _place,
    "contact": _card,
    "poll": _poll,
    "dice": _dice,
    "checklist": _list,
    "game": _titled("game"),
    "invoice": _titled("invoice"),
    "story": _titled("story"),
    "paid_media": _titled("paid media"),
    "live_photo": _titled("live photo"),
    "rich_message": _titled("message"),
    "web_app_data": lambda body: (
        joined((text(body.get("button_text")), text(body.get("data"))), ": ") or "[form]"
    ),
}

_SERVICE = {
    "boost_added", "channel_chat_created", "chat_background_set", "chat_owner_changed",
    "chat_owner_left", "chat_shared", "checklist_tasks_added", "checklist_tasks_done",
    "community_chat_added", "community_chat_joined", "community_chat_removed",
    "connected_website", "delete_chat_photo", "direct_message_price_changed",
    "forum_topic_closed", "forum_topic_created", "forum_topic_edited", "forum_topic_reopened",
    "general_forum_topic_hidden", "general_forum_topic_unhidden", "gift", "gift_upgrade_sent",
    "giveaway", "giveaway_completed", "giveaway_created", "giveaway_winners",
    "group_chat_created", "left_chat_member", "managed_bot_created",
    "message_auto_delete_timer_changed", "migrate_from_chat_id", "migrate_to_chat_id",
    "new_chat_member", "new_chat_members", "new_chat_participant", "new_chat_photo",
    "new_chat_title", "paid_message_price_changed", "passport_data", "pinned_message",
    "poll_option_added", "poll_option_deleted", "proximity_alert_triggered", "refunded_payment",
    "successful_payment", "suggested_post_approval_failed", "suggested_post_approved",
    "suggested_post_declined", "suggested_post_paid", "suggested_post_refunded",
    "supergroup_chat_created", "unique_gift", "user_shared", "users_shared", "video_chat_ended",
    "video_chat_participants_invited", "video_chat_scheduled", "video_chat_started",
    "voice_chat_ended", "voice_chat_participants_invited", "voice_chat_scheduled",
    "voice_chat_started", "write_access_allowed",
}  # fmt: skip
