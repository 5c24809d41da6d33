"""The knobs every service has. A service adds its own under its prefix.

Read once, in `__main__`; nothing else looks at the environment.
"""

from pathlib import Path
from typing import Literal

from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


def config(prefix: str) -> SettingsConfigDict:
    """Settings of one service: its prefix, frozen, each field's sentence as description."""
    return SettingsConfigDict(
        env_prefix=prefix,
        frozen=True,
        use_attribute_docstrings=True,
        extra="ignore",
        populate_by_name=True,
    )


class KafkaSettings(BaseSettings):
    """How to reach Kafka."""

    model_config = config("KAFKA_")

    bootstrap: str = "127.0.0.1:9092"
    """Brokers, host:port, comma-separated."""
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    """How the connection is secured."""
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "PLAIN"
    """SASL mechanism, with SASL_* only."""
    sasl_username: str | None = None
    """SASL user."""
    sasl_password: SecretStr | None = None
    """SASL password."""
    ssl_cafile: Path | None = None
    """Certificates to trust instead of the system's."""
    topic_prefix: str = ""
    """Put before every topic and group, so that several installations share a cluster."""
    replication_factor: int = 1
    """Copies of each partition when topics are made."""
    partitions: int | None = None
    """Partitions of every topic when topics are made, instead of the registry's."""
    instance_id: str | None = None
    """Stable and unique per process: a restarted process takes its partitions back at once."""


class ServiceSettings(BaseSettings):
    """What every service reads."""

    model_config = config("MERIDIAN_")

    kafka: KafkaSettings = Field(default_factory=KafkaSettings)
    database_url: SecretStr = Field(
        default=SecretStr("postgresql://postgres@127.0.0.1:5432/postgres"),
        validation_alias=AliasChoices("database_url", "DATABASE_URL"),
    )
    """PostgreSQL as one that may create roles and schemas; each service then uses a role of its
    own. DATABASE_URL_<SERVICE> gives a service its own login instead."""
    stores_file: Path | None = Field(
        default=None, validation_alias=AliasChoices("stores_file", "STORES_FILE")
    )
    """stores.yaml: stores, their accounts, token keys."""
    callers_file: Path | None = Field(
        default=None, validation_alias=AliasChoices("callers_file", "CALLERS_FILE")
    )
    """callers.yaml: who may call the APIs."""
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", validation_alias=AliasChoices("log_level", "LOG_LEVEL")
    )
    """Least level that is logged."""
    http_host: str = "127.0.0.1"
    """Address the HTTP server binds."""
    http_port: int = 0
    """Port of the HTTP server; 0 takes a free one and logs it."""
