"""Resend: events of mails, and notices of inbound mail, which lies with Resend yet.

Sources: resend.com/docs, "Webhooks: event types", "Verify webhooks" (Svix: base64 of HMAC-SHA256
over id, time and body, by a key in base64 behind `whsec_`), "Receiving emails".
"""

import base64
import binascii
import hmac
from datetime import datetime
from email.utils import format_datetime

from intake.channels.mail.headers import Headers
from intake.channels.mailers.events import Fate, Told, entry, header, of_no_concern
from intake.channels.mailers.notices import left, stand_in
from intake.channels.mailers.proofs import proven, shared
from intake.domain.composing import compose, sender_of, texts_of, with_missing
from intake.domain.items import Came, Known, Odd, Reading, StatusNews
from intake.domain.shapes import Object, obj, objects, text
from intake.domain.texts import joined, line
from intake.domain.times import from_iso, from_seconds
from shared.stores.accounts.mail import ResendAccount
from shared.webhooks import Delivery, equal


def verify(delivery: Delivery, account: ResendAccount) -> bool:
    """Whether a secret of the webhook signed id, time and body."""
    signed = _is_signed(delivery, account) if account.signing_secret else None
    return proven(signed, shared(delivery, account.webhook_secret))


def _is_signed(delivery: Delivery, account: ResendAccount) -> bool:
    at, given = signed_at(delivery), delivery.headers.get("svix-signature", "").split()
    if at is None:
        return False
    stamp = f"{delivery.headers.get('svix-id', '')}.{int(at.timestamp())}.".encode()
    found = []
    for secret in account.signing_secret:
        try:
            key = base64.b64decode(secret.removeprefix("whsec_"))
        except (binascii.Error, ValueError):
            continue
        mac = base64.b64encode(hmac.digest(key, stamp + delivery.body, "sha256")).decode()
        found += [equal(one, f"v1,{mac}") for one in given]
    return True in found


def signed_at(delivery: Delivery) -> datetime | None:
    """The time that is signed with the body."""
    return from_seconds(delivery.headers.get("svix-timestamp"))


def delivery_id(delivery: Delivery) -> str | None:
    """The id that stays the same when it is delivered again."""
    return line(delivery.headers.get("svix-id"), 100)


def read(came: Came[Delivery, ResendAccount]) -> Reading:
    """An event or a notice of a mail."""
    body = obj(came.payload)
    name, data = text(body.get("type")) or "", obj(body.get("data"))
    if name == "email.received":
        return _notice({"created_at": body.get("created_at"), **data}, came)
    return Reading.of([_event(name, body, data, came)])


_FATES = {
    "email.sent": Fate.SENT,
    "email.scheduled": Fate.SENT,
    "email.delivered": Fate.DELIVERED,
    "email.delivery_delayed": Fate.LATE,
    "email.opened": Fate.READ,
    "email.bounced": Fate.BOUNCED,
    "email.suppressed": Fate.BOUNCED_HARD,
    "email.failed": Fate.FAILED,
    "email.complained": Fate.COMPLAINED,
}
_BOUNCES = {"Permanent": Fate.BOUNCED_HARD, "Transient": Fate.BOUNCED_SOFTLY}


def _event(
    name: str, body: Object, data: Object, came: Came[Delivery, ResendAccount]
) -> StatusNews | Known | Odd:
    fate, bounce = _FATES.get(name), obj(data.get("bounce"))
    if fate is None:
        return of_no_concern(name) if name else Odd("an event without type")
    if fate is Fate.BOUNCED:
        # Before bounces had a type, Resend told of hard ones only.
        fate = _BOUNCES.get(text(bounce.get("type")) or "Permanent", Fate.BOUNCED)
    to = data.get("to")
    told = Told(
        fate=fate,
        message_ids=(
            header(data.get("headers"), "message-id"),
            data.get("message_id"),
            data.get("email_id"),
        ),
        address=next(iter(to), None) if isinstance(to, list) else to,
        why=_answered(bounce) or bounce.get("message") or obj(data.get("failed")).get("reason"),
        word=bounce.get("subType") or bounce.get("type") or obj(data.get("suppressed")).get("type"),
        at=from_iso(body.get("created_at")) or from_iso(data.get("created_at")),
    )
    return entry(told, came)


def _answered(bounce: Object) -> str | None:
    """What the recipient's server said, where Resend passes it on."""
    told = bounce.get("diagnosticCode")
    return " ".join(filter(None, map(text, told))) if isinstance(told, list) else text(told)


def _notice(data: Object, came: Came[Delivery, ResendAccount]) -> Reading:
    """A mail that came in, without its text; what the API tells of one has that, and its files."""
    told = {
        "From": data.get("from"),
        "To": joined(_strings(data.get("to")), ", "),
        "Cc": joined(_strings(data.get("cc")), ", "),
        "Subject": data.get("subject"),
        "Message-ID": data.get("message_id") or f"<{text(data.get('email_id'))}@resend.invalid>",
        "Date": format_datetime(at) if (at := from_iso(data.get("created_at"))) else None,
    }
    fields = with_missing([], told)
    names = ("to", "cc", "bcc")
    addressed = Headers((name, each) for name in names for each in _strings(data.get(name)))
    recipients = [box.address for box in addressed.mailboxes(*names)]
    if data.get("text") or data.get("html"):
        octets = compose(fields, texts_of(data, "text", "html"))
        return came.read_mail(octets, sender_of(fields), recipients)
    files = (one.get("filename") for one in objects(data.get("attachments")))
    return left(
        came,
        (data.get("email_id"),),
        stand_in(fields, files),
        sender=None,
        recipients=recipients,
        is_to_be_had=bool(came.account.api_key),
    )


def _strings(value: object) -> list[str]:
    given = value if isinstance(value, list) else ()
    return [found for each in given if (found := line(each, 2000))]
