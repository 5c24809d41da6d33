"""Stores, their accounts and the token keys, as `stores.yaml` gives them to every service.

The file is read once, at start. What breaks its schema stops the process with file, line and
reason; an account that only lacks a secret is off, and `Stores.off` tells why.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, NamedTuple

import structlog
from pydantic import BaseModel, ConfigDict, Field, PrivateAttr

from shared import yaml_files
from shared.contracts.base import StoreId
from shared.stores.accounts import (
    Account,
    AfterShipAccount,
    AnyAccount,
    ChatAccount,
    MailAccount,
    ShopifyAccount,
    WhatsAppAccount,
)
from shared.stores.secret import Secret, Source
from shared.stores.values import CountryCode, CurrencyCode, LanguageTag, Line, ZoneName, slug
from shared.tokens import Tokens
from shared.yaml_files import BadFile, Document, Where

__all__ = [
    "Account",
    "AfterShipAccount",
    "BadFile",
    "ChatAccount",
    "MailAccount",
    "Off",
    "Secret",
    "ShopifyAccount",
    "Store",
    "Stores",
    "WhatsAppAccount",
]

log = structlog.get_logger()


class Off(NamedTuple):
    """An account that is off, and why."""

    channel: str
    account_id: str
    why: str


class Store(BaseModel):
    """A shop, brand or market that customers know by its name."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    name: Line
    """As customers read it."""
    languages: tuple[LanguageTag, ...] = Field(min_length=1)
    """BCP 47; the first is the one to fall back to."""
    countries: tuple[CountryCode, ...] = Field(min_length=1)
    """ISO 3166-1 alpha-2: where it sells to."""
    market: CountryCode
    """The home market."""
    currency: CurrencyCode
    """ISO 4217: the shop's own."""
    time_zone: ZoneName
    """IANA."""
    agents_in: tuple[CountryCode, ...] = ()
    """Countries that agents must sit in to see its customers' data; none given, any will do."""
    brands: tuple[Line, ...] = ()
    """Names of makers and lines that it sells: no words of any language in a customer's message."""
    accounts: tuple[AnyAccount, ...] = ()

    _store_id: StoreId = PrivateAttr(default=StoreId(""))

    @property
    def store_id(self) -> StoreId:
        """The store's key in the file."""
        return self._store_id

    @property
    def names(self) -> tuple[str, ...]:
        """What customers call it and its ware by."""
        return (self.name, *self.brands)

    def account(self, channel: str) -> Account | None:
        """The store's first account of a channel that is on."""
        found = (each for each in self.accounts if each.channel == channel)
        return next((each for each in found if each.off_because is None), None)


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    stores: dict[Annotated[StoreId, slug(40)], Store]
    token_keys: tuple[Secret, ...] = Field(default=(), max_length=2)


class Stores:
    """All stores of the installation."""

    def __init__(
        self, stores: Mapping[StoreId, Store], token_keys: tuple[Secret, ...] = ()
    ) -> None:
        self.stores = stores
        self._token_keys = token_keys
        for store_id, store in stores.items():
            store._store_id = store_id
            for account in store.accounts:
                account._store_id = store_id
        accounts = [account for store in stores.values() for account in store.accounts]
        self.off = [
            Off(account.channel, account.account_id, why)
            for account in accounts
            if (why := account.off_because) is not None
        ]
        self.accounts = tuple(account for account in accounts if account.off_because is None)
        """All accounts that are on."""
        self._accounts: dict[tuple[str, str], Account] = {
            (account.channel, str(account.account_id)): account for account in self.accounts
        }
        self.env_names = _env_names(accounts, token_keys)
        """Environment variables that the file names, sorted."""

    @classmethod
    def load(cls, path: Path | None, *, environ: Mapping[str, str] | None = None) -> "Stores":
        """Read the file; no path gives no stores.

        `environ` stands for the process's environment. Raises `BadFile`.
        """
        if path is None:
            log.warning("no stores file: no store, no account, no token key")
            return cls({})
        path = Path(path)
        document = yaml_files.read(path)
        context = {
            "environ": os.environ if environ is None else environ,  # noqa: TID251 - the file names them
            "folder": path.parent,
        }
        file = document.read_as(_File, context)
        _refuse_repeated(document, file)
        return cls(file.stores, file.token_keys)

    def account(self, channel: str, account_id: str) -> Account | None:
        """The account at a front door; `None` when there is none or it is off."""
        return self._accounts.get((channel, account_id))

    def tokens(self) -> Tokens:
        """Signer of the installation's tokens. Raises `BadFile` when no key has a value."""
        keys = [key.encode() for secret in self._token_keys for key in secret]
        if not keys:
            names = ", ".join(
                str(source) for secret in self._token_keys for source in secret.missing
            )
            raise BadFile([f"token_keys have no value{f' in {names}' if names else ''}"])
        return Tokens(keys[:2])


def _env_names(accounts: list[Account], token_keys: tuple[Secret, ...]) -> tuple[str, ...]:
    secrets = [*token_keys, *(each for account in accounts for each in account.secrets().values())]
    sources: set[Source] = {source for secret in secrets for source in secret.sources}
    return tuple(sorted(source.name for source in sources if source.kind == "env"))


def _refuse_repeated(document: Document, file: _File) -> None:
    """(channel, account_id) picks one store, and so does a mail address."""
    problems: list[tuple[Where, str]] = []
    keys = set[tuple[str, str]]()
    for store_id, store in file.stores.items():
        for index, account in enumerate(store.accounts):
            where = ("stores", store_id, "accounts", index)
            named: list[tuple[str, str, str]] = [
                (account.channel, str(account.account_id), "account_id")
            ]
            if isinstance(account, MailAccount):
                named.append(("address", account.address, "address"))
            for kind, value, field in named:
                if (kind, value) in keys:
                    problems.append(((*where, field), f"{account.channel} {value} is given twice"))
                keys.add((kind, value))
    if problems:
        raise document.bad(problems)
