"""Every error as one shape, problem+json (RFC 9457), that tells nothing of our insides.

HTTPException             its own status and detail
RequestValidationError    422, with what is wrong where, never with what was sent
Refused                   422, with why
Unavailable, no database  503, with Retry-After
anything else             500, and a log line with the frames; a bug
"""

import traceback
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import structlog
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection

from shared import db, rates
from shared.errors import Refused

log = structlog.get_logger()

RETRY_AFTER = 5
"""Seconds after which a client may try again what was not possible for now."""


class Problem(JSONResponse):
    """One error; `detail` is a sentence for people, `extra` are members for machines."""

    media_type = "application/problem+json"

    def __init__(
        self,
        status: int,
        detail: str | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        told = {"type": "about:blank", "title": _title(status), "status": status}
        if detail and detail != told["title"]:
            told["detail"] = detail
        super().__init__({**(extra or {}), **told}, status, dict(headers or {}))


def _title(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"


async def answer(connection: HTTPConnection, error: Exception) -> Problem:
    """Turn what a route raised into what the client reads."""
    return problem(error, connection.scope.get("path", ""))


def problem(error: Exception, path: str = "") -> Problem:
    """The answer for an error; a bug is logged, at `path`, without any message or value."""
    if (expected := _expected(error)) is not None:
        return expected
    if db.is_unavailable(error):
        if not rates.wait(1, "log", "unavailable"):
            log.warning("request must wait", path=path, error=type(error).__name__)
        return Problem(503, "not possible for now", headers={"Retry-After": str(RETRY_AFTER)})
    log.error("request failed", path=path, **_frames(error))
    return Problem(500)


def _expected(error: Exception) -> Problem | None:
    match error:
        case HTTPException(detail=dict() as extra):
            return Problem(error.status_code, headers=error.headers, extra=extra)
        case HTTPException():
            return Problem(error.status_code, str(error.detail), headers=error.headers)
        case RequestValidationError():
            errors = [_wrong(each) for each in error.errors()]
            return Problem(422, "the request does not fit the schema", extra={"errors": errors})
        case Refused():
            return Problem(422, str(error))
    if db.is_unstorable(error):
        return Problem(422, "a text holds a character that cannot be kept")
    return None


def _wrong(error: Mapping[str, Any]) -> dict[str, str]:
    place, *steps = error["loc"]
    return {"detail": error["msg"], "in": str(place), "pointer": _pointer(steps)}


def _pointer(steps: Sequence[str | int]) -> str:
    """A JSON Pointer (RFC 6901)."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in steps)


def _frames(error: BaseException) -> dict[str, str]:
    """What went wrong where, innermost last. Not the messages: they carry people's data."""
    names: list[str] = []
    seen: BaseException | None = error
    while seen is not None and len(names) < 10:
        names.append(type(seen).__name__)
        seen = seen.__cause__ or seen.__context__
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "site-packages" not in frame.filename] or frames
    told = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in (*ours, frames[-1])[-10:]]
    return {"error": " from ".join(names), "frames": " → ".join(dict.fromkeys(told))}
