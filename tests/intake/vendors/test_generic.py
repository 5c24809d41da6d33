"""Our own webhook: signed as its page says, and what each type comes down to."""

import base64
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

PAGE = (Path(__file__).parents[3] / "docs/generic-webhook.md").read_text()
SENT = 1_777_895_940
NEW, OLD, OTHER = ("whsec_" + base64.b64encode(octet * 24).decode() for octet in (b"n", b"o", b"x"))


def blocks(language: str) -> list[str]:
    """The page's examples in a language."""
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture
def phones(vendor: Callable[..., Any]) -> Any:
    return vendor("generic", "phones", secret=(NEW, OLD))


@pytest.fixture
def signature() -> Any:
    """The page's own function."""
    [written] = blocks("python")
    names: dict[str, Any] = {}
    exec(written, names)
    return names["signature"]


def test_what_the_page_signs_is_let_in(phones: Any, posted: Any, signature: Any) -> None:
    body = '{"type":"é"}'.encode()

    def came(
        secret: str, sent: bytes = body, more: str = "", id: str = "w1", at: int = SENT
    ) -> Any:
        shown = more + signature(secret, "w1", SENT, body)
        headers = {"webhook-id": id, "webhook-timestamp": str(at), "webhook-signature": shown}
        return posted(sent, headers=headers)

    assert [phones.verifies(came(key)) for key in (NEW, OLD, OTHER)] == [True, True, False]
    assert phones.verifies(came(NEW, more="v1a,AAAA v1,AAAA "))
    assert not phones.verifies(came(NEW, sent=body + b" "))
    assert not phones.verifies(came(NEW, id="w2"))
    assert not phones.verifies(came(NEW, at=SENT + 1))
    assert phones.door.scheme.signed_at(came(NEW)) == datetime.fromtimestamp(SENT, UTC)
    assert phones.door.delivery_id(came(NEW)) == "w1"


def test_the_headers_may_be_named_by_svix(phones: Any, posted: Any, signature: Any) -> None:
    sign = signature(NEW, "w1", SENT, b"{}")
    names = {"svix-id": "w1", "svix-timestamp": str(SENT), "svix-signature": sign}
    delivery = posted(b"{}", headers=names)

    assert phones.verifies(delivery)
    assert phones.door.delivery_id(delivery) == "w1"
    assert not phones.verifies(posted(b"{} ", headers=names))


def test_an_account_without_secret_has_no_webhook(vendor: Any, posted: Any, signature: Any) -> None:
    headers = {"webhook-id": "w1", "webhook-timestamp": str(SENT),
               "webhook-signature": signature(NEW, "w1", SENT, b"{}")}  # fmt: skip

    assert not vendor("generic").verifies(posted(b"{}", headers=headers))


def test_the_examples_of_the_page_are_what_it_says(phones: Any) -> None:
    message, call, status, order = (json.loads(example) for example in blocks("json"))

    told = phones.message(message)
    assert (told.event.text, told.event.external_id) == (
        "¿Dónde está mi pedido?",
        "form-2026-000123",
    )
    assert (told.event.phone, told.event.mail) == ("+34600111222", "ana@example.org")
    assert (told.event.sender_name, told.event.locale) == ("Ana Gil", "es-ES")
    assert (told.contact.identity, told.event.reply_route.peer) == ("user", "c-77")
    assert told.event.occurred_at == phones.AT - timedelta(hours=2, minutes=1)
    assert [(one.reference, one.is_url) for one in told.remote] == [
        ("https://files.example/1.jpg", True)
    ]
    assert told.event.attachments[0].size == 48211

    summed = phones.message(call)
    assert summed.event.text.startswith("[phone call, answered, 3:20]\n\nAsks for another size")
    assert (summed.contact.identity, summed.contact.address) == ("phone", "+34600111222")

    assert phones.statuses(status) == [("out-5", "delivered")]

    [news] = phones.read(order).items
    assert (news.external_id, news.snapshot.order.total.amount) == ("1001", 2050)
    assert [line.price.amount for line in news.snapshot.order.lines] == [1025]
    assert (len(news.fulfilments), len(news.refunds)) == (1, 1)


def test_who_has_only_a_mail_address_is_known_by_it(phones: Any) -> None:
    told = {"id": "1", "from": {"mail": "Ana@Example.org"}, "text": "x", "subject": "Pedido"}

    found = phones.message({"type": "message.received", "data": told})

    assert (found.contact.identity, found.event.mail) == ("mail", "ana@example.org")
    assert found.event.subject == found.event.reply_route.subject == "Pedido"


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"type": "ping"}, (0, 1, 0)),
        ({"data": {}}, (0, 0, 1)),
        ({"type": "message.received", "data": {"id": "1", "text": "x"}}, (0, 0, 1)),
        ({"type": "message.received", "data": {"id": "1", "from": {"id": "a"}}}, (0, 0, 1)),
        ({"type": "message.received", "data": {"from": {"id": "a"}, "text": "x"}}, (0, 0, 1)),
        (
            {"type": "message.status", "data": {"id": "1", "to": {"id": "a"}, "status": "?"}},
            (0, 0, 1),
        ),
        ({"type": "call.ended", "data": {"id": "1", "from": {"id": "a"}}}, (1, 0, 0)),
    ],
)
def test_the_rest_is_known_or_odd(phones: Any, told: Any, expected: tuple[int, int, int]) -> None:
    assert phones.kinds(told) == expected
