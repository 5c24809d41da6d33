"""AfterShip's API as a real server on loopback, and its events."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections import deque
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI, Request, Response

from shared.stores import AfterShipAccount, Stores
from tests.loopback import serving


class AfterShipWorld:
    """AfterShip's Tracking API as far as it is used: it knows what was registered.

    `answers` are given first, in order: a status with body and headers, or "hang".
    """

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []
        self.known: dict[tuple[str, str | None], str] = {}
        self.answers: deque[tuple[int, Any, dict[str, str]] | str] = deque()
        self.released = asyncio.Event()
        self.detects = "dhl-germany"
        self.tells_slug_of_known = True
        self.base_url = ""
        self.app = FastAPI()
        self.app.add_api_route("/t/trackings", self.create, methods=["POST"])
        self.app.add_api_route("/t/trackings", self.find, methods=["GET"])

    async def create(self, request: Request) -> Response:
        body = await request.json()
        self.calls.append({"key": request.headers.get("as-api-key"), **body})
        if self.answers:
            answer = self.answers.popleft()
            if answer == "hang":
                await self.released.wait()
                return Response(status_code=500)
            assert not isinstance(answer, str)
            status, content, headers = answer
            text = content if isinstance(content, str | bytes) else json.dumps(content)
            return Response(text, status, headers, "application/json")
        number, slug = body["tracking_number"], body.get("slug") or self.detects
        if (number, slug) in self.known:
            data = {"tracking_number": number}
            if self.tells_slug_of_known:
                data["slug"] = slug
            return self.refusal(4003, "Tracking already exists.", data)
        self.known[number, slug] = uuid4().hex
        data = {"id": self.known[number, slug], "tracking_number": number, "slug": slug}
        return Response(
            json.dumps({"meta": {"code": 201}, "data": data}), 201, media_type="application/json"
        )

    async def find(self, request: Request) -> Response:
        wanted = request.query_params["tracking_numbers"]
        found = [
            {"tracking_number": number, "slug": slug}
            for number, slug in self.known
            if number == wanted
        ]
        body = {"meta": {"code": 200}, "data": {"trackings": found}}
        return Response(json.dumps(body), media_type="application/json")

    @staticmethod
    def refusal(code: int, message: str, data: dict[str, Any] | None = None) -> Response:
        meta = {"code": code, "message": message, "type": "BadRequest"}
        body = json.dumps({"meta": meta, "data": data or {}})
        return Response(body, 400, media_type="application/json")


@pytest.fixture
async def world() -> AsyncIterator[AfterShipWorld]:
    """AfterShip's API on a free loopback port."""
    world = AfterShipWorld()
    async with serving(world.app) as url:
        world.base_url = f"{url}/t"
        try:
            yield world
        finally:
            world.released.set()


@pytest.fixture
def stores_of_world(world: AfterShipWorld, make_stores: Callable[[str], Stores]) -> Stores:
    """Two stores whose accounts lead to the stand-in."""
    return make_stores(world.base_url)


@pytest.fixture
def account(stores_of_world: Stores) -> AfterShipAccount:
    """Aurora's account at the stand-in."""
    found = stores_of_world.account("aftership", "aurora")
    assert isinstance(found, AfterShipAccount)
    return found


class Tracking:
    """What AfterShip sends: signed events with all checkpoints of a tracking."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    @staticmethod
    def signed(body: bytes, secret: str = "new-secret") -> dict[str, str]:
        mac = hmac.new(secret.encode(), body, hashlib.sha256).digest()
        return {
            "aftership-hmac-sha256": base64.b64encode(mac).decode(),
            "content-type": "application/json",
        }

    def checkpoint(self, hours_ago: float, subtag: str, **given: Any) -> dict[str, Any]:
        return {
            "created_at": self.now.isoformat(),
            "slug": "dhl",
            "checkpoint_time": (self.now - timedelta(hours=hours_ago)).isoformat(),
            "location": "Madrid",
            "city": None,
            "country_region": "ESP",
            "message": "somewhere",
            "tag": subtag.partition("_")[0],
            "subtag": subtag,
            **given,
        }

    @staticmethod
    def event(*checkpoints: Any, number: str = "1234567890", **given: Any) -> bytes:
        body = {
            "event": "tracking_update",
            "event_id": str(uuid4()),
            "is_tracking_first_tag": True,
            "msg": {
                "id": "x",
                "tracking_number": number,
                "slug": "dhl",
                "checkpoints": list(checkpoints),
            },
            "ts": 1,
            **given,
        }
        return json.dumps(body).encode()


@pytest.fixture
def tracking(now: datetime) -> Tracking:
    """Make events, and sign them."""
    return Tracking(now)
