"""The SMTP door: whom we take mail for, how much at once, and 250 only after the commit.

Answers: 250 kept · 550 no such mailbox · 552 too large · 451 too fast or the database is away, so
that the sender tries again (RFC 5321 §4.2.3) · 421 too many connections.
"""

import asyncio
import logging
import re
import socket
from typing import Any, AnyStr

import structlog
from aiosmtpd.smtp import SMTP, Envelope, Session

from intake import metrics
from intake.api.smtp_tls import Certificate
from intake.channels.mail import OurOwn, Recipient
from intake.handlers.keeping import Keeper
from intake.handlers.mails import arrivals
from intake.settings import Settings
from shared import clock, rates
from shared.db import is_unavailable

log = structlog.get_logger()

_MOST_RECIPIENTS = 100
_PATIENCE = 120.0
"""Seconds without a command after which a client is hung up on."""
_IDLE = 10.0
"""Seconds after which a connection that has named no mailbox of ours makes room for another."""
_LARGE = 16 * 1024
"""Octets above which a mail is read in a thread, beside the event loop."""


class SmtpDoor:
    """What aiosmtpd asks at each step of a session."""

    def __init__(self, own: OurOwn, keeper: Keeper) -> None:
        self._own = own
        self._keeper = keeper

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name and arguments
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        """Take mail for our mailboxes, with or without a token; for nobody else."""
        recipient = self._own.mailboxes.find(address)
        if recipient is None:
            return _refused("no_mailbox", "550 5.1.1 no such mailbox here")
        if len(envelope.rcpt_tos) >= _MOST_RECIPIENTS:
            return "452 4.5.3 too many recipients"
        account = recipient.account
        if rates.wait(account.max_requests_per_second, "smtp", account.account_id):
            return _refused("too_fast", "451 4.7.1 too fast, try again later")
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Keep the mail, once for each store it was sent to."""
        octets = envelope.original_content or b""
        found = (self._own.mailboxes.find(address) for address in envelope.rcpt_tos)
        recipients = [recipient for recipient in found if recipient]
        sender = (envelope.mail_from or "").strip("<>").strip()
        await self._keep(octets, sender, recipients)
        return "250 2.0.0 kept"

    async def _keep(self, octets: bytes, sender: str, recipients: list[Recipient]) -> None:
        arguments = (octets, sender, recipients, self._own, clock.now())
        if len(octets) > _LARGE:
            found = await asyncio.to_thread(arrivals, *arguments)
        else:
            found = arrivals(*arguments)
        results = await asyncio.gather(
            *(self._keeper.keep(one) for one in found), return_exceptions=True
        )
        for result in results:
            if isinstance(result, BaseException):
                raise result

    async def handle_exception(self, error: Exception) -> str:
        """Whatever went wrong, the sender keeps the mail and comes again."""
        if not is_unavailable(error):
            log.error("smtp session failed", error=type(error).__name__)
        return _refused("unavailable", "451 4.3.0 not now, try again later")


# aiosmtpd's own answers at the end of DATA, for which it has no hook.
_LINE_TOO_LONG = "500 Line too long (see RFC5321 4.5.3.1.6)"
_TOO_LARGE = "552 Error: Too much mail data"


def _refused(why: str, answer: str) -> str:
    metrics.mails_refused.labels(why).inc()
    return answer


_ATOM = r"[\w!#$%&'*+/=?^`{|}~-]+"
_PLAIN_PATH = re.compile(
    rf"<((?=[^@]{{1,64}}@){_ATOM}(?:\.{_ATOM})*@[\w-]+(?:\.[\w-]+)*)>[ \t]*((?:[^\s(].*)?)",
    re.ASCII,
)
"""An address between angle brackets and the parameters behind it, as nearly all are given."""


class _Session(SMTP):
    """aiosmtpd's session, for mail as it is.

    Its own limit of a line is 1,001 octets, after which it refuses the mail for good; programs
    that write longer ones are common enough, and their mail is not to be lost.
    """

    def __init__(self, door: "SmtpListener", settings: Settings) -> None:
        self.line_length_limit = settings.smtp_max_octets + 2
        super().__init__(
            door.handler,
            data_size_limit=settings.smtp_max_octets,
            enable_SMTPUTF8=True,
            hostname=settings.smtp_hostname,
            ident="Meridian",
            tls_context=door.certificate.context() if door.certificate else None,
            timeout=_PATIENCE,
            loop=asyncio.get_running_loop(),
        )
        self._door = door

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, unless there are too many already."""
        if self._door.admit(self):
            super().connection_made(transport)
            return
        _told_to_come_again(transport)

    def holds_the_line(self) -> bool:
        """Whether nobody has said yet for whom there is mail."""
        return self.envelope is None or not self.envelope.rcpt_tos

    def hang_up(self) -> None:
        """Make room for others."""
        _told_to_come_again(self.transport)

    def connection_lost(self, error: Exception | None) -> None:
        """End."""
        if self._door.leave(self):
            super().connection_lost(error)

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        """Address and parameters. The library makes a class at each call, and parses it slowly."""
        found = _PLAIN_PATH.fullmatch(arg or "")
        return (found[1], found[2]) if found else super()._getaddr(arg)

    async def push(self, status: AnyStr) -> None:
        """Answer; a line as long as the largest mail is a mail too large."""
        if status in (_LINE_TOO_LONG, _TOO_LARGE):
            metrics.mails_refused.labels("too_large").inc()
            await super().push("552 5.3.4 the mail is too large")
        else:
            await super().push(status)


def _told_to_come_again(transport: Any) -> None:
    if transport is not None:
        transport.write(b"421 4.3.2 too many connections, try again later\r\n")
        transport.close()


class SmtpListener:
    """Listens, and ends sessions when it is told to stop."""

    def __init__(self, own: OurOwn, keeper: Keeper, settings: Settings) -> None:
        """Raises `Refused` when the certificate of the settings cannot be used."""
        self.handler = SmtpDoor(own, keeper)
        self.port: int | None = None
        """Where it listens, once it does."""
        chain, key = settings.smtp_tls_cert, settings.smtp_tls_key
        self.certificate = Certificate(chain, key) if chain else None
        self._settings = settings
        self._sessions: dict[_Session, float] = {}
        self._left: set[_Session] = set()
        # It would log addresses.
        logging.getLogger("mail.log").setLevel(logging.ERROR)

    async def run(self, stop: asyncio.Event) -> None:
        """Listen until `stop`; who is in the middle of a mail gets no answer and comes again."""
        settings = self._settings
        listener = socket.socket(socket.AF_INET6 if ":" in settings.smtp_host else socket.AF_INET)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((settings.smtp_host, settings.smtp_port))
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: _Session(self, settings), sock=listener)
        self.port = listener.getsockname()[1]
        log.info("smtp listening", host=settings.smtp_host, port=self.port)
        try:
            await stop.wait()
        finally:
            server.close()
            for session in list(self._sessions):
                if session.transport is not None:
                    session.transport.close()

    def admit(self, session: _Session) -> bool:
        """Whether there is room for one more; counts it once, also if it begins anew in TLS."""
        if session in self._sessions or session in self._left:
            return True
        if len(self._sessions) >= self._settings.smtp_max_connections and not self._has_made_room():
            return False
        self._sessions[session] = asyncio.get_running_loop().time()
        return True

    def _has_made_room(self) -> bool:
        """Hang up on whoever has held a line longest without mail: nobody can hold them all."""
        limit = asyncio.get_running_loop().time() - _IDLE
        for session, since in self._sessions.items():
            if since > limit:
                return False
            if session.holds_the_line():
                session.hang_up()
                del self._sessions[session]
                self._left.add(session)
                return True
        return False

    def leave(self, session: _Session) -> bool:
        """Count one less; false for one that was never let in."""
        was_in = session in self._sessions or session in self._left
        self._sessions.pop(session, None)
        self._left.discard(session)
        return was_in
