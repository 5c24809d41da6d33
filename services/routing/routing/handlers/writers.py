"""Who wrote: the contacts behind messages, and the orders that are theirs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from routing.domain.customer import Contact, OrderFacts
from shared.contracts.base import ContactId, OrderId, StoreId
from shared.contracts.intake import MessageReceived


def told(messages: Iterable[MessageReceived]) -> list[Contact]:
    """The writers, each once, with what these messages tell of them."""
    shown: dict[tuple[StoreId, ContactId], Contact] = {}
    for message in messages:
        one = _told(message)
        key = one.store_id, one.contact_id
        shown[key] = _merged(shown[key], one) if key in shown else one
    return list(shown.values())


def _told(message: MessageReceived) -> Contact:
    return Contact(
        store_id=message.store_id,
        contact_id=message.contact_id,
        seen_at=message.occurred_at,
        mail=message.mail.lower() if message.mail else None,
        phone=message.phone,
        locale=message.locale,
    )


def _merged(before: Contact, told: Contact) -> Contact:
    return replace(
        before,
        seen_at=max(before.seen_at, told.seen_at),
        mail=told.mail or before.mail,
        phone=told.phone or before.phone,
        locale=told.locale or before.locale,
    )


def with_language(contact: Contact, language: str | None) -> Contact:
    """The contact with one more message in a language."""
    if language is None:
        return contact
    languages = {**contact.languages, language: contact.languages.get(language, 0) + 1}
    return replace(contact, languages=languages)


def orders_of(
    contact: Contact, orders: Iterable[OrderFacts], about: str | None
) -> list[OrderFacts]:
    """The customer's own orders, the one he writes `about` first, then the newest."""
    own = [
        order
        for order in orders
        if order.store_id == contact.store_id
        and (
            order.contact_id == contact.contact_id
            or (contact.mail is not None and order.mail == contact.mail)
            or (contact.phone is not None and order.phone == contact.phone)
        )
    ]
    own.sort(key=lambda each: each.placed_at.timestamp() if each.placed_at else 0.0, reverse=True)
    return sorted(own, key=lambda each: str(each.order_id) != about)


def meant(message: MessageReceived, orders: Sequence[OrderFacts]) -> tuple[OrderId, ...]:
    """The orders that a message may be about; the one it names first, known or not."""
    named = _uuid(message.about.id) if message.about and message.about.kind == "order" else None
    ids = [order.order_id for order in orders]
    return tuple(dict.fromkeys([OrderId(named), *ids] if named else ids))


def subjects(
    messages: Iterable[MessageReceived], kind: str
) -> Mapping[tuple[StoreId, UUID], MessageReceived]:
    """The messages that answer to something of this kind, by its id."""
    found: dict[tuple[StoreId, UUID], MessageReceived] = {}
    for message in messages:
        if message.about is not None and message.about.kind == kind:
            identity = _uuid(message.about.id)
            if identity is not None:
                found[message.store_id, identity] = message
    return found


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
