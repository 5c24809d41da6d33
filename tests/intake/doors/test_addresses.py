"""Vendors that deliver by GET or show a secret in the address: the same care as for others."""

import hashlib
import json
from typing import Any

import jwt

from shared import clock, testing
from shared.contracts.intake import MessageReceived

PATH = "/hooks/messagebird/care"


def signed(url: str, key: str, *, age: int = 0) -> dict[str, str]:
    told = {
        "iss": "MessageBird",
        "nbf": int(clock.now().timestamp()) - age,
        "url_hash": hashlib.sha256(url.encode()).hexdigest(),
    }
    return {"messagebird-signature-jwt": jwt.encode(told, key, algorithm="HS256")}


async def test_a_signed_get_is_a_delivery(intake: Any, secrets: Any) -> None:
    path = f"{PATH}?id=e8&originator=34600111222&recipient=34911&body=%C2%BFd%C3%B3nde%3F"
    headers = signed(intake.url + path, secrets["BIRD_KEY"])

    answers = [(await intake.http.get(path, headers=headers)).status_code for _ in range(2)]

    assert answers == [200, 200]
    [event] = await intake.said(MessageReceived)
    assert (event.text, event.phone, event.channel) == ("¿dónde?", "+34600111222", "messagebird")
    kept = await testing.rows(intake.db, "SELECT method, outcome, url FROM raw_requests")
    assert [row["method"] for row in kept] == ["GET", "GET"]


async def test_a_get_is_let_in_like_a_post_and_elsewhere_not_at_all(
    intake: Any, secrets: Any
) -> None:
    path = f"{PATH}?id=e8&originator=34600111222&body=x"
    key = secrets["BIRD_KEY"]

    async def asked(path: str, headers: dict[str, str]) -> int:
        return int((await intake.http.get(path, headers=headers)).status_code)

    assert await asked(path, {}) == 401
    assert await asked(path, signed(intake.url + path, "k" * 40)) == 401
    assert await asked(path + "y", signed(intake.url + path, key)) == 401
    assert await asked(path, signed(intake.url + path, key, age=3600)) == 401
    assert await asked(PATH, signed(intake.url + PATH, key)) == 400
    assert await asked("/hooks/shopify/aurora.myshopify.com?id=1", {}) == 404
    assert await testing.rows(intake.db, "SELECT 1 FROM raw_requests") == []


async def test_a_secret_in_the_address_opens_the_door_and_is_not_kept(
    intake: Any, secrets: Any
) -> None:
    body = json.dumps({"userRequest": {"utterance": "배송?", "user": {"id": "k7"}}}).encode()
    path, kind = "/hooks/kakaotalk/bot1", {"content-type": "application/json"}
    shown = secrets["KAKAO_SECRET"]

    refused = await intake.post(f"{path}?secret=other", body, kind)
    answer = await intake.post(f"{path}?a=1&secret={shown}&b=2", body, kind)

    assert (refused.status_code, answer.status_code) == (401, 200)
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.json()["template"]["outputs"] == [{"simpleText": {"text": "잠시만요"}}]
    [row] = await testing.rows(intake.db, "SELECT url FROM raw_requests")
    assert row["url"].endswith("?a=1&secret=…&b=2")
