"""Live chat: the frames of its WebSocket, and what a visitor says as a message.

Client: hello{resume?, locale?, name?, email?} · say{client_id, text} · seen{message_id}.
Server: welcome{resume, thread_id} · kept{client_id, message_id} · said{message_id, at, text} ·
refused{why}. Every frame is a JSON object with its name in `type`.
"""

import re
from datetime import datetime
from uuid import UUID

import msgspec

from intake.domain import ids
from intake.domain.contacts import Contact
from intake.domain.items import Inbound
from intake.domain.languages import language_tag
from intake.domain.texts import MESSAGE_LIMIT, clean, line
from shared.contracts.base import NotificationId, ReplyRoute, ThreadId
from shared.contracts.intake import MessageReceived
from shared.stores import ChatAccount


class Refusal(Exception):
    """A frame that is not taken; the argument tells the visitor's page why."""


class Hello(msgspec.Struct, frozen=True, tag="hello"):
    """The first frame: who comes, and the token of an earlier welcome when he comes back."""

    resume: str | None = None
    locale: str | None = None
    name: str | None = None
    email: str | None = None


class Say(msgspec.Struct, frozen=True, tag="say"):
    """A message; sent again with the same `client_id` it is the same message."""

    client_id: str
    text: str


class Seen(msgspec.Struct, frozen=True, tag="seen"):
    """The visitor has seen what was said."""

    message_id: UUID


class Welcome(msgspec.Struct, frozen=True, tag="welcome"):
    """The answer to hello."""

    resume: str
    thread_id: ThreadId


class Kept(msgspec.Struct, frozen=True, tag="kept"):
    """A message is committed."""

    client_id: str
    message_id: UUID


class Said(msgspec.Struct, frozen=True, tag="said"):
    """An answer, in order; again after every resume until it is seen."""

    message_id: NotificationId
    at: datetime
    text: str


class Refused(msgspec.Struct, frozen=True, tag="refused"):
    """A frame was not taken."""

    why: str


_decoder = msgspec.json.Decoder(Hello | Say | Seen)
_encoder = msgspec.json.Encoder()


def read_frame(text: str) -> Hello | Say | Seen:
    """A client's frame. Raises `Refusal`."""
    try:
        frame: Hello | Say | Seen = _decoder.decode(text.encode("utf-8", "replace"))
    except (msgspec.MsgspecError, RecursionError):
        raise Refusal("not a frame of this chat") from None
    return frame


def write_frame(frame: Welcome | Kept | Said | Refused) -> str:
    """A frame for the client."""
    return _encoder.encode(frame).decode()


_MAIL = re.compile(r"[^\s@<>\"',;:()]{1,64}@[^\s@<>\"',;:()]{1,189}")


def visitor(account: ChatAccount, thread_id: ThreadId, hello: Hello) -> Contact:
    """Who visits. What he says of himself is his word alone; his address stays here."""
    mail = line(hello.email, 254)
    return Contact(
        store_id=account.store_id,
        identity="visitor",
        scope=account.account_id,
        address=str(thread_id),
        name=line(hello.name, 200),
        locale=language_tag(hello.locale),
        mail=mail.lower() if mail and _MAIL.fullmatch(mail) else None,
    )


def message(
    account: ChatAccount, thread_id: ThreadId, contact: Contact, said: Say, at: datetime
) -> Inbound:
    """What a visitor said. Raises `Refusal` for what cannot be one message."""
    client_id, text = line(said.client_id, 100), clean(said.text).strip()
    if client_id is None or client_id != said.client_id:
        raise Refusal("client_id is one line of 1 to 100 characters")
    if not text:
        raise Refusal("there is no text")
    if len(text.encode()) > MESSAGE_LIMIT:
        raise Refusal(f"text has at most {MESSAGE_LIMIT} octets")
    external_id = f"{thread_id}/{client_id}"
    event = MessageReceived(
        occurred_at=at,
        store_id=account.store_id,
        version=0,
        message_id=ids.message_id(
            account.store_id, account.channel_name, account.account_id, external_id
        ),
        thread_id=thread_id,
        contact_id=contact.contact_id,
        channel=account.channel_name,
        account_id=account.account_id,
        external_id=external_id,
        text=text,
        locale=contact.locale,
        # Not the mail address he claims: whoever is told of it takes its owner's orders for his.
        sender_name=contact.name,
        reply_route=ReplyRoute(
            channel=account.channel_name, account_id=account.account_id, peer=str(thread_id)
        ),
    )
    return Inbound(event=event, contact=contact, text=text)
