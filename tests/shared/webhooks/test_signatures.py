"""What is authentic is kept as it came; nothing else is."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import webhooks
from shared.webhooks import Delivery

HEADER = "X-Hub-Signature-256"
MAC = webhooks.hmac_hex("new-secret", b"{}")

Kept = list[tuple[Delivery, Any]]
Signed = Callable[..., dict[str, str]]
Counted = Callable[..., float]


async def test_what_is_signed_is_kept_as_it_came(
    client: httpx.AsyncClient, kept: Kept, path: str, signed: Signed
) -> None:
    body = ' {"text": "¿Dónde está mi pedido?", "id": 12345678901234567890}\n'.encode()

    answer = await client.post(f"{path}?a=1&a=2&b=", content=body, headers=signed(body))

    assert (answer.status_code, answer.content) == (200, b"")
    ((delivery, payload),) = kept
    assert delivery.body == body
    assert delivery.method == "POST"
    assert delivery.url == f"http://m.test{path}?a=1&a=2&b="
    assert delivery.query == {"a": "1", "b": ""}
    assert delivery.headers["content-type"] == "application/json"
    assert payload == {"text": "¿Dónde está mi pedido?", "id": 12345678901234567890}


async def test_names_of_headers_have_no_case(
    client: httpx.AsyncClient, kept: Kept, path: str
) -> None:
    mac = webhooks.hmac_hex("new-secret", b"{}")

    for name in (HEADER.lower(), HEADER.upper(), HEADER):
        for value in (f"sha256={mac}", f"sha256={mac.upper()}"):
            assert (await client.post(path, content=b"{}", headers={name: value})).is_success

    assert len(kept) == 6


async def test_while_a_secret_is_changed_both_are_good(
    client: httpx.AsyncClient, kept: Kept, path: str, signed: Signed
) -> None:
    for secret, status in (("new-secret", 200), ("old-secret", 200), ("older-secret", 401)):
        answer = await client.post(path, content=b"{}", headers=signed(b"{}", secret))
        assert answer.status_code == status

    assert len(kept) == 2


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
    client: httpx.AsyncClient, kept: Kept, path: str, headers: dict[str, str], counted: Counted
) -> None:
    before = counted("not_authentic")

    answer = await client.post(path, content=b"{}", headers=headers)

    assert answer.status_code == 401
    assert kept == []
    assert counted("not_authentic") - before == 1


async def test_a_signature_given_twice_is_not_authentic(
    client: httpx.AsyncClient, kept: Kept, path: str
) -> None:
    headers = [(HEADER, f"sha256={MAC}"), (HEADER, "sha256=forged")]

    for order in (headers, headers[::-1]):
        assert (await client.post(path, content=b"{}", headers=order)).status_code == 401

    assert kept == []


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
