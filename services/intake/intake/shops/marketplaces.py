"""Buyers who write in the chat of a marketplace: a thread of theirs, about an order of theirs."""

from datetime import datetime
from typing import Any

from intake.domain import ids
from intake.domain.contacts import Contact
from intake.domain.items import Inbound, Odd, RemoteFile
from intake.domain.languages import language_tag
from intake.domain.texts import clean, cut, line
from intake.domain.times import happened_at
from shared.contracts.base import About, ReplyRoute
from shared.contracts.intake import Attachment, MessageReceived
from shared.stores import Account


def chat_message(said: dict[str, Any], account: Account, received_at: datetime) -> Inbound | Odd:
    """The buyer's message: `id`, `conversation`, `user`, `name`, `text`, `at`, `order`, `locale`.

    `file` is the address of a picture or a film, `kind` its media type as far as it is known,
    `answers` the message that the buyer points at.
    An answer goes to the conversation, which is what the marketplace's API wants.
    """
    external_id, user = line(said.get("id"), 300), line(said.get("user"), 200)
    peer, written = line(said.get("conversation"), 200) or user, clean(said.get("text") or "")
    if external_id is None or user is None or peer is None or not written.strip():
        return Odd("a message without id, sender or words")
    contact = Contact(
        store_id=account.store_id,
        identity="user",
        scope=account.account_id,
        address=user,
        name=line(said.get("name"), 200),
        locale=language_tag(said.get("locale")),
    )
    names = (account.store_id, account.channel_name, account.account_id)
    text_said, is_cut = cut(written.strip())
    order = line(said.get("order"), 100)
    address = line(said.get("file"), 2000) or ""
    file = address if address.startswith(("https://", "http://")) else None
    event = MessageReceived(
        occurred_at=happened_at(said.get("at"), received_at),
        store_id=account.store_id,
        version=0,
        message_id=ids.message_id(*names, external_id),
        thread_id=ids.peer_thread(*names, contact.contact_id),
        contact_id=contact.contact_id,
        channel=account.channel_name,
        account_id=account.account_id,
        external_id=external_id,
        text=text_said,
        is_cut=is_cut,
        locale=contact.locale,
        sender_name=contact.name,
        attachments=(Attachment(name=None, media_type=said["kind"], size=0),) if file else (),
        about=About(kind="order", id=str(ids.order_id(*names, order))) if order else None,
        reply_route=ReplyRoute(
            channel=account.channel_name,
            account_id=account.account_id,
            peer=peer,
            reply_to_id=external_id,
        ),
    )
    remote = (RemoteFile(index=0, reference=file, is_url=True),) if file else ()
    answers = line(said.get("answers"), 300)
    return Inbound(
        event=event, contact=contact, text=written.strip(), remote=remote, answers=answers
    )


KINDS = {"image": "image/jpeg", "video": "video/mp4"}
"""What marketplaces make of the pictures and films that buyers send."""
