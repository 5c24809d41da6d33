"""A service's own OpenAPI document, walked through by strangers' inputs on a real socket."""

import asyncio
import hashlib
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from itertools import cycle
from typing import Any

import httpx
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
)

from deploy.local.ports import LOOPBACK, free_port
from shared import service, testing
from shared.callers import Actor, Callers, Role
from shared.contracts.base import ActorKind

Answers = Counter[tuple[str, int]]
"""How often each route gave each status."""


@asynccontextmanager
async def served(app: FastAPI) -> AsyncIterator[str]:
    """The address that the routes are to be had at meanwhile."""
    stop, port = asyncio.Event(), free_port()
    url = f"http://{LOOPBACK}:{port}"
    running = asyncio.create_task(service.serve(app, LOOPBACK, port, stop))
    async with httpx.AsyncClient(base_url=url, trust_env=False) as http:

        async def is_open() -> bool:
            try:
                return (await http.get("/livez")).is_success
            except httpx.TransportError:
                return False

        await testing.eventually(is_open)
    try:
        yield url
    finally:
        stop.set()
        await running


PEOPLE = {role: f"token of {role.value}" for role in Role}

CALLERS = Callers(
    [
        (
            hashlib.sha256(token.encode()).hexdigest(),
            Actor(ActorKind.AGENT, f"a-{role.value}", role, frozenset({"*"})),
        )
        for role, token in PEOPLE.items()
    ]
)
"""One of each role, for all stores."""


async def walk(
    url: str,
    *,
    known: Mapping[str, Sequence[Any]] | None = None,
    examples: int = 25,
    seconds: float = 4.0,
) -> tuple[Answers, dict[str, Any]]:
    """Ask every route what it says that it takes, and what it does not; never a failure comes.

    `known` are values for parameters and fields of that name, lest all that is asked for be
    strange; `examples` are for each way to ask a route, `seconds` for all, shared out among them.
    Somebody of each role asks by turns (`CALLERS`). Returns what each route answered, and the
    document.
    """
    people = [{"Authorization": f"Bearer {token}"} for token in PEOPLE.values()]
    async with httpx.AsyncClient(base_url=url, trust_env=False, headers=people[0]) as http:
        document: dict[str, Any] = (await http.get("/openapi.json")).json()
    _know(document, known or {})
    answers = await asyncio.to_thread(
        walked, document, url, people, examples=examples, seconds=seconds
    )
    assert {path for path, _ in answers} == set(document["paths"])
    return answers, document


def _know(document: dict[str, Any], known: Mapping[str, Sequence[Any]]) -> None:
    """Write these values down for parameters, and fields of bodies, that have one of the names."""
    schemas = document.get("components", {}).get("schemas", {})
    operations = [one for path in document["paths"].values() for one in path.values()]
    wanted = _named([one.get("requestBody") for one in operations])
    sent: set[str] = set()
    while wanted:
        sent |= wanted
        wanted = _named([schemas[name] for name in wanted]) - sent
    for told in [parameter for one in operations for parameter in one.get("parameters", ())]:
        if told["name"] in known:
            told["schema"] = {"enum": list(known[told["name"]])}
    for name in sent:
        fields = schemas[name].get("properties", {})
        fields |= {key: {"enum": list(known[key])} for key in fields if key in known}


def _named(told: Any) -> set[str]:
    """The schemas that are referred to anywhere in it."""
    if isinstance(told, list):
        return {name for each in told for name in _named(each)}
    if not isinstance(told, dict):
        return set()
    own = {str(told["$ref"]).rpartition("/")[2]} if "$ref" in told else set()
    return own | _named(list(told.values()))


def walked(
    document: dict[str, Any],
    url: str,
    people: Sequence[Mapping[str, str]],
    *,
    examples: int = 25,
    seconds: float = 60.0,
) -> Answers:
    """What each route answered these people; what it says of itself must hold where it is well."""
    answers: Answers = Counter()
    turns = cycle(people)

    def asked(case: Any) -> None:
        answer = case.call(base_url=url, headers=dict(next(turns)))
        answers[case.path, answer.status_code] += 1
        assert answer.status_code < 500, (case.method, case.path, answer.text)
        if answer.status_code < 300:
            case.validate_response(
                answer, checks=[content_type_conformance, response_schema_conformance]
            )

    schema = schemathesis.openapi.from_dict(document)
    operations = [each.ok() for each in schema.get_all_operations() if isinstance(each, Ok)]
    ways = [
        (operation, mode)
        for operation in operations
        for mode in GenerationMode
        # In a path alone hardly anything is wrong: most that is tried would be thrown away.
        if mode is GenerationMode.POSITIVE or operation.body or operation.query
    ]
    for operation, mode in ways:
        cases = operation.as_strategy(generation_mode=mode)
        with suppress(Unsatisfiable):  # where any text is one, nothing can be wrong
            _each(cases, asked, examples=examples, seconds=seconds / len(ways))
    return answers


def _each(cases: Any, asked: Callable[[Any], None], *, examples: int, seconds: float) -> None:
    """Ask so many of them, as far as the time goes; a few are free."""
    until, count = time.monotonic() + seconds, 0

    @given(case=cases)
    @settings(
        max_examples=examples,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    def ask(case: Any) -> None:
        nonlocal count
        count += 1
        if count <= 3 or time.monotonic() < until:
            asked(case)

    ask()
