"""Messenger and Instagram: one app of Meta's signs, one shape carries both.

Sources: developers.facebook.com, Graph API, "Webhooks: getting started" (handshake,
X-Hub-Signature-256); Messenger Platform, "Webhook events reference"; Instagram Platform,
"Webhooks". What has no words of its own is put into words in `words`.
"""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta

from intake.channels.meta import words
from intake.channels.peers import Fate, Said, inbound, status, user
from intake.domain.contacts import Contact
from intake.domain.items import Came, Inbound, Known, Odd, Reading, StatusNews
from intake.domain.shapes import Object, obj, objects, text
from intake.domain.texts import joined
from intake.domain.times import from_milliseconds
from shared.contracts.intake import Delivery as Outcome
from shared.stores import Account, WhatsAppAccount
from shared.stores.accounts.messaging import InstagramAccount, MessengerAccount
from shared.webhooks import Delivery, equal, is_signed

MetaAccount = WhatsAppAccount | MessengerAccount | InstagramAccount

WINDOW = timedelta(hours=24)
"""How long after a customer's message we may write freely ("standard messaging window")."""


def verify(delivery: Delivery, account: MetaAccount) -> bool:
    """Whether a secret of the app signed the raw body."""
    return is_signed(delivery, account.app_secret, header="x-hub-signature-256", prefix="sha256=")


def handshake(delivery: Delivery, account: MetaAccount) -> str | None:
    """The challenge to give back when Meta shows our token; None when it does not."""
    shown = delivery.query.get("hub.verify_token", "")
    is_ours = True in [equal(token, shown) for token in account.verify_token]
    if not is_ours or delivery.query.get("hub.mode") != "subscribe":
        return None
    return delivery.query.get("hub.challenge")


def read(came: Came[Delivery, Account]) -> Reading:
    """Everything in all entries of a batch. An app has one webhook for all its pages."""
    return Reading.of(_entries(came))


_Entry = Inbound | StatusNews | Known | Odd


def _entries(came: Came[Delivery, Account]) -> Iterator[_Entry]:
    payload = obj(came.payload)
    if "field" in payload and "value" in payload:  # Meta's console, trying an address
        yield from _change(payload, came.account, came.at)
    for entry in objects(payload.get("entry")):
        page = text(entry.get("id")) or came.account.account_id
        owner = came.account if page == came.account.account_id else came.sibling(page)
        if owner is None:
            yield Odd("a page that is no account")
            continue
        for _ in objects(entry.get("standby")):
            yield Known("what another app of the page answers")
        for event in objects(entry.get("messaging")):
            yield from _event({"timestamp": entry.get("time"), **event}, owner, came.at)
        for change in objects(entry.get("changes")):
            yield from _change(change, owner, came.at)


def _change(change: Object, account: Account, received_at: datetime) -> Iterator[_Entry]:
    """Instagram's console and its own login tell messages as changes of a field."""
    event = obj(change.get("value"))
    if "sender" in event and (_NAMED & event.keys() or "message" in event):
        yield from _event(event, account, received_at)
    elif text(change.get("field")):
        yield Known("a field that carries no message")
    else:
        yield Odd("a change of no field")


_NAMED = {
    "account_linking", "app_roles", "call", "call_settings", "calls", "checkout_update",
    "customer_information", "delivery", "feedback", "game_play", "group_feed", "lead_form_submit",
    "message_edit", "messaging_customer_information", "messaging_feedback", "optin", "optout",
    "order", "pass_metadata", "pass_thread_control", "payment", "policy-enforcement",
    "policy_enforcement", "postback", "pre_checkout", "reaction", "read", "referral",
    "request_live_handover", "request_thread_control", "response_feedback", "send_cart",
    "take_thread_control", "thread_control", "typing", "typing_indicator",
}  # fmt: skip


def _event(event: Object, account: Account, received_at: datetime) -> Iterator[_Entry]:
    sender = obj(event.get("sender"))
    contact = user(account, text(sender.get("id")) or text(sender.get("user_ref")))
    at = from_milliseconds(event.get("timestamp"))
    said = next((name for name in _SAYING if name in event), None)
    if contact is not None and contact.address == account.account_id:
        yield Known("what the page itself did")
    elif said is not None:
        yield _SAYING[said](obj(event[said]), at, contact, account, received_at)
    elif "delivery" in event or "read" in event:
        fates = _fates(event, at)
        yield from (status(fate, contact, account, received_at) for fate in fates)
        if not fates:
            yield Known("all up to a time were delivered or read")
    elif "message_edit" in event:
        yield Known("a message was edited")
    elif _NAMED & event.keys():
        yield Known("an event that is no message")
    else:
        yield Odd("an event that is not understood")


def _fates(event: Object, at: datetime | None) -> list[Fate]:
    """Receipts that name messages; older ones name only a time."""
    name = "delivery" if "delivery" in event else "read"
    told = obj(event[name])
    listed = told.get("mids")
    mids = [*(listed if isinstance(listed, list) else ()), told.get("mid")]
    outcome = Outcome.DELIVERED if name == "delivery" else Outcome.READ
    return [Fate(external_id=mid, status=outcome, at=at) for mid in map(text, mids) if mid]


def _message(
    message: Object,
    at: datetime | None,
    contact: Contact | None,
    account: Account,
    received_at: datetime,
) -> Inbound | Known | Odd:
    if message.get("is_echo"):
        return Known("what the page itself wrote")
    if message.get("is_deleted"):
        return Known("a message was taken back")
    told, files = words.attached(message)
    written = joined((text(message.get("text")), *told), "\n")
    if written is None and not files:
        written = _instead(message)
    said = Said(
        external_id=text(message.get("mid")),
        text=written,
        files=files,
        at=at,
        answers=text(obj(message.get("reply_to")).get("mid")),
        window=WINDOW,
    )
    return inbound(said, contact, account, received_at)


def _instead(message: Object) -> str | None:
    """What a message without text and files was sent by."""
    pressed = text(obj(message.get("quick_reply")).get("payload"))
    unsupported = "[unsupported message]" if message.get("is_unsupported") else None
    return pressed or words.came_from(message) or unsupported


def _form(
    written: str | None,
    at: datetime | None,
    contact: Contact | None,
    account: Account,
    received_at: datetime,
) -> Inbound | Known | Odd:
    """What a customer put together and sent; it has no id, so who, what and when name it."""
    if written is None:
        return Known("a form or a basket without words")
    what = hashlib.sha256(written.encode("utf-8", "replace")).hexdigest()[:16]
    said = Said(
        external_id=f"form:{what}:{_who_and_when(contact, at)}", text=written, at=at, window=WINDOW
    )
    return inbound(said, contact, account, received_at)


def _reaction(
    reaction: Object,
    at: datetime | None,
    contact: Contact | None,
    account: Account,
    received_at: datetime,
) -> Inbound | Known | Odd:
    """A sign on a message; it has no id of its own, so who, what, where and when name it."""
    if text(reaction.get("action")) == "unreact":
        return Known("a reaction was taken back")
    mid, emoji = text(reaction.get("mid")), text(reaction.get("emoji"))
    sign = emoji or text(reaction.get("reaction"))
    if mid is None or sign is None:
        return Odd("a reaction to nothing")
    said = Said(
        external_id=f"{mid[:200]}:{sign[:20]}:{_who_and_when(contact, at)}",
        text=emoji or f"[{sign}]",
        at=at,
        answers=mid,
        reply_to_id=mid,
        window=WINDOW,
    )
    return inbound(said, contact, account, received_at)


def _postback(
    postback: Object,
    at: datetime | None,
    contact: Contact | None,
    account: Account,
    received_at: datetime,
) -> Inbound | Known | Odd:
    """A button with words on it (of a template, a menu, an ice breaker) says those words.

    The one that begins a chat, and those without words, say nothing.
    """
    title, payload = text(postback.get("title")), text(postback.get("payload"))
    if title is None or "getstarted" in _LETTERS.sub("", f"{title} {payload}").lower():
        return Known("a button without words was pressed")
    mid = text(postback.get("mid"))
    said = Said(
        external_id=mid or f"postback:{title[:100]}:{_who_and_when(contact, at)}",
        text=title,
        at=at,
        window=WINDOW,
    )
    return inbound(said, contact, account, received_at)


_LETTERS = re.compile(r"[\W_]+")


def _who_and_when(contact: Contact | None, at: datetime | None) -> str:
    """Names what has no id of its own, the same at each try."""
    return f"{contact.address[:50] if contact else ''}:{int(at.timestamp() * 1000) if at else 0}"


_Said = Callable[[Object, datetime | None, Contact | None, Account, datetime], _Entry]

_SAYING: Mapping[str, _Said] = {
    "message": _message,
    "reaction": _reaction,
    "postback": _postback,
    "order": lambda told, *around: _form(words.ordered(told), *around),
    "messaging_feedback": lambda told, *around: _form(words.judged(told), *around),
    "messaging_customer_information": lambda told, *around: _form(words.filled_in(told), *around),
}
"""What a customer says, by the field of an event that holds it."""
