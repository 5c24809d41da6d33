"""Addresses: signed, asked by GET, with a secret in them; and what vendors want to read there."""

import base64
import hashlib
import hmac
import json
from typing import Any
from urllib.parse import urlencode

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
    assert await asked("/hooks/shopify/aurora.myshopify.com?id=1", {}) == 404
    assert await testing.rows(intake.db, "SELECT 1 FROM raw_requests") == []
    assert await asked(PATH, signed(intake.url + PATH, key)) == 200
    kept = await testing.rows(intake.db, "SELECT outcome FROM raw_requests")
    assert kept == [{"outcome": "odd"}]


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


async def test_what_is_signed_is_the_address_that_the_world_calls(
    intake_process: Any, secrets: Any
) -> None:
    public = "https://hooks.aurora.example/in"
    intake = await intake_process(public_url=public)
    path, form = "/hooks/twilio/AC1?a=%C3%A9", {"From": "+34600111222", "MessageSid": "SM1"}

    async def come(url: str, host: str = "intake.internal") -> int:
        signed = url + "".join(name + form[name] for name in sorted(form))
        mac = hmac.new(secrets["TWILIO_TOKEN"].encode(), signed.encode(), hashlib.sha1).digest()
        headers = {
            "content-type": "application/x-www-form-urlencoded",
            "x-twilio-signature": base64.b64encode(mac).decode(),
            "x-forwarded-host": "elsewhere.example",
            "host": host,
        }
        return int((await intake.post(path, urlencode(form).encode(), headers)).status_code)

    assert await come(public + path) == 200
    assert await come(public + path, host="[none") == 200
    assert await come(intake.url + path) == 401
    assert await come("https://elsewhere.example" + path) == 401
    assert len(await intake.said(MessageReceived)) == 1


async def test_each_vendor_reads_what_it_wants(intake: Any, secrets: Any) -> None:
    kind = {"content-type": "application/json"}
    at = str(int(clock.now().timestamp()))
    parts = sorted([secrets["WECHAT_TOKEN"], at, "7"])
    signature = hashlib.sha1("".join(parts).encode()).hexdigest()
    wechat = f"/hooks/wechat/gh_1?timestamp={at}&nonce=7&signature={signature}"
    xml = "<xml><MsgType>text</MsgType><FromUserName>o</FromUserName><MsgId>1</MsgId>"
    crc = hmac.new(secrets["X_SECRET"].encode(), b"abc", hashlib.sha256).digest()

    async def vk(kind_: str) -> str:
        told = {"type": kind_, "group_id": 55, "secret": secrets["VK_SECRET"], "object": {}}
        return str((await intake.post("/hooks/vk/55", json.dumps(told).encode(), kind)).text)

    assert (await vk("confirmation"), await vk("message_typing_state")) == ("a1b2c3", "ok")
    assert (await intake.http.get(f"{wechat}&echostr=42")).text == "42"
    assert (await intake.http.get("/hooks/wechat/gh_1?echostr=42")).status_code == 401
    body = f"{xml}<Content>好</Content></xml>".encode()
    assert (await intake.post(wechat, body, {"content-type": "text/xml"})).text == "success"
    answer = await intake.http.get("/hooks/x/77?crc_token=abc")
    assert answer.json() == {"response_token": f"sha256={base64.b64encode(crc).decode()}"}
    assert [event.text for event in await intake.said(MessageReceived)] == ["好"]
