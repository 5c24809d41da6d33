"""Nobody in: every route of every service × no, wrong, other-store and right token.

The routes come from the running services themselves; a route without a row here fails the test.
"""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from deploy.demo.installation import KAEDE
from deploy.demo.stories.messages import Talk
from deploy.demo.stories.replies import Answer
from deploy.demo.stories.returns import Returned, Undecided
from deploy.demo.stories.stage import Stage
from deploy.demo.team import TEAM

Run = Callable[[Coroutine[Any, Any, Any]], Any]

LEAD, WAREHOUSE, FINANCE = "lead", "warehouse", "finance"
NOBODY = "00000000-0000-0000-0000-000000000000"
STRANGER = "nuria"
"""An agent of the other store alone."""

PUBLIC = {
    ("intake", "GET", "/hooks/{channel}/{account_id}"),
    ("intake", "POST", "/hooks/{channel}/{account_id}"),
    ("intake", "GET", "/files/{store_id}/{token}"),
    ("intake", "GET", "/widget.js"),
    ("intake", "OPTIONS", "/chat/{account_id}/files"),
    ("intake", "POST", "/chat/{account_id}/files"),
    ("logistics-watch", "POST", "/hooks/aftership/{account_id}"),
}
"""The written list: everything else needs a token."""


@dataclass(frozen=True)
class Call:
    """A request about something of one store, and who may make it."""

    right: str
    body: dict[str, Any] | None = None
    query: dict[str, str] = field(default_factory=dict)
    is_list: bool = False
    """A list leaves out what the caller may not see, instead of 404."""
    is_missing: bool = False
    """Asked for what is not there, as a chat of this store: the right caller too is told 404."""


CALLS = {
    ("intake", "POST", "/messages"): Call(
        LEAD, {"store_id": KAEDE, "account_id": "none", "from": {"id": "x"}, "text": "…"}
    ),
    ("intake", "GET", "/stores/{store_id}/messages/{message_id}/files"): Call(LEAD),
    ("intake", "GET", "/stores/{store_id}/threads/{thread_id}/typing"): Call(LEAD),
    ("intake", "POST", "/stores/{store_id}/threads/{thread_id}/typing"): Call(
        LEAD, is_missing=True
    ),
    ("routing", "GET", "/me/conversations"): Call("agent", is_list=True),
    ("routing", "GET", "/conversations"): Call(LEAD, query={"state": "assigned"}, is_list=True),
    ("routing", "GET", "/conversations/{conversation_id}"): Call(LEAD),
    ("routing", "GET", "/waits"): Call(LEAD, is_list=True),
    ("routing", "POST", "/conversations/{conversation_id}/replies"): Call(LEAD, {"text": "…"}),
    ("routing", "POST", "/conversations/{conversation_id}/resolve"): Call(LEAD, {"reason": "x"}),
    ("routing", "POST", "/conversations/{conversation_id}/snooze"): Call(
        LEAD, {"until": "2020-01-01T00:00:00Z"}
    ),
    ("routing", "POST", "/conversations/{conversation_id}/priority"): Call(
        LEAD, {"priority": "high"}
    ),
    ("routing", "POST", "/conversations/{conversation_id}/notes"): Call(LEAD, {"text": "…"}),
    ("routing", "GET", "/me/presence"): Call("agent", is_list=True),
    ("routing", "GET", "/me/shifts"): Call("agent", is_list=True),
    ("routing", "PUT", "/me/presence"): Call("agent", {"state": "available"}, is_list=True),
    ("routing", "POST", "/me/heartbeat"): Call("agent", is_list=True),
    ("routing", "GET", "/presence"): Call(LEAD),
    ("routing", "POST", "/swaps"): Call(
        LEAD,
        {"giver": "x", "taker": "y", "day": "2030-01-01", "begins_at": "09:00"},
        is_missing=True,
    ),
    ("routing", "GET", "/agents/{agent_id}"): Call(LEAD, is_missing=True),
    ("routing", "PUT", "/agents/{agent_id}"): Call(LEAD, {"id": "nobody"}),
    ("routing", "DELETE", "/agents/{agent_id}"): Call(LEAD, is_missing=True),
    ("routing", "GET", "/agents/{agent_id}/shifts"): Call(LEAD, is_missing=True),
    ("routing", "PUT", "/agents/{agent_id}/shifts"): Call(
        LEAD, {"shifts": [{"days": ["mon"], "from": "09:00", "to": "17:00"}]}
    ),
    ("routing", "GET", "/agents/{agent_id}/exceptions"): Call(LEAD, is_missing=True),
    ("routing", "POST", "/agents/{agent_id}/exceptions"): Call(
        LEAD, {"kind": "off", "day": "2030-01-01"}, is_missing=True
    ),
    ("routing", "DELETE", "/agents/{agent_id}/exceptions/{exception_id}"): Call(
        LEAD, is_missing=True
    ),
    ("routing", "GET", "/team"): Call(LEAD),
    ("routing", "PUT", "/team"): Call(LEAD, {"agents": []}),
    ("routing", "GET", "/team/changes"): Call(LEAD),
    ("routing", "POST", "/conversations/{conversation_id}/accept"): Call(LEAD),
    ("routing", "POST", "/conversations/{conversation_id}/reject"): Call(LEAD),
    ("routing", "POST", "/conversations/{conversation_id}/pick"): Call(LEAD),
    ("routing", "POST", "/conversations/{conversation_id}/take-over"): Call(LEAD),
    ("routing", "POST", "/conversations/{conversation_id}/transfer"): Call(LEAD, {"note": "x"}),
    ("routing", "POST", "/conversations/{conversation_id}/escalations/ack"): Call(LEAD),
    ("logistics-watch", "GET", "/shipments"): Call(LEAD, query={"order_id": "?"}, is_list=True),
    ("logistics-watch", "GET", "/shipments/{shipment_id}"): Call(LEAD),
    ("returns", "POST", "/cases"): Call(LEAD, {"store_id": KAEDE, "order_id": "?"}),
    ("returns", "GET", "/cases/{case_id}"): Call(LEAD),
    ("returns", "POST", "/cases/{case_id}/decide"): Call(LEAD, {"decision": "decline"}),
    ("returns", "POST", "/cases/{case_id}/receive"): Call(WAREHOUSE),
    ("returns", "POST", "/cases/{case_id}/inspect"): Call(
        WAREHOUSE, {"grade": "A", "is_accepted": True}
    ),
    ("returns", "POST", "/cases/{case_id}/refund"): Call(FINANCE),
    ("notify", "GET", "/notifications"): Call(LEAD, query={"order_id": "?"}, is_list=True),
    ("notify", "GET", "/notifications/{notification_id}"): Call(LEAD),
}


@pytest.fixture(scope="module")
def known(
    talks: list[Talk], answers: list[Answer], returned: tuple[Returned, Undecided]
) -> dict[str, str]:
    """Ids of things that belong to the other store than the stranger's; their stories are over."""
    assert len(answers) == len(talks)
    done, _ = returned
    talk = next(t for t in talks if t.received.store_id == KAEDE)
    return {
        "store_id": KAEDE,
        "message_id": str(talk.received.message_id),
        "thread_id": str(talk.received.thread_id),
        "conversation_id": str(talk.given.opened.conversation_id),
        "agent": str(talk.given.assigned.agent_id),
        "case_id": str(done.requested.case_id),
        "order_id": str(done.requested.order_id),
        "shipment_id": str(done.sent.registered.shipment_id),
        "notification_id": str(done.sent.notice.sent.notification_id),
    }


def urls(stage: Stage) -> dict[str, str]:
    """Where each service is reached."""
    at = stage.addresses
    return {
        "intake": at.intake[0],
        "routing": at.routing,
        "logistics-watch": at.logistics_watch,
        "returns": at.returns,
        "notify": at.notify,
    }


async def routes(stage: Stage) -> set[tuple[str, str, str]]:
    """Every route of every running service, from its own OpenAPI document."""
    token = stage.installation.tokens[STRANGER]
    found = set()
    async with httpx.AsyncClient(trust_env=False) as http:
        for service, url in urls(stage).items():
            answer = await http.get(f"{url}/openapi.json", headers=bearer(token))
            for path, methods in answer.raise_for_status().json()["paths"].items():
                found |= {(service, method.upper(), path) for method in methods}
    return found


def bearer(token: str) -> dict[str, str]:
    """The header of a caller; the key makes the acts acceptable at all."""
    return {"authorization": f"Bearer {token}", "idempotency-key": "a-key-of-the-test"}


async def ask(
    stage: Stage, route: tuple[str, str, str], known: dict[str, str], token: str | None
) -> httpx.Response:
    """Make the call of a route about what is known, as somebody."""
    service, method, template = route
    call = CALLS.get(route, Call(LEAD))
    path = template.format_map(
        {
            **known,
            "channel": "whatsapp",
            "account_id": "1",
            "agent_id": "nobody",
            "exception_id": NOBODY,
        }
    )
    fill = {"order_id": known["order_id"]}
    query = {key: fill.get(key, value) for key, value in call.query.items()}
    body = call.body and {k: fill.get(k, v) if v == "?" else v for k, v in call.body.items()}
    async with httpx.AsyncClient(trust_env=False, timeout=20) as http:
        return await http.request(
            method,
            urls(stage)[service] + path,
            params=query,
            json=body,
            headers=bearer(token) if token else {},
        )


def test_every_route_is_known_here(stage: Stage, run: Run) -> None:
    assert run(routes(stage)) == set(CALLS) | PUBLIC


@pytest.mark.parametrize("route", sorted(CALLS), ids=" ".join)
def test_without_a_token_or_with_a_wrong_one_nobody_gets_in(
    stage: Stage, run: Run, known: dict[str, str], route: tuple[str, str, str]
) -> None:
    good = stage.installation.tokens[STRANGER]
    for token in (None, "", "x", good[:-1], good + "x", good.swapcase()):
        answer = run(ask(stage, route, known, token))

        assert answer.status_code == 401, (token, answer.text)
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("route", sorted(CALLS), ids=" ".join)
def test_another_stores_caller_does_not_even_learn_that_it_exists(
    stage: Stage, run: Run, known: dict[str, str], route: tuple[str, str, str]
) -> None:
    answer = run(ask(stage, route, known, stage.installation.tokens[STRANGER]))

    if CALLS[route].is_list and answer.status_code == 200:
        assert not [value for value in known.values() if value in answer.text]
    else:
        assert answer.status_code in (403, 404), answer.text


@pytest.mark.parametrize("route", sorted(CALLS), ids=" ".join)
def test_the_right_caller_gets_in(
    stage: Stage, run: Run, known: dict[str, str], route: tuple[str, str, str]
) -> None:
    right = CALLS[route].right
    tokens = stage.installation.tokens
    caller = {LEAD: _lead(stage), "agent": known["agent"]}.get(right, right)

    answer = run(ask(stage, route, known, tokens[caller]))

    told = {404} if CALLS[route].is_missing else {200, 201, 409, 422, 428}
    assert answer.status_code in told, answer.text


@pytest.mark.parametrize("path", ["/", "/admin", "/docs", "/openapi.json", "/cases/1/../../x"])
def test_a_stranger_does_not_learn_what_exists(stage: Stage, run: Run, path: str) -> None:
    async def statuses() -> set[int]:
        async with httpx.AsyncClient(trust_env=False) as http:
            return {(await http.get(url + path)).status_code for url in urls(stage).values()}

    assert run(statuses()) == {401}


def _lead(stage: Stage) -> str:
    return next(person.id for person in TEAM if person.is_lead and KAEDE in person.stores)
