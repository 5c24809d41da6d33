"""STARTTLS at the SMTP door: a certificate is shown, renewed, and refused when it is none."""

import asyncio
import os
import smtplib
import ssl
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from intake.api.smtp_tls import Certificate
from shared.contracts.intake import MessageReceived
from shared.errors import Refused

Start = Callable[..., Awaitable[Any]]
HELP, NAME = "help@aurora.example", "mx.aurora.example"
MAIL = b"From: Ana <ana@example.org>\r\nTo: help@aurora.example\r\nSubject: Lamp\r\n\r\nHola"


def certify(folder: Path, name: str = NAME) -> tuple[Path, Path]:
    """A certificate for `name` that vouches for itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    chain, private = folder / "chain.pem", folder / "key.pem"
    chain.write_bytes(made.public_bytes(Encoding.PEM))
    private.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    )
    return chain, private


def shown_to(port: int, chain: Path, name: str) -> bytes:
    """Send a mail inside TLS as a server does that checks the certificate; returns it."""
    trusted = ssl.create_default_context(cafile=str(chain))
    with smtplib.SMTP("127.0.0.1", port, timeout=20) as client:
        client._host = name  # type: ignore[attr-defined] # whom the certificate is checked for
        assert client.ehlo()[0] == 250
        assert client.has_extn("starttls")
        client.starttls(context=trusted)
        client.ehlo()
        assert not client.has_extn("starttls")
        client.sendmail("ana@example.org", [HELP], MAIL)
        assert isinstance(client.sock, ssl.SSLSocket)
        found = client.sock.getpeercert(binary_form=True)
    assert found is not None
    return found


def in_clear(port: int, mail: bytes) -> None:
    """Send a mail as a server does that knows no TLS."""
    with smtplib.SMTP("127.0.0.1", port, timeout=20) as client:
        client.sendmail("ana@example.org", [HELP], mail)


async def test_mail_comes_in_tls_and_a_renewed_certificate_is_shown_to_the_next(
    intake_process: Start, tmp_path: Path
) -> None:
    chain, key = certify(tmp_path)
    intake = await intake_process(smtp_tls_cert=chain, smtp_tls_key=key, smtp_max_connections=1)

    first = await asyncio.to_thread(shown_to, intake.smtp.port, chain, NAME)
    certify(tmp_path, "mx2.aurora.example")
    second = await asyncio.to_thread(shown_to, intake.smtp.port, chain, "mx2.aurora.example")

    assert first != second
    said = await intake.said(MessageReceived)
    assert [event.text for event in said] == ["Hola"]  # the same mail twice is one message
    # Without TLS mail comes too (RFC 3207 §4), and half a renewal changes nothing.
    chain.write_text("nothing")
    os.utime(chain, ns=(1, 1))
    await asyncio.to_thread(in_clear, intake.smtp.port, MAIL.replace(b"Hola", b"Adios"))
    assert len(await intake.said(MessageReceived)) == 2


async def test_what_is_sent_before_the_handshake_is_not_taken_for_part_of_the_session(
    intake_process: Start, tmp_path: Path
) -> None:
    chain, key = certify(tmp_path)
    intake = await intake_process(smtp_tls_cert=chain, smtp_tls_key=key)

    def injected() -> bytes:
        with smtplib.SMTP("127.0.0.1", intake.smtp.port, timeout=20) as client:
            client.ehlo()
            assert client.sock is not None
            client.sock.sendall(b"STARTTLS\r\nMAIL FROM:<eve@example.org>\r\n")
            assert client.getreply()[0] == 220
            context = ssl.create_default_context(cafile=str(chain))
            try:
                client.sock = context.wrap_socket(client.sock, server_hostname=NAME)
            except (ssl.SSLError, OSError):
                return b"broken"
            client.file = None
            client.ehlo()
            return client.docmd("RCPT", f"TO:<{HELP}>")[1]

    answer = await asyncio.to_thread(injected)

    assert answer == b"broken" or b"MAIL" in answer


def test_a_certificate_that_is_none_is_refused_in_a_sentence(tmp_path: Path) -> None:
    for wrong in (tmp_path / "nowhere.pem", tmp_path / "empty.pem"):
        (tmp_path / "empty.pem").write_text("")
        with pytest.raises(Refused, match="INTAKE_SMTP_TLS_CERT"):
            Certificate(wrong)
