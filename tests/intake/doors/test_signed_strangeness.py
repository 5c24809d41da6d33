"""Every vendor's own door, given what is signed and strange, and what is strange and forged.

What is signed is answered 200 and kept, be it JSON or nothing of the kind; what is forged is
answered 401; nothing is answered with a failure, whatever stands in it.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode
from uuid import uuid4

import jwt
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from intake.handlers.doors import DOORS
from shared import testing
from shared.stores import Stores
from tests.intake.vendors.test_any_vendor import PAYLOADS, paths

PUBLIC = "https://hooks.example"
SECRET = "s3cret of forty characters, or a few more"
BASIC = "user:a password"
WHSEC = "whsec_" + base64.b64encode(SECRET.encode()).decode()
EC_KEY, RSA_KEY = ec.generate_private_key(ec.SECP256R1()), rsa.generate_private_key(65537, 2048)
A_VENDOR = 16
"""Strange bodies that each vendor brings, and as many forgeries of them."""


def spki(key: Any) -> str:
    told = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return base64.b64encode(told).decode()


FIELDS: dict[str, dict[str, str]] = {
    "amazon-ses": {"webhook_secret": BASIC},
    "mailtrap": {"signing_secret": SECRET},
    "postal": {"webhook_key": spki(RSA_KEY)},
    "resend": {"signing_secret": WHSEC},
    "sendgrid": {"verification_key": spki(EC_KEY)},
    **{name: {"secret": WHSEC} for name in ("generic", "amazon-sp-api")},
    **{name: {"webhook_secret": BASIC} for name in ("brevo", "mailjet", "postmark", "sparkpost")},
}
ACCOUNT = dict.fromkeys(DOORS, "100") | {"shopify": "100.myshopify.com"}

MORE: dict[str, Any] = {
    "whatsapp": {"entry": [{"changes": [{"field": "messages", "value": {
        "metadata": {"phone_number_id": "100"}, "contacts": [{"wa_id": "34600111222"}],
        "messages": [{"from": "34600111222", "id": "w", "timestamp": "1", "type": "text",
                      "text": {"body": "a"}}],
        "statuses": [{"id": "w2", "status": "read", "recipient_id": "34600111222"}]}}]}]},
    "shopify": {"id": 1, "currency": "EUR", "total_price": "1.00", "email": "a@b.example",
                "created_at": "2026-05-04T09:00:00Z", "line_items": [{"id": 1, "quantity": 1,
                "price": "1.00"}], "refunds": [{"id": 2, "transactions": [{"kind": "refund",
                "amount": "1.00"}]}], "fulfillments": [{"id": 3, "tracking_number": "PQ1"}]},
    "amazon-sp-api": {"NotificationType": "ORDER_CHANGE", "Payload":
                      {"OrderChangeNotification": {"AmazonOrderId": "402-1"}}},
    "tiktok-shop": {"data": {"orders": [{"id": "1", "payment": {"currency": "EUR",
                    "total_amount": "1"}, "line_items": [{"id": "2", "sale_price": "1"}]}],
                    "return_orders": [{"return_id": "3", "refund_amount": {}}]}},
    "amazon-ses": {"Type": "Notification", "MessageId": "1", "Message":
                   '{"eventType":"Bounce","bounce":{"bouncedRecipients":[{}]}}'},
    "brevo": {"event": "hard_bounce", "email": "a@b.example", "message-id": "<1@x>", "ts": 1},
    "mailersend": {"type": "activity.sent", "data": {"email": {"message": {"id": "1"}}}},
    "mailgun": {"event-data": {"event": "failed", "severity": "permanent", "recipient": "a@b.c",
                "message": {"headers": {"message-id": "1@x"}}, "timestamp": 1}},
    "mailjet": [{"event": "bounce", "email": "a@b.example", "MessageID": 1, "time": 1}],
    "mailtrap": {"events": [{"event": "bounce", "email": "a@b.example", "timestamp": 1}]},
    "mandrill": [{"event": "hard_bounce", "ts": 1, "msg": {"email": "a@b.example"}}],
    "postal": {"event": "MessageSent", "timestamp": 1, "payload": {"message": {"id": 1}}},
    "postmark": {"RecordType": "Bounce", "MessageID": "1", "Type": "HardBounce", "Headers": [{}]},
    "resend": {"type": "email.bounced", "created_at": "2026", "data": {"email_id": "1"}},
    "sendgrid": [{"event": "bounce", "email": "a@b.example", "timestamp": 1, "smtp-id": "<1>"}],
    "sparkpost": [{"msys": {"message_event": {"type": "bounce", "rcpt_to": "a@b.example"}}}],
    "unisender-go": {"auth": "", "events_by_user": [{"events": [{"event_name": "x",
                     "event_data": {"email": "a@b.example", "status": "sent"}}]}]},
}  # fmt: skip


def payloads(channel: str) -> list[Any]:
    return [*PAYLOADS.get(channel, ()), *([MORE[channel]] if channel in MORE else ())]


WRITTEN = ["null", "true", "-1", "1e400", "9" * 5000, "NaN", "-Infinity", '""', '"\\ud800"', "[]",
           '"\\u0000"', "{}", "[[]]", "1.5", '"' + "x" * 70_000 + '"', "[" * 3000 + "]" * 3000,
           '{"a":' * 400 + "1" + "}" * 400, '"\\ud83d"', '"1970-01-01T00:00:00Z"']  # fmt: skip
"""Values as JSON, or nearly, writes them."""

WHOLE = [b"", b"[]", b"{}", b"null", b"0", b'""', b" ", b"\xef\xbb\xbf{}", b"{", b"\x00", b"[1,",
         b"\xff\xfe{\x00}\x00", b"<a/>", b"<a", b"a=b&a=c", b"[" * 100_000, b'{"a":1}garbage',
         b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", b"[null,[{}],1]"]  # fmt: skip


def strange(channel: str, chance: random.Random) -> Iterator[bytes]:
    """Bodies of a vendor: broken at one place or several, twice in one, or nothing of the kind."""
    mark = "7f3c0c0e-strange"
    for _ in range(A_VENDOR - len(WHOLE) // 2):
        told = json.loads(json.dumps(chance.choice(payloads(channel))))
        place = chance.choice(list(paths(told)))
        inner = told
        for step in place[:-1]:
            inner = inner[step]
        inner[place[-1]] = mark
        written = json.dumps(told).replace(f'"{mark}"', chance.choice(WRITTEN))
        if chance.random() < 0.2 and isinstance(told, dict):  # every key twice
            written = f"{written[:-1]},{json.dumps(told)[1:]}"
        octets = bytearray(written.encode())
        if chance.random() < 0.2:
            octets[chance.randrange(len(octets))] = chance.choice((0, 0xFF, 0x5C, 0x22))
        yield bytes(octets)
    yield from chance.sample(WHOLE, len(WHOLE) // 2)


def digest(body: bytes, how: Any = "sha256", key: str = SECRET) -> bytes:
    return hmac.digest(key.encode(), body, how)


def b64(octets: bytes) -> str:
    return base64.b64encode(octets).decode()


Signed = tuple[str, dict[str, str], bytes]
"""What follows the address, headers, body."""


def signed(channel: str, url: str, body: bytes, key: str = SECRET) -> Signed:
    """As the vendor would send it; with another `key`, as somebody else would."""
    at, id = str(int(time.time())), str(uuid4())
    basic = {"authorization": "Basic " + b64(BASIC.replace("user", key[:4]).encode())}
    hub = {"x-hub-signature-256": "sha256=" + digest(body, key=key).hex()}
    if key == SECRET:
        basic = {"authorization": "Basic " + b64(BASIC.encode())}
    ways: dict[str, Callable[[], Signed]] = {
        **dict.fromkeys(("whatsapp", "messenger", "instagram"), lambda: ("", hub, body)),
        **dict.fromkeys(
            ("amazon-ses", "brevo", "mailjet", "postmark", "sparkpost"), lambda: ("", basic, body)
        ),
        **dict.fromkeys(
            ("generic", "amazon-sp-api"),
            lambda: ("", standard("webhook", id, at, body, key), body),
        ),
        "resend": lambda: ("", standard("svix", id, at, body, key), body),
        "telegram": lambda: ("", {"x-telegram-bot-api-secret-token": key}, body),
        "line": lambda: ("", {"x-line-signature": b64(digest(body, key=key))}, body),
        "viber": lambda: ("", {"x-viber-content-signature": digest(body, key=key).hex()}, body),
        "kakaotalk": lambda: (f"?secret={quote(key)}", {}, body),
        "infobip": lambda: ("", hub, body),
        "x": lambda: (
            "",
            {"x-twitter-webhooks-signature": "sha256=" + b64(digest(body, key=key))},
            body,
        ),
        "tiktok": lambda: (
            "",
            {"tiktok-signature": f"t={at},s={digest(f'{at}.'.encode() + body, key=key).hex()}"},
            body,
        ),
        "tiktok-shop": lambda: ("", {"authorization": digest(body, key=key).hex()}, body),
        "shopee": lambda: (
            "",
            {"authorization": digest(f"{url}|".encode() + body, key=key).hex()},
            body,
        ),
        "shopify": lambda: (
            "",
            {"x-shopify-hmac-sha256": b64(digest(body, key=key)), "x-shopify-webhook-id": id},
            body,
        ),
        "woocommerce": lambda: ("", {"x-wc-webhook-signature": b64(digest(body, key=key))}, body),
        "mailersend": lambda: ("", {"signature": digest(body, key=key).hex()}, body),
        "mailtrap": lambda: ("", {"mailtrap-signature": digest(body, key=key).hex()}, body),
        "vonage": lambda: ("", bearer(body, key, at), body),
        "messagebird": lambda: ("", bird(url, body, key, at), body),
        "wechat": lambda: (wechat(at, key), {}, body),
        "postal": lambda: ("", postal(body, key), body),
        "sendgrid": lambda: ("", sendgrid(at, body, key), body),
        "zalo": lambda: ("", {"x-zevent-signature": zalo(body, key)}, body),
        "twilio": lambda: twilio(url, body, key),
        "mandrill": lambda: mandrill(url, body, key),
        "vk": lambda: ("", {}, inside(body, {"secret": key})),
        "mailgun": lambda: ("", {}, mailgun(body, at, id, key)),
        "unisender-go": lambda: ("", {}, unisender(body, key)),
    }
    return ways[channel]()


def standard(prefix: str, id: str, at: str, body: bytes, key: str) -> dict[str, str]:
    mac = b64(digest(f"{id}.{at}.".encode() + body, key=key))
    return {f"{prefix}-id": id, f"{prefix}-timestamp": at, f"{prefix}-signature": f"v1,{mac}"}


def bearer(body: bytes, key: str, at: str) -> dict[str, str]:
    claims = {"iat": int(at), "payload_hash": hashlib.sha256(body).hexdigest()}
    return {"authorization": f"Bearer {jwt.encode(claims, key)}"}


def bird(url: str, body: bytes, key: str, at: str) -> dict[str, str]:
    claims = {
        "nbf": int(at),
        "url_hash": hashlib.sha256(url.encode()).hexdigest(),
        "payload_hash": hashlib.sha256(body).hexdigest(),
    }
    return {"messagebird-signature-jwt": jwt.encode(claims, key)}


def wechat(at: str, key: str) -> str:
    told = hashlib.sha1("".join(sorted([key, at, "n1"])).encode(), usedforsecurity=False)
    return f"?timestamp={at}&nonce=n1&signature={told.hexdigest()}"


def postal(body: bytes, key: str) -> dict[str, str]:
    octets = body if key == SECRET else body + b"x"
    mac = RSA_KEY.sign(octets, padding.PKCS1v15(), hashes.SHA256())
    return {"x-postal-signature-256": b64(mac)}


def sendgrid(at: str, body: bytes, key: str) -> dict[str, str]:
    octets = at.encode() + body + (b"" if key == SECRET else b"x")
    mac = EC_KEY.sign(octets, ec.ECDSA(hashes.SHA256()))
    name = "x-twilio-email-event-webhook"
    return {f"{name}-signature": b64(mac), f"{name}-timestamp": at}


def zalo(body: bytes, key: str) -> str:
    try:
        told = json.loads(body)
        app_id, at = str(told.get("app_id") or ""), str(told.get("timestamp") or "")
    except (ValueError, AttributeError, RecursionError):
        app_id = at = ""
    octets = app_id.encode("utf-8", "replace") + body + at.encode("utf-8", "replace")
    return "mac=" + hashlib.sha256(octets + key.encode()).hexdigest()


FORM = {"content-type": "application/x-www-form-urlencoded"}


def twilio(url: str, body: bytes, key: str) -> Signed:
    """What JSON tells at the top is the form; its address names the digest of what is none."""
    try:
        told = json.loads(body)
        pairs = {str(name): str(value) for name, value in told.items()}
        form = urlencode(pairs, errors="replace").encode()
        text = "".join(n + pairs[n] for n in sorted(pairs)).encode("utf-8", "replace")
    except (ValueError, AttributeError, RecursionError):
        asked = f"?bodySHA256={hashlib.sha256(body).hexdigest()}"
        mac = b64(digest((url + asked).encode(), "sha1", key))
        return asked, {"x-twilio-signature": mac, "content-type": "application/json"}, body
    mac = b64(digest(url.encode() + text, "sha1", key))
    return "", {"x-twilio-signature": mac, **FORM}, form


def mandrill(url: str, body: bytes, key: str) -> Signed:
    text = body.decode("utf-8", "replace")
    form = urlencode({"mandrill_events": text}).encode()
    mac = b64(digest(f"{url}mandrill_events{text}".encode(), "sha1", key))
    return "", {"x-mandrill-signature": mac, **FORM}, form


def inside(body: bytes, more: dict[str, Any]) -> bytes:
    """The object with these beside what it has, in its text, for it need not be one."""
    told = json.dumps(more)[:-1].encode()
    return told + b"," + body[1:] if body[:1] == b"{" and len(body) > 2 else body


def mailgun(body: bytes, at: str, id: str, key: str) -> bytes:
    mac = digest(f"{at}{id}".encode(), key=key).hex()
    return inside(body, {"signature": {"timestamp": at, "token": id, "signature": mac}})


def unisender(body: bytes, key: str) -> bytes:
    """Its digest is over the body with the key in the digest's place."""
    whole = inside(body, {"auth": key}).replace(b'"auth": ""', b'"x": ""')
    mac = hashlib.md5(whole, usedforsecurity=False).hexdigest()
    return whole.replace(key.encode(), mac.encode())


@pytest.fixture
def secrets() -> dict[str, str]:
    """The environment that this module's stores' file names."""
    named = {
        f"{channel}_{name}".upper().replace("-", "_"): value
        for channel in DOORS
        for name, value in fields_of(channel).items()
    }
    return {"TOKEN_KEY": "0123456789abcdef0123456789abcdef", "ANY": SECRET, **named}


def fields_of(channel: str) -> dict[str, str]:
    return FIELDS.get(channel) or {DOORS[channel].secret: SECRET}


@pytest.fixture
def stores(tmp_path: Path, secrets: dict[str, str]) -> Stores:
    """One store with an account of every vendor."""
    accounts = []
    for channel, door in DOORS.items():
        given = {
            name: f"env:{channel}_{name}".upper().replace("-", "_").replace("ENV:", "env:")
            for name in fields_of(channel)
        }
        for name, info in door.account.model_fields.items():
            if info.is_required() and name not in ("channel", "account_id", *given):
                given[name] = "env:ANY"
        written = ", ".join(f'{name}: "{value}"' for name, value in given.items())
        accounts.append(f'{{channel: {channel}, account_id: "{ACCOUNT[channel]}", {written}}}')
    path = tmp_path / "all.yaml"
    path.write_text(
        'token_keys: ["env:TOKEN_KEY"]\nstores:\n  aurora:\n    name: A\n    languages: [es]\n'
        "    countries: [ES]\n    market: ES\n    currency: EUR\n    time_zone: Europe/Madrid\n"
        "    accounts:\n" + "".join(f"      - {one}\n" for one in accounts)
    )
    return Stores.load(path, environ=secrets)


async def test_what_is_signed_is_kept_however_strange_and_what_is_forged_never(
    intake_process: Any,
) -> None:
    intake = await intake_process(public_url=PUBLIC)
    chance = random.Random(20)

    async def send(channel: str, body: bytes, key: str = SECRET) -> tuple[int, bytes]:
        path = f"/hooks/{channel}/{ACCOUNT[channel]}"
        asked, headers, octets = signed(channel, PUBLIC + path, body, key)
        whole = {"content-type": "application/json", **headers}
        answer = await intake.post(path + asked, octets, whole)
        return answer.status_code, octets

    for channel in DOORS:
        good = [json.dumps(one).encode() for one in payloads(channel)]
        bodies = [*good, *strange(channel, chance)]
        before = await kept(intake, channel)
        answers = await asyncio.gather(*(send(channel, body) for body in bodies))
        statuses = [status for status, _ in answers]

        assert set(statuses) <= {200, 401}, (channel, Counter(statuses))
        assert statuses[: len(good)] == [200] * len(good), channel
        # Where the proof stands in the body, what is no object has none.
        unproven = [octets for status, octets in answers if status == 401]
        assert not unproven or channel in IN_THE_BODY, (channel, unproven[:1])
        rows = await kept(intake, channel) - before
        assert rows == statuses.count(200), channel

        forged = await asyncio.gather(*(send(channel, body, "4ged" * 9) for body in bodies))
        assert {status for status, _ in forged} == {401}, channel
        assert await kept(intake, channel) - before == rows, channel

    failed = await testing.rows(
        intake.db,
        "SELECT channel, notes FROM raw_requests WHERE outcome = 'failed' OR notes LIKE '%failed%'",
    )
    assert failed == []


IN_THE_BODY = {"vk", "mailgun", "unisender-go", "zalo", "twilio", "mandrill"}


async def kept(intake: Any, channel: str) -> int:
    [row] = await testing.rows(
        intake.db, "SELECT count(*) AS n FROM raw_requests WHERE channel = :c", c=channel
    )
    return int(row["n"])
