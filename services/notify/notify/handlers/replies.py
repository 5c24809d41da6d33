"""Agents' own words."""

from collections.abc import Sequence

from notify.domain.kinds import REPLY
from notify.domain.notices import notification_id
from notify.store import notifications
from notify.store.notifications import New
from shared import clock
from shared.bus import Heard, Said, batch
from shared.contracts.routing import SendReply
from shared.db import Transaction


@batch
async def send_reply(heard: Sequence[Heard[SendReply]], tx: Transaction) -> Sequence[Said]:
    """Queue a reply for the channel of its route, once for its `reply_id`."""
    await notifications.keep(tx, [_new(each) for each in heard], now=clock.now())
    return []


def _new(heard: Heard[SendReply]) -> New:
    command = heard.message
    subject_id = str(command.reply_id)
    return New(
        notification_id=notification_id(command.store_id, REPLY, subject_id),
        store_id=command.store_id,
        template=REPLY,
        subject_id=subject_id,
        detail="",
        lane=f"conversation:{command.conversation_id}",
        channel=command.route.channel,
        account_id=command.route.account_id,
        state="queued",
        version=0,
        subject_version=0,
        correlation_id=heard.correlation_id,
        occurred_at=command.occurred_at,
        said_at=heard.said_at,
        language=command.language,
        about=command.about,
        conversation_id=command.conversation_id,
        reply_id=command.reply_id,
        thread_id=command.thread_id,
        contact_id=command.contact_id,
        text=command.text,
        route=command.route,
    )
