"""What each door refuses, fifty at once to two processes; and forged or broken, nothing is lost."""

import asyncio
import json
import random
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from shared import testing, webhooks

START = Callable[..., Awaitable[Any]]
FORGED = {"x-forwarded-for": "203.0.113.9", "x-real-ip": "203.0.113.9", "forwarded": "for=1.2.3.4"}


async def test_what_is_refused_is_refused_fifty_times_at_once_and_leaves_nothing(
    intake_process: START,
    wa: Any,
    text_message: Any,
    hub: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    both = [await intake_process(hook_max_octets=4096, smtp_max_octets=4096) for _ in range(2)]
    payload = json.dumps(wa(text_message("hi"))).encode()
    ours, nobodys = "/hooks/whatsapp/100200300", "/hooks/whatsapp/1"

    async def post(path: str, body: bytes, headers: dict[str, str]) -> list[int]:
        told = [{**headers, **FORGED, "x-forwarded-for": f"203.0.113.{n}"} for n in range(50)]
        answers = await asyncio.gather(
            *(both[n % 2].post(path, body, each) for n, each in enumerate(told))
        )
        return [one.status_code for one in answers]

    async def mail(text: bytes, to: str) -> list[int]:
        octets = b"From: a@b.example\r\n\r\n" + text
        answers = await asyncio.gather(*(both[n % 2].mail(octets, to) for n in range(50)))
        return [code for code, _ in answers]

    large = b'{"a":"' + b"x" * 5000 + b'"}'
    assert set(await post(ours, payload, {"x-hub-signature-256": "sha256=00"})) == {401}
    assert set(await post(ours, b"{", {"x-hub-signature-256": "sha256=00"})) == {401}
    assert set(await post(nobodys, payload, hub(payload))) == {404}
    assert set(await post(ours, large, hub(large))) == {413}
    assert set(await mail(b"hi", "nobody@aurora.example")) == {550}
    assert set(await mail(b"x" * 5000, "help@aurora.example")) == {552}
    assert await testing.rows(both[0].db, "SELECT 1 FROM raw_requests") == []
    # Limits are the account's, whoever says he comes from wherever: of strangers 10, of mail 3.
    monkeypatch.setattr(webhooks, "KNOCKS", 10)
    hasty = await post("/hooks/whatsapp/900800700", payload, hub(payload))
    assert set(hasty) == {401, 429}
    assert hasty.count(429) >= 25
    slowed = await mail(b"hi", "help@borealis.example")
    assert set(slowed) == {250, 451}
    kept = await testing.rows(both[0].db, "SELECT 1 FROM raw_requests")
    assert len(kept) == slowed.count(250)


async def test_a_signed_delivery_broken_anywhere_is_taken_and_kept(
    intake: Any, wa: Any, text_message: Any, hub: Any, secrets: dict[str, str]
) -> None:
    chance = random.Random(11)
    whole = json.dumps(wa(text_message("Wo ist es?"))).encode()
    bot = f"/hooks/kakaotalk/bot1?secret={secrets['KAKAO_SECRET']}"
    kakao = json.dumps({"userRequest": {"utterance": "a", "user": {"id": "7"}}}).encode()
    sent = []
    for n in range(240):
        source = bytearray((whole, kakao)[n % 2])
        for _ in range(chance.randint(1, 3)):
            at = chance.randrange(len(source))
            source[at : at + chance.randint(0, 2)] = bytes([chance.randrange(256)])
        body = bytes(source)
        path, headers = (bot, {}) if n % 2 else ("/hooks/whatsapp/100200300", hub(body))
        sent.append(intake.post(path, body, headers))

    statuses = [answer.status_code for answer in await asyncio.gather(*sent)]

    assert set(statuses) == {200}
    rows = await testing.rows(intake.db, "SELECT outcome, notes FROM raw_requests")
    assert len(rows) == len(statuses)
    assert "the body is no JSON, XML or form" in {row["notes"] for row in rows}
    assert "failed" not in {row["outcome"] for row in rows}
    assert not [row["notes"] for row in rows if "reader failed" in row["notes"]]
