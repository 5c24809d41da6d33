"""Files in the live chat, the sign that somebody writes, and the script for pages."""

import re
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import pytest

from shared import testing
from shared.contracts.intake import MessageReceived
from shared.tokens import Tokens
from tests.intake.doors.test_chat import greeted, hear, send

START = Callable[..., Awaitable[Any]]


async def upload(
    intake: Any,
    resume: str,
    octets: bytes,
    name: str = "a.pdf",
    account: str = "borealis-web",
    **headers: str,
) -> Any:
    told = {"x-resume": resume, "x-file-name": name, **headers}
    return await intake.http.post(f"/chat/{account}/files", content=octets, headers=told)


async def test_a_file_that_was_laid_down_goes_with_a_message_once(intake: Any) -> None:
    socket = await greeted(intake)
    resume = socket.welcome["resume"]
    first = await upload(intake, resume, b"%PDF-1.7 bill", "Rechnung%20f%C3%BCr.pdf")
    again = await upload(intake, resume, b"%PDF-1.7 bill", "Rechnung%20f%C3%BCr.pdf")

    for _ in range(2):
        await send(socket, "say", client_id="c1", files=[first.json()["file_id"]])
        assert (await hear(socket))["type"] == "kept"

    assert first.status_code == 201
    assert again.json() == first.json()
    [event] = await intake.said(MessageReceived)
    [file] = event.attachments
    assert (file.name, file.media_type, file.size) == ("Rechnung für.pdf", "application/pdf", 13)
    assert event.text == "[file: Rechnung für.pdf]"
    assert (await intake.http.get(file.url)).content == b"%PDF-1.7 bill"
    await send(socket, "say", client_id="c2", text="again", files=[first.json()["file_id"]])
    assert (await hear(socket))["type"] == "refused"


@pytest.mark.parametrize(
    ("given", "name"),
    [("..%2F..%2Fetc%2Fa.png", "a.png"), ("C%3A%5Cx%5Cb.png", "b.png"), ("..%2F", None)],
)
async def test_of_a_path_only_the_files_name_is_kept(
    intake: Any, given: str, name: str | None
) -> None:
    resume = (await greeted(intake)).welcome["resume"]

    answer = await upload(intake, resume, b"%PDF-1.7 bill", given)

    assert answer.json()["name"] == name


async def test_a_file_is_refused_with_a_reason_and_strangers_lay_nothing_down(
    intake: Any, tokens: Tokens
) -> None:
    socket = await greeted(intake)
    resume = socket.welcome["resume"]

    program = await upload(intake, resume, b"MZ" + bytes(90), "photo.jpg")
    assert program.status_code == 415
    assert program.json()["why"] == "program"
    assert program.headers["content-language"] == "en"
    assert (await upload(intake, resume, b"x" * (26 * 1024 * 1024))).status_code == 413
    assert (await upload(intake, "", b"x")).status_code == 401
    assert (await upload(intake, tokens.sign("thread", uuid4()), b"x")).status_code == 401
    assert (await upload(intake, resume, b"x", account="nobody")).status_code == 404
    other = await upload(
        intake, resume, b"x", account="aurora-web", origin="https://aurora.example"
    )
    assert other.status_code == 401
    assert (await upload(intake, resume, b"x", account="aurora-web")).status_code == 403
    assert await testing.rows(intake.db, "SELECT 1 FROM files") == []


async def test_a_refusal_is_told_in_every_language_of_the_widget(intake: Any) -> None:
    script = (await intake.http.get("/widget.js")).text
    table = re.search(r"const WORDS = \{(.*?)\n  \};", script, re.DOTALL)
    assert table is not None
    languages = re.findall(r'^    "?([\w-]+)"?: \[', table[1], re.MULTILINE)

    told = {}
    for language in languages:
        resume = (await greeted(intake)).welcome["resume"]
        headers = {"accept-language": language}
        answers = [
            await upload(intake, resume, b"MZ" + bytes(90), **headers),
            await upload(intake, resume, b"PK\x05\x06" + bytes(18), "a.zip", **headers),
            await upload(intake, resume, b"x" * (26 * 1024 * 1024), **headers),
            await upload(intake, "", b"x", **headers),
        ]
        assert [one.status_code for one in answers] == [415, 415, 413, 401]
        assert {one.headers["content-language"] for one in answers} == {language}
        told[language] = [one.json()["detail"] for one in answers]

    assert len(languages) >= 10
    for sentences in zip(*told.values(), strict=True):
        assert len(set(sentences)) == len(languages)
    assert all("25" in sentences[2] for sentences in told.values())


async def test_a_visitor_who_lays_down_too_much_at_once_is_told_in_his_language(
    intake: Any,
) -> None:
    resume = (await greeted(intake)).welcome["resume"]

    answers = [
        await upload(intake, resume, b"text", **{"accept-language": "zh-TW, en;q=0.1"})
        for _ in range(5)
    ]

    refused = next(one for one in answers if one.status_code == 429)
    assert refused.headers["content-language"] == "zh-Hant"
    assert (refused.json()["why"], refused.headers["retry-after"]) == ("too_fast", "1")


async def test_a_file_of_another_thread_is_no_file(intake: Any) -> None:
    mine, other = await greeted(intake), await greeted(intake)
    file = (await upload(intake, mine.welcome["resume"], b"text")).json()["file_id"]

    await send(other, "say", client_id="c1", text="look", files=[file])

    assert (await hear(other))["client_id"] == "c1"
    assert await intake.said(MessageReceived) == []


async def test_a_page_of_the_store_may_lay_files_down_and_another_may_not(intake: Any) -> None:
    async def asked(origin: str) -> Any:
        path = "/chat/aurora-web/files"
        return await intake.http.options(path, headers={"origin": origin})

    good = await asked("https://aurora.example")
    refused = await upload(intake, "", b"x", account="aurora-web", origin="https://aurora.example")

    assert good.headers["access-control-allow-origin"] == "https://aurora.example"
    assert refused.status_code == 401
    assert refused.headers["access-control-allow-origin"] == "https://aurora.example"
    assert "x-resume" in good.headers["access-control-allow-headers"]
    assert (await asked("https://elsewhere.example")).status_code == 403


async def test_each_side_is_told_that_the_other_is_writing(
    intake_process: START, caller_tokens: dict[str, str]
) -> None:
    one, other = await intake_process(), await intake_process()
    socket = await greeted(one)
    path = f"/stores/borealis/threads/{socket.welcome['thread_id']}/typing"
    bearer = {"authorization": f"Bearer {caller_tokens['borealis']}"}

    async def visitor_is_typing() -> bool:
        answer = await other.http.get(path, headers=bearer)
        return bool(answer.json()["is_typing"])

    assert not await visitor_is_typing()
    await send(socket, "typing")
    await testing.eventually(visitor_is_typing)
    assert (await other.http.post(path, headers=bearer)).status_code == 204
    assert await hear(socket) == {"type": "typing"}
    unknown = f"/stores/borealis/threads/{uuid4()}/typing"
    assert (await other.http.post(unknown, headers=bearer)).status_code == 404


async def test_the_widget_is_one_script_in_ten_languages_and_more(intake: Any) -> None:
    answer = await intake.http.get("/widget.js")

    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    table = re.search(r"const WORDS = \{(.*?)\n  \};", answer.text, re.DOTALL)
    assert table is not None
    rows = re.findall(r'(?:"?([\w-]+)"?): \[(.*?)\],\n', table[1] + "\n", re.DOTALL)
    assert len(rows) >= 10
    assert {len(re.findall(r'"[^"]+"', words)) for _, words in rows} == {13}
    assert "innerHTML" not in answer.text
    assert "eval(" not in answer.text
