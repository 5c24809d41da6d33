"""Mail services: one mail is the same message, however a service hands it over."""

import base64
import json
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlencode

import pytest

from intake.domain.items import Inbound


def sns_of(message: Any) -> dict[str, Any]:
    return {"Type": "Notification", "Message": json.dumps(message)}


def written(subject: str = "¿Dónde está?") -> bytes:
    made = EmailMessage()
    made["From"] = "Ana <ana@x.example>"
    made["To"] = "help@aurora.example"
    made["Subject"] = subject
    made["Message-ID"] = "<1@x.example>"
    made.set_content("hola")
    made.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="año.pdf")
    return made.as_bytes()


def in_parts(fields: dict[str, str | bytes], **files: tuple[str, str, bytes]) -> tuple[str, bytes]:
    body = b""
    for name, value in fields.items():
        octets = value.encode() if isinstance(value, str) else value
        body += b'--b\r\nContent-Disposition: form-data; name="%b"\r\n\r\n' % name.encode()
        body += octets + b"\r\n"
    for name, (called, kind, octets) in files.items():
        head = f'form-data; name="{name}"; filename="{called}"\r\nContent-Type: {kind}'
        body += b"--b\r\nContent-Disposition: " + head.encode() + b"\r\n\r\n" + octets + b"\r\n"
    return "multipart/form-data; boundary=b", body + b"--b--\r\n"


HEAD = [
    ["From", "Ana <ana@x.example>"],
    ["Subject", "¿Dónde está?"],
    ["Message-ID", "<1@x.example>"],
]
B64 = base64.b64encode


def inbound() -> dict[str, tuple[str, bytes]]:
    """One and the same mail, as each service hands it over: whole, and in fields."""
    raw, pdf = written(), B64(b"%PDF").decode()
    by_name = dict(HEAD)
    json_ = "application/json"
    made: dict[str, tuple[str, Any]] = {
        "mailgun": in_parts({"recipient": "help@aurora.example", "body-mime": raw}),
        "mailgun fields": in_parts(
            {"recipient": "help@aurora.example", "message-headers": json.dumps(HEAD),
             "body-plain": "hola", "body-html": "<p>hola</p>"},
            a=("año.pdf", "application/pdf", b"%PDF"),
        ),
        "sendgrid": in_parts({"email": raw, "envelope": '{"to":["help@aurora.example"]}'}),
        "sendgrid fields": in_parts(
            {"headers": "\n".join(f"{a}: {b}" for a, b in HEAD), "text": "hola".encode("utf-16"),
             "charsets": '{"text":"utf-16"}'},
            attachment1=("año.pdf", "application/pdf", b"%PDF"),
        ),
        "postmark": (json_, {"FromFull": {"Email": "ana@x.example"}, "RawEmail": raw.decode()}),
        "postmark fields": (json_, {
            "From": "ana@x.example", "FromName": "Ana", "Subject": "¿Dónde está?",
            "TextBody": "hola", "Headers": [{"Name": "Message-ID", "Value": "<1@x.example>"}],
            "Attachments": [{"Name": "año.pdf", "ContentType": "application/pdf",
                             "Content": pdf}]}),
        "amazon-ses": (json_, sns_of({"notificationType": "Received", "mail": {
            "source": "ana@x.example"}, "receipt": {"action": {"encoding": "BASE64"}},
            "content": B64(raw).decode()})),
        "mandrill": ("application/x-www-form-urlencoded", urlencode({"mandrill_events": json.dumps(
            [{"event": "inbound", "msg": {"raw_msg": raw.decode(), "email": "help@aurora.example",
              "from_email": "ana@x.example"}}])}).encode()),
        "mandrill fields": ("application/x-www-form-urlencoded", urlencode({"mandrill_events":
            json.dumps([{"event": "inbound", "msg": {"headers": by_name, "text": "hola",
            "from_email": "ana@x.example", "attachments": {"año.pdf": {"name": "año.pdf",
            "type": "application/pdf", "content": pdf, "base64": True}}}}])}).encode()),
        "mailersend": (json_, {"type": "inbound.message", "data": {"raw": raw.decode()}}),
        "sparkpost": (json_, [{"msys": {"relay_message": {"msg_from": "ana@x.example", "content": {
            "email_rfc822": B64(raw).decode(), "email_rfc822_is_base64": True}}}}]),
        "mailjet": (json_, {"Sender": "ana@x.example", "Headers": by_name, "Text-part": "hola",
            "Attachment1": pdf, "Parts": [{"Headers": {"Content-Type": "application/pdf",
            "Content-Disposition": 'attachment; filename="año.pdf"'},
            "ContentRef": "Attachment1"}]}),
        "brevo": (json_, {"items": [{"Headers": by_name, "RawTextBody": "hola", "From": {
            "Address": "ana@x.example", "Name": "Ana"}, "Attachments": [{"Name": "año.pdf",
            "ContentType": "application/pdf", "ContentLength": 4, "DownloadToken": "t"}]}]}),
        "postal": (json_, {"rcpt_to": "help@aurora.example", "mail_from": "ana@x.example",
            "message": B64(raw).decode(), "base64": True}),
        "postal fields": (json_, {"from": "Ana <ana@x.example>", "subject": "¿Dónde está?",
            "plain_body": "hola", "message_id": "<1@x.example>", "attachments": [{
            "filename": "año.pdf", "content_type": "application/pdf", "data": pdf}]}),
    }  # fmt: skip
    return {
        name: (kind, body if isinstance(body, bytes) else json.dumps(body).encode())
        for name, (kind, body) in made.items()
    }


@pytest.mark.parametrize("name", sorted(inbound()))
def test_a_mail_is_the_same_whichever_service_took_it_in(
    mail_service: Any, posted: Any, name: str
) -> None:
    content_type, body = inbound()[name]
    reading = mail_service(
        name.split(maxsplit=1)[0], posted(body, headers={"content-type": content_type})
    )

    [found] = reading.items
    assert isinstance(found, Inbound)
    event = found.event
    assert (event.channel, event.account_id) == ("mail", "help")
    assert (event.text, event.subject, event.mail) == ("hola", "¿Dónde está?", "ana@x.example")
    assert (event.sender_name, event.external_id) == ("Ana", "<1@x.example>")
    assert [(f.name, f.media_type, f.size) for f in event.attachments] == [
        ("año.pdf", "application/pdf", 4)
    ]
    assert [each.reference for each in found.remote] == (["t"] if name == "brevo" else [])


@pytest.mark.parametrize("name", sorted(inbound()))
def test_a_mail_that_is_handed_over_again_is_the_same_message(
    mail_service: Any, posted: Any, name: str
) -> None:
    content_type, body = inbound()[name]
    delivery = posted(body, headers={"content-type": content_type})
    readings = [mail_service(name.partition(" ")[0], delivery) for _ in range(2)]
    [first], [again] = (reading.items for reading in readings)

    assert first.event.message_id == again.event.message_id


@pytest.mark.parametrize("inner", ["From: é@x.example\r\n\r\nadiós".encode(), b"\x88\xff"])
def test_a_mail_inside_a_mail_that_comes_in_fields_stays_as_it_is(
    mail_service: Any, posted: Any, inner: bytes
) -> None:
    content_type, body = in_parts(
        {"recipient": "help@aurora.example", "message-headers": json.dumps(HEAD),
         "body-plain": "hola"},
        a=("forwarded.eml", "message/rfc822", inner),
    )  # fmt: skip
    reading = mail_service("mailgun", posted(body, headers={"content-type": content_type}))

    [found] = reading.items
    assert found.event.text == "hola"
    [file] = found.local
    assert file.octets().endswith(inner.rpartition(b"\r\n")[2])


@pytest.mark.parametrize(
    ("channel", "body"),
    [
        ("resend", {"type": "email.received", "data": {"email_id": "e-{n}", "from":
                    "Ana <ana@x.example>", "to": ["help@aurora.example"], "subject": "hola"}}),
        ("amazon-ses", sns_of({"notificationType": "Received", "mail": {"messageId": "e-{n}",
                    "source": "ana@x.example", "commonHeaders": {"from":
                    ["Ana <ana@x.example>"], "subject": "hola"}},
                    "receipt": {"action": {"type": "S3"}}})),
    ],
)  # fmt: skip
def test_a_mail_that_lies_elsewhere_is_seen_all_the_same(
    mail_service: Any, as_json: Any, channel: str, body: Any
) -> None:
    told = [json.loads(json.dumps(body).replace("{n}", str(n))) for n in (1, 2)]
    readings = [mail_service(channel, as_json(each)) for each in told]
    [first], [second] = (reading.items for reading in readings)

    assert "lies with the mail service" in first.event.text
    assert (first.event.subject, first.event.mail) == ("hola", "ana@x.example")
    assert readings[0].notes == (
        "it has no Date: the time of its receipt stands for it",
        "the mail itself was not fetched",
    )
    assert first.event.message_id != second.event.message_id


def test_mailtrap_tells_only_who_wrote(mail_service: Any, as_json: Any) -> None:
    told = {"event": "inbound.message_received", "message_id": "0001", "inbox_id": 5,
            "timestamp": 1_777_895_940_000, "from": "Ana <ana@x.example>"}  # fmt: skip
    reading = mail_service("mailtrap", as_json({"events": [told]}))

    [found] = reading.items
    assert isinstance(found, Inbound)
    assert (found.event.mail, found.event.sender_name) == ("ana@x.example", "Ana")
    assert found.event.text == "[the text of this mail lies with the mail service]"
    assert found.event.occurred_at.isoformat() == "2026-05-04T11:59:00+00:00"
    assert reading.notes == ("the mail itself was not fetched",)


def test_a_mail_of_files_that_lie_with_the_service_has_their_names_for_words(
    mail_service: Any, as_json: Any
) -> None:
    told = {"From": {"Address": "ana@x.example"}, "Attachments": [
        {"Name": "ring.pdf", "ContentType": "application/pdf", "DownloadToken": "t"}]}  # fmt: skip
    reading = mail_service("brevo", as_json({"items": [told]}))

    [found] = reading.items
    assert isinstance(found, Inbound)
    assert (found.event.text, found.text) == ("[ring.pdf]", "[ring.pdf]")
