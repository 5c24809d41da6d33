"""A service with one front door, what it kept, and the vendor at the door."""

from collections.abc import AsyncIterator, Callable
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request, Response
from prometheus_client import REGISTRY

from shared import webhooks
from shared.callers import Callers
from shared.http import shell
from shared.stores import Stores, WhatsAppAccount
from shared.webhooks import Delivery, Scheme

LIMIT = 10_000
HEADER = "X-Hub-Signature-256"
_ids = count(100)


@pytest.fixture
def account(tmp_path: Path) -> WhatsAppAccount:
    """An account of its own for each test: limits are counted by account."""
    (tmp_path / "stores.yaml").write_text(
        f"""
        stores:
          aurora:
            name: Aurora
            languages: [es]
            countries: [ES]
            market: ES
            currency: EUR
            time_zone: Europe/Madrid
            accounts:
              - channel: whatsapp
                account_id: {next(_ids)}
                app_secret: [env:NEW, env:OLD]
                verify_token: env:VERIFY
                access_token: env:ACCESS
                max_requests_per_second: 20
        """
    )
    environ = {"NEW": "new-secret", "OLD": "old-secret", "VERIFY": "verify me", "ACCESS": "a"}
    (found,) = Stores.load(tmp_path / "stores.yaml", environ=environ).accounts
    assert isinstance(found, WhatsAppAccount)
    return found


class Door:
    """A service with one front door, and what it kept."""

    def __init__(self, account: WhatsAppAccount) -> None:
        self.account = account
        self.kept: list[tuple[Delivery, Any]] = []
        self.unparsed: list[Delivery] | None = None
        self.error: Exception | None = None
        self.app: FastAPI = shell(
            "door", public={"/hooks/{channel}/{account_id}"}, callers=Callers(), max_body=LIMIT
        )
        self.app.add_api_route("/hooks/{channel}/{account_id}", self.take, methods=["POST"])
        self.app.add_api_route("/hooks/{channel}/{account_id}", self.shake, methods=["GET"])

    def found(self, channel: str, account_id: str) -> WhatsAppAccount | None:
        is_ours = (channel, account_id) == ("whatsapp", self.account.account_id)
        return self.account if is_ours else None

    async def take(self, channel: str, account_id: str, request: Request) -> Response:
        account = self.found(channel, account_id)
        return await webhooks.receive(
            request,
            account=account,
            scheme=Scheme(verify),
            keep=self.keep,
            keep_unparsed=None if self.unparsed is None else self.keep_unparsed,
        )

    async def shake(self, channel: str, account_id: str, request: Request) -> Response:
        account = self.found(channel, account_id)
        return await webhooks.handshake(request, account=account, challenge=challenge)

    async def keep(self, delivery: Delivery, payload: Any) -> None:
        if self.error is not None:
            raise self.error
        self.kept.append((delivery, payload))

    async def keep_unparsed(self, delivery: Delivery) -> None:
        assert self.unparsed is not None
        if self.error is not None:
            raise self.error
        self.unparsed.append(delivery)


def verify(delivery: Delivery, account: WhatsAppAccount) -> bool:
    return webhooks.is_signed(delivery, account.app_secret, header=HEADER, prefix="sha256=")


def challenge(delivery: Delivery, account: WhatsAppAccount) -> str | None:
    given = delivery.query.get("hub.verify_token", "")
    is_meta = any(webhooks.equal(given, expected) for expected in account.verify_token)
    return delivery.query.get("hub.challenge") if is_meta else None


@pytest.fixture
def door(account: WhatsAppAccount) -> Door:
    return Door(account)


@pytest.fixture
def kept(door: Door) -> list[tuple[Delivery, Any]]:
    """What the service kept, in order."""
    return door.kept


@pytest.fixture
def unparsed(door: Door) -> list[Delivery]:
    """What the service kept without its being parsed, in order; without this it is refused."""
    door.unparsed = []
    return door.unparsed


@pytest.fixture
def fail_to_keep(door: Door) -> Callable[[Exception], None]:
    """Let every keeping end in this error."""

    def fail(error: Exception) -> None:
        door.error = error

    return fail


@pytest.fixture
def path(account: WhatsAppAccount) -> str:
    """The account's path."""
    return f"/hooks/whatsapp/{account.account_id}"


@pytest.fixture
async def client(door: Door) -> AsyncIterator[httpx.AsyncClient]:
    """Who knocks at the door."""
    transport = httpx.ASGITransport(door.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://m.test") as client:
        yield client


@pytest.fixture
def signed() -> Callable[..., dict[str, str]]:
    """Headers of a JSON body, signed: `signed(body, secret)`, more headers by name."""

    def sign(body: bytes, secret: str = "new-secret", **headers: str) -> dict[str, str]:
        signature = f"sha256={webhooks.hmac_hex(secret, body)}"
        return {HEADER: signature, "Content-Type": "application/json", **headers}

    return sign


@pytest.fixture
def counted() -> Callable[..., float]:
    """How many deliveries ended so: `counted(outcome, channel)`."""

    def count_of(outcome: str, channel: str = "whatsapp") -> float:
        labels = {"channel": channel, "outcome": outcome}
        return REGISTRY.get_sample_value("meridian_webhooks_total", labels) or 0.0

    return count_of
