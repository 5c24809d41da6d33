"""Accounts of providers of SMS, which carry WhatsApp and others too: one model a vendor."""

from typing import Literal

from shared.stores.accounts.model import Account
from shared.stores.secret import Secret
from shared.stores.values import BaseUrl


class TwilioAccount(Account):
    """Twilio, SMS and WhatsApp; `account_id` is the account's SID, or another name beside it.

    Twilio signs the address that it calls: set INTAKE_PUBLIC_URL where a proxy stands in front.
    """

    channel: Literal["twilio"]
    auth_token: Secret
    """Signs the webhooks, and opens the API."""
    account_sid: str = ""
    """The account's SID, where `account_id` is another name."""
    base_url: BaseUrl = "https://api.twilio.com"


class VonageAccount(Account):
    """Vonage, the SMS API and the Messages API; `account_id` is the API key or the application."""

    channel: Literal["vonage"]
    signature_secret: Secret
    """Signs the webhooks of both APIs."""
    private_key: Secret | None = None
    base_url: BaseUrl = "https://api.nexmo.com"


class MessageBirdAccount(Account):
    """MessageBird (Bird), SMS and conversations; `account_id` is any name.

    It signs the address that it calls: set INTAKE_PUBLIC_URL where a proxy stands in front.
    """

    channel: Literal["messagebird"]
    signing_key: Secret
    access_key: Secret | None = None
    base_url: BaseUrl = "https://rest.messagebird.com"


class InfobipAccount(Account):
    """Infobip, SMS and WhatsApp; `account_id` is any name.

    `webhook_secret` comes in one of three ways: as the key of an HMAC of the body, as the password
    (or `user:password`) of HTTP basic authentication, or in the address, `?secret=…`.
    """

    channel: Literal["infobip"]
    webhook_secret: Secret
    api_key: Secret | None = None
    base_url: BaseUrl = "https://api.infobip.com"
