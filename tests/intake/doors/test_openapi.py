"""Intake's own OpenAPI document, walked through by strangers' inputs on real sockets."""

import asyncio
from typing import Any

from shared import testing
from tests.openapi import walked


async def test_whatever_comes_is_answered_as_the_document_says_and_never_with_a_failure(
    intake: Any, caller_tokens: dict[str, str]
) -> None:
    headers = {"Authorization": f"Bearer {caller_tokens['desk']}"}
    document = (await intake.http.get("/openapi.json", headers=headers)).json()

    told = document["components"]["schemas"]["MessageIn"]["properties"]
    told["store_id"]["enum"], told["account_id"]["enum"] = ["aurora"], ["phones"]

    answers = await asyncio.to_thread(walked, document, intake.url, [headers])

    assert {status for _, status in answers if status >= 500} == set()
    assert {path for path, _ in answers} == set(document["paths"])
    assert {201, 404, 422} <= {status for _, status in answers}
    kept = await testing.rows(intake.db, "SELECT outcome FROM raw_requests")
    assert {row["outcome"] for row in kept} <= {"understood", "known"}
