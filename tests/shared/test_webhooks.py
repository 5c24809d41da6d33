"""Front doors: the order of the checks, and that nothing unverified is ever kept."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from itertools import count
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request, Response
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from shared import db, webhooks
from shared.callers import Callers
from shared.errors import Refused, Unavailable
from shared.http import shell
from shared.stores import Stores, WhatsAppAccount
from shared.webhooks import Delivery

LIMIT = 10_000
HEADER = "X-Hub-Signature-256"
JSON = {"Content-Type": "application/json"}
_ids = count(100)


@pytest.fixture
def account(tmp_path: Any) -> WhatsAppAccount:
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
        return await webhooks.receive(request, account=account, verify=verify, keep=self.keep)

    async def shake(self, channel: str, account_id: str, request: Request) -> Response:
        account = self.found(channel, account_id)
        return await webhooks.handshake(request, account=account, challenge=challenge)

    async def keep(self, delivery: Delivery, payload: Any) -> None:
        if self.error is not None:
            raise self.error
        self.kept.append((delivery, payload))


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
def path(account: WhatsAppAccount) -> str:
    return f"/hooks/whatsapp/{account.account_id}"


@pytest.fixture
async def client(door: Door) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(door.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://m.test") as client:
        yield client


def signed(body: bytes, secret: str = "new-secret", **headers: str) -> dict[str, str]:
    return {HEADER: f"sha256={webhooks.hmac_hex(secret, body)}", **JSON, **headers}


def counted(outcome: str, channel: str = "whatsapp") -> float:
    labels = {"channel": channel, "outcome": outcome}
    return REGISTRY.get_sample_value("meridian_webhooks_total", labels) or 0.0


async def test_what_is_signed_is_kept_as_it_came(
    client: httpx.AsyncClient, door: Door, path: str
) -> None:
    body = ' {"text": "¿Dónde está mi pedido?", "id": 12345678901234567890}\n'.encode()

    answer = await client.post(f"{path}?a=1&a=2&b=", content=body, headers=signed(body))

    assert (answer.status_code, answer.content) == (200, b"")
    ((delivery, payload),) = door.kept
    assert delivery.body == body
    assert delivery.method == "POST"
    assert delivery.url == f"http://m.test{path}?a=1&a=2&b="
    assert delivery.query == {"a": "1", "b": ""}
    assert delivery.headers["content-type"] == "application/json"
    assert payload == {"text": "¿Dónde está mi pedido?", "id": 12345678901234567890}


async def test_names_of_headers_have_no_case(
    client: httpx.AsyncClient, door: Door, path: str
) -> None:
    mac = webhooks.hmac_hex("new-secret", b"{}")

    for name in (HEADER.lower(), HEADER.upper(), HEADER):
        for value in (f"sha256={mac}", f"sha256={mac.upper()}"):
            assert (await client.post(path, content=b"{}", headers={name: value})).is_success

    assert len(door.kept) == 6


async def test_while_a_secret_is_changed_both_are_good(
    client: httpx.AsyncClient, door: Door, path: str
) -> None:
    for secret, status in (("new-secret", 200), ("old-secret", 200), ("older-secret", 401)):
        answer = await client.post(path, content=b"{}", headers=signed(b"{}", secret))
        assert answer.status_code == status

    assert len(door.kept) == 2


MAC = webhooks.hmac_hex("new-secret", b"{}")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {HEADER: ""},
        {HEADER: "sha256="},
        {HEADER: MAC},
        {HEADER: f"sha1={MAC}"},
        {HEADER: f"sha256={MAC[:-1]}"},
        {HEADER: f"sha256={MAC}0"},
        {HEADER: f"sha256={MAC[::-1]}"},
        {HEADER: f"sha256={webhooks.hmac_hex('', b'{}')}"},
        {HEADER: f"sha256={webhooks.hmac_hex('new-secret', b'{ }')}"},
        {HEADER: f"sha256={webhooks.hmac_base64('new-secret', b'{}')}"},
        {"Authorization": f"sha256={MAC}"},
    ],
)
async def test_what_is_not_authentic_is_401_and_not_kept(
    client: httpx.AsyncClient, door: Door, path: str, headers: dict[str, str]
) -> None:
    before = counted("not_authentic")

    answer = await client.post(path, content=b"{}", headers=headers)

    assert answer.status_code == 401
    assert door.kept == []
    assert counted("not_authentic") - before == 1


async def test_a_signature_given_twice_is_not_authentic(
    client: httpx.AsyncClient, door: Door, path: str
) -> None:
    headers = [(HEADER, f"sha256={MAC}"), (HEADER, "sha256=forged")]

    for order in (headers, headers[::-1]):
        assert (await client.post(path, content=b"{}", headers=order)).status_code == 401

    assert door.kept == []


async def test_octets_that_are_no_ascii_in_a_signature_are_only_wrong(
    client: httpx.AsyncClient, path: str
) -> None:
    headers = [(HEADER.encode(), b"sha256=\xff\xfe\xc3\xa9")]

    assert (await client.post(path, content=b"{}", headers=headers)).status_code == 401


@given(body=st.binary(max_size=200), bit=st.integers(min_value=0))
def test_any_flipped_bit_of_the_body_is_seen(body: bytes, bit: int) -> None:
    headers = {HEADER.lower(): f"sha256={webhooks.hmac_hex('s', body)}"}
    forged = bytearray(body or b"\0")
    forged[bit // 8 % len(forged)] ^= 1 << (bit % 8)

    def delivery(content: bytes) -> Delivery:
        return Delivery("POST", "", headers, {}, content)

    args = {"header": HEADER, "prefix": "sha256="}
    assert webhooks.is_signed(delivery(body), ["s"], **args)  # type: ignore[arg-type]
    assert not webhooks.is_signed(delivery(bytes(forged)), ["s"], **args)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (b"", "application/json"),
        (b"{", "application/json"),
        (b"\xff", "application/json"),
        (b'{"a": NaN}', "application/json"),
        (b"[" * 5000, "application/json"),
        (b"hello", "text/plain"),
        (b"<a>", "application/xml"),
        (b"{}", "text/xml"),
        (b"", "application/xml"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "text/xml"),
        (b'<!DOCTYPE a SYSTEM "http://127.0.0.1/"><a/>', "application/soap+xml"),
        (b'<?xml version="1.0" encoding="none"?><a/>', "text/xml"),
        (b"a", "application/x-www-form-urlencoded"),
        (b"", "application/x-www-form-urlencoded"),
        (b"a=%ff", "application/x-www-form-urlencoded"),
        ("a=é".encode(), "application/x-www-form-urlencoded"),
        (b"&".join([b"a=1"] * 1001), "application/x-www-form-urlencoded"),
        (b"\0\1\2", "application/octet-stream"),
        (b"", ""),
    ],
)
async def test_authentic_nonsense_is_400_and_not_kept(
    client: httpx.AsyncClient, door: Door, path: str, body: bytes, media_type: str
) -> None:
    before = counted("malformed")

    answer = await client.post(
        path, content=body, headers={**signed(body), "Content-Type": media_type}
    )

    assert answer.status_code == 400
    assert door.kept == []
    assert counted("malformed") - before == 1


@pytest.mark.parametrize(
    ("body", "media_type", "payload"),
    [
        (b"{}", "application/json; charset=utf-8", {}),
        (b"{}", "application/cloudevents+json", {}),
        (b"[1]", "text/plain", [1]),
        (b"null", "APPLICATION/JSON", None),
        (b"\xef\xbb\xbf{}", "application/json", {}),
        (b'"\\ud83d\\ude00"', "application/json", "😀"),
        (b'"cut \\ud83d"', "application/json", "cut \ufffd"),
        (b'["\\ude00", "\\\\ud83d", "\\ud83d\\ud83d\\ude00"]', "application/json",
         ["\ufffd", "\\ud83d", "\ufffd😀"]),
        (b'{"a": "\\u0000\\\\u0000"}', "application/json", {"a": "\ufffd\\u0000"}),
        (b"a=1&b=%F0%9F%98%80&a=2&c=&d=%00", "application/x-www-form-urlencoded",
         {"a": "1", "b": "😀", "c": "", "d": "\ufffd"}),
    ],
)  # fmt: skip
async def test_bodies_are_parsed_by_their_media_type(
    client: httpx.AsyncClient, door: Door, path: str, body: bytes, media_type: str, payload: Any
) -> None:
    answer = await client.post(
        path, content=body, headers={**signed(body), "Content-Type": media_type}
    )

    assert answer.status_code == 200
    ((delivery, parsed),) = door.kept
    assert parsed == payload
    assert delivery.body == body


async def test_xml_is_parsed(client: httpx.AsyncClient, door: Door, path: str) -> None:
    body = "<xml><Content><![CDATA[你好]]></Content></xml>".encode()

    for media_type in ("text/xml", "text/plain"):
        headers = {**signed(body), "Content-Type": media_type}
        assert (await client.post(path, content=body, headers=headers)).is_success

    assert [payload.findtext("Content") for _, payload in door.kept] == ["你好", "你好"]


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (b"[" * 4900 + b"]" * 4900, "application/json"),
        (b'{"a":' * 1600 + b"1" + b"}" * 1600, "application/json"),
        (b"<a>" * 1400 + b"</a>" * 1400, "text/xml"),
    ],
)
async def test_deep_nesting_does_no_harm(
    client: httpx.AsyncClient, path: str, body: bytes, media_type: str
) -> None:
    """How deep is too deep is the interpreter's to say; it must only be told without breaking."""
    answer = await client.post(
        path, content=body, headers={**signed(body), "Content-Type": media_type}
    )

    assert answer.status_code in (200, 400)
    assert (await client.get("/livez")).status_code == 200


@given(st.recursive(st.none() | st.text() | st.integers(-(2**63), 2**63), st.lists))
def test_whatever_json_a_vendor_writes_can_be_stored(value: Any) -> None:
    for body in (json.dumps(value).encode(), json.dumps(value, ensure_ascii=False).encode()):
        parsed = webhooks.parse(Delivery("POST", "", {}, {}, body))

        stored = json.dumps(parsed, ensure_ascii=False).encode()
        assert parsed == json.loads(json.dumps(value).replace("\\u0000", "\\ufffd"))
        assert b"\\u0000" not in stored


async def test_an_unknown_account_is_404(client: httpx.AsyncClient, door: Door) -> None:
    before = counted("no_account", "unknown")

    for path in ("/hooks/whatsapp/1", "/hooks/mail/x", "/hooks/whatsapp/%20"):
        answer = await client.post(path, content=b"{}", headers=signed(b"{}"))
        assert answer.status_code == 404

    assert counted("no_account", "unknown") - before == 3
    assert door.kept == []


async def test_too_fast_is_429_for_that_account_until_a_second_has_passed(
    client: httpx.AsyncClient, door: Door, path: str
) -> None:
    before = counted("too_fast")
    answers = await asyncio.gather(
        *(
            client.post(path, content=b"{}", headers=signed(b"{}", **{"X-Forwarded-For": f"{n}"}))
            for n in range(50)
        )
    )

    statuses = [answer.status_code for answer in answers]
    assert statuses.count(200) == len(door.kept) == 20
    assert statuses.count(429) == counted("too_fast") - before == 30
    assert {answer.headers.get("retry-after") for answer in answers} == {None, "1"}
    assert (await client.post("/hooks/whatsapp/1")).status_code == 404
    async with asyncio.timeout(5):
        again = answers[-1]
        while again.status_code == 429:
            again = await client.post(path, content=b"{}", headers=signed(b"{}"))
    assert again.status_code == 200


async def test_too_large_is_413_and_not_kept(
    client: httpx.AsyncClient, door: Door, path: str
) -> None:
    body = b'"' + b"x" * LIMIT + b'"'
    before = counted("too_large")

    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 100):
            yield body[start : start + 100]

    assert (await client.post(path, content=body, headers=signed(body))).status_code == 413
    assert (await client.post(path, content=chunks(), headers=signed(body))).status_code == 413
    assert door.kept == []
    assert counted("too_large") - before == 2


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"account", "size", "signature", "json"}, 404),
        ({"rate", "size", "signature", "json"}, 429),
        ({"size", "signature", "json"}, 413),
        ({"size"}, 413),
        ({"signature", "json"}, 401),
        ({"signature"}, 401),
        ({"json"}, 400),
        (set(), 200),
    ],
)
async def test_the_first_thing_wrong_decides(
    client: httpx.AsyncClient, door: Door, path: str, wrong: set[str], status: int
) -> None:
    if "rate" in wrong:
        await asyncio.gather(*(client.post(path) for _ in range(20)))
    body = (b"{" if "json" in wrong else b"{}") + (b" " * LIMIT if "size" in wrong else b"")

    answer = await client.post(
        "/hooks/whatsapp/1" if "account" in wrong else path,
        content=body,
        headers=signed(body, "forged" if "signature" in wrong else "new-secret"),
    )

    assert answer.status_code == status
    assert len(door.kept) == (1 if status == 200 else 0)


async def test_while_the_database_is_away_the_sender_is_asked_to_come_again(
    client: httpx.AsyncClient, door: Door, path: str
) -> None:
    who = db.login("door", "postgresql://nobody@127.0.0.1:1/nothing")
    async with db.opened(who) as database:
        with pytest.raises(Unavailable) as away:
            async with database.transaction():
                pass
    door.error = away.value
    before = counted("kept")

    answer = await client.post(path, content=b"{}", headers=signed(b"{}"))

    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert counted("kept") == before


@pytest.mark.parametrize(
    ("error", "status"), [(Refused("no such thing"), 422), (KeyError("a bug"), 500)]
)
async def test_what_was_not_kept_is_never_200(
    client: httpx.AsyncClient, door: Door, path: str, error: Exception, status: int
) -> None:
    door.error = error

    answer = await client.post(path, content=b"{}", headers=signed(b"{}"))

    assert answer.status_code == status


async def test_a_forger_does_not_fill_the_log(
    client: httpx.AsyncClient, account: WhatsAppAccount, path: str
) -> None:
    with capture_logs() as logs:
        await asyncio.gather(*(client.post(path, content=b"{}") for _ in range(15)))

    (line,) = logs
    assert line["account_id"] == account.account_id


async def test_a_handshake_is_answered_with_the_challenge_alone(
    client: httpx.AsyncClient, path: str
) -> None:
    query = {"hub.mode": "subscribe", "hub.verify_token": "verify me", "hub.challenge": "<b>115"}

    answer = await client.get(path, params=query)

    assert (answer.status_code, answer.text) == (200, "<b>115")
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("token", ["", "verify", "verify me "])
async def test_a_handshake_by_a_stranger_is_401(
    client: httpx.AsyncClient, path: str, token: str
) -> None:
    answer = await client.get(path, params={"hub.verify_token": token, "hub.challenge": "115"})

    assert answer.status_code == 401
    assert (await client.get("/hooks/whatsapp/1")).status_code == 404


def test_an_hmac_is_that_of_the_rfc() -> None:
    """RFC 4231 §4.3, test case 2."""
    secret, body = "Jefe", b"what do ya want for nothing?"
    mac = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"

    assert webhooks.hmac_hex(secret, body) == mac
    assert webhooks.hmac_base64(secret, body) == "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM="
    delivery = Delivery("POST", "", {"x-mac": webhooks.hmac_base64(secret, body)}, {}, body)
    assert webhooks.is_signed(delivery, [secret], header="X-Mac", written="base64")
    assert not webhooks.is_signed(delivery, [], header="X-Mac", written="base64")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"secret": "s3cret"}, True),
        ({"secret": "old"}, True),
        ({"secret": ""}, False),
        ({"secret": "s3cre"}, False),
        ({"secret": "S3cret"}, False),
        ({"token": "s3cret"}, False),
        ({}, False),
    ],
)
def test_a_vendor_that_signs_nothing_shows_a_secret(query: dict[str, str], expected: bool) -> None:
    delivery = Delivery("POST", "", {}, query, b"")

    assert webhooks.has_secret(delivery, ["s3cret", "old"]) is expected
    assert not webhooks.has_secret(delivery, [])
    assert not webhooks.has_secret(delivery, [""])


def test_a_delivery_shows_nothing_of_what_was_sent() -> None:
    make: Callable[..., Delivery] = Delivery
    shown = repr(make("POST", "http://m/?secret=s", {"a": "s"}, {"secret": "s"}, b"secret"))

    assert shown == "Delivery(method='POST')"
