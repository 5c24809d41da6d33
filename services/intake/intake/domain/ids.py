"""Names that are the same whenever, and by whichever process, the same thing is met again.

Every id is a UUID of version 5 (RFC 9562 §5.5) over what makes the thing one thing. So a message
delivered twice has one id, and the primary key alone drops the second.
"""

from uuid import UUID, uuid5

from shared.contracts.base import (
    AccountId,
    Channel,
    ContactId,
    MessageId,
    OrderId,
    StoreId,
    ThreadId,
)

_INTAKE = UUID("1f2b1c6e-74d3-5e4e-9d0a-6d6572696469")


def contact_id(store_id: StoreId, identity: str, scope: str, address: str) -> ContactId:
    """A person as one address of his shows him.

    `identity` is mail (address in lower case) or phone (E.164), both without scope; user (the
    vendor's id) or visitor (live chat), both with the account as scope.
    """
    return ContactId(_id("contact", store_id, identity, scope, address))


def peer_thread(
    store_id: StoreId, channel: Channel, account_id: AccountId, contact_id: ContactId
) -> ThreadId:
    """The one thread that a messenger has between an account and a person."""
    return ThreadId(_id("thread", store_id, channel, account_id, str(contact_id)))


def file_id(store_id: StoreId, message_id: MessageId, index: int) -> UUID:
    """A file of a message, by its place among them."""
    return _id("file", store_id, str(message_id), str(index))


def mail_thread(store_id: StoreId, contact_id: ContactId, root: str) -> ThreadId:
    """The thread of a person's mails that go back to one mail, `root`, by its Message-ID.

    Nobody else's mails are in it: who quotes a Message-ID of another begins a thread of his own.
    """
    return ThreadId(_id("thread", store_id, "mail of", str(contact_id), root))


def about_thread(store_id: StoreId, contact_id: ContactId, kind: str, id: str) -> ThreadId:
    """The thread in which a person answers what we told him about one thing."""
    return ThreadId(_id("thread", store_id, "about", str(contact_id), kind, id))


def message_id(store_id: StoreId, channel: Channel, *natural: str) -> MessageId:
    """A message by its natural key: account and vendor's id; for mail Message-ID and digest."""
    return MessageId(_id("message", store_id, channel, *natural))


def order_id(
    store_id: StoreId, channel: Channel, account_id: AccountId, external_id: str
) -> OrderId:
    """An order by the shop it was placed in and the shop's own id."""
    return OrderId(_id("order", store_id, channel, account_id, external_id))


def status_id(store_id: StoreId, channel: Channel, *natural: str) -> UUID:
    """One thing that was told of one message of ours."""
    return _id("status", store_id, channel, *natural)


def mail_errand_id(store_id: StoreId, channel: Channel, account_id: str, *reference: str) -> UUID:
    """A mail that lies with a mail service, by what the service's API knows it by."""
    return _id("mail errand", store_id, channel, account_id, *reference)


def _id(*parts: str) -> UUID:
    # Lengths keep ("a", "bc") and ("ab", "c") apart.
    return uuid5(_INTAKE, "".join(f"{len(part)}:{part}" for part in parts))
