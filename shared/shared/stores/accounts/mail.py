"""Accounts of mail: the mailbox itself, and services that send and receive for it."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from shared.contracts.base import AccountId
from shared.stores.accounts.model import Account
from shared.stores.secret import Secret
from shared.stores.values import Host, Line, MailAddress, slug


class MailAccount(Account):
    """A mailbox: mail to it comes in by our SMTP door, answers go out by a submission server."""

    channel: Literal["mail"]
    account_id: Annotated[AccountId, slug(20)]
    address: MailAddress
    from_name: Line
    smtp_host: Host
    smtp_port: int = Field(ge=1, le=65535)
    smtp_username: str | None = None
    smtp_password: Secret | None = None
    smtp_tls: Literal["none", "starttls", "tls"]

    @model_validator(mode="after")
    def _protects_its_password(self) -> Self:
        if (self.smtp_username is None) != (self.smtp_password is None):
            raise ValueError("smtp_username and smtp_password go together")
        is_local = self.smtp_host in ("localhost", "127.0.0.1", "::1")
        if self.smtp_password is not None and self.smtp_tls == "none" and not is_local:
            raise ValueError("smtp_tls none would send smtp_password readable to all")
        return self
