"""Secrets: a file names them (`env:NAME`, `file:PATH`), they never stand in it."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, Self

from pydantic import GetCoreSchemaHandler, ValidationInfo
from pydantic_core import CoreSchema, core_schema


class Source(NamedTuple):
    """Where a secret is to be found: kind `env` or `file`, and its name there."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}"


class Secret(tuple[str, ...]):
    """One secret's valid values: one, or two while it is changed. The first goes out.

    Empty when none of its sources has a value. Its repr shows no value.
    """

    sources: tuple[Source, ...]
    missing: tuple[Source, ...]

    def __new__(cls, sources: Mapping[Source, str]) -> Self:
        made = super().__new__(cls, [value for value in sources.values() if value])
        made.sources = tuple(sources)
        made.missing = tuple(source for source, value in sources.items() if not value)
        return made

    def __repr__(self) -> str:
        return f"<secret of {', '.join(map(str, self.sources))}>"

    __str__ = __repr__

    @classmethod
    def __get_pydantic_core_schema__(cls, _: Any, __: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.with_info_plain_validator_function(_read)


def _read(given: Any, info: ValidationInfo) -> Secret:
    """Resolve what the file says, by the context's `environ` and the file's own `folder`."""
    context = info.context or {}
    texts = given if isinstance(given, list) else [given]
    if not 1 <= len(texts) <= 2:
        raise ValueError("give one source, or two while the secret is changed")
    sources = [_source(text) for text in texts]
    environ: Mapping[str, str] = context.get("environ", os.environ)  # noqa: TID251 - named by the file
    return Secret({source: _value(source, environ, context.get("folder")) for source in sources})


def _source(text: Any) -> Source:
    kind, _, name = text.partition(":") if isinstance(text, str) else ("", "", "")
    if kind not in ("env", "file") or not name:
        raise ValueError("write env:NAME or file:PATH; the secret itself does not belong here")
    return Source(kind, name)


def _value(source: Source, environ: Mapping[str, str], folder: Path | None) -> str:
    if source.kind == "env":
        return environ.get(source.name, "").strip()
    try:
        return Path(folder or ".", source.name).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""
