"""What is under fire: two stores, a small team, two processes of intake and two of routing."""

import hashlib
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from deploy.local.ports import LOOPBACK, free_port
from deploy.local.processes import Process
from shared.settings import KafkaSettings

STORES = {"norte": "301000000000001", "levante": "301000000000002"}
"""Phone number id of each store's WhatsApp account."""
INTAKE = ("intake-1", "intake-2")
ROUTING = ("routing-1", "routing-2")
APP_SECRET = "the secret of the app"

_ZONES = ("Europe/Madrid", "America/Bogota", "Asia/Tokyo", "Asia/Dubai", "Pacific/Auckland")
_LANGUAGES: tuple[dict[str, int], ...] = (
    {"es": 5, "en": 4},
    {"en": 5},
    {"de": 5, "en": 4},
    {"ja": 5, "en": 3},
)
_EVERY_DAY = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


@dataclass(frozen=True, kw_only=True)
class Installation:
    """Where everything is; `env` is what every process reads, `tokens` are by agent."""

    env: Mapping[str, str]
    ports: Mapping[str, int]
    tokens: Mapping[str, str]
    logs: Path

    def urls(self, *names: str) -> list[str]:
        """Where these processes answer."""
        return [f"http://{LOOPBACK}:{self.ports[name]}" for name in names]

    def log(self, name: str) -> Path:
        """The log of a process, through all its lives."""
        return self.logs / f"{name}.log"

    def processes(self) -> list[Process]:
        """The four processes, as they are started in earnest."""
        return [self._process(name) for name in (*INTAKE, *ROUTING)]

    def _process(self, name: str) -> Process:
        service = name.partition("-")[0]
        return Process(
            name=name,
            command=[sys.executable, "-m", service, "run"],
            log=self.log(name),
            env={
                **self.env,
                f"{service.upper()}_HTTP_PORT": str(self.ports[name]),
                "KAFKA_INSTANCE_ID": name,
            },
            ready=f"{self.urls(name)[0]}/readyz",
        )


def make(
    folder: Path, *, kafka: KafkaSettings, database_url: str, agents: int, room: int
) -> Installation:
    """Write stores, callers and team: so many agents, each with room for so many."""
    folder.mkdir()
    team = [f"agent-{number:02}" for number in range(agents)]
    tokens = {agent: f"token-of-{agent}-{folder.name}" for agent in team}
    callers = [_caller(agent, token) for agent, token in tokens.items()]
    members = [_member(number, agent, room) for number, agent in enumerate(team)]
    files = {
        "STORES_FILE": {
            "stores": {store: _store(store) for store in STORES},
            "token_keys": ["env:TOKEN_KEY"],
        },
        "CALLERS_FILE": {"callers": callers},
        "TEAM_FILE": {"agents": members},
    }
    paths = {name: folder / f"{name.lower()}.yaml" for name in files}
    for name, content in files.items():
        paths[name].write_text(yaml.safe_dump(content), "utf-8")
    return Installation(
        env={
            **{name: str(path) for name, path in paths.items()},
            **_servers(kafka, database_url),
            "APP_SECRET": APP_SECRET,
            "TOKEN_KEY": "a key of at least thirty-two octets, this one",
            # One thread each: every process computes little, and there are more than cores.
            "OMP_NUM_THREADS": "1",
        },
        ports=_ports(),
        tokens=tokens,
        logs=folder / "logs",
    )


def _servers(kafka: KafkaSettings, database_url: str) -> dict[str, str]:
    return {
        "DATABASE_URL": database_url,
        "DATABASE_URL_INTAKE": "",
        "DATABASE_URL_ROUTING": "",
        "KAFKA_BOOTSTRAP": kafka.bootstrap,
        "KAFKA_SECURITY_PROTOCOL": "PLAINTEXT",
        "KAFKA_TOPIC_PREFIX": kafka.topic_prefix,
        "KAFKA_PARTITIONS": str(kafka.partitions),
    }


def _ports() -> dict[str, int]:
    ports: dict[str, int] = {}
    for name in (*INTAKE, *ROUTING):
        while (port := free_port()) in ports.values():
            pass
        ports[name] = port
    return ports


def _store(store_id: str) -> dict[str, Any]:
    return {
        "name": store_id.capitalize(),
        "languages": ["es", "en", "de", "ja"],
        "countries": ["ES", "GB", "DE", "JP"],
        "market": "ES",
        "currency": "EUR",
        "time_zone": "Europe/Madrid",
        "accounts": [
            {
                "channel": "whatsapp",
                "account_id": STORES[store_id],
                "app_secret": "env:APP_SECRET",
                "verify_token": "env:APP_SECRET",
                "access_token": "env:APP_SECRET",
            }
        ],
    }


def _caller(agent: str, token: str) -> dict[str, Any]:
    return {
        "id": agent,
        "kind": "agent",
        "role": "agent",
        "stores": list(STORES),
        "token_sha256": hashlib.sha256(token.encode()).hexdigest(),
    }


def _member(number: int, agent: str, room: int) -> dict[str, Any]:
    return {
        "id": agent,
        "name": f"Agent {number}",
        "stores": list(STORES),
        "languages": _LANGUAGES[number % len(_LANGUAGES)],
        "country": "ES",
        "time_zone": _ZONES[number % len(_ZONES)],
        "capacity": {"total": room, "messaging": room},
        "shifts": [{"days": _EVERY_DAY, "from": "00:00", "to": "24:00"}],
    }
