"""Routing's own OpenAPI document, walked through by strangers' inputs on a real socket."""

from collections.abc import Awaitable, Callable
from uuid import uuid4

from routing import api
from routing.domain.team import Agent
from routing.handlers.rules import Rules
from shared import testing
from shared.contracts.intake import MessageReceived
from shared.db import Database
from tests.openapi import CALLERS, served, walk


async def test_whatever_comes_is_answered_as_the_document_says_and_never_with_a_failure(
    routing: Database,
    rules: Rules,
    hear: Callable[..., Awaitable[None]],
    message: Callable[..., MessageReceived],
    install: Callable[..., Awaitable[None]],
    agent: Callable[..., Agent],
) -> None:
    await install(agent("a-agent"), agent("a-lead", is_lead=True))
    for _ in range(3):
        await hear(message())
    rows = await testing.rows(routing, "SELECT id FROM conversations")
    conversations = [str(row["id"]) for row in rows]
    known = {
        "conversation_id": [*conversations, str(uuid4())],
        "agent_id": ["a-agent", "a-lead", "nobody"],
        "store_id": ["aurora", "nowhere"],
    }

    async with served(api.app(routing, rules, CALLERS)) as url:
        answers, _ = await walk(url, known=known, examples=6)

    assert {200, 404, 422} <= {status for _, status in answers}
