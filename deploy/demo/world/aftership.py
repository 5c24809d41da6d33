"""AfterShip Tracking: the API that registers parcels, and webhooks for those that are registered.

Shapes after aftership.com/docs/tracking/2026-07: POST /trackings, quickstart/body-envelope,
quickstart/request-errors, webhook/webhook-specifications, enum/delivery-sub-statuses.
"""

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from fastapi import APIRouter, Header, HTTPException
from fastapi.responses import JSONResponse

from deploy.demo.world.shapes import Scan, Sent, Tracking
from deploy.demo.world.webhooks import Webhooks, base64_signature, encoded
from shared.clock import now
from shared.stores import AfterShipAccount

_NUMBER = re.compile(r"[A-Z0-9./_-]{4,100}", re.IGNORECASE)
_SLUGS = {"ES": "spain-correos-es", "JP": "japan-post", "DE": "dhl-germany", "HK": "hong-kong-post"}
"""Couriers found from the country at the end of an S10 number, where the caller names none."""


class AfterShip:
    """The aggregator's side of every account."""

    def __init__(
        self, accounts: Mapping[str, AfterShipAccount], hooks: str, webhooks: Webhooks
    ) -> None:
        self.trackings: dict[tuple[str, str], Tracking] = {}
        """By account and number."""
        self._accounts = accounts
        self._hooks = hooks
        self._webhooks = webhooks

    def routes(self) -> APIRouter:
        """The vendor's API under `/aftership`, and what carriers do under `/world/trackings`."""
        router = APIRouter()

        @router.post("/aftership/trackings", tags=["vendors"])
        async def create(
            body: dict[str, Any], as_api_key: str = Header(default="")
        ) -> JSONResponse:
            return self._register(body, as_api_key)

        @router.get("/world/trackings", tags=["world"])
        async def trackings() -> list[Tracking]:
            return list(self.trackings.values())

        @router.post("/world/trackings/{account_id}/{number}/scans", tags=["world"])
        async def scan(account_id: str, number: str, scan: Scan) -> Sent:
            tracking = self.trackings.get((account_id, number))
            if tracking is None:
                raise HTTPException(404, f"{number} was never registered with {account_id}")
            return await self._scan(tracking, scan)

        return router

    def _register(self, body: dict[str, Any], key: str) -> JSONResponse:
        account = next((a for a in self._accounts.values() if key and key in a.api_key), None)
        if account is None:
            return _error(401, 401, "Unauthorized", "The API key is invalid.")
        number = body.get("tracking_number")
        if not isinstance(number, str) or not number:
            return _error(400, 4007, "BadRequest", "tracking_number is required.")
        if not _NUMBER.fullmatch(number):
            return _error(400, 4017, "BadRequest", "The format of tracking_number is invalid.")
        if (account.account_id, number) in self.trackings:
            return _error(400, 4003, "BadRequest", "Tracking already exists.")
        tracking = Tracking(
            account_id=account.account_id,
            number=number,
            slug=body.get("slug") or _SLUGS.get(number[-2:], "unrecognized"),
            registered_at=now().timestamp(),
            asked=body,
        )
        self.trackings[account.account_id, number] = tracking
        return JSONResponse({"meta": {"code": 201}, "data": _object(tracking)}, 201)

    async def _scan(self, tracking: Tracking, scan: Scan) -> Sent:
        is_first = all(before.tag != scan.tag for before in tracking.scans)
        tracking.scans.append(scan.model_copy(update={"at": scan.at or now()}))
        account = self._accounts[tracking.account_id]
        body = encoded(
            {
                "event": "tracking_update",
                "event_id": str(uuid4()),
                "is_tracking_first_tag": is_first,
                "msg": _object(tracking),
                "ts": int(now().timestamp()),
            }
        )
        headers = {
            "aftership-hmac-sha256": base64_signature(account.webhook_secret[0], body),
            "as-webhook-version": "2026-07",
            "user-agent": "AfterShipTrackingWebhook/4.0.0 (https://www.aftership.com)",
        }
        url = f"{self._hooks}/hooks/aftership/{account.account_id}"
        return await self._webhooks.send("aftership", "tracking_update", url, headers, body)


def _object(tracking: Tracking) -> dict[str, Any]:
    asked, last = tracking.asked, tracking.scans[-1] if tracking.scans else None
    registered = datetime.fromtimestamp(tracking.registered_at, now().tzinfo)
    return {
        "id": hashlib.md5(f"{tracking.account_id} {tracking.number}".encode()).hexdigest(),  # noqa: S324
        "created_at": _moment(registered),
        "updated_at": _moment(now()),
        "tracking_number": tracking.number,
        "slug": tracking.slug,
        "title": asked.get("title") or tracking.number,
        "active": True,
        "order_id": asked.get("order_id"),
        "order_number": asked.get("order_number"),
        "custom_fields": asked.get("custom_fields"),
        "language": asked.get("language"),
        "origin_country_region": asked.get("origin_country_region"),
        "destination_country_region": asked.get("destination_country_region"),
        "courier_destination_country_region": asked.get("destination_country_region"),
        "tag": last.tag if last else "Pending",
        "subtag": last.subtag if last else "Pending_001",
        "subtag_message": last.message if last else "Pending",
        "return_to_sender": False,
        "checkpoints": [_checkpoint(tracking, scan) for scan in tracking.scans],
    }


def _checkpoint(tracking: Tracking, scan: Scan) -> dict[str, Any]:
    at = scan.at or now()
    named = f"{tracking.number} {at.isoformat()} {scan.subtag} {scan.message}"
    return {
        "created_at": _moment(now()),
        "slug": tracking.slug,
        "checkpoint_time": _moment(at),
        "location": scan.location,
        "city": None,
        "country_region": None,
        "message": scan.message,
        "tag": scan.tag,
        "subtag": scan.subtag,
        "subtag_message": scan.message,
        "raw_tag": None,
        "source": "carrier",
        "hash": hashlib.md5(named.encode()).hexdigest(),  # noqa: S324
    }


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


def _error(status: int, code: int, kind: str, message: str) -> JSONResponse:
    return JSONResponse(
        {"meta": {"code": code, "type": kind, "message": message}, "data": {}}, status
    )
