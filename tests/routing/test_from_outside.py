"""A day at the desks, seen from outside: what people do over HTTP, what Kafka tells of it."""

import asyncio
import re
import sys
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from shared import testing
from shared.contracts.intake import MessageReceived
from shared.contracts.routing import (
    AgentReplied,
    AnswerDueSoon,
    AnswerOverdue,
    ConversationAnswered,
    ConversationAssigned,
    ConversationEscalated,
    ConversationOffered,
    ConversationQueued,
    ConversationReleased,
    EscalationAcknowledged,
    PriorityChanged,
    WaitExplained,
)
from shared.settings import KafkaSettings
from shared.stores import Stores
from tests.routing.running import Running, member, running

Make = Callable[..., MessageReceived]

NEVER = {"days": ["mon"], "from": "00:00", "to": "00:01"}
"""But for a minute on Mondays."""


@pytest.fixture
async def house(
    kafka: KafkaSettings, database_url: str, tmp_path: Path, stores: Stores
) -> AsyncIterator[Running]:
    """One process. Promises by messaging are of six seconds, what is overdue climbs after two."""
    async with running(
        tmp_path,
        kafka=kafka,
        database_url=database_url,
        ROUTING_PROMISE_MESSAGING="PT6S",
        ROUTING_ESCALATE_AFTER="PT2S",
        ROUTING_ACKNOWLEDGED_FOR="PT3S",
        ROUTING_OFFER_MAIL="PT1S",
        ROUTING_DESKS_SWEEP="PT0.5S",
    ) as it:
        yield it


async def loads(it: Running) -> dict[str, float]:
    """What each agent has, in units."""
    return {
        each["agent_id"]: each["load"] for each in (await it.ask("lea", "GET", "/presence")).json()
    }


async def test_units_count_by_family_and_what_people_take_by_hand_counts_as_well(
    house: Running, message: Make
) -> None:
    costs = {"chat": 1, "messaging": 1, "mail": 0.5}
    room = {"total": 1.5, "chat": 1, "messaging": 1, "mail": 1}
    await house.team(member("eva", capacity=room), member("lea", capacity=room), costs=costs)

    # A chat and a mail fill a desk of one and a half; a lead begins with nothing
    await house.hear(message(channel="chat"), message(channel="mail"))
    await house.told(ConversationAssigned, lambda each: each.channel == "chat")
    mail = await house.told(ConversationAssigned, lambda each: each.channel == "mail")
    assert (await loads(house))["eva"] + (await loads(house))["lea"] == 1.5
    assert mail.units == 0.5

    # The next chat goes to the other, the third waits for want of a unit of chat
    await house.hear(message(channel="chat"))
    await testing.eventually(lambda: _is(house, {"eva": 1.5, "lea": 1.0}), within=5)
    await house.hear(message(channel="chat"))
    await testing.eventually(lambda: _queued(house), within=5)
    [third] = (await house.ask("lea", "GET", "/conversations?state=queued")).json()
    path = f"/conversations/{third['conversation_id']}"
    assert (await house.ask("eva", "POST", f"{path}/pick")).status_code == 409
    assert (
        await house.ask("eva", "POST", f"{path}/pick", json={"override": True})
    ).status_code == 422
    assert (await house.ask("lea", "POST", f"{path}/pick", json={"override": True})).is_success
    assert await loads(house) == {"eva": 1.5, "lea": 2.0}

    # Handed over, taken over and closed, it is counted where it is, and nowhere at last
    to_eva = {"to": "eva", "note": "please", "override": True}
    assert (await house.ask("lea", "POST", f"{path}/transfer", json=to_eva)).is_success
    assert await loads(house) == {"eva": 2.5, "lea": 1.0}
    over = await house.ask("lea", "POST", f"{path}/take-over", json={"override": True})
    assert over.is_success
    assert await loads(house) == {"eva": 1.5, "lea": 2.0}
    assert (await house.ask("lea", "POST", f"{path}/resolve")).is_success
    assert await loads(house) == {"eva": 1.5, "lea": 1.0}
    shown = (await house.ask("lea", "GET", path)).json()
    assert [each["text"] for each in shown["notes"]] == ["please"]
    epochs = [
        each.epoch
        for each in house.all(
            ConversationAssigned, lambda each: str(each.conversation_id) == third["conversation_id"]
        )
    ]
    assert epochs == [1, 2, 3]


async def _queued(it: Running) -> bool:
    return len((await it.ask("lea", "GET", "/conversations?state=queued")).json()) == 1


async def _is(it: Running, expected: dict[str, float]) -> bool:
    found = await loads(it)
    return found == expected or {"eva": found["lea"], "lea": found["eva"]} == expected


async def test_offers_are_taken_let_pass_and_expire_and_the_due_date_stays(
    house: Running, message: Make
) -> None:
    asked = [member(each, acceptance="offer") for each in ("eva", "iris")]
    await house.team(*asked)
    await house.hear(message())
    first = await house.told(ConversationOffered)
    queued = await house.told(ConversationQueued)
    path = f"/conversations/{first.conversation_id}"

    no = await house.ask(first.agent_id, "POST", f"{path}/reject", json={"reason": "lunch"})
    assert no.is_success
    second = await house.told(ConversationOffered, lambda each: each.epoch == 2)
    assert second.agent_id != first.agent_id
    assert (await house.ask(first.agent_id, "POST", f"{path}/accept")).status_code == 409
    assert (await house.ask(second.agent_id, "POST", f"{path}/accept")).is_success
    taken = await house.told(ConversationAssigned)
    assert (taken.agent_id, taken.epoch) == (second.agent_id, 2)
    again = house.all(ConversationQueued)
    assert [each.answer_by for each in again] == [queued.answer_by] * 2

    # By mail nobody takes it within the second there is: the other is asked
    await house.hear(message(channel="mail"))
    mail = await house.told(ConversationOffered, lambda each: each.channel == "mail")
    lost = await house.told(ConversationReleased, lambda each: each.channel == "mail")
    assert (lost.why, lost.agent_id) == ("expired", mail.agent_id)
    assert timedelta(0) <= lost.occurred_at - mail.expires_at < timedelta(seconds=1)
    other = await house.told(
        ConversationOffered, lambda each: each.channel == "mail" and each.epoch == 2
    )
    assert other.agent_id != mail.agent_id


async def test_a_promise_is_spoken_of_broken_climbs_is_cared_for_and_answered(
    house: Running, message: Make
) -> None:
    await house.team(
        member("eva"),
        member("lea", languages={"ja": 5}),
        member("tom", languages={"ja": 5}, stores=["borealis"]),
        region_leads={"europe": ["tom"]},
    )
    await house.hear(message(phone="+34600000001"))
    has = await house.told(ConversationAssigned)
    assert has.agent_id == "eva"
    path = f"/conversations/{has.conversation_id}"

    soon = await house.told(AnswerDueSoon)
    over = await house.told(AnswerOverdue)
    asked = soon.asked_at
    assert soon.answer_by == over.answer_by == asked + timedelta(seconds=6)
    assert timedelta(seconds=4.8) <= soon.occurred_at - asked < timedelta(seconds=6)
    assert timedelta(0) <= over.occurred_at - over.answer_by < timedelta(seconds=1)

    lead = await house.told(ConversationEscalated, lambda each: each.level == "lead")
    agent = await house.told(ConversationEscalated, lambda each: each.level == "agent")
    assert (agent.to, lead.to, lead.why) == (("eva",), ("lea",), "overdue")
    assert timedelta(seconds=2) <= lead.occurred_at - agent.occurred_at < timedelta(seconds=3)
    assert (await house.ask("iris", "POST", f"{path}/escalations/ack")).status_code == 403
    assert (await house.ask("lea", "POST", f"{path}/escalations/ack")).is_success
    heard = await house.told(EscalationAcknowledged)
    assert (heard.levels, heard.by and heard.by.id) == (("agent", "lead"), "lea")
    assert heard.goes_on_at == heard.occurred_at + timedelta(seconds=3)

    # Nobody answers all the same: the region's lead has it after that, and whoever is on call
    region = await house.told(ConversationEscalated, lambda each: each.level == "region_lead")
    assert region.to == ("tom",)
    assert timedelta(0) <= region.occurred_at - heard.goes_on_at < timedelta(seconds=1)
    assert await house.told(ConversationEscalated, lambda each: each.level == "on_call")

    assert (
        await house.ask("eva", "POST", f"{path}/replies", json={"text": "¡Ya sale!"})
    ).is_success
    answered = await house.told(ConversationAnswered)
    assert (answered.is_met, answered.asked_at, answered.answer_by) == (
        False,
        asked,
        over.answer_by,
    )
    assert answered.promise == timedelta(seconds=6)
    assert answered.waited == answered.occurred_at - asked
    assert await house.told(AgentReplied)


async def test_crisis_words_are_a_leads_at_once_whoever_has_it(
    house: Running, message: Make
) -> None:
    await house.team(member("eva"), member("lea", languages={"ja": 5}))
    first = message()
    await house.hear(first)
    has = await house.told(ConversationAssigned)
    assert has.agent_id == "eva"

    # What eva has begins to burn, and another burns from the first word
    burning = message("Me he quemado, el cargador echa humo", thread=first.thread_id)
    await house.hear(burning)
    told = await house.told(ConversationEscalated)
    changed = await house.told(PriorityChanged)
    assert (told.level, told.to, told.why) == ("lead", ("lea",), "crisis")
    assert told.occurred_at - changed.occurred_at < timedelta(seconds=1)
    assert (changed.priority, changed.agent_id) == ("urgent", "eva")
    await house.hear(message("voy a denunciarles, hablará mi abogado"))
    other = await house.told(
        ConversationAssigned, lambda each: each.conversation_id != has.conversation_id
    )
    assert (other.agent_id, other.explanation.step) == ("lea", "lead")


async def test_who_goes_home_hands_over_and_who_writes_back_is_not_given_to_the_empty_chair(
    house: Running, message: Make
) -> None:
    await house.team(
        member("eva"), member("iris", shifts=[NEVER], country="MX", time_zone="America/Mexico_City")
    )
    answered, open_ = message(), message()
    await house.hear(answered, open_)
    await house.told(ConversationAssigned, lambda each: each.epoch == 1)
    await testing.eventually(lambda: _has(house, "eva", 2), within=5)
    mine = (await house.ask("eva", "GET", "/me/conversations")).json()
    [done] = [each for each in mine if each["thread_id"] == str(answered.thread_id)]
    path = f"/conversations/{done['conversation_id']}"
    assert (await house.ask("eva", "POST", f"{path}/replies", json={"text": "Hola"})).is_success

    [left] = [each for each in mine if each["thread_id"] == str(open_.thread_id)]
    notes = f"/conversations/{left['conversation_id']}/notes"
    assert (await house.ask("eva", "POST", notes, json={"text": "Mañana llega"})).status_code == 201
    assert (await house.ask("iris", "POST", notes, json={"text": "?"})).status_code == 403

    # Eva's week ends, iris' begins: what waits is iris' with what was promised, the rest is kept
    await house.team(member("eva", shifts=[NEVER]), member("iris", country="MX"))
    moved = await house.told(ConversationAssigned, lambda each: each.agent_id == "iris")
    note = await house.told(ConversationReleased, lambda each: not each.is_kept)
    kept = await house.told(ConversationReleased, lambda each: each.is_kept)
    assert note.conversation_id == moved.conversation_id != kept.conversation_id
    assert (note.why, note.agent_id) == ("shift ended", "eva")
    assert note.asked_at is not None
    assert kept.last_reply_id is not None
    shown = (await house.ask("iris", "GET", f"/conversations/{moved.conversation_id}")).json()
    said, stands = shown["notes"]
    assert (said["by"], said["text"]) == ("eva", "Mañana llega")
    assert stands["by"] == "routing"
    assert stands["text"].startswith("Handed over by eva: shift ended, ")
    [handed] = [each for each in shown["history"] if each["what"] == "shift ended"]
    assert handed["agent_id"] == "eva"
    assert handed["answer_by"] is not None

    # The customer of the other writes back: not to the empty chair
    await house.hear(message("¿y?", thread=answered.thread_id, contact=answered.contact_id))
    back = await house.told(
        ConversationAssigned,
        lambda each: each.epoch == 2 and each.conversation_id == kept.conversation_id,
    )
    assert back.agent_id == "iris"
    assert back.explanation.rejected["not on shift"] == ("eva",)


async def _has(it: Running, who: str, count: int) -> bool:
    return len((await it.ask(who, "GET", "/me/conversations")).json()) == count


async def test_a_day_off_a_holiday_and_the_law_keep_work_away_and_fallbacks_are_explained(
    house: Running, message: Make
) -> None:
    today = message().occurred_at.date()
    days = [f"{today + timedelta(days=n)}" for n in (-1, 0, 1)]
    await house.team(
        member("eva", exceptions=[{"kind": "off", "day": day} for day in days]),
        member("iris", holidays="ES", languages={"es": 5}),
        member("kai", languages={"en": 5}),
        holidays={"ES": {"worked": [], "closed": days}},
    )

    await house.hear(message())
    spanish = await house.told(ConversationAssigned)
    await house.hear(message("ขอคืนสินค้าครับ สินค้ายังไม่มาถึง"))
    thai = await house.told(
        ConversationAssigned, lambda each: each.conversation_id != spanish.conversation_id
    )

    # Nobody who speaks it is there: the step is left at once
    assert (spanish.agent_id, thai.agent_id) == ("kai", "kai")
    assert spanish.explanation.step == thai.explanation.step == "english_translated"
    assert spanish.explanation.needs_translation
    assert "language" in spanish.explanation.skipped
    assert set(spanish.explanation.rejected["language"]) == {"eva", "iris"}
    assert spanish.waited < timedelta(seconds=2)


async def test_what_nobody_can_take_says_why_until_somebody_can(
    house: Running, message: Make
) -> None:
    # Given a Spanish speaker who is full, and one who is off
    await house.team(member("eva", capacity={"messaging": 1}), member("iris", shifts=[NEVER]))
    await house.hear(message())
    taken = await house.told(ConversationAssigned)

    # When one more waits
    await house.hear(message())
    found = await house.told(WaitExplained)
    await testing.eventually(lambda: _queued(house), within=5)
    [one] = (await house.ask("lea", "GET", "/conversations?state=queued")).json()
    path = f"/conversations/{one['conversation_id']}"

    # Then Kafka and HTTP say why, to who asks for it and to leads
    assert (found.language, str(found.found_with)) == ("es", one["conversation_id"])
    assert found.explanation.rejected == {"no room": ("eva",), "not on shift": ("iris",)}
    [first, *_] = (await house.ask("lea", "GET", path)).json()["waits"]
    assert first["why"]["language"] == {"no room": 1, "not on shift": 1}
    [kind] = (await house.ask("lea", "GET", "/waits")).json()
    assert (kind["waiting"], kind["why"]["language"]) == (1, {"no room": 1, "not on shift": 1})

    # And nothing of it is left when she has done with the first
    await house.ask("eva", "POST", f"/conversations/{taken.conversation_id}/resolve")
    await house.told(
        ConversationAssigned, lambda each: each.conversation_id != taken.conversation_id
    )
    shown = (await house.ask("lea", "GET", path)).json()
    assert (shown["agent_id"], shown["waits"]) == ("eva", [])
    assert (await house.ask("lea", "GET", "/waits")).json() == []


async def test_what_was_decided_is_decided_again_alike_from_the_log(
    house: Running, message: Make, tmp_path: Path, database_url: str
) -> None:
    await house.team(*(member(each) for each in ("eva", "iris", "lea")))
    await house.hear(*(message() for _ in range(12)))
    await testing.eventually(lambda: _assigned(house, 9), within=10)

    async def replay(*words: str) -> tuple[int, str]:
        done = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "routing",
            "replay",
            *words,
            env={"DATABASE_URL": database_url, "STORES_FILE": str(tmp_path / "stores.yaml")},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        out, _ = await done.communicate()
        return done.returncode or 0, out.decode()

    log = tmp_path / "log.jsonl"
    code, said = await replay("--save", str(log))
    counted = re.search(
        r"^(\d+) decisions in \d+ batches decided again, 0 differences$", said, re.M
    )
    assert (code, counted is not None) == (0, True), said
    assert counted is None or int(counted[1]) >= 9
    assert (await replay(str(log)))[0] == 0


async def _assigned(it: Running, count: int) -> bool:
    return len(it.all(ConversationAssigned)) >= count
