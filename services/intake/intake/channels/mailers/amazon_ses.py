"""Amazon SES: what it tells of mails of ours and of mail that came in, by way of Amazon SNS.

Sources: docs.aws.amazon.com, SES Developer Guide, "Notification contents", "Event publishing:
examples", "Receiving email: notification contents"; SNS Developer Guide, "HTTP/HTTPS notification
JSON format".
"""

from collections.abc import Iterator

from intake.channels.mailers import sns
from intake.channels.mailers.events import Fate, Told, entry, header, of_no_concern
from intake.channels.mailers.notices import left, stand_in
from intake.channels.mailers.proofs import proven, shared
from intake.domain.composing import decoded, of_list, sender_of, with_missing
from intake.domain.items import Came, Known, Odd, Reading, StatusNews
from intake.domain.shapes import Object, json_of, obj, objects, text
from intake.domain.texts import joined, line
from intake.domain.times import from_iso
from shared.stores.accounts.mail import SesAccount
from shared.webhooks import Delivery


def verify(delivery: Delivery, account: SesAccount) -> bool:
    """By the secret in the subscribed address; where there is none, by SNS's own signature.

    Raises `Unavailable` while the certificate that the signature needs is being fetched, and while
    the subscription that is asked for is being confirmed.
    """
    secret = shared(delivery, account.webhook_secret)
    if not sns.is_of_topic(delivery, account.topic_arns):
        return False
    if not (proven(secret) if secret is not None else sns.is_signed(delivery)):
        return False
    sns.confirm(delivery)
    return True


def delivery_id(delivery: Delivery) -> str | None:
    """SNS's id of the message, the same at each retry."""
    return line(delivery.headers.get("x-amz-sns-message-id"), 100)


def read(came: Came[Delivery, SesAccount]) -> Reading:
    """What SES tells, in an SNS message, in an event of EventBridge, or by itself."""
    body = obj(came.payload)
    kind = text(body.get("Type")) or came.delivery.headers.get("x-amz-sns-message-type", "")
    if kind in ("SubscriptionConfirmation", "UnsubscribeConfirmation"):
        return Reading.of([Known("a subscription of the topic")])
    told = (
        obj(json_of(body.get("Message"))) if "Message" in body else obj(body.get("detail")) or body
    )
    name = text(told.get("eventType")) or text(told.get("notificationType")) or ""
    if name == "Received" or ("receipt" in told and "mail" in told):
        return _received(told, came)
    if name in _NAMES:
        return Reading.of(_events(name, told, came))
    if name or isinstance(body.get("Message"), str):
        return Reading.of([of_no_concern(name)])
    return Reading.of([Odd("no message in it")])


_NAMES = {
    "Send": (Fate.SENT, "send"),
    "Delivery": (Fate.DELIVERED, "delivery"),
    "DeliveryDelay": (Fate.LATE, "deliveryDelay"),
    "Bounce": (Fate.BOUNCED, "bounce"),
    "Reject": (Fate.BOUNCED, "reject"),
    "Rendering Failure": (Fate.FAILED, "failure"),
    "Open": (Fate.READ, "open"),
    "Complaint": (Fate.COMPLAINED, "complaint"),
}
_BOUNCES = {"Permanent": Fate.BOUNCED_HARD, "Transient": Fate.BOUNCED_SOFTLY}


def _events(
    name: str, told: Object, came: Came[Delivery, SesAccount]
) -> Iterator[StatusNews | Known]:
    """One for each recipient that it tells of."""
    (fate, member), mail = _NAMES[name], obj(told.get("mail"))
    about = obj(told.get(member))
    fate = _BOUNCES.get(text(about.get("bounceType")) or "", fate)
    message_ids = (
        header(mail.get("headers"), "message-id"),
        obj(mail.get("commonHeaders")).get("messageId"),
        mail.get("messageId"),
    )
    times = (about.get("timestamp"), obj(came.payload).get("Timestamp"), mail.get("timestamp"))
    for address, why in _recipients(about, mail):
        yield entry(
            Told(
                fate=fate,
                message_ids=message_ids,
                address=address,
                why=why or about.get("smtpResponse"),
                word=_word(about),
                at=next((at for time in times if (at := from_iso(time))), None),
            ),
            came,
        )


def _word(about: Object) -> str | None:
    bounce = (text(about.get("bounceType")), text(about.get("bounceSubType")))
    others = ("complaintFeedbackType", "delayType", "reason", "errorMessage")
    return joined(bounce, ": ") or next((w for o in others if (w := text(about.get(o)))), None)


def _recipients(about: Object, mail: Object) -> Iterator[tuple[object, str | None]]:
    names = ("bouncedRecipients", "complainedRecipients", "delayedRecipients")
    told = [each for name in names for each in objects(about.get(name))]
    for one in told:
        answered = (text(one.get("status")), text(one.get("diagnosticCode")))
        yield one.get("emailAddress"), joined(answered, " ")
    if told:
        return
    plain = about.get("recipients")
    addresses = plain if isinstance(plain, list) and plain else mail.get("destination")
    yield from ((one, None) for one in (addresses if isinstance(addresses, list) else [None]))
    if addresses == []:
        yield None, None


def _received(told: Object, came: Came[Delivery, SesAccount]) -> Reading:
    """A mail that came in: whole, or with a notice that it lies elsewhere (S3)."""
    mail, receipt = obj(told.get("mail")), obj(told.get("receipt"))
    recipients = _strings(receipt.get("recipients")) or _strings(mail.get("destination"))
    fields = of_list(mail.get("headers"))
    sender = sender_of(fields, mail.get("source"))
    if content := text(told.get("content")):
        is_base64 = (text(obj(receipt.get("action")).get("encoding")) or "").upper() == "BASE64"
        octets = decoded(content) if is_base64 else content.encode("utf-8", "replace")
        return came.read_mail(octets, sender, recipients)
    common = obj(mail.get("commonHeaders"))
    named = {
        "From": joined(_strings(common.get("from")), ", ") or mail.get("source"),
        "To": joined(_strings(common.get("to")) or recipients, ", "),
        "Subject": common.get("subject"),
        "Date": common.get("date"),
        "Message-ID": common.get("messageId") or f"<{text(mail.get('messageId'))}@ses.invalid>",
    }
    action = obj(receipt.get("action"))
    bucket = text(action.get("bucketName"))
    return left(
        came,
        (bucket, action.get("objectKey")),
        stand_in(with_missing(fields, named)),
        sender=sender,
        recipients=recipients,
        is_to_be_had=bucket in came.account.buckets,
    )


def _strings(value: object) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []
