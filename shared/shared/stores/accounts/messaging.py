"""Accounts of messaging channels, the store's own chat among them: one model a vendor."""

from typing import Annotated, Literal

from shared.contracts.base import AccountId
from shared.stores.accounts.model import Account
from shared.stores.secret import Secret
from shared.stores.values import BaseUrl, Origin, slug
from shared.yaml_files import matching


class WhatsAppAccount(Account):
    """WhatsApp Cloud API; `account_id` is the phone_number_id."""

    channel: Literal["whatsapp"]
    account_id: Annotated[AccountId, matching(r"[0-9]{1,20}", "give the phone_number_id: digits")]
    app_secret: Secret
    """Signs the webhooks of the app."""
    verify_token: Secret
    """Ours; Meta shows it when the webhook is set up."""
    access_token: Secret
    base_url: BaseUrl = "https://graph.facebook.com/v23.0"


class ChatAccount(Account):
    """Live chat on the store's own pages."""

    channel: Literal["chat"]
    account_id: Annotated[AccountId, slug(40)]
    origins: tuple[Origin, ...] = ()
    """Pages that may open the chat; none given: any."""
