"""Reading messages that a person gives by hand: one line in, one line of JSON out."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import msgspec
import msgspec.structs

from routing.domain.channels import channel_of
from routing.domain.shown import shown
from routing.domain.team import family_of
from routing.domain.understanding import Known, read
from routing.domain.urgency import Around
from routing.handlers.rules import Rules
from shared.contracts.base import StoreId


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """One message as JSON; what is missing or of another type is not known."""

    text: str = ""
    subject: str | None = None
    channel: str | None = None
    locale: str | None = None
    country: str | None = None
    region: str | None = None
    city: str | None = None
    post_code: str | None = None
    phone: str | None = None
    mail: str | None = None
    market: str | None = None
    store: str | None = None
    at: datetime | None = None
    unanswered: int = 1
    total: int | None = None
    currency: str | None = None
    languages: dict[str, int] = {}
    brands: list[str] = []


_FIRST_YEAR, _LAST_YEAR = 1970, 9000
"""What is outside is no time of a message, and a promise from there on may have no date."""
_ALSO = {
    **dict.fromkeys(("mail_domain", "mail domain", "email"), "mail"),
    **dict.fromkeys(("postal_code", "postcode", "zip", "zip_code"), "post_code"),
    **dict.fromkeys(("state", "province"), "region"),
}
_DIGITS = frozenset({"phone", "post_code"})
"""What some write as a number in JSON."""


def printed(line: str, number: int, channel: str, rules: Rules, now: datetime) -> str:
    r"""What is read in one line, as JSON.

    A line that is no JSON object is a text, in which `\n` is a line break. `now` is when a message
    was written that does not tell it. A channel that nobody knows is read as a messenger, and the
    line's `notes` say so.
    """
    given = _given(line.rstrip("\r\n"))
    at = given.at if given.at and _FIRST_YEAR <= given.at.year < _LAST_YEAR else now
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    channel, notes = _channel(given.channel or channel, rules)
    store_id = StoreId(given.store or "")
    store = rules.store(store_id)
    known = Known(
        order_country=given.country,
        order_region=given.region,
        order_city=given.city,
        order_post_code=given.post_code,
        phone=given.phone,
        locale=given.locale,
        mail=given.mail,
        market=given.market or (store.market if store else None),
        heard=given.languages,
        store_languages=store.languages if store else (),
        brands=(*given.brands, *(store.names if store else ())),
    )
    family = family_of(channel)
    around = Around(family, given.unanswered, given.total, given.currency)
    found = read(given.text, given.subject, known, around, rules.high_values_of(store_id))
    told = shown(
        found,
        store=given.store or "",
        channel=channel,
        family=family,
        at=at,
        promises=rules.promises,
    )
    return msgspec.json.encode({"line": number, **told, "notes": notes}).decode()


def _channel(written: str, rules: Rules) -> tuple[str, list[str]]:
    """The channel that is meant, with what there is to say of it."""
    if found := channel_of(written):
        return found, []
    if written in {term.channel for term in rules.promises.terms}:
        return written, []
    return written, [f"channel {written[:40]!r} is not known: read as a messenger"]


def _given(line: str) -> Given:
    if line.lstrip().startswith("{"):
        try:
            fields = msgspec.json.decode(line.strip())
        except (msgspec.MsgspecError, RecursionError):
            fields = None
        if isinstance(fields, dict):
            return _of(fields)
    return Given(text=line.replace("\\n", "\n"))


def _of(fields: Mapping[str, Any]) -> Given:
    given = Given()
    for name, said in fields.items():
        field = _ALSO.get(name, name)
        value = _written(said) if field in _DIGITS else said
        if field in Given.__struct_fields__:
            with suppress(msgspec.ValidationError):
                one = msgspec.convert({field: value}, Given)
                given = msgspec.structs.replace(given, **{field: getattr(one, field)})
    return given


def _written(said: Any) -> Any:
    """A number as its digits: tables of data say 10115.0 where a post code may be missing."""
    if type(said) is float and said.is_integer():
        return str(int(said))
    return str(said) if type(said) is int else said
