"""The policy file: what the law of each country and each shop's own terms grant.

Two kinds of rows, never mixed: a law binds whatever the shop wishes, a shop's terms may be more
generous. `judging` keeps the more generous of the two. Every row names its source and who reviewed
it, and its handle goes into every decision.
"""

from collections.abc import Mapping
from datetime import date
from typing import Literal, TypeVar

import msgspec
import yaml
from msgspec import Struct

from returns.domain.deadlines import Period
from shared.errors import Refused

Payer = Literal["buyer", "seller", "buyer_if_told"]
"""Who pays the way back; `buyer_if_told`: the seller, unless the buyer was told beforehand."""

ANY = "*"
R = TypeVar("R")


class _Row(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class ChangeOfMind(_Row, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A right to give goods back without a reason, counted from receipt of the last one.

    `yields_to_stated_terms`: holds only while the shop stated no return terms of its own.
    `longer_if_not_told`: added to the end when the buyer was not told of his right.
    `refund_within` and `send_within` count from the buyer's notice.
    """

    within: Period
    pays_return: Payer
    is_open_before_receipt: bool
    yields_to_stated_terms: bool = False
    exempts_custom_made: bool = False
    refunds_delivery: bool = False
    longer_if_not_told: Period | None = None
    refund_within: Period | None = None
    send_within: Period | None = None


class Conformity(_Row, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The seller's liability for goods that are not what was agreed, counted from receipt.

    `may_outlast`: the law's time runs from something we cannot know (the buyer's discovery), so
    after `within` a person decides.
    """

    within: Period
    may_outlast: bool = False


class Law(_Row, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one country grants every buyer whose goods are delivered there."""

    law_version: str
    source_url: str
    reviewed_by: str
    reviewed_at: date | None
    change_of_mind: ChangeOfMind | None = None
    conformity: Conformity | None = None
    also_holidays: tuple[date, ...] = ()
    never_holidays: tuple[date, ...] = ()


class Terms(_Row, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a shop grants by its own stated terms in some countries (`*`: everywhere)."""

    countries: tuple[str, ...]
    version: str
    within: Period | None = None
    """Change of mind; absent: the shop states that it takes nothing back."""
    counts_from: Literal["receipt", "purchase"] = "receipt"
    pays_return: Payer = "buyer"
    takes_custom_made: bool = False
    faulty_within: Period | None = None
    refund_within: Period | None = None
    send_within: Period | None = None


class Shop(_Row, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One shop. `tells_*`: what every order's papers tell the buyer, so that a request that says
    nothing about it may be judged; the burden of proof is the seller's (Dir. 2011/83/EU art. 6(9)).
    """

    tells_of_right: bool
    tells_of_return_cost: bool
    terms: tuple[Terms, ...] = ()


class Limits(_Row, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much each may refund alone, in major units of the shop's currency."""

    system: int
    agent: int
    lead: int
    finance: int
    admin: int


class Policies(_Row, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file. `shops` and `limits` hold a row `*` for all that have none of their own."""

    laws: dict[str, Law]
    shops: dict[str, Shop]
    limits: dict[str, Limits]

    def __post_init__(self) -> None:
        for name, rows in (("shops", self.shops), ("limits", self.limits)):
            if ANY not in rows:
                raise ValueError(f"{name} needs a row '*'")

    def law(self, country: str | None) -> Law | None:
        """The law of a delivery country (ISO 3166-1 alpha-2), or None where no row knows it."""
        return self.laws.get(country or "")

    def shop(self, store_id: str) -> Shop:
        """A store's own row, else the one for all."""
        return _own_or_any(self.shops, store_id)

    def terms(self, store_id: str, country: str) -> Terms | None:
        """The first of a store's terms that covers a country, or None: it stated none there."""
        for terms in self.shop(store_id).terms:
            if country in terms.countries or ANY in terms.countries:
                return terms
        return None

    def limits_in(self, currency: str) -> Limits:
        """Limits in a shop's currency (ISO 4217)."""
        return _own_or_any(self.limits, currency)


def _own_or_any(rows: Mapping[str, R], name: str) -> R:
    return rows[name] if name in rows else rows[ANY]


def read(text: str) -> Policies:
    """Read a policy file. Raises `Refused` with the place and the reason when it is not one."""
    try:
        return msgspec.convert(yaml.safe_load(text), Policies)
    except (yaml.YAMLError, msgspec.ValidationError) as error:
        raise Refused(f"policy file: {error}") from error
