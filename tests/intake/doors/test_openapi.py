"""Intake's own OpenAPI document, walked through by strangers' inputs on real sockets."""

import asyncio
from collections import Counter
from contextlib import suppress
from typing import Any

import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
)

from shared import testing

EXAMPLES = 25


async def test_whatever_comes_is_answered_as_the_document_says_and_never_with_a_failure(
    intake: Any, caller_tokens: dict[str, str]
) -> None:
    headers = {"Authorization": f"Bearer {caller_tokens['desk']}"}
    document = (await intake.http.get("/openapi.json", headers=headers)).json()

    told = document["components"]["schemas"]["MessageIn"]["properties"]
    told["store_id"]["enum"], told["account_id"]["enum"] = ["aurora"], ["phones"]

    answers = await asyncio.to_thread(walked, document, intake.url, headers)

    assert {status for _, status in answers if status >= 500} == set()
    assert {path for path, _ in answers} == set(document["paths"])
    assert {201, 404, 422} <= {status for _, status in answers}
    kept = await testing.rows(intake.db, "SELECT outcome FROM raw_requests")
    assert {row["outcome"] for row in kept} <= {"understood", "known"}


def walked(document: dict[str, Any], url: str, headers: dict[str, str]) -> Counter[tuple[str, int]]:
    """How often each route gave each status; what it says of itself must hold where it is well."""
    schema = schemathesis.openapi.from_dict(document)
    answers: Counter[tuple[str, int]] = Counter()
    for each in schema.get_all_operations():
        assert isinstance(each, Ok)
        operation = each.ok()
        for mode in GenerationMode:

            @given(case=operation.as_strategy(generation_mode=mode))
            @settings(
                max_examples=EXAMPLES,
                deadline=None,
                database=None,
                derandomize=True,
                suppress_health_check=list(HealthCheck),
            )
            def ask(case: Any) -> None:
                answer = case.call(base_url=url, headers=headers)
                answers[case.path, answer.status_code] += 1
                assert answer.status_code < 500, (case.method, case.path, answer.text)
                if answer.status_code < 300:
                    case.validate_response(
                        answer, checks=[content_type_conformance, response_schema_conformance]
                    )

            with suppress(Unsatisfiable):  # where any text is one, nothing can be wrong
                ask()
    return answers
