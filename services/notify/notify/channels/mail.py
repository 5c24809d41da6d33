"""Mail, by the store's own submission server."""

import asyncio
from datetime import datetime

import structlog
from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPException,
    SMTPRecipientRefused,
    SMTPResponseException,
    SMTPSenderRefused,
)

from notify.channels.mime import BadAddress, Mail, compose
from notify.channels.outgoing import Content
from notify.domain.receipts import enhanced_code, is_dead
from notify.domain.sending import Due, Failed, Outcome, Sent
from shared.stores import Account, MailAccount
from shared.tokens import Tokens

log = structlog.get_logger()

_UNKNOWN_MAILBOX = (550, 551, 553)


class MailChannel:
    """Hands mails to submission servers. `timeout` in seconds bounds every step of the dialogue."""

    def __init__(self, tokens: Tokens, *, timeout: float = 30.0) -> None:
        self._tokens = tokens
        self._timeout = timeout

    async def send(self, due: Due, account: Account, content: Content, now: datetime) -> Outcome:
        """Hand over one mail; what the server answers decides."""
        if not isinstance(account, MailAccount):
            return Failed(why="no_account")
        try:
            mail = compose(due, account, content, self._tokens, now)
        except BadAddress:
            return Failed(why="bad_address", is_permanent=True)
        return await self._hand_over(mail, account)

    async def _hand_over(self, mail: Mail, account: MailAccount) -> Outcome:
        client = SMTP(
            hostname=account.smtp_host,
            port=account.smtp_port,
            username=account.smtp_username,
            password=account.smtp_password[0] if account.smtp_password else None,
            use_tls=account.smtp_tls == "tls",
            start_tls=account.smtp_tls == "starttls",
            timeout=self._timeout,
            # Given, or the library asks the name server for our own name at every mail.
            local_hostname=account.address.partition("@")[2],
        )
        try:
            outcome = await self._dialogue(client, mail)
            is_mid_mail = isinstance(outcome, Failed) and outcome.is_unknown
            if isinstance(client.transport, asyncio.Transport) and not is_mid_mail:
                # Nobody waits for the answer: the server's word on the mail stands without it.
                client.transport.write(b"QUIT\r\n")
            return outcome
        finally:
            client.close()

    async def _dialogue(self, client: SMTP, mail: Mail) -> Outcome:
        try:
            await client.connect()
            await client.mail(mail.sender)
            await client.rcpt(mail.recipient)
        except (SMTPException, OSError, TimeoutError, ValueError) as why:
            return _refused(why)
        try:
            await client.data(mail.octets)
        except SMTPResponseException as why:
            return _answered(why, "content_refused")
        except (SMTPException, OSError, TimeoutError) as why:
            # Some or all of it is out, and no answer came: the server may have taken it.
            log.warning("mail handed over, no answer", error=type(why).__name__)
            return Failed(why="no_answer", is_unknown=True)
        return Sent(external_id=mail.message_id)


def _refused(why: Exception) -> Failed:
    """An end before the mail itself was handed over: nothing is out."""
    if isinstance(why, SMTPRecipientRefused):
        return _answered(why, "recipient_refused")
    if isinstance(why, SMTPAuthenticationError):
        return Failed(why=f"login_refused {why.code}")
    if isinstance(why, SMTPSenderRefused):
        # The envelope sender is ours: the account is set up wrong, not the buyer's address.
        return Failed(why=f"sender_refused {why.code}")
    if isinstance(why, SMTPResponseException):
        return Failed(why=f"server_refused {why.code}")
    log.warning("mail server away", error=type(why).__name__)
    return Failed(why="server_away")


def _answered(why: SMTPResponseException, word: str) -> Failed:
    """An answer to RCPT or DATA. 4xx is for now, 5xx for good (RFC 5321 §4.2.1)."""
    code = enhanced_code(why.message)
    is_permanent = why.code >= 500
    is_unknown_mailbox = code is None and why.code in _UNKNOWN_MAILBOX
    is_about_address = word == "recipient_refused" and (is_dead(code) or is_unknown_mailbox)
    return Failed(
        why=f"{word} {why.code}{f' {code}' if code else ''}",
        is_permanent=is_permanent,
        is_dead_address=is_permanent and is_about_address,
    )
