"""Buyers who write through a marketplace, which puts its own words round theirs.

Amazon's buyer-seller messages come from an address that it makes for each buyer, at
marketplace.amazon.*; it is the buyer's in his orders too, so he is known by it. What he wrote
stands between two lines of dashes with words in them; the rest is Amazon's, and tells the order.
"""

import re
from collections.abc import Iterable

from intake.domain import ids
from shared.contracts.base import About, AccountId, Channel, StoreId
from shared.stores import Stores
from shared.stores.accounts.shops import AmazonAccount

_NOBODY = r"(?!(?:no|do-?not)-?reply@)"
_AMAZON = re.compile(_NOBODY + r"[^@]+@marketplace\.amazon\.((?:[a-z]{2,3}\.)?[a-z]{2,3})")
_LINE = re.compile(r"^[ \t]*-{4,}[ \t]*[^\s-][^\n-]{0,60}-{4,}[ \t]*$", re.MULTILINE)
_ORDER = re.compile(r"(?<![\w-])\d{3}-\d{7}-\d{7}(?![\w-])")

_RELAYS = (
    _AMAZON,
    re.compile(r"[^@]+@members\.ebay\.(?:[a-z]{2,3}\.)?[a-z]{2,3}"),
    re.compile(r"conversations@mail\.etsy\.com"),
    re.compile(r"[^@]+@relay\.walmart\.com"),
    re.compile(r"[^@+]+\+[^@]+@allegromail\.(?:pl|com)"),
    re.compile(_NOBODY + r"[^@]+@verkopen\.bol\.com"),
    re.compile(_NOBODY + r"[^@]+@kaufland-marktplatz\.[a-z]{2,3}"),
)


def is_relay(address: str) -> bool:
    """Whether buyers of a marketplace write from this address (in lower case).

    >>> is_relay("q1w2e3@marketplace.amazon.co.uk"), is_relay("conversations@mail.etsy.com")
    (True, True)
    >>> is_relay("q1w2e3@marketplace.amazon.de.example.org"), is_relay("emails@mail.etsy.com")
    (False, False)
    """
    return any(relay.fullmatch(address) for relay in _RELAYS)


def buyers_words(sender: str, whole: str) -> str | None:
    """What a buyer of Amazon wrote, out of the whole text; None of any other mail.

    >>> told = "Order: 1\\n----- Begin message -----\\nWhere is it?\\n----- End message -----"
    >>> buyers_words("q1w2e3@marketplace.amazon.co.uk", told)
    'Where is it?'
    >>> buyers_words("ana@example.org", told) is None
    True
    """
    if not _AMAZON.fullmatch(sender):
        return None
    lines = list(_LINE.finditer(whole))
    if len(lines) < 2:
        return None
    return whole[lines[0].end() : lines[1].start()].strip() or None


def named_order(sender: str, subject: str, whole: str) -> str | None:
    """The number of the one order that Amazon's own words name, those of the subject first.

    >>> relay = "q1w2e3@marketplace.amazon.de"
    >>> named_order(relay, "Re: Inquiry (Order: 302-1234567-7654321)", "")
    '302-1234567-7654321'
    >>> named_order(relay, "", "----- Begin -----\\n302-1234567-7654321\\n----- End -----") is None
    True
    >>> named_order("ana@example.org", "Order 302-1234567-7654321", "") is None
    True
    """
    if not _AMAZON.fullmatch(sender):
        return None
    lines = list(_LINE.finditer(whole))
    told = whole[: lines[0].start()] + whole[lines[1].end() :] if len(lines) > 1 else whole
    for words in (subject, told):
        numbers = set(_ORDER.findall(words))
        if numbers:
            return numbers.pop() if len(numbers) == 1 else None
    return None


_CHANNEL = Channel("amazon-sp-api")


class Sellers:
    """The accounts at Amazon that orders named in mails may be of."""

    def __init__(self, accounts: Iterable[tuple[StoreId, AccountId, str]] = ()) -> None:
        """Each is a store's, has an id, and a region: na, eu or fe."""
        self._accounts = tuple(accounts)

    @classmethod
    def of(cls, stores: Stores) -> "Sellers":
        """Those in the stores' file, on or off: orders may have come while they were on."""
        return cls(
            (one.store_id, one.account_id, _region_of(one))
            for store in stores.stores.values()
            for one in store.accounts
            if isinstance(one, AmazonAccount)
        )

    def about(self, store_id: StoreId, sender: str, number: str) -> About | None:
        """The order of this number, written from a relay; None where it is not sure whose it is.

        Nobody signs this: it is a hint, and opens nobody else's conversation.
        """
        place = _AMAZON.fullmatch(sender)
        if place is None:
            return None
        own = [(id, region) for store, id, region in self._accounts if store == store_id]
        there = [id for id, region in own if region == _REGIONS.get(place[1], "eu")]
        found = [id for id, _ in own] if len(own) == 1 else there
        if len(found) != 1:
            return None
        return About(kind="order", id=str(ids.order_id(store_id, _CHANNEL, found[0], number)))


_REGIONS = {
    **dict.fromkeys(("com", "ca", "com.mx", "com.br"), "na"),
    **dict.fromkeys(("co.jp", "jp", "com.au", "sg", "com.sg"), "fe"),
}
"""Of the Selling Partner API ("SP-API endpoints"); all other marketplaces are in its Europe."""


def _region_of(account: AmazonAccount) -> str:
    return next((one for one in ("na", "fe") if f"-{one}." in account.base_url), "eu")
