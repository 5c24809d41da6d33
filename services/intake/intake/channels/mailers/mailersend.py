"""MailerSend: activity of mails, and mail by inbound routes.

Sources: developers.mailersend.com, "Webhooks" (event types, `Signature`: hex of HMAC-SHA256 over
the raw body), "Inbound" (payload with the whole mail in `raw`).
"""

from collections.abc import Iterator

from intake.channels.mailers.events import Fate, Told, entry, of_no_concern
from intake.channels.mailers.proofs import proven, shared
from intake.domain.composing import (
    File,
    compose,
    decoded,
    mailbox,
    of_object,
    sender_of,
    texts_of,
    with_missing,
)
from intake.domain.items import Came, Known, Odd, Reading, StatusNews
from intake.domain.shapes import Object, obj, objects, text
from intake.domain.times import from_iso
from shared.stores.accounts.mail import MailerSendAccount
from shared.webhooks import Delivery, is_signed


def verify(delivery: Delivery, account: MailerSendAccount) -> bool:
    """Whether the webhook's or the inbound route's secret signed the raw body."""
    secrets = [*account.signing_secret, *(account.inbound_secret or ())]
    signed = is_signed(delivery, secrets, header="signature") if secrets else None
    return proven(signed, shared(delivery, account.webhook_secret))


def read(came: Came[Delivery, MailerSendAccount]) -> Reading:
    """An event or a mail."""
    body = obj(came.payload)
    name, data = text(body.get("type")) or "", obj(body.get("data"))
    if name == "inbound.message" or (not name and "raw" in data):
        return _mail(data, came)
    return Reading.of([_event(name, data, came)])


_FATES = {
    "sent": Fate.SENT,
    "delivered": Fate.DELIVERED,
    "deferred": Fate.LATE,
    "soft_bounced": Fate.BOUNCED_SOFTLY,
    "hard_bounced": Fate.BOUNCED_HARD,
    "opened": Fate.READ,
    "opened_unique": Fate.READ,
    "spam_complaint": Fate.COMPLAINED,
}


def _event(
    name: str, data: Object, came: Came[Delivery, MailerSendAccount]
) -> StatusNews | Known | Odd:
    kind = name.removeprefix("activity.") or text(data.get("type")) or ""
    fate = _FATES.get(kind)
    if fate is None:
        return of_no_concern(kind) if kind else Odd("an event without type")
    mail, why = obj(data.get("email")), obj(data.get("morph"))
    message = obj(mail.get("message"))
    told = Told(
        fate=fate,
        message_ids=(
            mail.get("message_id"),
            message.get("message_id"),
            message.get("id"),
            data.get("id"),
        ),
        address=obj(mail.get("recipient")).get("email"),
        why=why.get("reason"),
        word=why.get("readable_reason") or why.get("reason"),
        at=from_iso(data.get("created_at")) or from_iso(obj(came.payload).get("created_at")),
    )
    return entry(told, came)


def _mail(data: Object, came: Came[Delivery, MailerSendAccount]) -> Reading:
    to, writer = obj(data.get("recipients")), obj(data.get("from"))
    told = (one.get("email") for one in objects(to.get("rcptTo")))
    recipients = [one for one in told if isinstance(one, str)]
    fields = of_object(data.get("headers"))
    sender = sender_of(fields, obj(data.get("sender")).get("email"))
    if raw := text(data.get("raw")):
        return came.read_mail(raw.encode("utf-8", "replace"), sender, recipients)
    fields = with_missing(
        fields,
        {
            "From": writer.get("raw") or mailbox(writer.get("name"), writer.get("email")),
            "To": obj(to.get("to")).get("raw"),
            "Subject": data.get("subject"),
            "Date": data.get("date"),
        },
    )
    octets = compose(fields, texts_of(data, "text", "html"), _files(data))
    return came.read_mail(octets, sender, recipients)


def _files(data: Object) -> Iterator[File]:
    for told in objects(data.get("attachments")):
        yield File(
            name=text(told.get("file_name")),
            media_type=text(told.get("content_type")),
            octets=decoded(told.get("content")),
            content_id=text(told.get("content_id")),
        )
