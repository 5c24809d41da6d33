"""Authentic deliveries whose body does not parse: kept as they came, read when a parser can."""

import json
from datetime import timedelta
from typing import Any

import pytest

from intake.domain.sealing import Seal
from intake.handlers import rereading
from intake.handlers.doors import Around
from intake.workers.replay import Done, Replay, Wanted
from shared import clock, testing
from shared.contracts.intake import MessageReceived, OrderPlaced
from shared.stores import Stores
from shared.webhooks import Delivery, parse
from tests.intake.doors.conftest import hub_signature, shop_signature

WHY = "the body is no JSON, XML or form"
JSON = {"content-type": "application/json"}


async def raw(intake: Any) -> list[dict[str, Any]]:
    return await testing.rows(
        intake.db, "SELECT outcome, notes, body FROM raw_requests ORDER BY received_at"
    )


async def test_what_is_authentic_but_no_json_is_kept_as_it_came_and_answered_200(
    intake: Any,
) -> None:
    bodies = [b"", b"{", b"\xff\xfe", b"nonsense", b"{"]
    for body in bodies:
        assert (await intake.send_signed(body)).status_code == 200

    rows = await raw(intake)
    assert [row["body"] for row in rows] == bodies
    assert {(row["outcome"], row["notes"]) for row in rows} == {("odd", WHY)}
    assert await intake.said() == []
    counted = (await intake.http.get("/metrics")).text
    [odd] = [
        float(line.split()[-1])
        for line in counted.splitlines()
        if line.startswith('meridian_intake_entries_total{channel="whatsapp",outcome="odd"}')
    ]
    assert odd >= len(bodies)


async def test_what_does_not_parse_and_is_not_authentic_is_not_kept(intake: Any) -> None:
    for body in (b"", b"{", b"nonsense"):
        forged = hub_signature(body, "guessed")
        for headers in (forged, JSON):
            answer = await intake.post("/hooks/whatsapp/100200300", body, headers)
            assert answer.status_code == 401

    assert await raw(intake) == []


async def test_a_vendor_reads_the_answer_it_waits_for(intake: Any, secrets: Any) -> None:
    path = f"/hooks/kakaotalk/bot1?secret={secrets['KAKAO_SECRET']}"

    answer = await intake.post(path, b'{"userRequest": {"utt', JSON)

    assert answer.status_code == 200
    assert answer.json()["template"]["outputs"] == [{"simpleText": {"text": "잠시만요"}}]
    assert [row["outcome"] for row in await raw(intake)] == ["odd"]


async def test_the_same_broken_delivery_is_a_repetition_and_a_whole_one_with_its_id_is_not(
    intake: Any, shop: Any
) -> None:
    whole = json.dumps(shop.order()).encode()
    for body in (whole[:-9], whole[:-9], whole, whole):
        headers = {
            **shop_signature(body, intake.secrets["SHOP_SECRET"]),
            "x-shopify-topic": "orders/create",
            "x-shopify-webhook-id": "d-1",
        }
        answer = await intake.post("/hooks/shopify/aurora.myshopify.com", body, headers)
        assert answer.status_code == 200

    outcomes = [row["outcome"] for row in await raw(intake)]
    assert outcomes == ["odd", "repeated", "understood", "repeated"]
    assert len(await intake.said(OrderPlaced)) == 1


async def test_it_is_said_once_after_the_parser_was_mended(
    intake: Any,
    wa: Any,
    text_message: Any,
    monkeypatch: pytest.MonkeyPatch,
    own: Any,
    stores: Stores,
) -> None:
    whole = json.dumps(wa(text_message("hola"))).encode()
    for _ in range(2):
        await intake.send_signed(b")]}'\n" + whole)
    await intake.send_signed(whole[:-9])
    wanted = Wanted(clock.now() - timedelta(hours=1), clock.now(), ("odd", "partly", "failed"))

    async def again() -> Done:
        done = Done()
        await Replay(intake.db, Around(stores, own), Seal()).run(wanted, done, is_trial=False)
        return done

    def mended(delivery: Delivery) -> Any:
        return json.loads(body[5:]) if (body := delivery.body)[:5] == b")]}'\n" else parse(delivery)

    assert await again() == Done(read=3)
    monkeypatch.setattr(rereading, "parse", mended)
    assert await again() == Done(read=3, understood=2, said=1)
    assert await again() == Done(read=1)
    assert [one.text for one in await intake.said(MessageReceived)] == ["hola"]
    assert [row["outcome"] for row in await raw(intake)] == ["understood", "understood", "odd"]
