"""Recorded requests read again, as if they came to an account made for them: nothing is kept.

A recording is a JSON object: `channel` or `vendor`, `method`, `body` (text, or any JSON value) or
`body_b64`, and where known `url`, `headers`, `content_type`, `secret`: one value, a list of two, or
an object by the names of the account's fields. With a secret the signature is checked, never its
age.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import cache
from secrets import token_bytes
from typing import Any
from urllib.parse import urlsplit

import msgspec

from intake.channels.mail import Mailboxes, OurOwn
from intake.domain.items import Known, Odd, Reading
from intake.domain.texts import clean
from intake.domain.times import recorded
from intake.handlers import readings
from intake.handlers.door import Door
from intake.handlers.doors import DOORS, UNPARSED, Around, reading_of
from intake.handlers.recorded import channel_of, delivery_of
from shared.contracts.base import AccountId, StoreId
from shared.errors import Unavailable
from shared.stores import Account, MailAccount, Secret, Store, Stores
from shared.stores.secret import Source
from shared.tokens import Tokens
from shared.webhooks import Delivery, parse

STORE = StoreId("store")


UNVERIFIED = "no secret of the account vouches for it"


def line(source: str, octets: bytes, at: datetime) -> dict[str, Any]:
    """What a recording comes to, as one line ready for JSON. Never raises.

    `at` (aware) stands for the time at which it came. See `readings.line`; the outcome is
    `unverified` where a secret is given and does not vouch for the request.
    """
    with recorded():
        channel, reading = _read(octets, at)
    shown = readings.line(source, channel, reading)
    return {**shown, "outcome": "unverified"} if shown["notes"] == [UNVERIFIED] else shown


def _read(octets: bytes, at: datetime) -> tuple[str, Reading]:
    try:
        recording = _recording(octets)
        delivery = delivery_of(recording)
    except (ValueError, TypeError, AttributeError, RecursionError):
        return "", Reading.of([Odd("no recorded request")])
    named = str(recording.get("channel") or recording.get("vendor") or "")
    channel = channel_of(named, delivery)
    door = DOORS.get(channel)
    if door is None:
        return clean(named), _of_nobody(delivery)
    account = _account(channel, door, recording.get("secret"), recording.get("account_id"))
    notes: tuple[str, ...] = ()
    try:
        if recording.get("secret") is not None and not _vouched(delivery, door, account):
            return channel, Reading.of([Odd(UNVERIFIED)])
    except Unavailable:
        notes = ("nothing was fetched from the vendor: not all that vouches for it was checked",)
    if (asked := _asked(delivery, door)) is not None:
        return channel, Reading.of([asked])
    reading = _reading(delivery, account, at)
    return channel, replace(reading, notes=(*reading.notes, *notes))


def _recording(octets: bytes) -> dict[str, Any]:
    """The object of a line; raises `ValueError` for what is none, even once it is repaired."""
    line = octets.removeprefix(b"\xef\xbb\xbf")
    try:
        return msgspec.json.decode(line, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeError):
        found = parse(Delivery("POST", "", {"content-type": "application/json"}, {}, line))
    if not isinstance(found, dict):
        raise ValueError("no object")
    return found


def _asked(delivery: Delivery, door: Door) -> Known | None:
    """What a request is that delivers nothing; None where it delivers."""
    if delivery.method == "GET" and door.handshake is not None:
        return Known("the vendor asks whether the address is ours")
    is_empty = not door.by_get or not urlsplit(delivery.url).query
    is_test = delivery.method in ("HEAD", "OPTIONS") or (delivery.method == "GET" and is_empty)
    return Known("a test of the address") if is_test else None


def _vouched(delivery: Delivery, door: Door, account: Account) -> bool:
    if delivery.method == "GET" and door.handshake is not None:
        return door.handshake(delivery, account) is not None
    return door.scheme.verify(delivery, account)


def _of_nobody(delivery: Delivery) -> Reading:
    try:
        parse(delivery)
    except ValueError:
        return UNPARSED
    return Reading.of([Known("of a vendor that is not ours")])


def _reading(delivery: Delivery, account: Account, at: datetime) -> Reading:
    try:
        payload = parse(delivery)
    except ValueError:
        return UNPARSED
    return reading_of(delivery, payload, account, _around(account), at)


def _account(channel: str, door: Door, secret: object, account_id: object) -> Account:
    """An account that has nothing but these secrets; what else it must have is empty."""
    if isinstance(secret, dict):
        given = _by_field(door, {name: _listed(value) for name, value in secret.items()})
    else:
        secret = _listed(secret)
        given = {_meant(door, secret): secret}
    fields: dict[str, Any] = {}
    for name, info in door.account.model_fields.items():
        if name in ("channel", "account_id"):
            continue
        if _is_secret(info.annotation):
            fields[name] = _secret(given.get(name))
        elif name in given:
            fields[name] = given[name]
        elif info.is_required():
            fields[name] = ""
    account = door.account.model_construct(
        channel=channel, account_id=AccountId(str(account_id or "recorded")), **fields
    )
    account._store_id = STORE
    return account


def _listed(secret: object) -> object:
    """Several secrets, where they are written as a list in one text, as Python or JSON has it."""
    if isinstance(secret, str) and re.fullmatch(r"\[\s*(['\"]).*\1\s*\]", secret, re.DOTALL):
        return [found[1] for found in re.finditer(r"(?<=['\"])([^'\",\s]+)(?=['\"])", secret)]
    return secret


def _by_field(door: Door, secrets: Mapping[str, object]) -> dict[str, object]:
    """Secrets by the account's fields, which others name in capitals behind a prefix."""
    found: dict[str, list[object]] = {}
    for name, value in secrets.items():
        field = next((each for each in _fields(door) if name.lower().endswith(each)), name)
        if name not in _fields(door) and field == name and name.lower().endswith("_secret"):
            field = door.secret  # of inbound mail, of tracking: where we have one for all
        found.setdefault(field, []).extend(value if isinstance(value, list) else [value])
    return {field: values[0] if len(values) == 1 else values for field, values in found.items()}


def _meant(door: Door, secret: object) -> str:
    """The field that a secret without name is for: `user:password` is no vendor's key."""
    values = secret if isinstance(secret, list | tuple) else [secret]
    is_basic = all(re.fullmatch(r"[^:\s]+:\S+", str(value)) for value in values)
    return "webhook_secret" if is_basic and "webhook_secret" in _fields(door) else door.secret


def _fields(door: Door) -> Iterable[str]:
    return door.account.model_fields


def _is_secret(annotation: object) -> bool:
    return annotation is Secret or Secret in getattr(annotation, "__args__", ())


def _secret(given: object) -> Secret:
    values: Iterable[object] = given if isinstance(given, list | tuple) else [given]
    found = (str(value) for value in values if value is not None)
    return Secret({Source("env", f"GIVEN_{n}"): value for n, value in enumerate(found, start=1)})


class _AnyAccount(Stores):
    """The account for itself, and a copy of it for whichever other the vendor names."""

    def __init__(self, account: Account, mailbox: MailAccount) -> None:
        super().__init__({STORE: _store(account, mailbox)})
        self._own = account

    def account(self, channel: str, account_id: str) -> Account | None:
        return self._own.model_copy(update={"account_id": AccountId(account_id)})


def _store(*accounts: Account) -> Store:
    return Store.model_construct(
        name="Store",
        languages=("en",),
        countries=(),
        market="",
        currency="",
        time_zone="UTC",
        accounts=accounts,
    )


@cache
def _tokens() -> Tokens:
    return Tokens([token_bytes(32)])


def _around(account: Account) -> Around:
    mailbox = MailAccount(
        channel="mail",
        account_id=AccountId("mail"),
        address="mail@store.invalid",
        from_name="Store",
        smtp_host="store.invalid",
        smtp_port=25,
        smtp_tls="none",
    )
    stores = _AnyAccount(account, mailbox)
    own = OurOwn(Mailboxes([mailbox]), _tokens())
    return Around(stores, own, is_trusted=True, fetches=False)
