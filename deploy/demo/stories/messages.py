"""Story 1: five customers write, by three channels, in five languages, to two stores."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime, formataddr, make_msgid
from uuid import uuid4

from deploy.demo.clients import Chat, send_mail
from deploy.demo.installation import SHOPS
from deploy.demo.stories.people import WRITERS, Writer
from deploy.demo.stories.stage import DidNotHappen, Fact, Stage, Stopwatch, Title
from deploy.demo.stories.zones import local_time
from deploy.demo.team import TEAM
from deploy.demo.world.shapes import Writes
from shared import clock
from shared.contracts.intake import MessageReceived
from shared.contracts.routing import ConversationAssigned, ConversationOpened

PEOPLE = {person.id: person for person in TEAM}


@dataclass(frozen=True, kw_only=True)
class Given:
    """A conversation that an agent has."""

    opened: ConversationOpened
    assigned: ConversationAssigned
    milliseconds: float
    """From the beginning of the step to the assignment reaching Kafka."""


@dataclass(frozen=True)
class Written:
    """What writing left behind that a later story needs."""

    resume: str | None = None
    """By which a live chat is taken up again."""
    client_id: str | None = None
    """The visitor's own id of what he said."""
    mail: EmailMessage | None = None


@dataclass(frozen=True, kw_only=True)
class Talk:
    """A customer's conversation as far as it came."""

    writer: Writer
    received: MessageReceived
    given: Given
    written: Written


async def play(stage: Stage) -> list[Talk]:
    """Everybody writes, one after the other."""
    stage.tell(Title(1, "Five customers write, and each is given to somebody who can answer"))
    for shop in SHOPS.values():
        watch = Stopwatch()
        shake = await stage.world.handshake(shop.whatsapp)
        if not shake.is_answered:
            raise DidNotHappen(f"WhatsApp's handshake for {shop.store_id} got {shake.status}")
        told = f"GET handshake for {shop.store_id} answered with the challenge"
        stage.tell(Fact(who="intake", what=told, milliseconds=watch.now()))
    return [await converse(stage, writer) for writer in WRITERS]


async def converse(stage: Stage, writer: Writer) -> Talk:
    """A customer writes; wait until an agent has the conversation."""
    watch = Stopwatch()
    written = await _WAYS[writer.channel](stage, writer)
    stage.tell(
        Fact(
            who=writer.channel,
            what=f"{writer.name} writes to {writer.store_id}",
            quote=writer.text,
        )
    )
    received = await stage.see(
        "intake",
        MessageReceived,
        lambda message: (
            message.store_id == writer.store_id and message.text.strip() == writer.text.strip()
        ),
        f"{writer.name}'s message is received",
    )
    heard = f"MessageReceived by {received.message.channel}"
    stage.tell(Fact(who="intake", what=heard, milliseconds=watch.at(received.at)))
    to_agent = await given(
        stage,
        lambda message: message.thread_id == received.message.thread_id,
        f"{writer.name}'s message",
        watch,
    )
    return Talk(writer=writer, received=received.message, given=to_agent, written=written)


async def given(
    stage: Stage, where: Callable[[ConversationOpened], bool], what: str, watch: Stopwatch
) -> Given:
    """Wait until a conversation is opened and given to an agent, and tell why to that one."""
    opened = await stage.see("routing", ConversationOpened, where, f"{what} opens a conversation")
    classified = _classified(opened.message)
    stage.tell(Fact(who="routing", what=classified, milliseconds=watch.at(opened.at)))
    conversation_id = opened.message.conversation_id
    assigned = await stage.see(
        "routing",
        ConversationAssigned,
        lambda message: message.conversation_id == conversation_id,
        f"{what} is given to an agent",
    )
    stage.tell(
        Fact(
            who="routing",
            what=_told_why(assigned.message),
            milliseconds=watch.at(assigned.at),
            explanation=assigned.message.explanation,
        )
    )
    return Given(
        opened=opened.message,
        assigned=assigned.message,
        milliseconds=watch.at(assigned.at),
    )


def _classified(opened: ConversationOpened) -> str:
    parts = [f"ConversationOpened: {opened.language or 'language unknown'}"]
    if opened.language_confidence is not None:
        parts[0] += f" ({opened.language_confidence:.2f})"
    if opened.region:
        parts.append(f"{opened.region} by {opened.region_source}")
    if opened.time_zone:
        there = local_time(clock.now(), opened.time_zone)
        by = "" if opened.zone_source == opened.region_source else f" by {opened.zone_source}"
        parts.append(f"{there} at the customer's{by}")
    if opened.skills:
        parts.append(f"needs {', '.join(opened.skills)}")
    return ", ".join(parts)


def _told_why(assigned: ConversationAssigned) -> str:
    explanation, person = assigned.explanation, PEOPLE[assigned.agent_id]
    parts = [f"ConversationAssigned to {person.name}"]
    parts.append(f"{local_time(clock.now(), person.time_zone)} on shift")
    step = f"step {explanation.step}"
    if explanation.skipped:
        step += f" after {', '.join(explanation.skipped)}"
    parts.append(step)
    if explanation.needs_translation:
        parts.append("needs translation")
    return ", ".join(parts)


async def _by_whatsapp(stage: Stage, writer: Writer) -> Written:
    shop = SHOPS[writer.store_id]
    message = Writes(phone=writer.address, name=writer.name, text=writer.text)
    sent = await stage.world.write(shop.whatsapp, message)
    if not sent.is_taken:
        raise DidNotHappen(f"intake took no webhook of WhatsApp: {sent.tries}")
    return Written()


async def _by_mail(stage: Stage, writer: Writer) -> Written:
    mail = mail_of(writer, SHOPS[writer.store_id].mailbox)
    await send_mail(stage.addresses.smtp_port, mail)
    return Written(mail=mail)


async def _by_chat(stage: Stage, writer: Writer) -> Written:
    shop = SHOPS[writer.store_id]
    hello = {"locale": writer.locale} if writer.locale else {}
    chat = await Chat.open(stage.addresses.intake[0], shop.chat, name=writer.name, **hello)
    client_id = str(uuid4())
    await chat.say(client_id, writer.text)
    await chat.close()
    return Written(resume=chat.resume, client_id=client_id)


_WAYS: dict[str, Callable[[Stage, Writer], Awaitable[Written]]] = {
    "whatsapp": _by_whatsapp,
    "mail": _by_mail,
    "chat": _by_chat,
}


def mail_of(writer: Writer, mailbox: str) -> EmailMessage:
    """The mail a customer sends, as a mail program writes it."""
    mail = EmailMessage()
    mail["From"] = formataddr((writer.name, writer.address))
    mail["To"] = mailbox
    mail["Subject"] = writer.subject
    mail["Date"] = format_datetime(clock.now())
    mail["Message-ID"] = make_msgid(domain=writer.address.partition("@")[2])
    mail.set_content(writer.text)
    return mail
