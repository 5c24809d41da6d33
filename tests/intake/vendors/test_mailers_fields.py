"""Mails that come in fields: names, charsets and files stand in places of each service's own."""

import base64
import json
from typing import Any
from urllib.parse import urlencode

import pytest

from intake.domain.items import Inbound

FORM = {"content-type": "application/x-www-form-urlencoded"}


def parsed(fields: dict[str, bytes]) -> bytes:
    head = b'--b\r\nContent-Disposition: form-data; name="%b"\r\n\r\n%b\r\n'
    return b"".join(head % (name.encode(), value) for name, value in fields.items()) + b"--b--\r\n"


@pytest.mark.parametrize(
    ("text", "codec", "label"),
    [
        ("Die Größe stimmt nicht.", "cp1252", "UTF-8"),
        ("¿Dónde está mi pedido?", "latin-1", None),
        ("¿Dónde está mi pedido?", "utf-8", "unknown-8bit"),
        ("Посылка не пришла, где она?", "koi8-r", "koi8-r"),
        ("包裹在哪里？我等了很久。", "gb18030", "gb2312"),
        ("Où est mon colis ?", "latin-1", "iso-8859-1"),
    ],
)
def test_sendgrids_fields_are_read_whatever_charset_it_names(
    mail_service: Any, posted: Any, text: str, codec: str, label: str | None
) -> None:
    charsets = {"text": label, "subject": label} if label else {}
    body = parsed(
        {
            "headers": b"From: Ana <ana@x.example>\nTo: help@aurora.example",
            "subject": text.encode(codec),
            "text": text.encode(codec),
            "charsets": json.dumps(charsets).encode(),
        }
    )
    delivery = posted(body, headers={"content-type": "multipart/form-data; boundary=b"})
    [found] = mail_service("sendgrid", delivery).items

    assert (found.event.text, found.event.subject) == (text, text)


def test_files_of_mailersend_come_where_the_whole_mail_does_not(
    mail_service: Any, as_json: Any
) -> None:
    file = {"file_name": "anillo.png", "content_type": "image/png", "content_id": "c",
            "content": base64.b64encode(b"\x89PNG").decode()}  # fmt: skip
    data = {"from": {"email": "ana@x.example", "name": "Ana"}, "text": "mira", "raw": None,
            "attachments": [file]}  # fmt: skip
    [found] = mail_service("mailersend", as_json({"type": "inbound.message", "data": data})).items

    assert isinstance(found, Inbound)
    assert (found.event.sender_name, found.event.mail) == ("Ana", "ana@x.example")
    assert [(each.name, each.size) for each in found.event.attachments] == [("anillo.png", 4)]


@pytest.mark.parametrize("header", ["<ana@x.example>", "Ana@x.example", None])
def test_mandrill_tells_the_name_apart(mail_service: Any, posted: Any, header: str | None) -> None:
    told = {"headers": {"From": header} if header else {}, "text": "hola",
            "from_email": "ana@x.example", "from_name": "Ana Gil"}  # fmt: skip
    body = urlencode({"mandrill_events": json.dumps([{"event": "inbound", "msg": told}])})
    [found] = mail_service("mandrill", posted(body, headers=FORM)).items

    assert (found.event.sender_name, found.event.mail) == ("Ana Gil", "ana@x.example")


def test_a_name_of_the_mails_own_is_kept(mail_service: Any, posted: Any) -> None:
    told = {"headers": {"From": "A. G. <ana@x.example>"}, "text": "hola",
            "from_email": "ana@x.example", "from_name": "Ana Gil"}  # fmt: skip
    body = urlencode({"mandrill_events": json.dumps([{"event": "inbound", "msg": told}])})
    [found] = mail_service("mandrill", posted(body, headers=FORM)).items

    assert found.event.sender_name == "A. G."


def test_a_mail_of_brevo_has_the_words_that_it_took_out_where_there_are_no_others(
    mail_service: Any, as_json: Any
) -> None:
    told = {"From": {"Address": "ana@x.example"}, "ExtractedMarkdownMessage": "¿Llega hoy?  \n",
            "RawTextBody": None, "RawHtmlBody": None}  # fmt: skip
    [found] = mail_service("brevo", as_json({"items": [told]})).items

    assert found.event.text == "¿Llega hoy?"


@pytest.mark.parametrize(
    ("answers", "name"),
    [
        ("ana+1@mail.x.example", "Ana Gil"),
        ("ana+1@x.example", "Ana Gil"),
        ("eva@x.example", None),
        ("ana+1@other.example", None),
    ],
)
def test_who_is_answered_below_his_own_domain_keeps_his_name(
    mail_service: Any, as_json: Any, answers: str, name: str | None
) -> None:
    told = {"FromFull": {"Email": "ana+1@x.example"}, "From": "Ana Gil <ana+1@x.example>",
            "ReplyTo": answers, "TextBody": "hola"}  # fmt: skip
    [found] = mail_service("postmark", as_json(told)).items

    assert (found.event.sender_name, found.event.reply_route.peer) == (name, answers)


def test_a_mail_without_date_is_of_the_time_that_its_event_tells(
    mail_service: Any, posted: Any
) -> None:
    told = {"event": "inbound", "ts": 1_777_895_940, "msg": {"text": "hola", "headers": {}}}
    body = urlencode({"mandrill_events": json.dumps([told])})
    [found] = mail_service("mandrill", posted(body, headers=FORM)).items

    assert found.event.occurred_at.isoformat() == "2026-05-04T11:59:00+00:00"


def test_an_event_of_brevo_may_tell_its_time_in_one_field_only(
    mail_service: Any, as_json: Any
) -> None:
    told = {"event": "delivered", "email": "ana@x.example", "ts": 1_777_895_940}
    [known] = mail_service("brevo", as_json(told)).known

    assert known.unsaid[0].occurred_at.isoformat() == "2026-05-04T11:59:00+00:00"


@pytest.mark.parametrize(
    ("channel", "field", "more", "name"),
    [
        ("mailgun", "attachment-1", {"from": b"ana@x.example", "body-plain": b"mira"}, None),
        ("sendgrid", "attachment1",
         {"from": b"ana@x.example", "text": b"mira", "attachment-info":
          '{"attachment1": {"filename": "año.pdf", "type": "application/pdf"}}'.encode()},
         "año.pdf"),
    ],
)  # fmt: skip
def test_a_file_counts_even_where_its_name_cannot_be_read(
    mail_service: Any, posted: Any, channel: str, field: str, more: dict[str, bytes], name: Any
) -> None:
    body = parsed(more).removesuffix(b"--b--\r\n")
    head = f"form-data; name=\"{field}\"; filename*=UTF-8''a%C3%B1o.pdf"
    body += b"--b\r\nContent-Disposition: " + head.encode() + b"\r\n\r\n%PDF\r\n--b--\r\n"
    delivery = posted(body, headers={"content-type": "multipart/form-data; boundary=b"})
    [found] = mail_service(channel, delivery).items

    [file] = found.event.attachments
    assert (file.name, file.size) == (name, 4)


@pytest.mark.parametrize(
    ("channel", "told"),
    [
        ("mailgun", {"from": "ana@x.example", "recipient": "h@x.example", "stripped-text": "hola"}),
        ("postmark", {"From": "ana@x.example", "StrippedTextReply": "hola", "TextBody": ""}),
    ],
)
def test_what_a_service_took_out_of_a_mail_is_better_than_nothing(
    mail_service: Any, as_json: Any, channel: str, told: dict[str, str]
) -> None:
    [found] = mail_service(channel, as_json(told)).items

    assert found.event.text == "hola"
