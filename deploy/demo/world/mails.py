"""Every mailbox of the world: an SMTP server that takes what comes and shows it decoded."""

import asyncio
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser

from aiosmtpd.smtp import SMTP, Envelope, Session
from fastapi import APIRouter
from selectolax.lexbor import LexborHTMLParser

from deploy.demo.world.faults import Faults
from deploy.demo.world.shapes import Kind, Mail
from shared.clock import now


class Mailboxes:
    """What arrived, oldest first."""

    def __init__(self, faults: Faults) -> None:
        self.mails: list[Mail] = []
        self._faults = faults

    async def handle_DATA(  # noqa: N802 (aiosmtpd's name)
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Take one mail, unless it was asked to fail."""
        fault = self._faults.take("smtp")
        if fault and fault.kind is Kind.ERROR:
            return "451 4.3.0 Try again later"
        self.mails.append(_read(envelope))
        if fault and fault.kind is Kind.SLOW:
            await asyncio.sleep(fault.seconds)
        if fault and fault.kind is Kind.DROP and isinstance(server.transport, asyncio.Transport):
            server.transport.abort()
        return "250 2.0.0 Kept"

    def routes(self) -> APIRouter:
        """Routes that show what arrived."""
        router = APIRouter(prefix="/world/mails", tags=["world"])

        @router.get("")
        async def mails(to: str | None = None) -> list[Mail]:
            return [mail for mail in self.mails if to is None or to in mail.envelope_to]

        return router


async def smtp_server(mailboxes: Mailboxes, port: int) -> asyncio.Server:
    """Open an SMTP server in the running loop; close it with its own `close`."""
    loop = asyncio.get_running_loop()

    def connected() -> SMTP:
        return SMTP(mailboxes, hostname="world.example", enable_SMTPUTF8=True, loop=loop)

    return await loop.create_server(connected, "127.0.0.1", port)


def _read(envelope: Envelope) -> Mail:
    content = envelope.content or b""
    raw = content if isinstance(content, bytes) else content.encode()
    mail = BytesParser(_class=EmailMessage, policy=policy.default).parsebytes(raw)
    html = _part(mail, "html")
    return Mail(
        arrived_at=now().timestamp(),
        envelope_from=envelope.mail_from or "",
        envelope_to=envelope.rcpt_tos,
        sender=str(mail["From"] or ""),
        to=str(mail["To"] or ""),
        reply_to=_header(mail, "Reply-To"),
        subject=str(mail["Subject"] or ""),
        language=next(filter(None, (part["Content-Language"] for part in mail.walk())), None),
        direction=_direction(html),
        text=_part(mail, "plain") or "",
        html=html,
        message_id=_header(mail, "Message-ID"),
        in_reply_to=_header(mail, "In-Reply-To"),
        references=_header(mail, "References"),
        auto_submitted=_header(mail, "Auto-Submitted"),
    )


def _header(mail: EmailMessage, name: str) -> str | None:
    value = mail[name]
    return None if value is None else str(value).strip()


def _part(mail: EmailMessage, subtype: str) -> str | None:
    part = mail.get_body((subtype,))
    if part is None:
        return None
    content = part.get_content()
    return content.replace("\r\n", "\n") if isinstance(content, str) else None


def _direction(html: str | None) -> str | None:
    found = LexborHTMLParser(html).css_first("[dir]") if html else None
    return found.attributes.get("dir") if found else None
