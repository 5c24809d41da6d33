"""The real client against a real server on loopback that answers as AfterShip does."""

import asyncio
import socket
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from logistics_watch.carriers.aftership.client import AfterShip, Later, ToWatch, Watched
from logistics_watch.carriers.countries import alpha2, alpha3
from shared.contracts.base import Country
from shared.errors import Refused, Unavailable
from shared.stores import AfterShipAccount

PARCEL = ToWatch("1234567890", "dhl", None, Country("ES"))


@pytest.fixture
async def aftership() -> AsyncIterator[AfterShip]:
    async with AfterShip(timedelta(seconds=10)) as client:
        yield client


def error(code: int, message: str) -> dict[str, Any]:
    return {"meta": {"code": code, "message": message, "type": "BadRequest"}, "data": {}}


async def test_a_number_is_registered_as_the_api_wants_it(
    aftership: AfterShip, account: AfterShipAccount, world: Any
) -> None:
    watched = await aftership.register(account, PARCEL)

    assert watched == Watched("dhl", is_new=True)
    assert world.calls == [
        {
            "key": "aurora-key",
            "tracking_number": "1234567890",
            "slug": "dhl",
            "destination_country_region": "ESP",
        }
    ]


async def test_without_a_carrier_aftership_names_it(
    aftership: AfterShip, account: AfterShipAccount, world: Any
) -> None:
    watched = await aftership.register(account, ToWatch("1234567890"))

    assert watched == Watched("dhl-germany", is_new=True)
    assert "slug" not in world.calls[0]


@pytest.mark.parametrize("tells_slug", [True, False])
async def test_already_exists_counts_as_registered(
    aftership: AfterShip, account: AfterShipAccount, world: Any, tells_slug: bool
) -> None:
    world.tells_slug_of_known = tells_slug
    await aftership.register(account, ToWatch("1234567890"))

    watched = await aftership.register(account, ToWatch("1234567890"))

    assert watched == Watched("dhl-germany", is_new=False)


@pytest.mark.parametrize(
    ("status", "code"), [(400, 4005), (400, 4010), (400, 4012), (400, 4017), (413, 413), (422, 422)]
)
async def test_what_the_number_is_refused_for_is_told(
    aftership: AfterShip, account: AfterShipAccount, world: Any, status: int, code: int
) -> None:
    world.answers.append((status, error(code, "The value of slug is invalid."), {}))

    with pytest.raises(Refused, match=f"{code} The value of slug is invalid."):
        await aftership.register(account, PARCEL)


@pytest.mark.parametrize("status", [301, 401, 402, 403, 404, 408, 500, 502, 503, 504])
async def test_what_is_not_about_the_number_may_succeed_later(
    aftership: AfterShip, account: AfterShipAccount, world: Any, status: int
) -> None:
    world.answers.append((status, error(status, "Not now."), {}))

    with pytest.raises(Unavailable):
        await aftership.register(account, PARCEL)


@pytest.mark.parametrize(("header", "seconds"), [("7", 7.0), ("soon", 1.0), (None, 1.0)])
async def test_too_many_requests_tells_how_long_to_pause(
    aftership: AfterShip, account: AfterShipAccount, world: Any, header: str | None, seconds: float
) -> None:
    headers = {"retry-after": header} if header else {}
    world.answers.append((429, error(429, "Too many."), headers))

    with pytest.raises(Later) as caught:
        await aftership.register(account, PARCEL)

    assert caught.value.seconds == seconds


@pytest.mark.parametrize("content", ["<html>portal</html>", "", "[]", '{"meta": 7}'])
@pytest.mark.parametrize("status", [200, 400])
async def test_an_answer_that_is_not_aftership_s_decides_nothing(
    aftership: AfterShip, account: AfterShipAccount, world: Any, status: int, content: str
) -> None:
    world.answers.append((status, content, {}))

    with pytest.raises(Unavailable):
        await aftership.register(account, PARCEL)


@pytest.mark.parametrize(
    ("content", "headers"),
    [
        (b'{"meta": {"code": 4003, "message": "\xff"}}', {}),
        (b'{"data": ' + b"[" * 100_000, {}),
        (b"no gzip at all", {"content-encoding": "gzip"}),
    ],
    ids=["no UTF-8", "bottomless", "no gzip"],
)
async def test_octets_that_cannot_be_read_decide_nothing(
    aftership: AfterShip,
    account: AfterShipAccount,
    world: Any,
    content: bytes,
    headers: dict[str, str],
) -> None:
    world.answers.append((400, content, headers))

    with pytest.raises(Unavailable):
        await aftership.register(account, PARCEL)


async def test_a_call_is_bounded_in_time(account: AfterShipAccount, world: Any) -> None:
    world.answers.append("hang")

    async with asyncio.timeout(10), AfterShip(timedelta(seconds=0.2)) as aftership:
        with pytest.raises(Unavailable, match="Time"):
            await aftership.register(account, PARCEL)


async def test_nobody_there_is_unavailable(aftership: AfterShip, account: AfterShipAccount) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    nowhere = account.model_copy(update={"base_url": f"http://127.0.0.1:{port}"})

    with pytest.raises(Unavailable):
        await aftership.register(nowhere, PARCEL)


def test_country_codes_go_both_ways() -> None:
    for two, three in (("DE", "DEU"), ("US", "USA"), ("HK", "HKG"), ("FR", "FRA"), ("MM", "MMR")):
        assert (alpha3(two), alpha2(three), alpha2(two)) == (three, two, two)
    assert (alpha2(None), alpha2("XXX"), alpha3(None), alpha3("ZZ")) == (None, None, None, None)
