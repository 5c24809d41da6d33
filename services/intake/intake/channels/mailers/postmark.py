"""Postmark: webhooks by their `RecordType`, and inbound mail, which has none.

Sources: postmarkapp.com/developer, "Webhooks" (bounce, delivery, open, click, spam complaint,
subscription change), "Bounce API: bounce types", "Inbound webhook". Postmark signs nothing.
"""

from collections.abc import Iterator

from intake.channels.mailers.events import Fate, Told, entry, of_no_concern
from intake.channels.mailers.proofs import proven, shared
from intake.domain.composing import (
    File,
    compose,
    decoded,
    mailbox,
    of_list,
    sender_of,
    texts_of,
    with_missing,
)
from intake.domain.items import Came, Known, Odd, Reading, StatusNews
from intake.domain.shapes import Object, obj, objects, text
from intake.domain.times import from_iso
from shared.stores.accounts.mail import PostmarkAccount
from shared.webhooks import Delivery


def verify(delivery: Delivery, account: PostmarkAccount) -> bool:
    """By HTTP basic auth, or the secret in the address."""
    return proven(shared(delivery, account.webhook_secret))


def read(came: Came[Delivery, PostmarkAccount]) -> Reading:
    """An event or a mail."""
    body = obj(came.payload)
    kind = text(body.get("RecordType")) or _kind(body)
    if kind == "Inbound":
        return _mail(body, came)
    return Reading.of([_event(kind, body, came)])


def _kind(body: Object) -> str:
    """By shape, as webhooks came before they had a type, and inbound ones still do."""
    if "RawEmail" in body or "FromFull" in body or "ToFull" in body or "From" in body:
        return "Inbound" if "BouncedAt" not in body else "Bounce"
    shapes = {
        "BouncedAt": "Bounce",
        "TypeCode": "Bounce",
        "DeliveredAt": "Delivery",
        "OriginalLink": "Click",
        "FirstOpen": "Open",
        "SuppressSending": "SubscriptionChange",
    }
    return next((kind for name, kind in shapes.items() if name in body), "")


_BOUNCES = {
    "HardBounce": Fate.BOUNCED_HARD,
    "SoftBounce": Fate.BOUNCED_SOFTLY,
    "Transient": Fate.LATE,
    "DnsError": Fate.LATE,
    "BadEmailAddress": Fate.BOUNCED_HARD,
    "ManuallyDeactivated": Fate.BOUNCED_HARD,
    "VirusNotification": Fate.BOUNCED_SOFTLY,
    "Blocked": Fate.BOUNCED_SOFTLY,
    "DMARCPolicy": Fate.BOUNCED_SOFTLY,
    "Unconfirmed": Fate.BOUNCED_SOFTLY,
    "Unknown": Fate.BOUNCED,
    "SMTPApiError": Fate.FAILED,
    "TemplateRenderingFailed": Fate.FAILED,
    "SpamComplaint": Fate.COMPLAINED,
    "SpamNotification": Fate.COMPLAINED,
}
_ANSWERED_BY_A_MACHINE = ("AutoResponder", "AddressChange", "ChallengeVerification")
_OF_NO_CONCERN = ("Unsubscribe", "Subscribe", "OpenRelayTest", "InboundError")
_SUPPRESSED = {"HardBounce": Fate.BOUNCED_HARD, "SpamComplaint": Fate.COMPLAINED}


def _event(
    kind: str, body: Object, came: Came[Delivery, PostmarkAccount]
) -> StatusNews | Known | Odd:
    found = _fate(kind, body)
    if not isinstance(found, Fate):
        return found
    times = ("BouncedAt", "DeliveredAt", "ReceivedAt", "ChangedAt")
    told = Told(
        fate=found,
        message_ids=(_own_id(body), body.get("MessageID"), body.get("ID")),
        address=body.get("Recipient") or body.get("Email"),
        why=body.get("Details"),
        word=body.get("Type") or body.get("SuppressionReason"),
        at=next((at for name in times if (at := from_iso(body.get(name)))), None),
    )
    return entry(told, came)


def _own_id(body: Object) -> str | None:
    """Postmark gives mails ids of its own; ours comes back where we put it into the metadata."""
    metadata = obj(body.get("Metadata"))
    return text(metadata.get("message-id")) or text(metadata.get("Message-ID"))


def _fate(kind: str, body: Object) -> Fate | Known | Odd:
    simple = {"Delivery": Fate.DELIVERED, "Open": Fate.READ, "SpamComplaint": Fate.COMPLAINED}
    if kind in simple:
        return simple[kind]
    if kind == "Bounce":
        bounce = text(body.get("Type")) or ""
        if bounce in _ANSWERED_BY_A_MACHINE:
            return Known("an automatic reply", "auto-reply")
        if bounce in _OF_NO_CONCERN:
            return Known("a kind of bounce that is none")
        return _BOUNCES.get(bounce, Fate.BOUNCED)
    if kind == "SubscriptionChange":
        why = text(body.get("SuppressionReason")) or ""
        return _SUPPRESSED.get(why) or Known("a subscription was changed")
    return of_no_concern(kind) if kind else Odd("an event without kind")


def _mail(body: Object, came: Came[Delivery, PostmarkAccount]) -> Reading:
    recipients = _recipients(body)
    fields = of_list(body.get("Headers"), "Name", "Value")
    if raw := text(body.get("RawEmail")):
        sender = sender_of(fields, obj(body.get("FromFull")).get("Email") or body.get("From"))
        return came.read_mail(raw.encode("utf-8", "replace"), sender, recipients)
    fields = with_missing(fields, _main(body))
    sender = sender_of(fields)
    texts = texts_of(body, "TextBody", "HtmlBody")
    if not any(texts):
        texts = text(body.get("StrippedTextReply")) or "", ""
    return came.read_mail(compose(fields, texts, _files(body)), sender, recipients)


def _recipients(body: Object) -> list[str]:
    told = [body.get("OriginalRecipient")]
    for name in ("ToFull", "CcFull", "BccFull"):
        told += [one.get("Email") for one in objects(body.get(name))]
    return [one for one in told if isinstance(one, str)]


def _main(body: Object) -> dict[str, object]:
    """The fields that Postmark tells apart from the others. Its `MessageID` is its own."""
    sender = text(body.get("From"))
    if sender and "<" not in sender:
        sender = mailbox(body.get("FromName"), sender)
    names = {"To": "To", "Cc": "Cc", "Subject": "Subject", "Date": "Date", "Reply-To": "ReplyTo"}
    return {"From": sender, **{ours: body.get(theirs) for ours, theirs in names.items()}}


def _files(body: Object) -> Iterator[File]:
    for told in objects(body.get("Attachments")):
        yield File(
            name=text(told.get("Name")),
            media_type=text(told.get("ContentType")),
            octets=decoded(told.get("Content")),
            content_id=text(told.get("ContentID")),
        )
