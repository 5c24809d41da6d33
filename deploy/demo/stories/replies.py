"""Story 5: agents answer, each customer where he wrote; the chat's visitor on coming back."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import uuid4

from deploy.demo.clients import Chat
from deploy.demo.installation import SHOPS
from deploy.demo.stories.messages import PEOPLE, Talk
from deploy.demo.stories.stage import WITHIN, DidNotHappen, Fact, Stage, Stopwatch, Title
from deploy.demo.world.shapes import Mail, OnPhone
from shared.contracts.intake import SendToChat
from shared.contracts.routing import AgentReplied, ConversationAnswered, ConversationResolved


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An agent's reply as the customer has it."""

    talk: Talk
    replied: AgentReplied
    answered: ConversationAnswered
    text: str
    """What arrived."""
    milliseconds: float
    """From the agent's request to the arrival; for a chat from the customer's coming back."""
    mail: Mail | None = None
    phone: OnPhone | None = None


async def play(stage: Stage, talks: list[Talk]) -> list[Answer]:
    """Everybody is answered, then every conversation is resolved."""
    stage.tell(Title(5, "Agents answer, and each customer hears it where he wrote"))
    answers = [await answer(stage, talk) for talk in talks]
    for talk in talks:
        await resolve(stage, talk)
    return answers


async def answer(stage: Stage, talk: Talk) -> Answer:
    """The agent who has the conversation replies; wait until the customer has it."""
    watch, conversation_id = Stopwatch(), talk.given.opened.conversation_id
    agent = talk.given.assigned.agent_id
    async with stage.service(stage.addresses.routing, agent) as routing:
        body = {"text": talk.writer.answer}
        await routing.post(f"/conversations/{conversation_id}/replies", body, key=str(uuid4()))
    stage.tell(
        Fact(
            who="routing",
            what=f"{PEOPLE[agent].name} answers {talk.writer.name}",
            milliseconds=watch.now(),
        )
    )
    replied = await stage.see(
        "routing",
        AgentReplied,
        lambda message: message.conversation_id == conversation_id,
        "The reply is said",
    )
    answered = await stage.see(
        "routing",
        ConversationAnswered,
        lambda message: message.conversation_id == conversation_id,
        "The clock stops",
    )
    arrived = await _WAYS[talk.writer.channel](stage, talk, watch)
    stage.tell(
        Fact(
            who=talk.writer.channel,
            what=f"{talk.writer.name} reads",
            milliseconds=arrived.milliseconds,
            quote=arrived.text,
        )
    )
    return Answer(
        talk=talk,
        replied=replied.message,
        answered=answered.message,
        text=arrived.text,
        milliseconds=arrived.milliseconds,
        mail=arrived.mail,
        phone=arrived.phone,
    )


async def resolve(stage: Stage, talk: Talk) -> ConversationResolved:
    """The agent is done with the conversation."""
    watch, conversation_id = Stopwatch(), talk.given.opened.conversation_id
    async with stage.service(stage.addresses.routing, talk.given.assigned.agent_id) as routing:
        await routing.post(f"/conversations/{conversation_id}/resolve", {}, key=str(uuid4()))
    resolved = await stage.see(
        "routing",
        ConversationResolved,
        lambda message: message.conversation_id == conversation_id,
        "The conversation is resolved",
    )
    said = f"ConversationResolved with {talk.writer.name}"
    stage.tell(Fact(who="routing", what=said, milliseconds=watch.at(resolved.at)))
    return resolved.message


@dataclass(frozen=True, kw_only=True)
class _Arrived:
    text: str
    milliseconds: float
    mail: Mail | None = None
    phone: OnPhone | None = None


async def _by_whatsapp(stage: Stage, talk: Talk, watch: Stopwatch) -> _Arrived:
    async def arrived() -> OnPhone | None:
        return next(iter(await stage.world.phone(talk.writer.address)), None)

    message = await stage.wait_for("notify", arrived, f"{talk.writer.name} reads the answer")
    return _Arrived(
        text=message.text, milliseconds=_since(watch, message.arrived_at), phone=message
    )


async def _by_mail(stage: Stage, talk: Talk, watch: Stopwatch) -> _Arrived:
    async def arrived() -> Mail | None:
        return next(iter(await stage.world.mails(talk.writer.address)), None)

    mail = await stage.wait_for("notify", arrived, f"{talk.writer.name} reads the answer")
    return _Arrived(text=mail.text.strip(), milliseconds=_since(watch, mail.arrived_at), mail=mail)


async def _by_chat(stage: Stage, talk: Talk, watch: Stopwatch) -> _Arrived:
    await stage.see(
        "notify",
        SendToChat,
        lambda message: message.thread_id == talk.received.thread_id,
        "The answer goes to the chat",
    )
    stage.tell(Fact(who="chat", what=f"{talk.writer.name} comes back, on another intake process"))
    back, shop = Stopwatch(), SHOPS[talk.writer.store_id]
    chat = await Chat.open(stage.addresses.intake[1], shop.chat, resume=talk.written.resume or "")
    try:
        said = await chat.hear("said", within=WITHIN)
        milliseconds = back.now()
        await chat.seen(said["message_id"])
    except TimeoutError:
        raise DidNotHappen(f"{talk.writer.name} came back and heard nothing") from None
    finally:
        await chat.close()
    return _Arrived(text=said["text"], milliseconds=milliseconds)


def _since(watch: Stopwatch, at: float) -> float:
    return round((at - watch.begun.timestamp()) * 1000, 1)


_WAYS: dict[str, Callable[[Stage, Talk, Stopwatch], Awaitable[_Arrived]]] = {
    "whatsapp": _by_whatsapp,
    "mail": _by_mail,
    "chat": _by_chat,
}
