"""Postal: webhooks of mails, and mail by HTTP endpoints.

Sources: docs.postalserver.io, "Webhooks" (payloads; `X-Postal-Signature`: RSA over the raw body,
SHA-1, beside it one with SHA-256 since version 3), "Receiving email by HTTP".
"""

from base64 import b64decode
from collections.abc import Iterator

from cryptography.hazmat.primitives.hashes import SHA1, SHA256, HashAlgorithm

from intake.channels.mailers.events import Fate, Told, entry, of_no_concern
from intake.channels.mailers.keys import is_signed_by_key
from intake.channels.mailers.proofs import proven, shared
from intake.domain.composing import (
    File,
    compose,
    decoded,
    of_object,
    sender_of,
    texts_of,
    with_missing,
)
from intake.domain.items import Came, Known, Odd, Reading, StatusNews
from intake.domain.shapes import Object, obj, objects, text
from intake.domain.times import from_seconds
from shared.stores.accounts.mail import PostalAccount
from shared.webhooks import Delivery, Form


def verify(delivery: Delivery, account: PostalAccount) -> bool:
    """Whether the server's key signed the raw body."""
    signed = None
    if account.webhook_key:
        hashes = {"x-postal-signature": SHA1(), "x-postal-signature-256": SHA256()}  # noqa: S303 - Postal's choice
        signed = any(
            _is_signed(delivery, account, header, digest) for header, digest in hashes.items()
        )
    return proven(signed, shared(delivery, account.webhook_secret))


def _is_signed(
    delivery: Delivery, account: PostalAccount, header: str, digest: HashAlgorithm
) -> bool:
    try:
        signature = b64decode(delivery.headers.get(header, ""))
    except ValueError:
        return False
    keys = account.webhook_key
    return bool(signature) and is_signed_by_key(keys, signature, delivery.body, digest)


def read(came: Came[Delivery, PostalAccount]) -> Reading:
    """A webhook, or a mail: whole in base64, or in fields."""
    body = obj(came.payload)
    if "rcpt_to" in body or "plain_body" in body or "html_body" in body:
        return _mail(body, came)
    payload = obj(body.get("payload")) if "event" in body else body
    return Reading.of([_event(text(body.get("event")) or "", payload, body, came)])


_FATES = {
    "MessageSent": Fate.DELIVERED,
    "MessageDelayed": Fate.LATE,
    "MessageDeliveryFailed": Fate.BOUNCED_HARD,
    "MessageBounced": Fate.BOUNCED,
    "MessageHeld": Fate.SENT,
    "MessageLoaded": Fate.READ,
}
_STATUSES = {
    "Sent": "MessageSent",
    "SoftFail": "MessageDelayed",
    "HardFail": "MessageDeliveryFailed",
    "Held": "MessageHeld",
    "Bounced": "MessageBounced",
}


def _event(
    name: str, payload: Object, body: Object, came: Came[Delivery, PostalAccount]
) -> StatusNews | Known | Odd:
    if "bounce" in payload:
        name = "MessageBounced"  # recordings have it under the names of others too
    elif not name:
        status = text(payload.get("status")) or ""
        name = _STATUSES.get(status, status)
    fate = _FATES.get(name)
    if fate is None:
        return of_no_concern(name) if name else Odd("an event without name")
    mail = obj(payload.get("message")) or obj(payload.get("original_message"))
    if mail.get("direction") == "incoming":
        return Known("what became of a mail that came in")
    message_id = text(mail.get("message_id"))
    told = Told(
        fate=fate,
        message_ids=(f"<{message_id.strip('<>')}>" if message_id else None, mail.get("id")),
        address=mail.get("to"),
        why=payload.get("output") or payload.get("details"),
        word=payload.get("details") or payload.get("status"),
        at=from_seconds(body.get("timestamp")) or from_seconds(payload.get("timestamp")),
    )
    return entry(told, came)


def _mail(body: Object, came: Came[Delivery, PostalAccount]) -> Reading:
    recipients = [found] if (found := text(body.get("rcpt_to"))) else []
    told = text(body.get("message"))
    if told is not None:
        is_base64 = body.get("base64", True) not in (False, "false", "0")
        octets = decoded(told) if is_base64 else _octets(came, told)
        return came.read_mail(octets, sender_of([], body.get("mail_from")), recipients)
    fields = with_missing(
        of_object(body.get("headers")),
        {
            "From": body.get("from"),
            "To": body.get("to"),
            "Cc": body.get("cc"),
            "Subject": body.get("subject"),
            "Date": body.get("date"),
            "Message-ID": body.get("message_id"),
            "In-Reply-To": body.get("in_reply_to"),
            "References": body.get("references"),
        },
    )
    texts = texts_of(body, "plain_body", "html_body")
    octets = compose(fields, texts, _files(body))
    return came.read_mail(octets, sender_of(fields, body.get("mail_from")), recipients)


def _octets(came: Came[Delivery, PostalAccount], told: str) -> bytes:
    if isinstance(came.payload, Form):
        return came.payload.octets.get("message", b"")
    return told.encode("utf-8", "replace")


def _files(body: Object) -> Iterator[File]:
    for told in objects(body.get("attachments")):
        yield File(
            name=text(told.get("filename")),
            media_type=text(told.get("content_type")),
            octets=decoded(told.get("data")),
        )
