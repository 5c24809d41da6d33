"""Intake's knobs."""

from pathlib import Path

from pydantic import Field, SecretStr

from intake.domain.sealing import Seal
from shared.settings import ServiceSettings, config
from shared.stores.values import BaseUrl


class Settings(ServiceSettings):
    """What intake reads from the environment."""

    model_config = config("INTAKE_")

    public_url: BaseUrl | None = None
    """Where the world finds intake, e.g. https://hooks.shop.example; some vendors sign it."""
    hook_max_octets: int = Field(default=4 * 1024 * 1024, ge=1024)
    """Largest webhook that is taken in; a larger one is answered 413. Meta's have up to 3 MB."""
    smtp_host: str = "127.0.0.1"
    """Address the SMTP server binds."""
    smtp_port: int = Field(default=0, ge=0, le=65535)
    """Port of the SMTP server; 0 takes a free one and logs it."""
    smtp_hostname: str = "localhost"
    """Name by which the SMTP server greets; for servers of others it is the MX's own."""
    smtp_tls_cert: Path | None = None
    """Certificate and those above it, PEM, for STARTTLS; without it mail comes in clear text."""
    smtp_tls_key: Path | None = None
    """Its private key, PEM; empty: it lies beside the certificate. Both are read when renewed."""
    smtp_max_octets: int = Field(default=25 * 1024 * 1024, ge=1024)
    """Largest mail that is taken in; a larger one is answered 552."""
    smtp_max_connections: int = Field(default=100, ge=1)
    """SMTP connections at once; one more is told to come later, 421."""
    chat_says_per_second: int = Field(default=5, ge=1)
    """Messages of one chat thread that one process takes in any second."""
    files_url: str = "var/files"
    """Where files of messages lie: a folder, or an object store such as s3://bucket/prefix."""
    file_max_octets: int = Field(default=25 * 1024 * 1024, ge=1024)
    """Largest file that is kept."""
    clamd_host: str = ""
    """Where clamd, the virus scanner, listens; empty: files are not scanned."""
    clamd_port: int = Field(default=3310, ge=1, le=65535)
    """Port of clamd."""
    raw_key: SecretStr = SecretStr("")
    """Locks deliveries in the database: any 32 random characters; empty: they lie open there."""
    raw_key_old: SecretStr = SecretStr("")
    """The key before, while deliveries that it locked are kept."""
    raw_days: int = Field(default=30, ge=1)
    """Days for which deliveries are kept as they came."""

    def seal(self) -> Seal:
        """What locks deliveries, and opens them."""
        return Seal([self.raw_key.get_secret_value(), self.raw_key_old.get_secret_value()])
