"""Who may call the APIs: `callers.yaml`, and the actor that a bearer token stands for.

The file holds the SHA-256 of each token, never the token (`python -m routing token ID` makes one).
"""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

import structlog
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from shared import yaml_files
from shared.contracts.base import ActorKind, By
from shared.yaml_files import Document, Where, matching

log = structlog.get_logger()


class Role(StrEnum):
    """What a caller is there for; each route names the roles it is open to."""

    AGENT = "agent"
    LEAD = "lead"
    WAREHOUSE = "warehouse"
    APPRAISER = "appraiser"
    FINANCE = "finance"
    ADMIN = "admin"


@dataclass(frozen=True)
class Actor:
    """Who calls. An agent's id is his id in the team file; `stores` may hold `*`, for all."""

    kind: ActorKind
    id: str
    role: Role
    stores: frozenset[str]

    def sees(self, store_id: str) -> bool:
        """Whether he may know of this store at all; what he may not see is answered 404."""
        return "*" in self.stores or store_id in self.stores

    @property
    def by(self) -> By:
        """The actor as events and history carry him."""
        return By(kind=self.kind, id=self.id)


def _listed(given: object) -> object:
    return [given] if isinstance(given, str) else given


_Sha256 = Annotated[str, matching(r"[0-9a-f]{64}", "give the SHA-256 of a token in lower-case hex")]
_Id = Annotated[
    str, matching(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", "give an id of A-Z a-z 0-9 . _ -")
]


class _Caller(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    id: _Id
    kind: Literal["agent", "service"]
    role: Role
    stores: Annotated[tuple[str, ...], BeforeValidator(_listed)] = Field(min_length=1)
    token_sha256: Annotated[tuple[_Sha256, ...], BeforeValidator(_listed)] = Field(
        min_length=1, max_length=2
    )

    def actor(self) -> Actor:
        return Actor(ActorKind(self.kind), self.id, self.role, frozenset(self.stores))


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    callers: tuple[_Caller, ...]


class Callers:
    """All callers, by the hashes of their tokens."""

    def __init__(self, actors: Sequence[tuple[str, Actor]] = ()) -> None:
        """Take pairs of a token's SHA-256 in lower-case hex and its actor."""
        self._actors = tuple((bytes.fromhex(sha256), actor) for sha256, actor in actors)

    @classmethod
    def load(cls, path: Path | None) -> "Callers":
        """Read the file; without one there are no callers, and only public routes answer.

        Raises `yaml_files.BadFile`.
        """
        if path is None:
            log.warning("no callers file: every route that is not public answers 401")
            return cls()
        document = yaml_files.read(Path(path))
        file = document.read_as(_File)
        _refuse_repeated(document, file)
        return cls(
            [(sha256, caller.actor()) for caller in file.callers for sha256 in caller.token_sha256]
        )

    def actor(self, token: str | bytes) -> Actor | None:
        """Whose token it is. Every caller is compared, so time tells nothing of a near miss."""
        octets = token.encode("utf-8", "surrogateescape") if isinstance(token, str) else token
        digest = hashlib.sha256(octets).digest()
        found = None
        for sha256, actor in self._actors:
            if hmac.compare_digest(sha256, digest):
                found = actor
        return found


def new_token() -> tuple[str, str]:
    """A new token of 256 random bits, and its SHA-256 in hex for `callers.yaml`."""
    token = f"meridian_{secrets.token_urlsafe(32)}"
    return token, hashlib.sha256(token.encode()).hexdigest()


def _refuse_repeated(document: Document, file: _File) -> None:
    problems: list[tuple[Where, str]] = []
    known = set[str]()
    for index, caller in enumerate(file.callers):
        if caller.id in known:
            problems.append((("callers", index, "id"), f"caller {caller.id} is given twice"))
        known.add(caller.id)
        for sha256 in caller.token_sha256:
            if sha256 in known:
                problems.append((("callers", index, "token_sha256"), "this token has a caller"))
            known.add(sha256)
    if problems:
        raise document.bad(problems)
