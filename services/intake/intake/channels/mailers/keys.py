"""Signatures by a key pair: the service signs, we hold the public key."""

from base64 import b64decode
from collections.abc import Iterable
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256, HashAlgorithm
from cryptography.hazmat.primitives.serialization import load_der_public_key

_Key = ec.EllipticCurvePublicKey | rsa.RSAPublicKey


@lru_cache(maxsize=256)
def _key(written: str) -> _Key | None:
    """A public key from base64 of its DER form, with or without PEM's lines around it."""
    digits = "".join(each for each in written.splitlines() if not each.startswith("-----"))
    try:
        found = load_der_public_key(b64decode(digits))
    except Exception:  # noqa: BLE001 - whatever is no key is none
        return None
    return found if isinstance(found, _Key) else None


def is_signed_by_key(
    keys: Iterable[str], signature: bytes, signed: bytes, digest: HashAlgorithm | None = None
) -> bool:
    """Whether one of the keys made the signature: ECDSA, or RSA with PKCS #1 v1.5 padding."""
    return True in [_fits(key, signature, signed, digest or SHA256()) for key in map(_key, keys)]


def _fits(key: _Key | None, signature: bytes, signed: bytes, digest: HashAlgorithm) -> bool:
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, signed, ec.ECDSA(digest))
        elif key is not None:
            key.verify(signature, signed, padding.PKCS1v15(), digest)
    except InvalidSignature:
        return False
    return key is not None
