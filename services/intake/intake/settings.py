"""Intake's knobs."""

from pydantic import Field

from shared.settings import ServiceSettings, config
from shared.stores.values import BaseUrl


class Settings(ServiceSettings):
    """What intake reads from the environment."""

    model_config = config("INTAKE_")

    public_url: BaseUrl | None = None
    """Where the world finds intake, e.g. https://hooks.shop.example; some vendors sign it."""
    hook_max_octets: int = Field(default=1024 * 1024, ge=1024)
    """Largest webhook that is taken in; a larger one is answered 413."""
    smtp_host: str = "127.0.0.1"
    """Address the SMTP server binds."""
    smtp_port: int = Field(default=0, ge=0, le=65535)
    """Port of the SMTP server; 0 takes a free one and logs it."""
    smtp_hostname: str = "localhost"
    """Name by which the SMTP server greets; for servers of others it is the MX's own."""
    smtp_max_octets: int = Field(default=25 * 1024 * 1024, ge=1024)
    """Largest mail that is taken in; a larger one is answered 552."""
    smtp_max_connections: int = Field(default=100, ge=1)
    """SMTP connections at once; one more is told to come later, 421."""
    chat_says_per_second: int = Field(default=5, ge=1)
    """Messages of one chat thread that one process takes in any second."""
    raw_days: int = Field(default=30, ge=1)
    """Days for which deliveries are kept as they came."""
