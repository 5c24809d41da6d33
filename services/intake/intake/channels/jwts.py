"""Webhooks signed by a JSON Web Token in a header (RFC 7519), under a shared secret."""

import hashlib
import warnings
from collections.abc import Iterable, Mapping
from typing import Any

import jwt
from jwt.types import Options
from jwt.warnings import InsecureKeyLengthWarning

from shared.webhooks import equal

warnings.simplefilter("ignore", InsecureKeyLengthWarning)  # the vendor chooses its keys

_UNTIMED: Options = {
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
    "verify_aud": False,
}
"""Time is the front door's to judge; the claims are read for it apart."""
_UNREAD: Options = {"verify_signature": False, **_UNTIMED}


def claims_of(token: str, secrets: Iterable[str]) -> Mapping[str, Any] | None:
    """What a token claims that one of the secrets signed (HMAC only); None when none did."""
    found = None
    for secret in secrets:
        try:
            found = jwt.decode(
                token, secret, algorithms=["HS256", "HS384", "HS512"], options=_UNTIMED
            )
        except (jwt.PyJWTError, ValueError):
            continue
    return found


def unverified(token: str) -> Mapping[str, Any]:
    """What a token claims, whoever signed it; nothing where it is no token."""
    try:
        return jwt.decode(token, options=_UNREAD)
    except (jwt.PyJWTError, ValueError):
        return {}


def is_hash(shown: object, of: bytes) -> bool:
    """Whether a claim is the SHA-256 of these octets, in hex."""
    return isinstance(shown, str) and equal(shown.lower(), hashlib.sha256(of).hexdigest())
