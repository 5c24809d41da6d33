"""Mail services: who vouches for their webhooks."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.x509 import CertificateBuilder, Name, NameAttribute, random_serial_number
from cryptography.x509.oid import NameOID

from intake.channels.mailers import sns
from shared.errors import Unavailable
from shared.webhooks import Delivery

B64 = base64.b64encode
PART = b'--b\r\nContent-Disposition: form-data; name="text"\r\n\r\nhola\r\n--b--\r\n'
BASIC = {"authorization": f"Basic {B64(b'user:new').decode()}"}


@pytest.mark.parametrize("channel", ["amazon-ses", "brevo", "mailjet", "postmark", "sparkpost"])
def test_a_service_that_signs_nothing_shows_a_secret(
    vendor: Any, posted: Any, channel: str
) -> None:
    one = vendor(channel, webhook_secret=("user:new", "user:old"))
    old = {"authorization": f"Basic {B64(b'user:old').decode()}"}

    assert one.verifies(posted("{}", headers=BASIC))
    assert one.verifies(posted("{}", headers=old))
    assert one.verifies(posted("{}", url="https://h.example/x?secret=user:new"))
    for forged in ("Basic !", f"Basic {B64(b'user:').decode()}", f"Bearer {B64(b'user:new')!r}"):
        assert not one.verifies(posted("{}", headers={"authorization": forged}))


def test_mailgun_signs_a_time_and_a_token(vendor: Any, posted: Any, as_json: Any) -> None:
    one = vendor("mailgun", signing_key=("new", "old"))
    for key, expected in (("new", True), ("old", True), ("other", False)):
        mac = hmac.new(key.encode(), b"1777895940tok", hashlib.sha256).hexdigest()
        stamp = {"timestamp": "1777895940", "token": "tok", "signature": mac}
        told = as_json({"event-data": {}, "signature": stamp})
        form = posted(
            urlencode({"timestamp": "5", "event": "opened"} | {}) + "&" + urlencode(stamp),
            headers={"content-type": "application/x-www-form-urlencoded"},
        )
        for delivery in (told, form):
            assert one.verifies(delivery) is expected
            assert one.door.scheme.signed_at(delivery) == one.AT - timedelta(minutes=1)
            assert one.door.delivery_id(delivery) == "tok"


def public(key: Any) -> str:
    der = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return B64(der).decode()


def test_sendgrid_signs_events_and_no_mail(vendor: Any, posted: Any) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    one = vendor("sendgrid", verification_key=public(key), webhook_secret="user:new")
    mac = key.sign(b"1777895940[]", ec.ECDSA(SHA256()))
    signed = {
        "x-twilio-email-event-webhook-timestamp": "1777895940",
        "x-twilio-email-event-webhook-signature": B64(mac).decode(),
    }
    kind, mail_ = "multipart/form-data; boundary=b", PART

    assert one.verifies(posted("[]", headers=signed | BASIC))
    assert not one.verifies(posted("[ ]", headers=signed | BASIC))
    assert not one.verifies(posted("[]", headers=BASIC))
    assert not one.verifies(posted("[]", headers=signed))
    assert one.verifies(posted(mail_, headers={"content-type": kind} | BASIC))
    assert not one.verifies(posted(mail_, headers={"content-type": kind} | signed))
    only_key = vendor("sendgrid", verification_key=public(key))
    assert not only_key.verifies(posted(mail_, headers={"content-type": kind} | signed))


@pytest.mark.parametrize(
    ("header", "digest"), [("x-postal-signature", SHA1()), ("x-postal-signature-256", SHA256())]
)
def test_postal_signs_with_its_key(vendor: Any, posted: Any, header: str, digest: Any) -> None:
    key = rsa.generate_private_key(65537, 2048)
    one = vendor("postal", webhook_key=public(key))
    mac = B64(key.sign(b"{}", padding.PKCS1v15(), digest)).decode()

    assert one.verifies(posted("{}", headers={header: mac}))
    assert not one.verifies(posted("{} ", headers={header: mac}))
    assert not one.verifies(posted("{}", headers={header: "!"}))


def test_mandrill_signs_the_address_and_the_form(vendor: Any, posted: Any) -> None:
    one = vendor("mandrill", webhook_key=("new", "old"))
    fields = {"mandrill_events": "[]", "a": "ü\0".encode() + b"\xff"}

    def told(url: str, key: str, **headers: str) -> Delivery:
        signed = f"{url}aü\0".encode() + b"\xffmandrill_events[]"
        mac = B64(hmac.digest(key.encode(), signed, "sha1")).decode()
        kind = {"content-type": "application/x-www-form-urlencoded"}
        given = {**kind, "x-mandrill-signature": mac, **headers}
        return posted(urlencode(fields), headers=given, url="https://h.example/x")  # type: ignore[no-any-return]

    assert one.verifies(told("https://h.example/x", "new"))
    assert one.verifies(told("https://h.example/x", "old"))
    assert one.verifies(told("https://user:new@h.example/x", "new", **BASIC))
    assert not one.verifies(told("https://h.example/y", "new"))
    assert not one.verifies(told("https://h.example/x", "other"))


def test_mailersend_mailtrap_and_resend_sign_the_body(vendor: Any, posted: Any) -> None:
    mac = hmac.new(b"in", b"{}", hashlib.sha256).hexdigest()
    by_header = (
        ("mailersend", "signature", {"signing_secret": "out", "inbound_secret": "in"}),
        ("mailtrap", "mailtrap-signature", {"signing_secret": ("out", "in")}),
    )
    for channel, header, secrets in by_header:
        one = vendor(channel, **secrets)
        assert one.verifies(posted("{}", headers={header: mac}))
        assert not one.verifies(posted("{ }", headers={header: mac}))
    one = vendor("resend", signing_secret=("whsec_b3RoZXI=", f"whsec_{B64(b'key').decode()}"))
    svix = B64(hmac.digest(b"key", b"msg_1.1777895940.{}", "sha256")).decode()
    given = {
        "svix-id": "msg_1",
        "svix-timestamp": "1777895940",
        "svix-signature": f"v1,x v1,{svix}",
    }
    assert one.verifies(posted("{}", headers=given))
    assert one.door.scheme.signed_at(posted(headers=given)) == one.AT - timedelta(minutes=1)
    for name in given:
        assert not one.verifies(posted("{}", headers={**given, name: "1"}))


def test_unisender_go_signs_within_the_body(vendor: Any, as_json: Any) -> None:
    one = vendor("unisender-go", api_key=("new", "old"))

    def told(key: str, body: dict[str, Any]) -> Delivery:
        compact = json.dumps({**body, "auth": key}, separators=(",", ":"))
        digest = hashlib.md5(compact.encode(), usedforsecurity=False).hexdigest()
        made: Delivery = as_json({**body, "auth": digest})
        return made

    assert one.verifies(told("new", {"name": "Ж/ü"}))
    assert one.verifies(told("old", {}))
    assert not one.verifies(told("other", {}))
    for auth in (None, 0, ":", "", "new"):
        assert not one.verifies(as_json({"auth": auth}))


CERT_URL = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem"
TOPIC = "arn:aws:sns:eu-west-1:1:mails"


def certificate(key: rsa.RSAPrivateKey) -> bytes:
    name = Name([NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    now = datetime.now(UTC)
    built = (
        CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(random_serial_number()).not_valid_before(now)
        .not_valid_after(now + timedelta(days=1)).sign(key, SHA256())
    )  # fmt: skip
    return built.public_bytes(serialization.Encoding.PEM)


@pytest.mark.parametrize(("version", "digest"), [("1", SHA1()), ("2", SHA256())])
def test_sns_signs_once_its_certificate_is_there(as_json: Any, version: str, digest: Any) -> None:
    key, certificates = rsa.generate_private_key(65537, 2048), sns.Certificates()
    told = {
        "Type": "Notification", "MessageId": "1", "TopicArn": TOPIC, "Message": "hola",
        "Timestamp": "2026", "SignatureVersion": version, "SigningCertURL": CERT_URL,
    }  # fmt: skip
    names = ("Message", "MessageId", "Timestamp", "TopicArn", "Type")
    signed = "".join(f"{name}\n{told[name]}\n" for name in names).encode()
    told["Signature"] = B64(key.sign(signed, padding.PKCS1v15(), digest)).decode()

    with pytest.raises(Unavailable):
        sns.is_signed(as_json(told), certificates)
    assert certificates.wanted() == [CERT_URL]
    certificates.add(CERT_URL, certificate(key))
    assert sns.is_signed(as_json(told), certificates)
    assert certificates.wanted() == []
    for forged in ({"Message": "x"}, {"Signature": ""}, {"SignatureVersion": "3"}, {"Type": "x"}):
        assert not sns.is_signed(as_json({**told, **forged}), certificates)
    certificates.add(CERT_URL, b"no certificate")
    assert not sns.is_signed(as_json(told), certificates)


@pytest.mark.parametrize(
    "url",
    [
        "http://sns.eu-west-1.amazonaws.com/a.pem",
        "https://sns.eu-west-1.amazonaws.com.evil.example/a.pem",
        "https://evil.example/sns.eu-west-1.amazonaws.com/a.pem",
        "https://sns.eu-west-1.amazonaws.com@evil.example/a.pem",
        "https://x@sns.eu-west-1.amazonaws.com/a.pem",
        "https://sns.eu-west-1.amazonaws.com:8443/a.pem",
        "https://s3.amazonaws.com/sns.eu-west-1.amazonaws.com/a.pem",
        "https://[",
    ],
)
def test_a_certificate_comes_from_sns_alone(as_json: Any, url: str) -> None:
    certificates = sns.Certificates()
    told = {"Type": "Notification", "Signature": "AA==", "SignatureVersion": "1"}

    assert not sns.is_signed(as_json({**told, "SigningCertURL": url}), certificates)
    assert certificates.wanted() == []


def test_a_topic_of_somebody_else_is_not_ours(vendor: Any, as_json: Any) -> None:
    one = vendor("amazon-ses", topic_arns=[TOPIC], webhook_secret="user:new")

    assert one.verifies(as_json({"TopicArn": TOPIC}, **BASIC))
    assert not one.verifies(as_json({"TopicArn": "arn:other"}, **BASIC))
