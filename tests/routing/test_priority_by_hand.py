"""What an agent or a lead sets by hand, seen from outside, and what messages make of it."""

from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from deploy.demo.tail import NotSeen
from shared import testing
from shared.contracts.intake import MessageReceived
from shared.contracts.routing import (
    ConversationAssigned,
    ConversationEscalated,
    ConversationQueued,
    EscalationAcknowledged,
    PriorityChanged,
)
from shared.settings import KafkaSettings
from shared.stores import Stores
from tests.routing.running import ROUND_THE_CLOCK, Running, member, running

Make = Callable[..., MessageReceived]

NEVER = {"days": ["mon"], "from": "00:00", "to": "00:01"}
"""But for a minute on Mondays."""
LAWYER = "voy a llamar a mi abogado, estafadores"
WITHIN = {"urgent": 5, "high": 10, "normal": 15, "low": 30}
"""Minutes that are promised by messaging."""


@pytest.fixture
async def house(
    kafka: KafkaSettings, database_url: str, tmp_path: Path, stores: Stores
) -> AsyncIterator[Running]:
    """One process; what is overdue or a crisis climbs after two seconds."""
    async with running(
        tmp_path, kafka=kafka, database_url=database_url, ROUTING_ESCALATE_AFTER="PT2S"
    ) as it:
        yield it


async def put(
    it: Running, who: str, path: str, priority: str, code: int = 200, **given: Any
) -> dict[str, Any]:
    """Set a priority, and what came of it."""
    headers = given.pop("headers", {})
    body = {"priority": priority, **given}
    answer = await it.ask(who, "POST", f"{path}/priority", json=body, headers=headers)
    assert answer.status_code == code, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_what_a_lead_raises_is_promised_anew_told_once_and_goes_first(
    house: Running, message: Make
) -> None:
    await house.team(member("eva", shifts=[NEVER]), member("lea", shifts=[NEVER]))
    first, second = message(), message()
    await house.hear(first, second)
    await testing.eventually(lambda: _queued(house, 2), within=10)
    queued = house.all(ConversationQueued)
    waiting = (await house.ask("lea", "GET", "/conversations?state=queued")).json()
    [its] = [each for each in waiting if each["thread_id"] == str(second.thread_id)]
    path = f"/conversations/{its['conversation_id']}"

    # Who neither has it nor leads may not; a look that is out of date changes nothing
    await put(house, "eva", path, "urgent", 403)
    await put(house, "lea", path, "urgent", 409, version=its["version"] + 7)
    await put(house, "lea", path, "pressing", 422)
    key = {"idempotency-key": "raised-once-by-lea"}
    given = {"reason": "vip", "version": its["version"]}
    done = await put(house, "lea", path, "urgent", headers=key, **given)
    again = await put(house, "lea", path, "urgent", headers=key, **given)

    assert again == done
    changed = await house.told(PriorityChanged)
    assert (changed.was, changed.priority, changed.urgency_reasons) == (
        "normal",
        "urgent",
        ("set by hand",),
    )
    assert changed.by is not None
    assert (changed.by.id, changed.is_waiting) == ("lea", True)
    assert changed.version == done["version"] == its["version"] + 1
    assert changed.asked_at == second.occurred_at
    assert changed.answer_by - changed.asked_at == timedelta(minutes=5)
    assert changed.answer_by < min(each.answer_by for each in queued)
    shown = (await house.ask("lea", "GET", path)).json()
    assert (shown["priority"], shown["priority_set"]) == ("urgent", "urgent")
    last = shown["history"][-1]
    assert {each: last[each] for each in ("what", "by", "was", "to", "reason")} == {
        "what": "priority set",
        "by": "lea",
        "was": "normal",
        "to": "urgent",
        "reason": "vip",
    }

    # Whoever comes with room for one has it first
    room = {"total": 1, "chat": 1, "messaging": 1, "mail": 1}
    await house.put(member("eva", shifts=[ROUND_THE_CLOCK], capacity=room))
    assigned = await house.told(ConversationAssigned)
    assert str(assigned.conversation_id) == its["conversation_id"]
    assert len(house.all(PriorityChanged)) == 1


async def _queued(it: Running, count: int) -> bool:
    return len((await it.ask("lea", "GET", "/conversations?state=queued")).json()) == count


async def test_no_message_lowers_what_an_agent_set_and_only_what_is_urgent_raises_it(
    house: Running, message: Make
) -> None:
    await house.team(member("eva"))
    first = message()
    await house.hear(first)
    has = await house.told(ConversationAssigned)
    path = f"/conversations/{has.conversation_id}"

    async def writes(text: str) -> None:
        count = len([e for e in await history() if e["what"] == "message received"])
        await house.hear(message(text, thread=first.thread_id))

        async def is_heard() -> bool:
            heard = [e for e in await history() if e["what"] == "message received"]
            return len(heard) == count + 1

        await testing.eventually(is_heard, within=10)

    async def history() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await house.ask("eva", "GET", path)).json()["history"]
        return found

    async def stands() -> tuple[str, str | None, int]:
        shown = (await house.ask("eva", "GET", path)).json()
        since, until = (datetime.fromisoformat(shown[each]) for each in ("asked_at", "answer_by"))
        minutes = (until - since) / timedelta(minutes=1)
        assert minutes == WITHIN[shown["priority"]]
        return shown["priority"], shown["priority_set"], len(house.all(PriorityChanged))

    # Lowered, it stays so through what would be high, is urgent when that is written, and low again
    await put(house, "eva", path, "low")
    await house.told(PriorityChanged, lambda each: each.priority == "low")
    await writes("¿Dónde está mi pedido?")
    await writes("El jarrón ha llegado roto, es urgente")
    assert await stands() == ("low", "low", 1)
    await writes("Me he quemado, el cargador echa humo")
    assert await stands() == ("urgent", "low", 2)
    assert (await house.ask("eva", "POST", f"{path}/replies", json={"text": "Hola"})).is_success
    await writes("vale")
    assert await stands() == ("low", "low", 3)

    # Raised while nobody waits, it is high for the next message, until it is resolved
    assert (await house.ask("eva", "POST", f"{path}/replies", json={"text": "Hola"})).is_success
    done = await put(house, "eva", path, "high")
    assert done["answer_by"] is None
    quiet = await house.told(PriorityChanged, lambda each: not each.is_waiting)
    assert (quiet.priority, quiet.agent_id) == ("high", "eva")
    await writes("vale, gracias")
    assert await stands() == ("high", "high", 4)
    assert (await house.ask("eva", "POST", f"{path}/resolve")).is_success
    await put(house, "eva", path, "low", 409)
    await writes("¿Dónde está mi pedido?")
    assert await stands() == ("normal", None, 4)


async def test_a_lead_who_sets_it_normal_ends_a_crisis_and_an_agent_does_not(
    house: Running, message: Make
) -> None:
    await house.team(member("eva"), member("lea", languages={"ja": 5}))
    first = message()
    await house.hear(first)
    has = await house.told(ConversationAssigned)
    path = f"/conversations/{has.conversation_id}"
    await house.hear(message(LAWYER, thread=first.thread_id))
    told = await house.told(ConversationEscalated)
    assert (told.level, told.why) == ("lead", "crisis")

    await put(house, "eva", path, "normal")
    reasons = (await house.ask("lea", "GET", path)).json()["urgency_reasons"]
    assert reasons == ["set by hand", "crisis"]
    assert house.all(EscalationAcknowledged) == []
    await put(house, "lea", path, "normal")

    heard = await house.told(EscalationAcknowledged)
    assert heard.by is not None
    assert (heard.by.id, heard.why, heard.goes_on_at) == ("lea", "crisis", None)
    shown = (await house.ask("lea", "GET", path)).json()
    assert shown["urgency_reasons"] == ["set by hand"]
    assert shown["escalations"][-1]["acknowledged_by"] == "lea"
    with pytest.raises(NotSeen):
        await house.told(ConversationEscalated, lambda each: each.version > heard.version, within=4)
