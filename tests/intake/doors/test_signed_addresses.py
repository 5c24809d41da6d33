"""Vendors that deliver by GET: what is strange in a signed address is kept, the forged never."""

import asyncio
import hashlib
import time
from collections import Counter
from typing import Any
from urllib.parse import parse_qsl, urlencode

import jwt

from tests.intake.doors import test_signed_strangeness as strangeness
from tests.intake.doors.test_signed_strangeness import (
    ACCOUNT,
    PUBLIC,
    SECRET,
    Signed,
    b64,
    digest,
    kept,
)

stores, secrets = strangeness.stores, strangeness.secrets


ASKED = {
    "twilio": {"MessageSid": "SM1", "From": "+34600111222", "Body": "a", "NumMedia": "1"},
    "messagebird": {"id": "1", "originator": "34600111222", "body": "a"},
    "vonage": {"msisdn": "34600111222", "messageId": "1", "text": "a", "type": "text"},
}
ODD = ["", "%00", "%ff%fe", "%ED%A0%80", "9" * 5000, "nan", "a" * 6000, "%F0%9F%98%80", "+", "[]"]
"""Values of a parameter, as an address has them."""


def asked(channel: str, url: str, query: str, key: str = SECRET) -> Signed:
    """A delivery by GET: its address, whole, and its headers."""
    at, whole = str(int(time.time())), f"{url}?{query}"
    if channel == "twilio":
        return whole, {"x-twilio-signature": b64(digest(whole.encode(), "sha1", key))}, b""
    if channel == "messagebird":
        claims = {"nbf": int(at), "url_hash": hashlib.sha256(whole.encode()).hexdigest()}
        return whole, {"messagebird-signature-jwt": jwt.encode(claims, key)}, b""
    told: dict[str, str] = {}
    for name, value in parse_qsl(f"{query}&timestamp={at}", keep_blank_values=True):
        told.setdefault(name, value)
    pairs = "".join(f"&{n}={told[n].replace('&', '_').replace('=', '_')}" for n in sorted(told))
    mac = digest(pairs.encode("utf-8", "replace"), key=key).hex()
    return f"{whole}&timestamp={at}&sig={mac}", {}, b""


async def test_what_is_signed_and_strange_in_an_address_is_kept_and_what_is_forged_never(
    intake_process: Any,
) -> None:
    intake = await intake_process(public_url=PUBLIC)
    for channel, good in ASKED.items():
        path = f"/hooks/{channel}/{ACCOUNT[channel]}"
        queries = [urlencode(good)]
        for name in good:
            rest = urlencode({key: value for key, value in good.items() if key != name})
            queries += [f"{rest}&{name}={odd}" for odd in ODD]
            queries += [rest, f"{urlencode(good)}&{name}=b"]

        async def ask(query: str, key: str, channel: str = channel, path: str = path) -> int:
            url, headers, _ = asked(channel, PUBLIC + path, query, key)
            answer = await intake.http.get(url.removeprefix(PUBLIC), headers=headers)
            return int(answer.status_code)

        statuses = await asyncio.gather(*(ask(query, SECRET) for query in queries))
        forged = await asyncio.gather(*(ask(query, "4ged" * 9) for query in queries))

        refused = [q[:200] for q, status in zip(queries, statuses, strict=True) if status != 200]
        assert refused == [], channel
        assert set(forged) == {401}, (channel, Counter(forged))
        assert await kept(intake, channel) == len(queries)
