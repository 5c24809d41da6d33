"""Notify's own OpenAPI document, walked through by strangers' inputs on a real socket."""

from typing import Any
from uuid import uuid4

from notify import api
from tests.openapi import CALLERS, served, walk


async def test_whatever_comes_is_answered_as_the_document_says_and_never_with_a_failure(
    office: Any, make: Any
) -> None:
    await office.hear(make.placed())
    (row,) = await office.find()
    known = {
        "notification_id": [str(row["notification_id"]), str(uuid4())],
        "order_id": [str(make.order_id()), str(uuid4())],
    }

    async def ready() -> dict[str, Any]:
        return {}

    async with served(api.app(office.db, CALLERS, ready)) as url:
        answers, _ = await walk(url, known=known)

    assert {200, 404, 422} <= {status for _, status in answers}
