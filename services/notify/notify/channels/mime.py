"""A mail of ours, as octets: every header made here, nothing a stranger wrote can add one.

Message-ID `<{notification}.{about}@{domain}>`, Reply-To `{mailbox}+{about}@{domain}`, envelope
sender `{mailbox}+{notification}@{domain}`; `{…}` are signed tokens, by which intake knows an answer
or a bounce without asking anyone.
"""

import re
from datetime import datetime
from email.errors import HeaderParseError
from email.headerregistry import Address, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import Any
from uuid import UUID

import idna
from msgspec import Struct

from notify.channels.outgoing import Content
from notify.domain.kinds import KINDS
from notify.domain.sending import Due
from notify.domain.texts import plain
from shared.stores import MailAccount
from shared.tokens import KINDS as TOKEN_KINDS
from shared.tokens import Tokens

_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,250}>")
_LOCAL_PART = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}")
_MOST_REFERENCES = 12


class BadAddress(Exception):
    """No mail can be sent there; without the address, which is personal."""


class Mail(Struct, frozen=True, kw_only=True):
    """What the mail server is given."""

    sender: str
    recipient: str
    message_id: str
    octets: bytes


class _Identifiers(UnstructuredHeader):
    """Message-IDs, one a line: the library would encode the long ones, and nobody could thread."""

    max_count = 1

    def fold(self, *, policy: Any) -> str:
        ids = str(self).split()
        name: str = self.name  # type: ignore[attr-defined]
        return f"{name}: " + f"{policy.linesep} ".join(ids) + str(policy.linesep)


_REGISTRY = HeaderRegistry()
for _name in ("message-id", "in-reply-to", "references"):
    _REGISTRY.map_to_type(_name, _Identifiers)  # type: ignore[arg-type]
_POLICY = SMTP.clone(header_factory=_REGISTRY, cte_type="7bit")


def compose(
    due: Due, account: MailAccount, content: Content, tokens: Tokens, now: datetime
) -> Mail:
    """Make the mail of a notification; the same Message-ID at every attempt.

    Raises `BadAddress` when the recipient's address can be none.
    """
    mailbox, _, domain = account.address.partition("@")
    notification = tokens.sign("notification", due.notification_id)
    about = tokens.sign(*_about(due))
    recipient = address(due.address or "")
    message = EmailMessage(policy=_POLICY)
    message["From"] = Address(plain(account.from_name), addr_spec=account.address)
    message["To"] = recipient
    message["Reply-To"] = f"{mailbox}+{about}@{domain}"
    message["Subject"] = " ".join(content.subject.split())
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{notification}.{about}@{domain}>"
    _thread(message, due)
    if content.is_automatic:
        message["Auto-Submitted"] = "auto-generated"
        message["X-Auto-Response-Suppress"] = "All"
    message.set_content(content.text)
    message.add_alternative(content.html, subtype="html")
    # Last: giving a message its content drops the Content- headers it has.
    message["Content-Language"] = content.language
    return Mail(
        sender=f"{mailbox}+{notification}@{domain}",
        recipient=recipient,
        message_id=str(message["Message-ID"]),
        octets=message.as_bytes(),
    )


def _about(due: Due) -> tuple[str, UUID]:
    """What an answer to this mail is about."""
    if not due.is_reply:
        kind = KINDS[due.template].about
        found = due.case_id if kind == "case" else due.order_id
        return (kind, found) if found else ("notification", due.notification_id)
    if due.thread_id is not None:
        return "thread", due.thread_id
    if due.about is not None and due.about.kind in TOKEN_KINDS:
        try:
            return due.about.kind, UUID(due.about.id)
        except ValueError:
            pass
    return "notification", due.notification_id


def _thread(message: EmailMessage, due: Due) -> None:
    """Point to the mail that is answered, so that the customer's program shows one thread.

    Identifiers that are none are left out; of many the first and the newest stay (RFC 5322 §3.6.4).
    """
    if due.route is None:
        return
    answered = _MESSAGE_ID.findall(due.route.in_reply_to or "")[:1]
    known = [found for each in due.route.references for found in _MESSAGE_ID.findall(each)]
    references = list(dict.fromkeys([*(each for each in known if each not in answered), *answered]))
    if len(references) > _MOST_REFERENCES:
        references = [references[0], *references[1 - _MOST_REFERENCES :]]
    if answered:
        message["In-Reply-To"] = answered[0]
    if references:
        message["References"] = " ".join(references)


def address(text: str) -> str:
    """A mail address as it may stand in an envelope, its domain in ASCII (IDNA 2008).

    >>> address("Ana.Ruiz+x@Bücher.example")
    'Ana.Ruiz+x@xn--bcher-kva.example'

    Raises `BadAddress`.
    """
    local, at, domain = text.strip().rpartition("@")
    if not at or not _LOCAL_PART.fullmatch(local) or parseaddr(text)[1] != text.strip():
        raise BadAddress
    try:
        ascii_domain = idna.encode(domain, uts46=True).decode()
        Address(username=local, domain=ascii_domain)
    except (idna.IDNAError, HeaderParseError, ValueError, IndexError):
        raise BadAddress from None
    return f"{local}@{ascii_domain}"
