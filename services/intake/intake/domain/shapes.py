"""Strangers' JSON, taken only for what it should be."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

Object = Mapping[str, Any]


def obj(value: object) -> Object:
    """The object, or an empty one in place of anything else."""
    return value if isinstance(value, dict) else {}


def objects(value: object) -> Iterator[Object]:
    """The objects of a list; anything else in it, or in its place, is passed over."""
    if isinstance(value, list):
        yield from (each for each in value if isinstance(each, dict))


def text(value: object) -> str | None:
    """Text, or a whole number as text (ids come as either); None in place of anything else."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) else None


def json_of(value: object) -> object:
    """JSON inside a form's field or another JSON; None for what is none.

    Bare control characters, which JSON forbids, are taken.
    """
    try:
        return json.loads(value, strict=False) if isinstance(value, str) and value else None
    except (ValueError, RecursionError):
        return None
