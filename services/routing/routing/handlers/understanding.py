"""What a message tells of its writer: language, country, time zone."""

from collections.abc import Sequence
from dataclasses import dataclass

from routing.domain.customer import Contact, OrderFacts
from routing.domain.languages import language_of, other_language, prior
from shared.contracts.intake import MessageReceived
from shared.i18n.language import LANGUAGES, Detected, detect
from shared.i18n.region import region_of
from shared.i18n.zones import zone_of
from shared.stores import Store


@dataclass(frozen=True)
class Understood:
    """What is known of who wrote.

    `written` is the language of the message's own words, None when it has none; `language` is then
    what is known of the customer otherwise, and has no confidence.
    """

    written: str | None
    language: str | None
    script: str | None
    language_confidence: float | None
    second_language: str | None
    region: str | None
    region_source: str | None
    time_zone: str | None


def understand(
    message: MessageReceived,
    contact: Contact,
    orders: Sequence[OrderFacts],
    store: Store | None,
) -> Understood:
    """Read one message, with what is known of the customer and his orders, the newest first."""
    told = (
        language_of(message.locale or contact.locale),
        *(language_of(order.language) for order in orders),
    )
    found = _detect(message, contact, told, store)
    fallback = other_language(None, heard=contact.languages, told=told)
    language = found.language or fallback
    newest = next((order for order in orders if order.country), None)
    region = region_of(
        order_country=newest.country if newest else None,
        phone=message.phone or contact.phone,
        locale=message.locale or contact.locale,
        mail=message.mail or contact.mail,
        market=store.market if store else None,
    )
    within = newest.region if newest and region and region.source == "order" else None
    return Understood(
        written=found.language,
        language=language,
        script=found.script,
        language_confidence=round(found.confidence, 4) if found.language else None,
        second_language=other_language(language, heard=contact.languages, told=told),
        region=region.country if region else None,
        region_source=region.source if region else None,
        time_zone=zone_of(region.country, within) if region else None,
    )


def _detect(
    message: MessageReceived,
    contact: Contact,
    told: Sequence[str | None],
    store: Store | None,
) -> Detected:
    stores = [language_of(tag) or tag for tag in store.languages] if store else []
    known = tuple(dict.fromkeys((*LANGUAGES, *stores)))
    expected = prior(heard=contact.languages, told=told, store=stores, known=known)
    found = detect(message.text, languages=known, prior=expected)
    if found.language is None and message.subject:
        found = detect(message.subject, languages=known, prior=expected)
    return found
