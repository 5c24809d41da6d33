"""Standard Webhooks: id, time and body signed together, under any of several signatures.

Source: github.com/standard-webhooks/standard-webhooks, specification 1.0.0; Svix signs the same
with headers of its own name.
"""

import base64
import binascii
import hmac
from collections.abc import Iterable
from datetime import UTC, datetime

from shared.webhooks.delivery import Delivery
from shared.webhooks.signatures import equal


def is_standard(delivery: Delivery, secrets: Iterable[str], *, prefix: str = "webhook") -> bool:
    """Whether a signature of version 1 (HMAC-SHA256) is good under one of the secrets.

    A secret is `whsec_` and base64, or any other text as it is. `prefix` begins the headers' names.
    """
    id = delivery.headers.get(f"{prefix}-id", "")
    at = delivery.headers.get(f"{prefix}-timestamp", "")
    given = delivery.headers.get(f"{prefix}-signature", "").split()
    signed = f"{id}.{at}.".encode("utf-8", "replace") + delivery.body
    macs = [hmac.new(_key(secret), signed, "sha256").digest() for secret in secrets if secret]
    expected = [f"v1,{base64.b64encode(mac).decode()}" for mac in macs]
    found = [equal(shown, mac) for shown in given for mac in expected]
    return bool(id) and True in found


def standard_time(delivery: Delivery, *, prefix: str = "webhook") -> datetime | None:
    """The time that is signed, in seconds since 1970; None when it is no time."""
    at = delivery.headers.get(f"{prefix}-timestamp", "")
    try:
        return datetime.fromtimestamp(int(at), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _key(secret: str) -> bytes:
    if not secret.startswith("whsec_"):
        return secret.encode()
    written = secret.removeprefix("whsec_")
    try:
        return base64.b64decode(written, validate=True)
    except binascii.Error:
        return written.encode()
