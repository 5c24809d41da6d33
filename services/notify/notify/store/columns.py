"""Structs in jsonb columns."""

import re
from typing import TypeVar

import msgspec
from msgspec import Struct

S = TypeVar("S", bound=Struct)

_NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")


def packed(value: object) -> str:
    """Structs as JSON for a jsonb parameter, without NUL, which PostgreSQL cannot hold."""
    return _NUL.sub(r"\1", msgspec.json.encode(value).decode())


def struct(value: object, kind: type[S]) -> S | None:
    """Read a struct from a jsonb column, which the driver has decoded."""
    return msgspec.convert(value, kind) if value is not None else None
