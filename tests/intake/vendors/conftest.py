"""Accounts of any vendor, and readings of what their vendors would send."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

import pytest

from intake.channels import mail
from intake.channels.mail import Envelope, OurOwn
from intake.domain.items import Came, Inbound, Reading, StatusNews
from intake.handlers.doors import DOORS
from shared.contracts.base import NotificationId, StoreId
from shared.stores import Account
from shared.webhooks import Delivery, parse

AT = datetime(2026, 5, 4, 12, tzinfo=UTC)


def account_of(channel: str, account_id: str = "100", **fields: Any) -> Account:
    """An account with these fields; a secret's values, one or two, as they are, not its sources."""
    model = DOORS[channel].account
    given: dict[str, Any] = {"channel": channel, "account_id": account_id}
    environ: dict[str, str] = {}
    secrets = {
        name for name, info in model.model_fields.items() if "Secret" in str(info.annotation)
    }
    required = {name for name in secrets if model.model_fields[name].is_required()}
    for name, value in {**dict.fromkeys(required, "s3cret"), **fields}.items():
        if name not in secrets:
            given[name] = value
            continue
        values = value if isinstance(value, tuple) else (value,)
        given[name] = [f"env:{name}{n}" for n in range(len(values))]
        environ.update({f"{name}{n}": each for n, each in enumerate(values)})
    account = model.model_validate(given, context={"environ": environ})
    account._store_id = StoreId("aurora")
    return account


def delivery_of(
    body: bytes | str = b"",
    *,
    headers: dict[str, str] | None = None,
    url: str = "https://hooks.example/hooks",
    method: str = "POST",
) -> Delivery:
    """A delivery as a front door would make it."""
    octets = body.encode() if isinstance(body, str) else body
    query: dict[str, str] = {}
    for name, value in parse_qsl(urlsplit(url).query, keep_blank_values=True):
        query.setdefault(name, value)
    return Delivery(method, url, headers or {}, query, octets)


def read_of(account: Account, payload: object, delivery: Delivery | None = None) -> Reading:
    """What the vendor's reader makes of a payload; any other account of its is a sibling."""

    def sibling(account_id: str) -> Account | None:
        is_id = account_id.isascii() and account_id.isalnum()
        return account.model_copy(update={"account_id": account_id}) if is_id else None

    return DOORS[account.channel].read(
        Came(
            delivery=delivery or delivery_of(),
            payload=payload,
            account=account,
            at=AT,
            sibling=sibling,
        )
    )


class Vendor:
    """One vendor's account, and shorthands for asking its reader."""

    AT = AT

    def __init__(self, channel: str, account_id: str = "100", **fields: Any) -> None:
        self.account = account_of(channel, account_id, **fields)
        self.door = DOORS[channel]

    def read(self, payload: object, delivery: Delivery | None = None) -> Reading:
        """What is read in a payload."""
        return read_of(self.account, payload, delivery)

    def take(self, delivery: Delivery) -> Reading:
        """What is read in a delivery whose body is parsed as at the door."""
        return read_of(self.account, parse(delivery), delivery)

    def message(self, payload: object) -> Inbound:
        """The one message in a payload."""
        reading = self.read(payload)
        [found] = reading.items
        assert isinstance(found, Inbound)
        assert not reading.odd
        return found

    def statuses(self, payload: object) -> list[tuple[str, str]]:
        """What a payload tells of messages of ours: their ids and what became of them."""
        found = [item for item in self.read(payload).items if isinstance(item, StatusNews)]
        return [(one.event.external_id, one.event.status.value) for one in found]

    def kinds(self, payload: object) -> tuple[int, int, int]:
        """How many things were said, were known, were odd."""
        reading = self.read(payload)
        return len(reading.items), len(reading.known), len(reading.odd)

    def verifies(self, delivery: Delivery) -> bool:
        """Whether a secret of the account vouches for the delivery."""
        return self.door.scheme.verify(delivery, self.account)


@pytest.fixture
def vendor() -> Callable[..., Vendor]:
    """Makes a vendor with an account of it."""
    return Vendor


@pytest.fixture
def posted() -> Callable[..., Delivery]:
    """Makes deliveries."""
    return delivery_of


OURS = "<ours.token@aurora.example>"
NOTIFICATION = NotificationId(UUID(int=7))

FIELDS: dict[str, dict[str, Any]] = {
    "amazon-ses": {"webhook_secret": "u:p"},
    "mailtrap": {"webhook_secret": "u:p"},
    "sendgrid": {"webhook_secret": "u:p"},
}


@pytest.fixture
def mail_service(vendor: Callable[..., Any], own: OurOwn) -> Callable[[str, Delivery], Reading]:
    """Reads a delivery as at the door of a store whose notification has the Message-ID `OURS`."""

    def read_(channel: str, delivery: Delivery) -> Reading:
        one = vendor(channel, **FIELDS.get(channel, {}))

        def read_mail(octets: bytes, sender: str, recipients: Any) -> Reading:
            found = [box for each in recipients if (box := own.mailboxes.find(each))]
            box = own.mailboxes.find("help@aurora.example")
            assert box is not None
            return mail.read(octets, Envelope(sender, tuple(found) or (box,)), own, one.AT)

        found: Reading = one.door.read(
            Came(
                delivery=delivery,
                payload=parse(delivery),
                account=one.account,
                at=one.AT,
                read_mail=read_mail,
                notification=lambda id: NOTIFICATION if id == OURS else None,
            )
        )
        return found

    return read_


@pytest.fixture
def as_json(posted: Callable[..., Delivery]) -> Callable[..., Delivery]:
    """Makes deliveries of a JSON body."""

    def made(body: Any, **headers: str) -> Delivery:
        kind = {"content-type": "application/json", **headers}
        return posted(json.dumps(body), headers=kind)

    return made
