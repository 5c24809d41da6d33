"""`POST /messages`: who may, once for each key, and the signed webhook beside it."""

import asyncio
import base64
import hashlib
import hmac
import json
import re
import shlex
import string
from pathlib import Path
from typing import Any

import pytest

from shared import clock, testing
from shared.contracts.intake import MessageReceived

CALL = {
    "store_id": "aurora",
    "account_id": "phones",
    "type": "call.ended",
    "from": {"phone": "+34600111222", "name": "Ana"},
    "outcome": "missed",
    "summary": "Quiere que la llamen.",
}


@pytest.fixture
def post(intake: Any, caller_tokens: dict[str, str]) -> Any:
    async def post_(
        body: dict[str, Any], *, who: str = "phones", key: str = "call-991-summary"
    ) -> Any:
        headers = {"authorization": f"Bearer {caller_tokens[who]}", "idempotency-key": key}
        headers["content-type"] = "application/json"
        return await intake.post("/messages", json.dumps(body).encode(), headers)

    return post_


async def test_a_call_is_kept_once_however_often_it_is_posted(intake: Any, post: Any) -> None:
    first = await post(CALL)
    again = [await post(CALL), *await asyncio.gather(*(post(CALL) for _ in range(5)))]

    assert first.status_code == 201
    assert {(one.status_code, one.text) for one in again} == {(200, first.text)}
    [event] = await intake.said(MessageReceived)
    assert event.text == "[phone call, missed]\n\nQuiere que la llamen."
    assert (event.phone, event.channel, event.account_id) == ("+34600111222", "generic", "phones")
    assert {str(event.message_id), str(event.thread_id), str(event.contact_id)} == set(
        first.json().values()
    )
    [row] = await testing.rows(intake.db, "SELECT method, url, body FROM raw_requests")
    assert (row["method"], row["url"]) == ("POST", "/messages")
    kept = json.loads(row["body"])
    assert kept["data"]["summary"] == CALL["summary"]
    assert kept["data"]["id"] == event.external_id  # read again it is the same message


async def test_the_example_of_the_page_works(intake: Any, caller_tokens: dict[str, str]) -> None:
    page = (Path(__file__).parents[3] / "docs/generic-webhook.md").read_text()
    [written] = re.findall(r"```sh\n(.*?)```", page, re.DOTALL)
    known = {"INTAKE": intake.url, "TOKEN": caller_tokens["phones"]}

    command = shlex.split(string.Template(written.replace("\\\n", " ")).substitute(known))
    method, url, *rest = command[2:]
    options = list(zip(rest[::2], rest[1::2], strict=True))
    headers = dict(value.split(": ", 1) for name, value in options if name == "-H")
    [body] = [value for name, value in options if name == "-d"]
    answer = await intake.http.request(method, url, content=body, headers=headers)

    assert answer.status_code == 201, answer.text
    [event] = await intake.said(MessageReceived)
    assert event.text == "[phone call, missed]\n\nWants to be called back."


async def test_a_key_is_for_one_message_of_one_caller(intake: Any, post: Any) -> None:
    await post(CALL)

    other = await post({**CALL, "summary": "Otra cosa."})
    somebody = await post({**CALL, "from": {"phone": "+34600999888"}})
    another_key = await post(CALL, key="call-992-summary")
    another_caller = await post(CALL, who="desk")

    assert [one.status_code for one in (other, somebody)] == [409, 409]
    assert [one.status_code for one in (another_key, another_caller)] == [201, 201]
    assert len(await intake.said(MessageReceived)) == 3


REFUSED: list[tuple[dict[str, Any], str, int]] = [
    ({}, "borealis", 404),
    ({}, "warehouse", 403),
    ({"store_id": "nowhere"}, "phones", 404),
    ({"account_id": "nobody"}, "phones", 422),
    ({"account_id": "aurora-web"}, "phones", 422),
    ({"from": {}}, "phones", 422),
    ({"from": {"mail": "nobody"}}, "phones", 422),
    ({"type": "message.received"}, "phones", 422),
    ({"type": "message.received", "text": "\ud800"}, "phones", 422),
    ({"type": "hologram"}, "phones", 422),
    ({"colour": "red"}, "phones", 422),
]


async def test_what_may_not_be_posted_is_not_kept(intake: Any, post: Any) -> None:
    for changed, who, expected in REFUSED:
        answer = await post({**CALL, **changed}, who=who)

        assert answer.status_code == expected, (changed, answer.text)
        assert "Quiere" not in answer.text
    assert await testing.rows(intake.db, "SELECT 1 FROM raw_requests") == []


async def test_over_the_accounts_limit_a_caller_is_told_when_to_come_again(
    intake: Any, post: Any
) -> None:
    call = {**CALL, "store_id": "borealis", "account_id": "calls-jp"}

    answers = await asyncio.gather(
        *(post(call, who="borealis", key=f"call-no-{n}") for n in range(12))
    )

    taken = [one for one in answers if one.status_code == 201]
    refused = [one for one in answers if one.status_code == 429]
    assert len(taken) + len(refused) == 12, answers[0].text
    assert 4 <= len(taken) <= 8  # in at most two windows of a second
    assert len(await intake.said(MessageReceived)) == len(taken)
    assert {one.headers["retry-after"] for one in refused} == {"1"}
    await asyncio.sleep(1)
    assert (await post(call, who="borealis", key="call-no-99")).status_code == 201


async def test_without_a_token_nobody_gets_in(intake: Any) -> None:
    for headers in ({}, {"authorization": "Bearer x"}):
        answer = await intake.http.post("/messages", json=CALL, headers=headers)
        assert answer.status_code == 401


async def test_the_signed_webhook_is_taken_once_and_only_in_its_time(
    intake: Any, secrets: Any
) -> None:
    key = base64.b64decode(secrets["GENERIC_SECRET"].removeprefix("whsec_"))
    body = json.dumps(
        {"type": "message.received", "data": {"id": "m1", "from": {"id": "c7"}, "text": "hola"}}
    ).encode()

    async def come(id: str, age: int = 0) -> int:
        at = str(int(clock.now().timestamp()) - age)
        mac = hmac.new(key, f"{id}.{at}.".encode() + body, hashlib.sha256).digest()
        headers = {
            "content-type": "application/json",
            "webhook-id": id,
            "webhook-timestamp": at,
            "webhook-signature": f"v1,{base64.b64encode(mac).decode()}",
        }
        return int((await intake.post("/hooks/generic/phones", body, headers)).status_code)

    assert [await come("w1"), await come("w1"), await come("w2")] == [200, 200, 200]
    assert await come("w3", age=3600) == 401
    [event] = await intake.said(MessageReceived)
    assert (event.text, event.external_id) == ("hola", "m1")
    rows = await testing.rows(intake.db, "SELECT outcome FROM raw_requests ORDER BY received_at")
    assert [row["outcome"] for row in rows] == ["understood", "repeated", "understood"]
