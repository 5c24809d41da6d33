"""Amazon SNS: its messages' signatures, and the certificates that they need.

Source: docs.aws.amazon.com, SNS Developer Guide, "Verifying the signatures of Amazon SNS messages":
certificates come from SNS's own hosts over HTTPS only; fields are signed in the order of their
names, with SHA-1 (version 1) or SHA-256 (version 2).

A certificate is fetched outside the request, and so is a subscription confirmed. Until that is done
the request waits with SNS, which comes again after an answer of 503.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import urlsplit

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.x509 import load_pem_x509_certificate

from intake.domain.composing import decoded
from intake.domain.shapes import Object, obj, text
from shared.errors import Unavailable
from shared.webhooks import Delivery

_HOST = re.compile(r"sns\.[a-z0-9-]{3,40}\.amazonaws\.com(\.cn)?")
_MOST = 64

_SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": (
        *("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    ),
}
_SIGNED["UnsubscribeConfirmation"] = _SIGNED["SubscriptionConfirmation"]


class Certificates:
    """Public keys by the address of their certificate, and the addresses still to be fetched."""

    def __init__(self) -> None:
        self._keys: dict[str, rsa.RSAPublicKey | None] = {}
        self._wanted: dict[str, None] = {}

    def key(self, url: str) -> rsa.RSAPublicKey | None:
        """The key; None of what turned out to be none. Raises `Unavailable` until it is there."""
        if url in self._keys:
            return self._keys[url]
        if len(self._wanted) < _MOST:
            self._wanted[url] = None
        raise Unavailable("certificate")

    def wanted(self) -> list[str]:
        """What to fetch."""
        return list(self._wanted)

    def add(self, url: str, pem: bytes) -> None:
        """Take a certificate as it was fetched; what is none vouches for nothing."""
        self._wanted.pop(url, None)
        while len(self._keys) >= _MOST:
            self._keys.pop(next(iter(self._keys)))
        try:
            key = load_pem_x509_certificate(pem).public_key()
        except ValueError:
            key = None
        self._keys[url] = key if isinstance(key, rsa.RSAPublicKey) else None

    def drop(self, url: str) -> None:
        """Forget what could not be fetched; the next message that needs it asks again."""
        self._wanted.pop(url, None)


class Confirmations:
    """Subscriptions by the address that confirms them: to be confirmed, and done."""

    def __init__(self) -> None:
        self._wanted: dict[str, None] = {}
        self._done: dict[str, None] = {}

    def confirm(self, url: str) -> None:
        """Return when it is confirmed. Raises `Unavailable` until it is."""
        if url in self._done:
            return
        if len(self._wanted) < _MOST:
            self._wanted[url] = None
        raise Unavailable("subscription")

    def wanted(self) -> list[str]:
        """What to confirm."""
        return list(self._wanted)

    def done(self, url: str) -> None:
        """It is confirmed."""
        self._wanted.pop(url, None)
        while len(self._done) >= _MOST:
            self._done.pop(next(iter(self._done)))
        self._done[url] = None

    def drop(self, url: str) -> None:
        """It failed; the next time that SNS asks it is tried again."""
        self._wanted.pop(url, None)


class Wanted(NamedTuple):
    """All that is to be fetched for SNS."""

    certificates: Certificates
    confirmations: Confirmations


WANTED = Wanted(Certificates(), Confirmations())
"""Of this process. Certificates are public, and the same for every account."""


def confirm(delivery: Delivery, confirmations: Confirmations = WANTED.confirmations) -> None:
    """Confirm the subscription that a verified message asks for; any other is passed over.

    Raises `Unavailable` until it is confirmed: SNS then delivers the request again.
    """
    told = message(delivery)
    url = text(told.get("SubscribeURL"))
    if text(told.get("Type")) == "SubscriptionConfirmation" and url and is_amazons(url):
        confirmations.confirm(url)


def is_amazons(url: str | None) -> bool:
    """Whether the address is one of SNS's own, over HTTPS."""
    try:
        parts = urlsplit(url or "")
        return (
            parts.scheme == "https"
            and parts.port in (None, 443)
            and parts.username is None
            and bool(_HOST.fullmatch(parts.hostname or ""))
        )
    except ValueError:
        return False


def message(delivery: Delivery) -> Object:
    """The SNS message; empty for what is none."""
    try:
        return obj(msgspec.json.decode(delivery.body))
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return {}


def is_of_topic(delivery: Delivery, topics: Iterable[str] | None) -> bool:
    """Whether it comes from one of the topics; without any, all are taken."""
    wanted = set(topics or ())
    return not wanted or text(message(delivery).get("TopicArn")) in wanted


def is_signed(delivery: Delivery, certificates: Certificates = WANTED.certificates) -> bool:
    """Whether SNS signed the message. Raises `Unavailable` until the certificate is there."""
    told = message(delivery)
    url = text(told.get("SigningCertURL")) or ""
    signature = decoded(told.get("Signature"))
    names = _SIGNED.get(text(told.get("Type")) or "")
    if names is None or not signature or not url.endswith(".pem") or not is_amazons(url):
        return False
    digests = {"1": SHA1(), "2": SHA256()}  # noqa: S303 - SNS's choice
    digest = digests.get(text(told.get("SignatureVersion")) or "")
    key = certificates.key(url) if digest else None
    if key is None or digest is None:
        return False
    fields = [(name, text(told.get(name))) for name in names]
    signed = "".join(f"{name}\n{value}\n" for name, value in fields if value is not None)
    try:
        key.verify(signature, signed.encode("utf-8", "replace"), padding.PKCS1v15(), digest)
    except InvalidSignature:
        return False
    return True
