"""Live chat: the frames of its WebSocket, and what a visitor says as a message.

Client: hello{resume?, locale?, name?, email?} · say{client_id, text, files?} · seen{message_id} ·
typing{}. Server: welcome{resume, thread_id} · kept{client_id, message_id} · said{message_id, at,
text} · typing{} · refused{why, client_id?}. Every frame is a JSON object with its name in `type`. A
file is laid down first: `POST /chat/{account_id}/files`; `files` has the ids that it answers.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec

from intake.domain import ids
from intake.domain.contacts import Contact
from intake.domain.items import Inbound
from intake.domain.languages import language_tag
from intake.domain.texts import MESSAGE_LIMIT, clean, line
from shared.contracts.base import MessageId, NotificationId, ReplyRoute, ThreadId
from shared.contracts.intake import Attachment, MessageReceived
from shared.stores import ChatAccount
from shared.webhooks.payloads import repaired


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
    text: str = ""
    files: tuple[UUID, ...] = ()


class Typing(msgspec.Struct, frozen=True, tag="typing"):
    """The other one is writing just now."""


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
    """A frame was not taken; `client_id` names the message where it was one."""

    why: str
    client_id: str | None = None


_decoder = msgspec.json.Decoder(Hello | Say | Seen | Typing)
_encoder = msgspec.json.Encoder()


def read_frame(text: str) -> Hello | Say | Seen | Typing:
    """A client's frame, U+FFFD for half a letter where a page cut a text. Raises `Refusal`."""
    octets = text.encode("utf-8", "replace")
    try:
        return _frame(octets)
    except (msgspec.MsgspecError, RecursionError):
        pass
    try:
        return _frame(repaired(octets))
    except (msgspec.MsgspecError, RecursionError):
        raise Refusal("not a frame of this chat") from None


def _frame(octets: bytes) -> Hello | Say | Seen | Typing:
    frame: Hello | Say | Seen | Typing = _decoder.decode(octets)
    return frame


def write_frame(frame: Welcome | Kept | Said | Typing | Refused) -> str:
    """A frame for the client."""
    return _encoder.encode(frame).decode()


MOST_FILES = 10


class Thread(NamedTuple):
    """A visitor's thread and himself."""

    thread_id: ThreadId
    contact: Contact


class Uploaded(NamedTuple):
    """A file that a visitor laid down."""

    file_id: UUID
    name: str | None
    media_type: str
    size: int


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


def message_id(account: ChatAccount, thread_id: ThreadId, client_id: str) -> MessageId:
    """Our id of a visitor's message."""
    return ids.message_id(
        account.store_id, account.channel_name, account.account_id, f"{thread_id}/{client_id}"
    )


def message(
    account: ChatAccount, thread: Thread, said: Say, files: Sequence[Uploaded], at: datetime
) -> Inbound:
    """What a visitor said, with files that he laid down.

    Raises `Refusal` for what cannot be one message.
    """
    thread_id, contact = thread
    client_id, text = line(said.client_id, 100), clean(said.text).strip()
    if client_id is None or client_id != said.client_id:
        raise Refusal("client_id is one line of 1 to 100 characters")
    if len(files) != len(set(said.files)) or len(files) > MOST_FILES:
        raise Refusal(f"files are those laid down here, {MOST_FILES} at most")
    text = text or " ".join(f"[file: {one.name}]" if one.name else "[file]" for one in files)
    if not text:
        raise Refusal("there is no text")
    if len(text.encode()) > MESSAGE_LIMIT:
        raise Refusal(f"text has at most {MESSAGE_LIMIT} octets")
    external_id = f"{thread_id}/{client_id}"
    event = MessageReceived(
        occurred_at=at,
        store_id=account.store_id,
        version=0,
        message_id=message_id(account, thread_id, client_id),
        thread_id=thread_id,
        contact_id=contact.contact_id,
        channel=account.channel_name,
        account_id=account.account_id,
        external_id=external_id,
        text=text,
        locale=contact.locale,
        # Not the mail address he claims: whoever is told of it takes its owner's orders for his.
        sender_name=contact.name,
        attachments=tuple(
            Attachment(name=one.name, media_type=one.media_type, size=one.size, file_id=one.file_id)
            for one in files
        ),
        reply_route=ReplyRoute(
            channel=account.channel_name, account_id=account.account_id, peer=str(thread_id)
        ),
    )
    uploaded = tuple(one.file_id for one in files)
    return Inbound(event=event, contact=contact, text=text, uploaded=uploaded)
