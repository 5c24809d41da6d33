"""What vendors prove themselves with, compared in constant time."""

import base64
import hmac
from collections.abc import Iterable
from typing import Literal

from shared.webhooks.delivery import Delivery


def equal(given: str, expected: str) -> bool:
    """Compare in constant time. Empty is never equal: no secret lets nobody in."""
    same = hmac.compare_digest(
        given.encode("utf-8", "replace"), expected.encode("utf-8", "replace")
    )
    return same and bool(expected)


def hmac_hex(secret: str, body: bytes, algorithm: str = "sha256") -> str:
    """HMAC of the body in lower-case hex."""
    return hmac.new(secret.encode(), body, algorithm).hexdigest()


def hmac_base64(secret: str, body: bytes, algorithm: str = "sha256") -> str:
    """HMAC of the body in base64, padded."""
    return base64.b64encode(hmac.new(secret.encode(), body, algorithm).digest()).decode()


_WRITTEN = {"hex": hmac_hex, "base64": hmac_base64}


def is_signed(
    delivery: Delivery,
    secrets: Iterable[str],
    *,
    header: str,
    prefix: str = "",
    written: Literal["hex", "base64"] = "hex",
) -> bool:
    """Whether a header carries the HMAC-SHA256 of the raw body under one of the secrets.

    `prefix` stands before the MAC, e.g. `sha256=`. All secrets are tried, whichever fits.
    """
    given = delivery.headers.get(header.lower(), "")
    if not given.startswith(prefix):
        return False
    given = given.removeprefix(prefix)
    given = given.lower() if written == "hex" else given
    mac = _WRITTEN[written]
    return True in [equal(given, mac(secret, delivery.body)) for secret in secrets]


def has_secret(delivery: Delivery, secrets: Iterable[str], *, parameter: str = "secret") -> bool:
    """Whether the URL carries one of the secrets: for vendors that sign nothing.

    What such a vendor tells is a hint, to be checked at the vendor before it counts.
    """
    given = delivery.query.get(parameter, "")
    return True in [equal(given, secret) for secret in secrets]


def has_basic(delivery: Delivery, secrets: Iterable[str]) -> bool:
    """Whether HTTP basic auth (RFC 7617) carries one of the secrets, each `user:password`."""
    scheme, _, given = delivery.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return False
    try:
        shown = base64.b64decode(given.strip()).decode("utf-8", "replace")
    except ValueError:
        return False
    return True in [equal(shown, secret) for secret in secrets]
