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
