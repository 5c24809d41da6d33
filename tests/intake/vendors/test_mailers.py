"""Mail services: what they tell of our mails, whichever words each has for it."""

import json
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import pytest

from intake.domain.items import StatusNews

OURS = "<ours.token@aurora.example>"
NOTIFICATION = UUID(int=7)
AT_SECONDS = 1_777_895_940


def sns_of(message: Any) -> dict[str, Any]:
    return {"Type": "Notification", "Message": json.dumps(message)}


def mailgun(event: str, **more: Any) -> dict[str, Any]:
    headers = {"message": {"headers": {"message-id": OURS.strip("<>")}}}
    return {"event-data": {"event": event, "recipient": "ana@x.example", **headers, **more}}


def postmark(kind: str, **more: Any) -> dict[str, Any]:
    meta = {"Metadata": {"message-id": OURS}, "MessageID": "pm-1"}
    return {"RecordType": kind, "Recipient": "ana@x.example", **meta, **more}


def ses(kind: str, member: str, **about: Any) -> dict[str, Any]:
    headers = [{"name": "Message-ID", "value": OURS}]
    sent = {"messageId": "ses-1", "headers": headers, "destination": ["ana@x.example"]}
    return sns_of({"eventType": kind, "mail": sent, member: about})


def mandrill(event: str, **more: Any) -> dict[str, str]:
    msg = {"email": "ana@x.example", "_id": "m-1", "metadata": {"message-id": OURS}, **more}
    return {"mandrill_events": json.dumps([{"event": event, "ts": AT_SECONDS, "msg": msg}])}


def mailersend(kind: str, **more: Any) -> dict[str, Any]:
    email = {"message_id": OURS, "recipient": {"email": "ana@x.example"}}
    return {"type": f"activity.{kind}", "data": {"type": kind, "email": email, **more}}


def resend(kind: str, **more: Any) -> dict[str, Any]:
    headers = [{"name": "Message-ID", "value": OURS}]
    data = {"email_id": "r-1", "headers": headers, "to": ["ana@x.example"], **more}
    return {"type": f"email.{kind}", "data": data}


def sparkpost(kind: str, family: str = "message_event", **more: Any) -> list[dict[str, Any]]:
    event = {"type": kind, "rcpt_to": "ana@x.example", "rcpt_meta": {"message-id": OURS}, **more}
    return [{"msys": {family: event}}]


def mailjet(kind: str, **more: Any) -> list[dict[str, Any]]:
    return [{"event": kind, "email": "ana@x.example", "MessageID": 2**60, "CustomID": OURS, **more}]


def brevo(kind: str, **more: Any) -> dict[str, Any]:
    return {"event": kind, "email": "ana@x.example", "message-id": OURS, **more}


def sendgrid(kind: str, **more: Any) -> list[dict[str, Any]]:
    return [{"event": kind, "email": "ana@x.example", "smtp-id": OURS, **more}]


def postal(kind: str, **more: Any) -> dict[str, Any]:
    sent = {"message_id": OURS.strip("<>"), "to": "ana@x.example", "direction": "outgoing"}
    return {"event": kind, "payload": {"message": sent, **more}}


def mailtrap(kind: str, **more: Any) -> dict[str, Any]:
    own = {"custom_variables": {"message-id": OURS}}
    return {"events": [{"event": kind, "email": "ana@x.example", "message_id": "t", **own, **more}]}


def unisender(status: str, **more: Any) -> dict[str, Any]:
    data = {"status": status, "email": "ana@x.example", "metadata": {"message-id": OURS}, **more}
    event = {"event_name": "transactional_email_status", "event_data": data}
    return {"events_by_user": [{"user_id": 1, "events": [event]}]}


CASES: list[tuple[str, Any, tuple[str, bool | None, str | None]]] = [
    ("mailgun", mailgun("accepted"), ("sent", None, None)),
    ("mailgun", mailgun("delivered"), ("delivered", None, None)),
    ("mailgun", mailgun("opened"), ("read", None, None)),
    ("mailgun", mailgun("rejected", reject={"reason": "too old"}), ("bounced", None, "too old")),
    (
        "mailgun",
        mailgun("failed", severity="permanent", **{"delivery-status": {"message": "5.1.1 no"}}),
        ("bounced", True, "5.1.1"),
    ),
    ("mailgun", mailgun("failed", severity="temporary", reason="generic"),
     ("sent", False, "generic")),
    ("sendgrid", sendgrid("processed"), ("sent", None, None)),
    ("sendgrid", sendgrid("deferred", response="450 4.2.0 later"), ("sent", False, "4.2.0")),
    ("sendgrid", sendgrid("bounce", status="5.0.0"), ("bounced", True, "5.0.0")),
    ("sendgrid", sendgrid("bounce", type="blocked"), ("bounced", False, None)),
    ("sendgrid", sendgrid("bounce", type="bounce", status="4.2.2", reason="452 4.2.2 full"),
     ("bounced", False, "4.2.2")),
    ("mailgun", mailgun("failed", severity="permanent", **{"delivery-status": {"code": 421}}),
     ("bounced", False, "421")),
    ("mailjet", [{"event": "bounce", "CustomID": OURS, "email": "ana@x.example",
                  "hard_bounce": "true", "error": "user unknown"}],
     ("bounced", True, "user unknown")),
    ("sendgrid", sendgrid("dropped", reason="Invalid"), ("bounced", True, "Invalid")),
    ("sendgrid", sendgrid("dropped", reason="Invalid SMTPAPI header"),
     ("bounced", None, "Invalid SMTPAPI header")),
    ("sendgrid", sendgrid("dropped", reason="Bounced Address"),
     ("bounced", True, "Bounced Address")),
    ("mandrill", mandrill("reject", reject={"reason": "hard-bounce"}),
     ("bounced", True, "hard-bounce")),
    ("mandrill", mandrill("reject", reject={"reason": "unsub"}), ("bounced", None, "unsub")),
    ("postmark", postmark("Delivery"), ("delivered", None, None)),
    ("postmark", postmark("Open"), ("read", None, None)),
    ("postmark", postmark("Bounce", Type="HardBounce"), ("bounced", True, "HardBounce")),
    ("postmark", postmark("Bounce", Type="SoftBounce"), ("bounced", False, "SoftBounce")),
    ("postmark", postmark("Bounce", Type="DnsError"), ("sent", False, "DnsError")),
    ("amazon-ses", ses("Send", "send"), ("sent", None, None)),
    ("amazon-ses", ses("Delivery", "delivery", recipients=["ana@x.example"]),
     ("delivered", None, None)),
    ("amazon-ses", ses("DeliveryDelay", "deliveryDelay", delayType="MailboxFull",
     delayedRecipients=[{"emailAddress": "ana@x.example"}]), ("sent", False, "MailboxFull")),
    ("amazon-ses", ses("Bounce", "bounce", bounceType="Permanent", bouncedRecipients=[
     {"emailAddress": "ana@x.example", "status": "5.1.1"}]), ("bounced", True, "5.1.1")),
    ("amazon-ses", ses("Open", "open"), ("read", None, None)),
    ("amazon-ses", ses("Rendering Failure", "failure", errorMessage="x"), ("failed", None, "x")),
    ("mandrill", mandrill("send"), ("sent", None, None)),
    ("mandrill", mandrill("deferral"), ("sent", False, None)),
    ("mandrill", mandrill("hard_bounce", diag="smtp;550 5.1.1 no"), ("bounced", True, "5.1.1")),
    ("mandrill", mandrill("soft_bounce"), ("bounced", False, None)),
    ("mandrill", mandrill("open"), ("read", None, None)),
    ("mailersend", mailersend("delivered"), ("delivered", None, None)),
    ("mailersend", mailersend("hard_bounced", morph={"reason": "550 no"}),
     ("bounced", True, "550")),
    ("mailersend", mailersend("opened_unique"), ("read", None, None)),
    ("resend", resend("delivery_delayed"), ("sent", False, None)),
    ("resend", resend("bounced", bounce={"type": "Transient", "subType": "General"}),
     ("bounced", False, "General")),
    ("resend", resend("failed", failed={"reason": "quota"}), ("failed", None, "quota")),
    ("sparkpost", sparkpost("bounce", bounce_class="10", raw_reason="550 5.1.1 <ana@x.example>"),
     ("bounced", True, "5.1.1")),
    ("sparkpost", sparkpost("delay", bounce_class="20"), ("sent", False, None)),
    ("sparkpost", sparkpost("open", "track_event"), ("read", None, None)),
    ("sendgrid", sendgrid("bounce", type="expired", reason="no mx"), ("bounced", False, "no mx")),
    ("mandrill", mandrill("reject", reject={"reason": "unsub"}), ("bounced", None, "unsub")),
    ("resend", resend("bounced", bounce={"type": "Permanent", "diagnosticCode":
     ["smtp; 550 5.5.0 unknown"]}), ("bounced", True, "5.5.0")),
    ("resend", resend("suppressed", suppressed={"type": "OnAccountSuppressionList"}),
     ("bounced", True, "OnAccountSuppressionList")),
    ("postmark", postmark("Delivery", Details="accepted"), ("delivered", None, None)),
    ("mailjet", mailjet("sent", smtp_reply="sent (250 2.0.0 OK)"), ("delivered", None, "2.0.0")),
    ("mailjet", mailjet("bounce", hard_bounce=True, error="user unknown"),
     ("bounced", True, "user unknown")),
    ("mailjet", mailjet("blocked"), ("bounced", None, None)),
    ("brevo", brevo("request"), ("sent", None, None)),
    ("brevo", brevo("unique_opened"), ("read", None, None)),
    ("brevo", brevo("hard_bounce", reason="ana@x.example is unknown"),
     ("bounced", True, "… is unknown")),
    ("postal", postal("MessageSent", output="250 2.0.0 OK"), ("delivered", None, "2.0.0")),
    ("postal", postal("MessageDelayed"), ("sent", False, None)),
    ("postal", postal("MessageDeliveryFailed"), ("bounced", True, None)),
    ("mailtrap", mailtrap("delivery"), ("delivered", None, None)),
    ("mailtrap", mailtrap("soft bounce", response="(450 4.2.0 x)"), ("bounced", False, "4.2.0")),
    ("mailtrap", mailtrap("suspension", reason="other"), ("bounced", False, "other")),
    ("unisender-go", unisender("opened"), ("read", None, None)),
    ("unisender-go", unisender("hard_bounced", delivery_info={"delivery_status": "err_lost"}),
     ("bounced", True, "err_lost")),
]  # fmt: skip


@pytest.mark.parametrize(("channel", "body", "expected"), CASES)
def test_what_became_of_our_mail_is_said_of_our_notification(
    mail_service: Any,
    posted: Any,
    as_json: Any,
    channel: str,
    body: Any,
    expected: tuple[str, bool | None, str | None],
) -> None:
    form = {"content-type": "application/x-www-form-urlencoded"}
    is_form = channel == "mandrill"
    told = posted(urlencode(body), headers=form) if is_form else as_json(body)
    [found] = mail_service(channel, told).items

    assert isinstance(found, StatusNews)
    event = found.event
    assert (event.status.value, event.is_permanent, event.reason) == expected
    assert (event.notification_id, event.external_id) == (NOTIFICATION, OURS)
    assert event.address == "ana@x.example"
    [again] = mail_service(channel, told).items
    assert again.status_id == found.status_id


@pytest.mark.parametrize(
    ("channel", "body"),
    [
        ("mailgun", mailgun("complained")),
        ("sendgrid", sendgrid("spamreport")),
        ("postmark", postmark("SpamComplaint")),
        ("postmark", postmark("SubscriptionChange", SuppressionReason="SpamComplaint")),
        ("amazon-ses", ses("Complaint", "complaint", complainedRecipients=[])),
        ("mailersend", mailersend("spam_complaint")),
        ("resend", resend("complained")),
        ("sparkpost", sparkpost("spam_complaint")),
        ("mailjet", mailjet("spam")),
        ("brevo", brevo("spam")),
        ("mailtrap", mailtrap("spam")),
        ("unisender-go", unisender("spam")),
    ],
)
def test_a_complaint_is_feedback(mail_service: Any, as_json: Any, channel: str, body: Any) -> None:
    reading = mail_service(channel, as_json(body))

    assert [(each.kind, len(each.unsaid)) for each in reading.known] == [("feedback", 1)]
    assert not reading.items
    assert not reading.odd


@pytest.mark.parametrize(
    ("channel", "body"),
    [
        ("mailgun", mailgun("clicked")),
        ("mailgun", mailgun("list_member_uploaded")),
        ("sendgrid", sendgrid("group_unsubscribe")),
        ("sendgrid", []),
        ("postmark", postmark("Click")),
        ("postmark", postmark("SubscriptionChange", SuppressSending=False)),
        ("amazon-ses", ses("Subscription", "subscription")),
        ("amazon-ses", {"Type": "Notification", "Message": "Successfully validated SNS topic"}),
        ("amazon-ses", {"Type": "SubscriptionConfirmation", "SubscribeURL": "https://x.example"}),
        ("mandrill", [{"type": "blacklist", "action": "add"}]),
        ("mandrill", []),
        ("mailersend", {"type": "maintenance.start", "data": {}}),
        ("resend", {"type": "domain.created", "data": {}}),
        ("sparkpost", [{"msys": {}}]),
        ("sparkpost", sparkpost("link_unsubscribe", "unsubscribe_event")),
        ("mailjet", mailjet("unsub")),
        ("brevo", brevo("list_addition")),
        ("postal", {"event": "SendLimitExceeded", "payload": {}}),
        ("mailtrap", mailtrap("click")),
        ("unisender-go", {"events_by_user": []}),
        ("unisender-go", {"events_by_user": [{"events": [
            {"event_name": "transactional_spam_block", "event_data": {"domain": "x.example"}}]}]}),
    ],
)  # fmt: skip
def test_what_says_nothing_of_a_mail_is_known(
    mail_service: Any, as_json: Any, channel: str, body: Any
) -> None:
    reading = mail_service(channel, as_json(body))

    assert {each.kind for each in reading.known} == {"event"}
    assert not reading.items
    assert not reading.odd


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (mailgun("clicked"), "a link in a mail was followed"),
        (mailgun("unsubscribed"), "somebody wants no more mails"),
        (mailgun("hologram"), "an event of no concern"),
    ],
)
def test_what_says_nothing_is_known_for_what_it_is(
    mail_service: Any, as_json: Any, body: Any, why: str
) -> None:
    assert [each.why for each in mail_service("mailgun", as_json(body)).known] == [why]


def test_a_notice_of_ses_without_a_time_has_that_of_sns(mail_service: Any, as_json: Any) -> None:
    told = ses("Reject", "reject", reason="Bad content")
    reading = mail_service("amazon-ses", as_json({**told, "Timestamp": "2026-05-04T11:00:00.000Z"}))

    assert reading.items[0].event.occurred_at.isoformat() == "2026-05-04T11:00:00+00:00"


def test_mailtrap_may_write_an_event_a_line(mail_service: Any, posted: Any) -> None:
    told = mailtrap("delivery"), mailtrap("open")
    events = "\n".join(json.dumps(event) for one in told for event in one["events"])
    reading = mail_service(
        "mailtrap", posted(events, headers={"content-type": "application/jsonl"})
    )

    assert [each.event.status.value for each in reading.items] == ["delivered", "read"]


def test_of_a_mail_that_is_none_of_ours_nothing_is_said(mail_service: Any, as_json: Any) -> None:
    body = json.loads(json.dumps(mailgun("failed", severity="permanent")).replace("ours", "other"))
    reading = mail_service("mailgun", as_json(body))

    [known] = reading.known
    assert (known.kind, known.unsaid[0].address, reading.items) == ("bounce", "ana@x.example", ())


def test_one_odd_entry_does_not_cost_the_others(mail_service: Any, as_json: Any) -> None:
    body = [*sendgrid("delivered"), {"email": 5}, *sendgrid("open")]
    reading = mail_service("sendgrid", as_json(body))

    assert (len(reading.items), len(reading.odd)) == (2, 1)
