"""Mails as they are written, and a reader of them."""

from collections.abc import Callable
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from uuid import UUID, uuid4

import pytest

from intake.channels import mail
from intake.channels.mail import Envelope, OurOwn
from intake.domain.items import Inbound, Known, Odd, Reading, StatusNews
from shared.tokens import Tokens

HELP = "help@aurora.example"


class Reader:
    """Reads mails that came at noon on 4 May 2026, UTC."""

    def __init__(self, own: OurOwn) -> None:
        self._own = own

    def __call__(self, octets: bytes, *to: str, sender: str = "ana@example.org") -> Reading:
        """All of a mail that was sent to these, or to Aurora's help."""
        found = [self._own.mailboxes.find(address) for address in (to or (HELP,))]
        recipients = tuple(one for one in found if one)
        at = datetime(2026, 5, 4, 12, tzinfo=UTC)
        return mail.read(octets, Envelope(sender, recipients), self._own, at)

    def message(self, octets: bytes, *to: str, sender: str = "ana@example.org") -> Inbound:
        """The one message in it."""
        [found] = self(octets, *to, sender=sender).items
        assert isinstance(found, Inbound)
        return found

    def status(self, octets: bytes, *to: str, sender: str = "") -> StatusNews:
        """The one status in it."""
        [found] = self(octets, *to, sender=sender).items
        assert isinstance(found, StatusNews)
        return found

    def why(self, octets: bytes, *to: str, sender: str = "ana@example.org") -> str:
        """Why it says nothing."""
        reading = self(octets, *to, sender=sender)
        assert reading.items == ()
        found: list[Known | Odd] = [*reading.known, *reading.odd]
        assert len(found) == 1
        return found[0].why


@pytest.fixture
def read(own: OurOwn) -> Reader:
    """Reads mails."""
    return Reader(own)


def write(text: str = "Hello", **headers: str) -> bytes:
    """A mail of Ana's; a header given empty is left out."""
    made = {
        "From": "Ana Pérez <ana@example.org>",
        "To": HELP,
        "Subject": "Lamp",
        "Date": "Mon, 04 May 2026 13:50:00 +0200",
        "Message-ID": "<1@example.org>",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    message = EmailMessage(policy=SMTP)
    for name, value in made.items():
        if value:
            message[name] = value
    message.set_content(text)
    return message.as_bytes()


@pytest.fixture
def written() -> Callable[..., bytes]:
    """Writes mails."""
    return write


@pytest.fixture
def our_id(tokens: Tokens) -> Callable[..., str]:
    """Makes Message-IDs of ours: `our_id(kind, about, notification)`."""

    def make(kind: str, about: UUID, notification: UUID | None = None) -> str:
        sent = tokens.sign("notification", notification or uuid4())
        return f"<{sent}.{tokens.sign(kind, about)}@aurora.example>"

    return make


def report_of(
    report: str, *, returned: str = "Message-ID: <x@aurora.example>", text: str = "Sorry."
) -> bytes:
    """A delivery status notification."""
    return (
        "From: MAILER-DAEMON@mx.example\r\nTo: x@aurora.example\r\nSubject: Undelivered\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        f"--b\r\nContent-Type: text/plain\r\n\r\n{text}\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        f"Reporting-MTA: dns; mx.example\r\n\r\n{report}\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\n{returned}\r\n--b--\r\n"
    ).encode()


@pytest.fixture
def bounce() -> Callable[..., bytes]:
    """Makes delivery status notifications."""
    return report_of
