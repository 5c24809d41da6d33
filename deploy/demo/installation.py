"""The demo's configuration: two stores, their accounts, the callers, the team.

Made afresh for every run, with fresh secrets: the YAML files hold only where a secret is to be
found and the hashes of tokens, as in any installation.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from deploy.demo.team import BOTH, TEAM, Person
from shared.callers import new_token

AURORA = "aurora"
KAEDE = "kaede"


@dataclass(frozen=True, kw_only=True)
class Shop:
    """One store as the stories know it: how customers and vendors reach it."""

    store_id: str
    whatsapp: str
    """phone_number_id"""
    mailbox: str
    chat: str
    shopify: str
    aftership: str
    currency: str


SHOPS = {
    AURORA: Shop(
        store_id=AURORA,
        whatsapp="104512345600001",
        mailbox="care@aurora.example",
        chat="aurora-web",
        shopify="aurora-jewels.myshopify.com",
        aftership="aurora-parcels",
        currency="EUR",
    ),
    KAEDE: Shop(
        store_id=KAEDE,
        whatsapp="104512345600002",
        mailbox="help@kaede.example",
        chat="kaede-web",
        shopify="kaede-goods.myshopify.com",
        aftership="kaede-parcels",
        currency="JPY",
    ),
}

_STORES: Mapping[str, Mapping[str, Any]] = {
    AURORA: {
        "name": "Aurora Jewels",
        "languages": ["es", "en", "ar", "de", "ja"],
        "countries": ["ES", "MX", "DE", "AE", "JP"],
        "market": "ES",
        "currency": "EUR",
        "time_zone": "Europe/Madrid",
    },
    KAEDE: {
        "name": "Kaede Goods",
        "languages": ["ja", "zh-Hant", "en", "de"],
        "countries": ["JP", "HK", "TH", "DE"],
        "market": "JP",
        "currency": "JPY",
        "time_zone": "Asia/Tokyo",
    },
}


@dataclass(frozen=True, kw_only=True)
class Installation:
    """Where the files are, and the tokens; those lie beside, each in a private file."""

    folder: Path
    stores: Path
    callers: Path
    team: Path
    tokens: Mapping[str, str]
    """By caller: the agents, `warehouse`, `finance` and `page` (the customers' own page)."""


def make(folder: Path, *, world: str, smtp_port: int) -> Installation:
    """Write the files into an empty folder; `world` is the URL of the stand-in vendors."""
    (folder / "secrets").mkdir(mode=0o700, parents=True)
    tokens, callers = _callers()
    (folder / "tokens").mkdir(mode=0o700)
    for caller, token in tokens.items():
        _private(folder / "tokens" / caller, token)
    stores = {
        store_id: {**_STORES[store_id], "accounts": _accounts(folder, shop, world, smtp_port)}
        for store_id, shop in SHOPS.items()
    }
    key = _secret(folder, "token-key")
    return Installation(
        folder=folder,
        stores=_written(folder / "stores.yaml", {"stores": stores, "token_keys": [key]}),
        callers=_written(folder / "callers.yaml", {"callers": callers}),
        team=_written(folder / "team.yaml", team_file(TEAM)),
        tokens=tokens,
    )


def team_file(team: Sequence[Person]) -> dict[str, Any]:
    """The team as routing reads it."""
    every_day = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    return {
        "agents": [
            {
                "id": person.id,
                "name": person.name,
                "role": "lead" if person.is_lead else "agent",
                "stores": list(person.stores),
                "languages": {
                    language: 4 if learned else 5
                    for learned, language in enumerate(person.languages)
                },
                "skills": list(person.skills),
                "country": person.country,
                "time_zone": person.time_zone,
                "capacity": {"total": 5, "mail": 4, "messaging": 4, "chat": 3},
                "shifts": [{"days": every_day, "from": person.hours[0], "to": person.hours[1]}],
            }
            for person in team
        ]
    }


def _accounts(folder: Path, shop: Shop, world: str, smtp_port: int) -> list[dict[str, Any]]:
    def secret(name: str) -> str:
        return _secret(folder, f"{shop.store_id}-{name}")

    return [
        {
            "channel": "whatsapp",
            "account_id": shop.whatsapp,
            "app_secret": secret("whatsapp-app-secret"),
            "verify_token": secret("whatsapp-verify-token"),
            "access_token": secret("whatsapp-access-token"),
            "base_url": f"{world}/whatsapp",
        },
        {
            "channel": "mail",
            "account_id": shop.store_id,
            "address": shop.mailbox,
            "from_name": _STORES[shop.store_id]["name"],
            "smtp_host": "127.0.0.1",
            "smtp_port": smtp_port,
            "smtp_tls": "none",
        },
        {"channel": "chat", "account_id": shop.chat},
        {
            "channel": "shopify",
            "account_id": shop.shopify,
            "webhook_secret": secret("shopify-webhook-secret"),
            "access_token": secret("shopify-access-token"),
            "base_url": f"{world}/shopify/{shop.shopify}",
        },
        {
            "channel": "aftership",
            "account_id": shop.aftership,
            "webhook_secret": secret("aftership-webhook-secret"),
            "api_key": secret("aftership-api-key"),
            "base_url": f"{world}/aftership",
        },
    ]


def _callers() -> tuple[dict[str, str], list[dict[str, Any]]]:
    tokens: dict[str, str] = {}
    callers: list[dict[str, Any]] = []

    def add(id: str, kind: str, role: str, stores: Sequence[str]) -> None:
        tokens[id], sha256 = new_token()
        caller = {"id": id, "kind": kind, "role": role, "stores": list(stores)}
        callers.append({**caller, "token_sha256": sha256})

    for person in TEAM:
        add(person.id, "agent", "lead" if person.is_lead else "agent", person.stores)
    for role in ("warehouse", "finance"):
        add(role, "service", role, BOTH)
    add("page", "service", "agent", BOTH)
    return tokens, callers


def _secret(folder: Path, name: str) -> str:
    _private(folder / "secrets" / name, secrets.token_urlsafe(24))
    return f"file:secrets/{name}"


def _private(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text, "ascii")


def _written(path: Path, content: object) -> Path:
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), "utf-8")
    return path
