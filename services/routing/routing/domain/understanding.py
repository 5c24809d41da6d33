"""What a message tells of its writer and of what he wants: everything that routing reads in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from routing.domain.intent import Meant, meant
from routing.domain.languages import language_of, other_language, prior
from routing.domain.places import Zone, zone_at, zone_in
from routing.domain.region import Region, region_of
from routing.domain.urgency import HIGH_VALUES, Around, Urgency, urgency
from shared.i18n.language import LANGUAGES, Detected, detect


@dataclass(frozen=True)
class Known:
    """What is known of a writer before he is read.

    `order_country` (ISO 3166-1), region, city and post code are of the newest order's address,
    `order_zone` the IANA zone that it was found to tell (`zone_at`); `phone` is E.164 or as people
    write it, `locale` what the channel claims, `market` the store's country. `heard` counts earlier
    messages by language; `told` are the languages of his orders, `store_languages` those the store
    is run in, `brands` its own name and those of its ware.
    """

    order_country: str | None = None
    order_region: str | None = None
    order_city: str | None = None
    order_post_code: str | None = None
    order_zone: str | None = None
    phone: str | None = None
    locale: str | None = None
    mail: str | None = None
    market: str | None = None
    heard: Mapping[str, int] = field(default_factory=dict)
    told: Sequence[str | None] = ()
    store_languages: Sequence[str] = ()
    brands: Sequence[str] = ()


@dataclass(frozen=True)
class Reading:
    """What one message tells.

    `found` is the language of its own words; `language` what he is to be answered in, which a
    message without words leaves to what is known of him.
    """

    found: Detected
    language: str | None
    second_language: str | None
    region: Region | None
    time_zone: Zone | None
    meant: Meant
    urgency: Urgency

    @property
    def written(self) -> str | None:
        """The language of the message's own words, None when they do not tell it."""
        return self.found.language if self.found.source in ("text", "script") else None


def read(
    text: str,
    subject: str | None,
    known: Known,
    around: Around,
    high_values: Mapping[str, int] = HIGH_VALUES,
) -> Reading:
    """Read a message; where the text has no words, its subject is read for it."""
    told = (language_of(known.locale), *(language_of(tag) for tag in known.told))
    found = _detect(text, subject, known, told)
    language = found.language or other_language(None, heard=known.heard, told=told)
    region = region_of(
        order_country=known.order_country,
        phone=known.phone,
        locale=known.locale,
        mail=known.mail,
        market=known.market,
    )
    whole = text if subject is None or subject in text else f"{subject}\n{text}"
    intent = meant(whole, found)
    return Reading(
        found=found,
        language=language,
        second_language=other_language(language, heard=known.heard, told=told),
        region=region,
        time_zone=_zone(region, known),
        meant=intent,
        urgency=urgency(intent, whole, around, high_values),
    )


def _zone(region: Region | None, known: Known) -> Zone | None:
    if region is None:
        return None
    told = known.order_zone or zone_at(
        region.country, known.order_region, known.order_city, known.order_post_code
    )
    return zone_in(region, told, known.phone)


def _detect(text: str, subject: str | None, known: Known, told: Sequence[str | None]) -> Detected:
    stores = [language_of(tag) or tag for tag in known.store_languages]
    among = tuple(dict.fromkeys((*LANGUAGES, *stores)))
    expected = None
    if known.heard or stores or any(told):
        expected = prior(heard=known.heard, told=told, store=stores, known=among)
    found = detect(text, languages=among, prior=expected, brands=known.brands)
    if found.language is None and subject:
        of_subject = detect(subject, languages=among, prior=expected, brands=known.brands)
        return of_subject if of_subject.language else found
    return found
