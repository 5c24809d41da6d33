"""What is measured, and what an application says of itself."""

from uuid import UUID

import httpx
import pytest
from prometheus_client import REGISTRY

from shared.callers import Callers
from shared.errors import Unavailable
from shared.http import shell

Client = httpx.AsyncClient


def counted(**labels: str) -> float:
    name = "meridian_http_request_duration_seconds_count"
    return REGISTRY.get_sample_value(name, labels) or 0.0


async def test_requests_are_counted_by_template(known: Client) -> None:
    labels = {"method": "GET", "route": "/orders/{order_id}/lines", "status": "200"}
    before = counted(**labels)

    await known.get(f"/orders/{UUID(int=1)}/lines")
    await known.get(f"/orders/{UUID(int=2)}/lines")

    assert counted(**labels) - before == 2


async def test_what_strangers_make_up_makes_no_series(client: Client) -> None:
    labels = {"method": "other", "route": "unmatched", "status": "401"}
    before = counted(**labels)

    for number in range(5):
        await client.request(f"BREW{number}", f"/pot/{number}")

    assert counted(**labels) - before == 5
    assert "/pot/" not in (await client.get("/metrics")).text
    assert "BREW" not in (await client.get("/metrics")).text


async def test_every_answer_keeps_browsers_and_caches_careful(client: Client) -> None:
    for path in ("/livez", "/me", "/metrics"):
        headers = (await client.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert "server" not in headers


async def test_metrics_are_prometheus_text(client: Client) -> None:
    answer = await client.get("/metrics")

    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert "meridian_http_request_duration_seconds_bucket" in answer.text


@pytest.mark.parametrize(
    ("facts", "status"),
    [({"outbox_oldest_seconds": 0.1}, 200), ({"ready": False, "why": "no topics"}, 503)],
)
async def test_the_readiness_page_shows_the_facts(facts: dict[str, object], status: int) -> None:
    async def ready() -> dict[str, object]:
        return facts

    app = shell("test", callers=Callers(), ready=ready)
    async with Client(transport=httpx.ASGITransport(app), base_url="http://t") as client:
        answer = await client.get("/readyz")

    assert answer.status_code == status
    assert facts.items() <= answer.json().items()


async def test_a_service_without_its_database_is_alive_but_not_ready() -> None:
    async def ready() -> dict[str, object]:
        raise Unavailable("database")

    app = shell("test", callers=Callers(), ready=ready)
    async with Client(transport=httpx.ASGITransport(app), base_url="http://t") as client:
        assert (await client.get("/livez")).status_code == 200
        assert (await client.get("/readyz")).status_code == 503


async def test_the_api_describes_itself_to_callers(known: Client) -> None:
    schema = (await known.get("/openapi.json")).json()

    assert "/orders" in schema["paths"]
    assert "/livez" not in schema["paths"]
