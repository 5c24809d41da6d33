"""The accounts a store can have: one small model a vendor. A new vendor is a model here and a
member of `Account`."""

from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, model_validator

from shared.contracts.base import AccountId, Channel, StoreId
from shared.stores.secret import Secret
from shared.stores.values import BaseUrl, Host, Line, MailAddress, Origin, slug
from shared.yaml_files import matching


class AccountModel(BaseModel):
    """What every account has. A field of type `Secret` without a value turns the account off."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    channel: str
    account_id: Annotated[
        AccountId, matching(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", "give an id of A-Z a-z 0-9 . _ -")
    ]
    """How the vendor names the account; the end of its webhook's path."""
    max_requests_per_second: int = Field(default=2000, ge=1)
    """Requests at the account's front door that one process takes in any second."""

    _store_id: StoreId = PrivateAttr(default=StoreId(""))

    @property
    def store_id(self) -> StoreId:
        """The store that has this account."""
        return self._store_id

    @property
    def channel_name(self) -> Channel:
        """`channel` as the contracts type it."""
        return Channel(self.channel)

    def secrets(self) -> dict[str, Secret]:
        """The secrets that the file gives this account, by field."""
        fields = ((name, getattr(self, name)) for name in type(self).model_fields)
        return {name: value for name, value in fields if isinstance(value, Secret)}

    @cached_property
    def off_because(self) -> str | None:
        """Why the account is off, in one sentence; `None` when it is on."""
        missing = [
            f"{name} has no value in {' or '.join(map(str, secret.missing))}"
            for name, secret in self.secrets().items()
            if not secret
        ]
        return "; ".join(missing) or None


class WhatsAppAccount(AccountModel):
    """WhatsApp Cloud API; `account_id` is the phone_number_id."""

    channel: Literal["whatsapp"]
    account_id: Annotated[AccountId, matching(r"[0-9]{1,20}", "give the phone_number_id: digits")]
    app_secret: Secret
    """Signs the webhooks of the app."""
    verify_token: Secret
    """Ours; Meta shows it when the webhook is set up."""
    access_token: Secret
    base_url: BaseUrl = "https://graph.facebook.com/v23.0"


class MailAccount(AccountModel):
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


class ChatAccount(AccountModel):
    """Live chat on the store's own pages."""

    channel: Literal["chat"]
    account_id: Annotated[AccountId, slug(40)]
    origins: tuple[Origin, ...] = ()
    """Pages that may open the chat; none given: any."""


class ShopifyAccount(AccountModel):
    """A Shopify shop; `account_id` is its domain, e.g. aurora.myshopify.com."""

    channel: Literal["shopify"]
    account_id: Annotated[
        AccountId, matching(r"[a-z0-9][a-z0-9-]*(\.[a-z0-9-]+)+", "give the shop's domain, a-z")
    ]
    webhook_secret: Secret
    access_token: Secret
    base_url: BaseUrl = Field(
        default_factory=lambda data: f"https://{data.get('account_id')}/admin/api/2026-10"
    )


class AfterShipAccount(AccountModel):
    """The parcel aggregator AfterShip."""

    channel: Literal["aftership"]
    webhook_secret: Secret
    api_key: Secret
    base_url: BaseUrl = "https://api.aftership.com/tracking/2026-07"


Account = WhatsAppAccount | MailAccount | ChatAccount | ShopifyAccount | AfterShipAccount
"""Any account; its `channel` tells which."""

AnyAccount = Annotated[Account, Field(discriminator="channel")]
