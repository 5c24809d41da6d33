"""Everything is delivered once more: nothing that matters changes."""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from deploy.demo.clients import Chat, send_mail
from deploy.demo.installation import SHOPS
from deploy.demo.stories.messages import Talk
from deploy.demo.stories.people import MARYAM, YUKI
from deploy.demo.stories.stage import Stage
from deploy.demo.world.shapes import Try


@pytest.mark.usefixtures("trouble", "returned", "answers")
def test_every_webhook_mail_and_word_of_the_stories_heard_again_changes_nothing(
    talks: list[Talk],
    stage: Stage,
    run: Callable[[Coroutine[Any, Any, list[Try]]], list[Try]],
    settled: Callable[[], Counter[str]],
) -> None:
    before = settled()
    assert before["ConversationAssigned"] >= len(talks) + 2

    async def again() -> list[Try]:
        mail = next(talk.written.mail for talk in talks if talk.writer is YUKI)
        said = next(talk.written for talk in talks if talk.writer is MARYAM)
        assert mail is not None
        tries, *_ = await asyncio.gather(
            stage.world.send_again(),
            send_mail(stage.addresses.smtp_port, mail),
            send_mail(stage.addresses.smtp_port, mail),
            _say_again(stage, said.resume or "", said.client_id or ""),
        )
        return tries

    tries = run(again())

    assert tries
    assert {each.status for each in tries} == {200}
    assert settled() == before


async def _say_again(stage: Stage, resume: str, client_id: str) -> None:
    chat = await Chat.open(stage.addresses.intake[1], SHOPS[MARYAM.store_id].chat, resume=resume)
    await chat.say(client_id, MARYAM.text)
    await chat.close()
