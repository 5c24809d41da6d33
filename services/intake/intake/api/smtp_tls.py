"""The certificate that the SMTP door shows after STARTTLS (RFC 3207)."""

import ssl
from pathlib import Path

import structlog

from shared.errors import Refused

log = structlog.get_logger()


class Certificate:
    """A certificate in files, read again when it was renewed.

    `chain` holds the certificate and those between it and its root, `key` the private key, both
    PEM; without `key` it lies in `chain` too. Raises `Refused` when they cannot be used.
    """

    def __init__(self, chain: Path, key: Path | None = None) -> None:
        self._chain, self._key = chain, key
        self._read_at = self._changed_at()
        try:
            self._context = self._read()
        except (OSError, ssl.SSLError) as why:
            raise Refused(
                f"INTAKE_SMTP_TLS_CERT or INTAKE_SMTP_TLS_KEY cannot be used: {why}"
            ) from why

    def context(self) -> ssl.SSLContext:
        """What a session that begins now is to use; a renewal that cannot be read is passed by."""
        try:
            changed_at = self._changed_at()
            if changed_at != self._read_at:
                self._read_at = changed_at
                self._context = self._read()
                log.info("certificate read again")
        except (OSError, ssl.SSLError) as why:
            log.error("certificate not read", error=type(why).__name__)
        return self._context

    def _read(self) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self._chain, self._key)
        return context

    def _changed_at(self) -> tuple[int, ...]:
        files = [each for each in (self._chain, self._key) if each is not None and each.exists()]
        return tuple(each.stat().st_mtime_ns for each in files)
