"""KakaoTalk: the secret in the address, the skill's answer, and what customers write."""

import json
from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture
def skill(vendor: Callable[..., Any]) -> Any:
    return vendor("kakaotalk", "bot1", secret=("new", "old"), answer="잠시만요")


def asked(utterance: str | None = "배송 언제 오나요?", **more: Any) -> dict[str, Any]:
    request = {"timezone": "Asia/Seoul", "utterance": utterance, "lang": "kr",
               "user": {"id": "k7", "type": "botUserKey"}, **more}  # fmt: skip
    return {"bot": {"id": "bot1"}, "userRequest": request, "action": {"name": "care"}}


@pytest.mark.parametrize(("secret", "expected"), [("new", 1), ("old", 1), ("", 0), ("other", 0)])
def test_the_address_carries_a_secret(skill: Any, posted: Any, secret: str, expected: int) -> None:
    delivery = posted(b"{}", url=f"https://h.example/x?secret={secret}")

    assert skill.verifies(delivery) == bool(expected)


def test_the_skill_answers_as_kakao_wants_it(skill: Any, posted: Any) -> None:
    answer = skill.door.scheme.answer(posted(b"{}"), skill.account)

    assert answer.media_type == "application/json"
    outputs = json.loads(answer.text)["template"]["outputs"]
    assert outputs == [{"simpleText": {"text": "잠시만요"}}]


def test_an_utterance_is_a_message(skill: Any) -> None:
    found = skill.message(asked())

    assert (found.event.text, found.event.locale) == ("배송 언제 오나요?", "ko")
    assert (found.contact.address, found.event.reply_route.peer) == ("k7", "k7")


def test_a_picture_is_no_address_to_read_out(skill: Any) -> None:
    url = "https://dn.example/a.jpg"
    found = skill.message(asked(url, params={"media": {"type": "image", "url": url}}))

    assert found.event.text == "[image]"
    assert [(one.reference, one.is_url) for one in found.remote] == [(url, True)]


def test_the_same_words_on_another_day_are_another_message(skill: Any, posted: Any) -> None:
    body = json.dumps(asked())

    def id(**headers: str) -> str:
        [found] = skill.read(json.loads(body), posted(body, headers=headers)).items
        return str(found.event.external_id)

    assert id(**{"x-request-id": "a"}) == id(**{"x-request-id": "a"})
    assert id(**{"x-request-id": "a"}) != id(**{"x-request-id": "b"})
    assert id() != id(**{"x-request-id": "a"})


def test_what_has_no_words_says_nothing(skill: Any) -> None:
    assert skill.kinds(asked(" ")) == (0, 1, 0)
    assert skill.kinds({"action": {}}) == (0, 0, 1)
