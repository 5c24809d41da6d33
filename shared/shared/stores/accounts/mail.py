"""Accounts of mail: the mailbox itself, and services that send and receive for it."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from shared.contracts.base import AccountId
from shared.stores.accounts.model import Account
from shared.stores.secret import Secret
from shared.stores.values import BaseUrl, Host, Line, MailAddress, slug


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
    api_key: Secret | None = None
    """With which mails that a route's `store()` keeps are fetched; without it only what the webhook
    tells is read."""
    base_url: BaseUrl = "https://api.mailgun.net"
    """Of the domain's region; mails lie on its host or on any other of mailgun.net."""


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

    buckets: tuple[Line, ...] = ()
    """S3 buckets of receipt rules: mails are fetched out of these and no others."""
    region: Line | None = None
    """Where the buckets are, e.g. eu-west-1; the environment's (AWS_REGION) where not given."""
    access_key_id: Line | None = None
    secret_access_key: Secret | None = None
    """With which the buckets are read; the environment's, or the machine's own role, where not
    given."""
    base_url: BaseUrl | None = None
    """Of S3; Amazon's own where not given."""

    @model_validator(mode="after")
    def _has_whole_keys(self) -> Self:
        if (self.access_key_id is None) != (self.secret_access_key is None):
            raise ValueError("access_key_id and secret_access_key go together")
        return self

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
    api_key: Secret | None = None
    """With which mails that came in are fetched; it needs full access. Without it only sender and
    subject are shown."""
    base_url: BaseUrl = "https://api.resend.com"
    download_hosts: tuple[Host, ...] = ("resend.com", "resend.app", "cloudfront.net")
    """Domains at which Resend may have laid a mail, besides `base_url`."""


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
    api_key: Secret | None = None
    """With which files of mails that came in are fetched; without it they are only named."""
    base_url: BaseUrl = "https://api.brevo.com/v3"


class PostalAccount(MailServiceAccount):
    """Postal."""

    channel: Literal["postal"]
    webhook_key: Secret
    """The server's public key: base64 of its DER form."""


class MailtrapAccount(MailServiceAccount):
    """Mailtrap."""

    channel: Literal["mailtrap"]
    signing_secret: Secret | None = None
    api_token: Secret | None = None
    """With which mails that came in are fetched; without it only the sender is shown."""
    base_url: BaseUrl = "https://mailtrap.io"
    download_hosts: tuple[Host, ...] = ("mailtrap.io", "amazonaws.com")
    """Domains at which Mailtrap may have laid a mail, besides `base_url`."""

    @model_validator(mode="after")
    def _asks_for_something(self) -> Self:
        if self.signing_secret is None and self.webhook_secret is None:
            raise ValueError("give signing_secret, webhook_secret or both")
        return self


class UniSenderGoAccount(MailServiceAccount):
    """UniSender Go."""

    channel: Literal["unisender-go"]
    api_key: Secret
