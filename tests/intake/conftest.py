"""Two stores with an account on every channel, and what their vendors send."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from intake.channels.mail import OurOwn
from shared.stores import Stores
from shared.tokens import Tokens

SECRETS = {
    "TOKEN_KEY": "0123456789abcdef0123456789abcdef",
    "WA_SECRET": "a secret of the app",
    "WA_SECRET_OLD": "an older secret of the app",
    "WA_OTHER_SECRET": "another app",
    "WA_VERIFY": "is it you",
    "WA_TOKEN": "graph token",
    "SHOP_SECRET": "shop secret",
    "SHOP_TOKEN": "shop token",
    "POSTMARK_SECRET": "postmark:secret",
    "GENERIC_SECRET": "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz",
    "TWILIO_TOKEN": "a token of twilio's",
    "VK_SECRET": "secret of the community",
    "WECHAT_TOKEN": "token of the account",
    "X_SECRET": "secret of the app",
    "KAKAO_SECRET": "stands-in-the-address",
    "BIRD_KEY": "a signing key of forty characters, or so",
    "AMAZON_SECRET": "whsec_YW1hem9uIGZvcndhcmRlcnMgc2VjcmV0",
    "AMAZON_CLIENT_SECRET": "a client's secret",
    "AMAZON_GRANT": "Atzr|granted",
    "TIKTOK_SECRET": "secret of the app at TikTok Shop",
    "TIKTOK_GRANT": "TTP_granted",
    "MAILERS_SECRET": "mailers:secret",
    "RESEND_SECRET": "whsec_cmVzZW5k",
    "MAILERS_KEY": "key of the mail service",
}

STORES = """
token_keys: ["env:TOKEN_KEY"]
stores:
  aurora:
    name: Aurora
    languages: [es, en]
    countries: [ES, DE]
    market: ES
    currency: EUR
    time_zone: Europe/Madrid
    accounts:
      - {channel: whatsapp, account_id: "100200300",
         app_secret: ["env:WA_SECRET", "env:WA_SECRET_OLD"],
         verify_token: "env:WA_VERIFY", access_token: "env:WA_TOKEN"}
      - {channel: whatsapp, account_id: "100200301", app_secret: "env:WA_SECRET",
         verify_token: "env:WA_VERIFY", access_token: "env:WA_TOKEN"}
      - {channel: whatsapp, account_id: "100200399", app_secret: "env:NOT_SET",
         verify_token: "env:WA_VERIFY", access_token: "env:WA_TOKEN"}
      - {channel: mail, account_id: help, address: help@aurora.example, from_name: Aurora,
         smtp_host: 127.0.0.1, smtp_port: 25, smtp_tls: none}
      - {channel: mail, account_id: ventas, address: ventas@aurora.example, from_name: Aurora,
         smtp_host: 127.0.0.1, smtp_port: 25, smtp_tls: none}
      - {channel: postmark, account_id: aurora, webhook_secret: "env:POSTMARK_SECRET"}
      - {channel: resend, account_id: aurora, signing_secret: "env:RESEND_SECRET",
         api_key: "env:MAILERS_KEY"}
      - {channel: mailtrap, account_id: aurora, webhook_secret: "env:MAILERS_SECRET",
         api_token: "env:MAILERS_KEY"}
      - {channel: mailgun, account_id: aurora, signing_key: "env:MAILERS_SECRET",
         api_key: "env:MAILERS_KEY"}
      - {channel: amazon-ses, account_id: aurora, webhook_secret: "env:MAILERS_SECRET",
         buckets: [aurora-mail], region: eu-west-1, access_key_id: AKIA1,
         secret_access_key: "env:MAILERS_KEY"}
      - {channel: brevo, account_id: aurora, webhook_secret: "env:MAILERS_SECRET",
         api_key: "env:MAILERS_KEY"}
      - {channel: chat, account_id: aurora-web, origins: ["https://aurora.example"]}
      - {channel: shopify, account_id: aurora.myshopify.com, webhook_secret: "env:SHOP_SECRET",
         access_token: "env:SHOP_TOKEN"}
      - {channel: generic, account_id: phones, secret: "env:GENERIC_SECRET"}
      - {channel: kakaotalk, account_id: bot1, secret: "env:KAKAO_SECRET", answer: "잠시만요"}
      - {channel: twilio, account_id: AC1, auth_token: "env:TWILIO_TOKEN"}
      - {channel: vk, account_id: "55", secret: "env:VK_SECRET", confirmation: a1b2c3}
      - {channel: wechat, account_id: gh_1, token: "env:WECHAT_TOKEN"}
      - {channel: x, account_id: "77", consumer_secret: "env:X_SECRET"}
      - {channel: messagebird, account_id: care, signing_key: "env:BIRD_KEY"}
      - {channel: amazon-sp-api, account_id: A1SELLER, secret: "env:AMAZON_SECRET",
         client_id: amzn1, client_secret: "env:AMAZON_CLIENT_SECRET",
         refresh_token: "env:AMAZON_GRANT"}
      - {channel: tiktok-shop, account_id: "7494", app_key: key1, app_secret: "env:TIKTOK_SECRET",
         shop_cipher: GCP_x, refresh_token: "env:TIKTOK_GRANT"}
  borealis:
    name: Borealis
    languages: [ja, en]
    countries: [JP]
    market: JP
    currency: JPY
    time_zone: Asia/Tokyo
    accounts:
      - {channel: whatsapp, account_id: "900800700", app_secret: "env:WA_OTHER_SECRET",
         verify_token: "env:WA_VERIFY", access_token: "env:WA_TOKEN", max_requests_per_second: 5}
      - {channel: mail, account_id: help-jp, address: help@borealis.example, from_name: Borealis,
         smtp_host: 127.0.0.1, smtp_port: 25, smtp_tls: none, max_requests_per_second: 3}
      - {channel: chat, account_id: borealis-web}
      - {channel: generic, account_id: calls-jp, max_requests_per_second: 4}
"""


@pytest.fixture
def stores_file(tmp_path: Path) -> Path:
    """stores.yaml of two stores; one account of Aurora lacks its secret."""
    path = tmp_path / "stores.yaml"
    path.write_text(STORES)
    return path


@pytest.fixture
def secrets() -> dict[str, str]:
    """The environment that the stores' file names."""
    return SECRETS


@pytest.fixture
def stores(stores_file: Path) -> Stores:
    """The two stores."""
    return Stores.load(stores_file, environ=SECRETS)


@pytest.fixture
def tokens(stores: Stores) -> Tokens:
    """What signs the installation's tokens."""
    return stores.tokens()


@pytest.fixture
def own(stores: Stores, tokens: Tokens) -> OurOwn:
    """Our mailboxes and tokens."""
    return OurOwn.of(stores, tokens)


def whatsapp(
    *messages: dict[str, Any],
    number: str = "100200300",
    statuses: tuple[dict[str, Any], ...] = (),
    name: str = "Ana Pérez",
) -> dict[str, Any]:
    """A webhook of WhatsApp with one change."""
    people = {str(one.get("from", "")) for one in messages}
    value: dict[str, Any] = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "34911000000", "phone_number_id": number},
        "contacts": [{"profile": {"name": name}, "wa_id": one} for one in people if one],
    }
    if messages:
        value["messages"] = list(messages)
    if statuses:
        value["statuses"] = list(statuses)
    change = {"field": "messages", "value": value}
    return {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [change]}]}


def wa_text(body: str, *, id: str | None = None, sender: str = "34600111222", at: int = 0) -> Any:
    """A text message within such a webhook; `at` in seconds since 1970."""
    return {
        "from": sender,
        "id": id or f"wamid.{uuid4().hex}",
        "timestamp": str(at),
        "type": "text",
        "text": {"body": body},
    }


@pytest.fixture
def wa() -> Callable[..., dict[str, Any]]:
    """Makes WhatsApp webhooks."""
    return whatsapp


@pytest.fixture
def text_message() -> Callable[..., Any]:
    """Makes a WhatsApp text message."""
    return wa_text


def money_bag(
    amount: str, currency: str, shop: str | None = None, shop_currency: str = "EUR"
) -> Any:
    """Shopify's two-currency amount."""
    return {
        "shop_money": {"amount": shop or amount, "currency_code": shop_currency},
        "presentment_money": {"amount": amount, "currency_code": currency},
    }


def shop_order(**changes: Any) -> dict[str, Any]:
    """A Shopify order as its webhooks carry it."""
    order: dict[str, Any] = {
        "id": 5001,
        "name": "#1001",
        "created_at": "2026-05-04T10:00:00+02:00",
        "updated_at": "2026-05-04T10:00:00+02:00",
        "email": "Lucia.Gil@Example.org",
        "phone": None,
        "customer_locale": "es-ES",
        "currency": "EUR",
        "presentment_currency": "EUR",
        "financial_status": "pending",
        "cancelled_at": None,
        "cancel_reason": None,
        "total_price": "60.00",
        "total_price_set": money_bag("60.00", "EUR"),
        "customer": {"first_name": "Lucía", "last_name": "Gil", "email": "lucia.gil@example.org"},
        "shipping_address": {
            "name": "Lucía Gil",
            "address1": "Calle Mayor 1",
            "address2": None,
            "company": None,
            "city": "Madrid",
            "zip": "28013",
            "province_code": "M",
            "country_code": "ES",
            "phone": "600 222 333",
        },
        "line_items": [
            {
                "id": 71,
                "name": "Lámpara",
                "sku": "LAMP-1",
                "quantity": 2,
                "price": "30.00",
                "price_set": money_bag("30.00", "EUR"),
                "discount_allocations": [],
                "properties": [],
            }
        ],
        "fulfillments": [],
        "refunds": [],
    }
    return {**order, **changes}


def shop_parcel(**changes: Any) -> dict[str, Any]:
    """A Shopify fulfilment of that order."""
    parcel: dict[str, Any] = {
        "id": 81,
        "order_id": 5001,
        "status": "success",
        "created_at": "2026-05-05T09:00:00+02:00",
        "updated_at": "2026-05-05T09:00:00+02:00",
        "tracking_company": "Correos",
        "tracking_number": "PK123456789ES",
        "tracking_numbers": ["PK123456789ES"],
        "tracking_url": "https://carrier.example/PK123456789ES",
        "line_items": [{"id": 71}],
    }
    return {**parcel, **changes}


def shop_refund(**changes: Any) -> dict[str, Any]:
    """A Shopify refund of that order."""
    refund: dict[str, Any] = {
        "id": 91,
        "order_id": 5001,
        "created_at": "2026-05-06T09:00:00+02:00",
        "processed_at": "2026-05-06T09:00:00+02:00",
        "note": None,
        "refund_line_items": [],
        "transactions": [
            {"id": 95, "kind": "refund", "status": "success", "amount": "30.00", "currency": "EUR"}
        ],
    }
    return {**refund, **changes}


class Shop:
    """Makes Shopify's objects."""

    order = staticmethod(shop_order)
    parcel = staticmethod(shop_parcel)
    refund = staticmethod(shop_refund)
    bag = staticmethod(money_bag)


@pytest.fixture
def shop() -> type[Shop]:
    """Makes Shopify's objects."""
    return Shop
