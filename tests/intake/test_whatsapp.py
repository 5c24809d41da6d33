"""WhatsApp Cloud: who signs, and what every kind of entry comes down to."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from intake.channels import whatsapp
from intake.domain.items import Came, Inbound, Reading, StatusNews
from shared.contracts.intake import Delivery as Delivered
from shared.stores import Stores, WhatsAppAccount
from shared.webhooks import Delivery, hmac_hex

AT = datetime(2026, 5, 4, 12, tzinfo=UTC)
SENT = int(AT.timestamp()) - 60


def delivery(
    body: bytes = b"{}",
    headers: dict[str, str] | None = None,
    query: dict[str, str] | None = None,
) -> Delivery:
    return Delivery("POST", "http://x/hooks", headers or {}, query or {}, body)


@pytest.fixture
def account(stores: Stores) -> WhatsAppAccount:
    found = stores.account("whatsapp", "100200300")
    assert isinstance(found, WhatsAppAccount)
    return found


@pytest.fixture
def read(account: WhatsAppAccount, stores: Stores) -> Callable[..., Reading]:
    def read_(payload: object, *trusted: str) -> Reading:
        def sibling(id: str) -> Any:
            return stores.account("whatsapp", id) if id in trusted else None

        return whatsapp.read(
            Came(delivery=delivery(), payload=payload, account=account, at=AT, sibling=sibling)
        )

    return read_


def message(kind: str, body: object = None, **more: object) -> dict[str, Any]:
    made = {"from": "34600111222", "id": "wamid.1", "timestamp": str(SENT), "type": kind, **more}
    return {**made, kind: body} if body is not None else made


def only(reading: Reading) -> Inbound:
    [found] = reading.items
    assert isinstance(found, Inbound)
    return found


@pytest.mark.parametrize("secret", [0, 1])
def test_either_of_two_secrets_signs(account: WhatsAppAccount, secret: int) -> None:
    body = '{"object":"¡"}'.encode()
    mac = hmac_hex(account.app_secret[secret], body)

    assert whatsapp.verify(delivery(body, {"x-hub-signature-256": f"sha256={mac}"}), account)


@pytest.mark.parametrize("given", ["", "sha256=", "sha256=00", "sha1=", "{mac}", "sha256={mac}0"])
def test_anything_else_does_not(account: WhatsAppAccount, given: str) -> None:
    mac = hmac_hex(account.app_secret[0], b"{}")
    header = {"x-hub-signature-256": given.replace("{mac}", mac)}

    assert not whatsapp.verify(delivery(b"{}", header), account)
    assert not whatsapp.verify(delivery(b"{} ", {"x-hub-signature-256": f"sha256={mac}"}), account)


def test_the_handshake_gives_the_challenge_back_for_our_token_only(
    account: WhatsAppAccount,
) -> None:
    def asked(**query: str) -> str | None:
        given = {name.replace("_", ".", 1): value for name, value in query.items()}
        return whatsapp.handshake(delivery(query=given), account)

    ours = account.verify_token[0]

    assert asked(hub_mode="subscribe", hub_verify_token=ours, hub_challenge="11") == "11"
    assert asked(hub_mode="subscribe", hub_verify_token="x", hub_challenge="11") is None
    assert asked(hub_mode="other", hub_verify_token=ours, hub_challenge="11") is None
    assert asked(hub_challenge="11") is None


def test_a_text_becomes_a_message_with_all_that_an_answer_needs(read: Any, wa: Any) -> None:
    told = message("text", {"body": " Hola\r\n¿qué tal?\x00 "}, context={"id": "wamid.0"})

    found = only(read(wa(told, name="Ana\nPérez")))

    event, route = found.event, found.event.reply_route
    assert event.text == "Hola\n¿qué tal?"
    assert event.occurred_at == datetime.fromtimestamp(SENT, UTC)
    assert (event.sender_name, event.phone) == ("Ana Pérez", "+34600111222")
    assert (route.channel, route.account_id) == ("whatsapp", "100200300")
    assert route.peer == "+34600111222"
    assert route.reply_to_id == event.external_id == "wamid.1"
    assert route.window_until == event.occurred_at + timedelta(hours=24)
    assert found.answers == "wamid.0"
    assert found.contact.identity == "phone"


@pytest.mark.parametrize(
    ("kind", "body", "text", "files"),
    [
        ("button", {"text": "Sí", "payload": "yes"}, "Sí", 0),
        ("interactive", {"type": "button_reply", "button_reply": {"title": "No"}}, "No", 0),
        ("interactive", {"type": "list_reply", "list_reply": {"title": "Talla M"}}, "Talla M", 0),
        ("interactive", {"type": "nfm_reply", "nfm_reply": {"body": "Sent"}}, "Sent", 0),
        ("interactive", {"type": "nfm_reply", "nfm_reply": {"name": "flow", "response_json":
         '{"flow_token":"t","size":"M","rings":[1,2]}'}}, "[flow]\nsize: M\nrings: [1,2]", 0),
        ("interactive", {"type": "nfm_reply", "nfm_reply": {"body": "Sent", "response_json": "{"}},
         "Sent", 0),
        ("image", {"id": "7", "mime_type": "image/jpeg"}, "[image]", 1),
        ("image", {"id": "7", "mime_type": "image/jpeg", "caption": "rota"}, "rota", 1),
        ("document", {"id": "7", "filename": "factura.pdf"}, "[document: factura.pdf]", 1),
        ("audio", {"id": "7", "mime_type": "audio/ogg; codecs=opus", "voice": True}, "[audio]", 1),
        ("sticker", {"id": "7", "mime_type": "image/webp"}, "[sticker]", 1),
        ("reaction", {"message_id": "wamid.0", "emoji": "👍"}, "👍", 0),
        ("location", {"latitude": 40.4, "longitude": -3.7, "name": "Sol"},
         "[location] Sol 40.4, -3.7", 0),
        ("contacts", [{"name": {"formatted_name": "Eva"}, "phones": [{"phone": "+34 1"}]}],
         "[contact] Eva +34 1", 0),
        ("order", {"product_items": [{"product_retailer_id": "L1", "quantity": 2}]},
         "[order] 2 × L1", 0),
        ("unsupported", {}, "[unsupported message]", 0),
    ],
)  # fmt: skip
def test_every_kind_says_something(
    read: Any, wa: Any, kind: str, body: object, text: str, files: int
) -> None:
    found = only(read(wa(message(kind, body))))

    assert found.event.text == text
    assert len(found.event.attachments) == files


def test_files_are_left_with_their_ids_to_be_fetched(read: Any, wa: Any) -> None:
    found = only(read(wa(message("image", {"id": "65", "mime_type": "image/jpeg"}))))

    assert [(one.index, one.reference, one.is_url) for one in found.remote] == [(0, "65", False)]


def test_an_error_of_the_account_is_known(read: Any, wa: Any) -> None:
    payload = wa()
    payload["entry"][0]["changes"][0]["value"]["errors"] = [{"code": 130429}]

    assert [known.why for known in read(payload).known] == ["an error of the account"]


@pytest.mark.parametrize(
    "told",
    [
        message("system", {"body": "changed number"}),
        message("reaction", {"message_id": "wamid.0"}),
        message("request_welcome"),
        message("edit", {"original_message_id": "wamid.0", "message": {"type": "text"}}),
        message("revoke", {"original_message_id": "wamid.0"}),
        {"id": "wamid.1", "type": "system", "system": {"type": "user_changed_user_id"}},
    ],
)
def test_events_that_are_no_message_say_nothing(read: Any, wa: Any, told: Any) -> None:
    reading = read(wa(told))

    assert (len(reading.items), len(reading.known), len(reading.odd)) == (0, 1, 0)


@pytest.mark.parametrize(
    ("kind", "body", "text"),
    [
        ("poll", {"question": "¿Rojo?", "options": [{"name": "sí"}, {"name": "no"}], "votes": 0},
         "[poll] ¿Rojo? sí no"),
        ("poll_vote", {"poll_id": "1", "selected": [{"name": "sí"}]}, "[poll vote] sí"),
        ("event", {"name": "Cita", "description": "lunes", "start": 1}, "[event] Cita lunes"),
        ("video_note", {"id": "5", "mime_type": "video/mp4"}, "[video note]"),
        ("gift", None, "[gift]"),
        ("deep", {"a": {"b": {"c": {"d": {"text": "too deep"}}}}}, "[deep]"),
    ],
)  # fmt: skip
def test_a_kind_that_is_new_to_us_is_said_with_what_can_be_read_in_it_and_noted(
    read: Any, wa: Any, kind: str, body: Any, text: str
) -> None:
    reading = read(wa(message(kind, body)))

    assert only(reading).event.text == text
    assert [odd.why for odd in reading.odd] == ["a message of a kind that is not understood"]


def test_one_odd_entry_does_not_stop_the_others(read: Any, wa: Any) -> None:
    odd = [message("hologram", {"x": 1}), {"type": "text"}, message("text", {"no": "body"})]
    payload = wa(*odd, message("text", {"body": "still here"}))
    payload["entry"].insert(0, {"changes": "nonsense"})
    payload["entry"].append({"changes": [{"field": "messages"}, {"field": "account_update"}, 5]})

    reading = read(payload)

    texts = [item.event.text for item in reading.items if isinstance(item, Inbound)]
    assert texts == ["[hologram]", "still here"]
    assert len(reading.odd) == 4
    assert len(reading.known) == 1


def test_all_messages_and_statuses_of_a_batch_count(read: Any, wa: Any) -> None:
    first = wa(
        *(message("text", {"body": f"{n}"}, id=f"wamid.{n}") for n in range(3)),
        statuses=({"id": "wamid.out", "status": "read", "recipient_id": "34600111222"},),
    )
    first["entry"][0]["changes"].append(
        wa(message("text", {"body": "x"}))["entry"][0]["changes"][0]
    )

    items = read(first).items

    assert [one.event.text for one in items if isinstance(one, Inbound)] == ["0", "1", "2", "x"]
    assert sum(isinstance(one, StatusNews) for one in items) == 1


def test_another_number_of_the_same_app_has_its_own_account(read: Any, wa: Any) -> None:
    payload = wa(message("text", {"body": "hi"}), number="100200301")

    assert only(read(payload, "100200301")).event.account_id == "100200301"
    stranger = read(payload)
    assert stranger.items == ()
    assert [odd.why for odd in stranger.odd] == ["a phone number that is no account"]


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("sent", Delivered.SENT),
        ("delivered", Delivered.DELIVERED),
        ("read", Delivered.READ),
        ("played", Delivered.READ),
        ("failed", Delivered.FAILED),
    ],
)
def test_statuses_tell_what_became_of_ours(
    read: Any, wa: Any, status: str, expected: Delivered
) -> None:
    told = {
        "id": "wamid.out",
        "status": status,
        "timestamp": str(SENT),
        "recipient_id": "34600111222",
        "errors": [{"code": 131026, "title": "Undeliverable to +34 600"}],
    }

    [found] = read(wa(statuses=(told,))).items

    assert isinstance(found, StatusNews)
    assert (found.event.status, found.event.external_id) == (expected, "wamid.out")
    assert found.event.reason == "131026"
    assert found.event.thread_id == only(read(wa(message("text", {"body": "x"})))).event.thread_id


def test_a_message_that_names_nobody_is_of_the_one_who_is_named_beside_it(
    read: Any, wa: Any
) -> None:
    people = [{"wa_id": "34600111222", "profile": {"name": "Ana"}}, {"wa_id": "34600111333"}]
    told = {**message("text", {"body": "hola"}), "from": None}

    def of(*contacts: Any) -> Reading:
        payload = wa(told)
        payload["entry"][0]["changes"][0]["value"]["contacts"] = list(contacts)
        reading: Reading = read(payload)
        return reading

    assert only(of(people[0])).event.sender_name == "Ana"
    assert not of(*people).items
    assert not of().items


def test_a_customer_without_phone_is_known_by_his_user_id(read: Any, wa: Any) -> None:
    told = message("text", {"body": "hi"}, from_user_id="ES.1349")
    del told["from"]
    payload = wa(told)
    payload["entry"][0]["changes"][0]["value"]["contacts"] = [
        {"user_id": "ES.1349", "profile": {"name": "Eva"}}
    ]

    found = only(read(payload))

    assert (found.contact.identity, found.contact.scope) == ("user", "100200300")
    assert (found.event.phone, found.event.reply_route.peer) == (None, "ES.1349")
    assert found.event.sender_name == "Eva"


def test_a_message_that_could_not_be_shown_still_reaches_an_agent(read: Any, wa: Any) -> None:
    payload = wa(message("interactive"))
    payload["entry"][0]["changes"][0]["value"]["errors"] = [{"code": 131000}]

    assert only(read(payload)).event.text == "[unsupported message]"


def test_a_long_text_is_cut_and_kept_whole(read: Any, wa: Any) -> None:
    found = only(read(wa(message("text", {"body": "é" * 20_000}))))

    assert found.event.is_cut
    assert len(found.event.text.encode()) <= 32 * 1024
    assert len(found.text) == 20_000


@pytest.mark.parametrize("payload", [None, [], 5, "x", {}, {"entry": {}}, {"entry": [None, {}]}])
def test_what_is_no_webhook_is_odd_and_nothing_more(read: Any, payload: object) -> None:
    reading = read(payload)

    assert reading.items == ()
    assert [odd.why for odd in reading.odd] == ["nothing in it"]
