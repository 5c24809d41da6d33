"""Accounts of mail: the mailbox itself, and services that send and receive for it."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from shared.contracts.base import AccountId
from shared.stores.accounts.model import Account
from shared.stores.secret import Secret
from shared.stores.values import Host, Line, MailAddress, slug


class MailAccount(Account):
    """A mailbox: answers go out by a submission server.

    Mail to it comes in by our SMTP door; with `imap_host` it is fetched from the mailbox too.
    """

    channel: Literal["mail"]
    account_id: Annotated[AccountId, slug(20)]
    address: MailAddress
    from_name: Line
    smtp_host: Host
    smtp_port: int = Field(ge=1, le=65535)
    smtp_username: str | None = None
    smtp_password: Secret | None = None
    smtp_tls: Literal["none", "starttls", "tls"]
    imap_host: Host | None = None
    imap_port: int = Field(default=993, ge=1, le=65535)
    imap_tls: Literal["none", "starttls", "tls"] = "tls"
    imap_username: str | None = None
    """The address, where it is not given."""
    imap_password: Secret | None = None
    imap_folder: Line = "INBOX"
    imap_first_days: int = Field(default=0, ge=0, le=365)
    """How many days of the mail that lies there already are read at the very first."""

    @model_validator(mode="after")
    def _protects_its_password(self) -> Self:
        if (self.smtp_username is None) != (self.smtp_password is None):
            raise ValueError("smtp_username and smtp_password go together")
        if (self.imap_host is None) != (self.imap_password is None):
            raise ValueError("imap_host and imap_password go together")
        for name, host, tls, password in (
            ("smtp", self.smtp_host, self.smtp_tls, self.smtp_password),
            ("imap", self.imap_host, self.imap_tls, self.imap_password),
        ):
            is_local = host in ("localhost", "127.0.0.1", "::1")
            if password is not None and tls == "none" and not is_local:
                raise ValueError(f"{name}_tls none would send {name}_password readable to all")
        return self


class MailServiceAccount(Account):
    """A service that sends and takes in mail for a store; `account_id` is yours to choose."""

    webhook_secret: Secret | None = None
    """What its webhooks carry: `user:password` of HTTP basic auth, or what follows `?secret=`."""


class MailgunAccount(MailServiceAccount):
    """Mailgun."""

    channel: Literal["mailgun"]
    signing_key: Secret
    """The "HTTP webhook signing key"."""


class SendGridAccount(MailServiceAccount):
    """SendGrid. Inbound mail is unsigned: it needs `webhook_secret`."""

    channel: Literal["sendgrid"]
    verification_key: Secret | None = None
    """The Event Webhook's public key."""

    @model_validator(mode="after")
    def _asks_for_something(self) -> Self:
        if self.verification_key is None and self.webhook_secret is None:
            raise ValueError("give verification_key, webhook_secret or both")
        return self


class PostmarkAccount(MailServiceAccount):
    """Postmark."""

    channel: Literal["postmark"]
    webhook_secret: Secret


class SesAccount(MailServiceAccount):
    """Amazon SES by way of SNS; without `webhook_secret` SNS's signature is checked."""

    channel: Literal["amazon-ses"]
    topic_arns: tuple[str, ...] = ()
    """SNS topics that are ours; none given: any. Anybody can sign with a topic of his own, so give
    them where there is no `webhook_secret`."""

    @model_validator(mode="after")
    def _knows_its_topics(self) -> Self:
        if not self.topic_arns and self.webhook_secret is None:
            raise ValueError("give topic_arns, webhook_secret or both")
        return self


class MandrillAccount(MailServiceAccount):
    """Mandrill (Mailchimp Transactional)."""

    channel: Literal["mandrill"]
    webhook_key: Secret


class MailerSendAccount(MailServiceAccount):
    """MailerSend: each webhook and each inbound route has a secret of its own."""

    channel: Literal["mailersend"]
    signing_secret: Secret
    inbound_secret: Secret | None = None


class ResendAccount(MailServiceAccount):
    """Resend."""

    channel: Literal["resend"]
    signing_secret: Secret
    """As Resend shows it, `whsec_…`."""


class SparkPostAccount(MailServiceAccount):
    """SparkPost (Bird)."""

    channel: Literal["sparkpost"]
    webhook_secret: Secret


class MailjetAccount(MailServiceAccount):
    """Mailjet."""

    channel: Literal["mailjet"]
    webhook_secret: Secret


class BrevoAccount(MailServiceAccount):
    """Brevo."""

    channel: Literal["brevo"]
    webhook_secret: Secret


class PostalAccount(MailServiceAccount):
    """Postal."""

    channel: Literal["postal"]
    webhook_key: Secret
    """The server's public key: base64 of its DER form."""


class MailtrapAccount(MailServiceAccount):
    """Mailtrap."""

    channel: Literal["mailtrap"]
    signing_secret: Secret | None = None

    @model_validator(mode="after")
    def _asks_for_something(self) -> Self:
        if self.signing_secret is None and self.webhook_secret is None:
            raise ValueError("give signing_secret, webhook_secret or both")
        return self


class UniSenderGoAccount(MailServiceAccount):
    """UniSender Go."""

    channel: Literal["unisender-go"]
    api_key: Secret
