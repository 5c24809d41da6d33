"""SparkPost (Bird): batches of events, and mail by relay webhooks.

Sources: developers.sparkpost.com, "Webhooks: event reference" and "Relay webhooks";
support.sparkpost.com, "Bounce classification codes". SparkPost signs nothing.
"""

from intake.channels.mailers.events import Fate, Told, batch, entry, of_no_concern
from intake.channels.mailers.proofs import proven, shared
from intake.domain.composing import (
    Fields,
    compose,
    decoded,
    of_object,
    sender_of,
    texts_of,
    with_missing,
)
from intake.domain.items import Came, Known, Odd, Reading, StatusNews
from intake.domain.shapes import Object, obj, text
from intake.domain.times import from_iso, from_seconds
from shared.stores.accounts.mail import SparkPostAccount
from shared.webhooks import Delivery


def verify(delivery: Delivery, account: SparkPostAccount) -> bool:
    """By HTTP basic auth, or the secret in the address."""
    return proven(shared(delivery, account.webhook_secret))


def read(came: Came[Delivery, SparkPostAccount]) -> Reading:
    """All events and mails of a batch."""
    if came.payload == []:
        return Reading.of([Known("a batch without events")])
    return Reading.all(_one(obj(event.get("msys")), came) for event in batch(came.payload))


def _one(msys: Object, came: Came[Delivery, SparkPostAccount]) -> Reading:
    if not msys:
        return Reading.of([Known("a test")])
    if "relay_message" in msys:
        return _mail(obj(msys["relay_message"]), came)
    return Reading.of(_event(kind, obj(event), came) for kind, event in msys.items())


_FATES = {
    "injection": Fate.SENT,
    "delivery": Fate.DELIVERED,
    "delay": Fate.LATE,
    "policy_rejection": Fate.BOUNCED,
    "generation_rejection": Fate.BOUNCED,
    "generation_failure": Fate.FAILED,
    "out_of_band": Fate.BOUNCED,
    "bounce": Fate.BOUNCED,
    "open": Fate.READ,
    "initial_open": Fate.READ,
    "amp_open": Fate.READ,
    "amp_initial_open": Fate.READ,
    "spam_complaint": Fate.COMPLAINED,
}
_HARD = ("10", "25", "30", "90")
_AUTO_REPLY = ("60", "100")
_SUBSCRIBES = "80"


def _event(
    kind: str, event: Object, came: Came[Delivery, SparkPostAccount]
) -> StatusNews | Known | Odd:
    name, bounce = text(event.get("type")) or "", text(event.get("bounce_class")) or ""
    fate = _FATES.get(name) if not kind.startswith("relay") else None
    if fate is None:
        return of_no_concern(name) if name else Odd("an event without type")
    if fate is Fate.BOUNCED and bounce:
        if bounce in _AUTO_REPLY:
            return Known("an automatic reply", "auto-reply")
        if bounce == _SUBSCRIBES:
            return Known("a subscription was changed")
        if bounce != "1":
            fate = Fate.BOUNCED_HARD if bounce in _HARD else Fate.BOUNCED_SOFTLY
    own = obj(event.get("rcpt_meta")).get("message-id")
    told = Told(
        fate=fate,
        message_ids=(
            own,
            event.get("transmission_id"),
            event.get("message_id"),
            event.get("event_id"),
        ),
        address=event.get("raw_rcpt_to") or event.get("rcpt_to"),
        why=event.get("raw_reason") or event.get("reason") or event.get("error_code"),
        word=event.get("reason"),
        at=from_seconds(event.get("timestamp"))
        or from_iso(event.get("timestamp"))
        or from_iso(event.get("tdate")),
    )
    return entry(told, came)


def _mail(mail: Object, came: Came[Delivery, SparkPostAccount]) -> Reading:
    content = obj(mail.get("content"))
    headers = content.get("headers")
    fields: Fields = [
        field
        for each in (headers if isinstance(headers, list) else [headers])
        for field in of_object(each)
    ]
    sender = sender_of(fields, mail.get("msg_from"), mail.get("friendly_from"))
    recipients = [found] if (found := text(mail.get("rcpt_to"))) else []
    raw = text(content.get("email_rfc822"))
    if raw:
        is_base64 = content.get("email_rfc822_is_base64") is True
        octets = decoded(raw) if is_base64 else raw.encode("utf-8", "replace")
        return came.read_mail(octets, sender, recipients)
    told = {"From": mail.get("friendly_from"), "To": mail.get("rcpt_to")}
    fields = with_missing(fields, {**told, "Subject": content.get("subject")})
    texts = texts_of(content, "text", "html")
    return came.read_mail(compose(fields, texts), sender, recipients)
