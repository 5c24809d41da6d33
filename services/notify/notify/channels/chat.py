"""Live chat: intake holds the customer's socket and keeps the text until he has seen it."""

from datetime import datetime
from uuid import UUID

from notify.channels.outgoing import Content
from notify.domain.sending import Due, Failed, Outcome, Sent
from shared.contracts.base import ThreadId
from shared.contracts.intake import SendToChat
from shared.stores import Account


class ChatChannel:
    """Says `SendToChat`; there is no call that could fail."""

    async def send(self, due: Due, account: Account, content: Content, now: datetime) -> Outcome:
        """The command to intake; it counts as sent when it has been said."""
        thread_id = _thread(due)
        if thread_id is None:
            return Failed(why="no_address", is_permanent=True)
        command = SendToChat(
            occurred_at=now,
            store_id=due.store_id,
            thread_id=thread_id,
            account_id=account.account_id,
            text=content.text,
            notification_id=due.notification_id,
            conversation_id=due.conversation_id,
            language=due.language,
        )
        return Sent(external_id=str(due.notification_id), command=command)


def _thread(due: Due) -> ThreadId | None:
    if due.thread_id is not None:
        return due.thread_id
    try:
        return ThreadId(UUID(due.route.peer)) if due.route else None
    except ValueError:
        return None
