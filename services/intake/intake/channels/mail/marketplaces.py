"""Buyers who write through a marketplace, which puts its own words round theirs.

Amazon's buyer-seller messages come from an address that it makes for each buyer, at
marketplace.amazon.*; it is the buyer's in his orders too, so he is known by it. What he wrote
stands between two lines of dashes with words in them; the rest is Amazon's.
"""

import re

_AMAZON = re.compile(r"[^@]+@marketplace\.amazon\.(?:[a-z]{2,3}\.)?[a-z]{2,3}")
_LINE = re.compile(r"^[ \t]*-{4,}[ \t]*[^\s-][^\n-]{0,60}-{4,}[ \t]*$", re.MULTILINE)


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
