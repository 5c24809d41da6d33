"""Returns' own OpenAPI document, walked through by strangers' inputs on a real socket."""

from typing import Any
from uuid import uuid4

from returns import api
from returns.domain.policy import Policies
from shared.db import Database
from tests.openapi import CALLERS, served, walk


async def test_whatever_comes_is_answered_as_the_document_says_and_never_with_a_failure(
    db: Database, policies: Policies, people: Any, delivered: Any
) -> None:
    cases = [(await people.open(delivered, lines=[{"line_id": "ring", "quantity": 1}]))["case_id"]]
    known = {
        "case_id": [*cases, str(uuid4())],
        "store_id": [delivered.store_id, "nowhere"],
        "order_id": [str(delivered.order_id)],
        "line_id": ["ring", "none"],
    }

    async with served(api.app(db, policies, CALLERS)) as url:
        answers, _ = await walk(url, known=known)

    assert {200, 404, 422} <= {status for _, status in answers}
