"""What reaches a customer by mail, matched to the notice that caused it."""

from collections.abc import Callable
from dataclasses import dataclass

from deploy.demo.stories.stage import Fact, Stage, Stopwatch
from deploy.demo.tail import Seen
from deploy.demo.world.shapes import Mail
from shared.contracts.notify import NotificationSent


@dataclass(frozen=True, kw_only=True)
class Told:
    """A notice that went out, and the mail as its reader got it."""

    sent: NotificationSent
    mail: Mail


async def told(
    stage: Stage,
    template: str,
    where: Callable[[NotificationSent], bool],
    *,
    to: str,
    since: Stopwatch,
    is_quoted: bool = False,
) -> Told:
    """Wait until a notice has arrived in a mailbox, and tell of it."""
    what = f"The customer is told ({template})"
    sent: Seen[NotificationSent] = await stage.see(
        "notify",
        NotificationSent,
        lambda message: message.template == template and where(message),
        what,
    )

    async def arrived() -> Mail | None:
        wanted = _bare(sent.message.external_id)
        mails = await stage.world.mails(to)
        return next((mail for mail in mails if _bare(mail.message_id or "") == wanted), None)

    mail = await stage.wait_for("notify", arrived, what)
    stage.tell(
        Fact(
            who="notify",
            what=f"mail to {to} in {mail.language or 'no named language'}: {mail.subject}",
            milliseconds=round((mail.arrived_at - since.begun.timestamp()) * 1000, 1),
            quote=_gist(mail.text) if is_quoted else None,
        )
    )
    return Told(sent=sent.message, mail=mail)


def _gist(text: str) -> str | None:
    """The first paragraph after headline and greeting."""
    paragraphs = text.strip().split("\n\n")
    return paragraphs[2] if len(paragraphs) > 2 else None


def _bare(message_id: str) -> str:
    return message_id.strip().strip("<>")
