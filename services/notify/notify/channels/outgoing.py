"""What every channel is given, and what it is."""

from datetime import datetime
from typing import Protocol

from msgspec import Struct

from notify.domain.sending import Due, Outcome
from shared.stores import Account


class Content(Struct, frozen=True, kw_only=True):
    """The words: every channel has `text`, mails a subject and HTML too."""

    text: str
    subject: str = ""
    html: str = ""
    language: str = "en"
    is_automatic: bool = False


class Channel(Protocol):
    """A way out. Calls are bounded in time; every failure is an outcome, not an exception."""

    async def send(self, due: Due, account: Account, content: Content, now: datetime) -> Outcome:
        """Make one attempt."""
        ...
