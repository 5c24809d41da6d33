"""WhatsApp, by Meta's Cloud API."""

from datetime import datetime
from typing import Any

import httpx
import structlog

from notify.channels.outgoing import Content
from notify.domain.failures import WHATSAPP
from notify.domain.sending import Due, Failed, Outcome, Sent
from shared.stores import Account, WhatsAppAccount
from shared.tokens import Tokens

log = structlog.get_logger()

LONGEST_TEXT = 4096
"""Characters of a text message (Cloud API, messages reference)."""


class WhatsAppChannel:
    """Calls the Cloud API. `timeout` in seconds bounds each call."""

    def __init__(self, client: httpx.AsyncClient, tokens: Tokens, *, timeout: float = 20.0) -> None:
        self._client = client
        self._tokens = tokens
        self._timeout = timeout

    async def send(self, due: Due, account: Account, content: Content, now: datetime) -> Outcome:
        """Send a text into the customer's open window."""
        if not isinstance(account, WhatsAppAccount):
            return Failed(why="no_account")
        if due.route is None or not due.route.peer:
            return Failed(why="no_address", is_permanent=True)
        if due.route.window_until is not None and now > due.route.window_until:
            return Failed(why="window_closed", is_permanent=True)
        if len(content.text) > LONGEST_TEXT:
            return Failed(why="too_long", is_permanent=True)
        return await self._call(account, self._body(due, content))

    def _body(self, due: Due, content: Content) -> dict[str, Any]:
        body: dict[str, Any] = {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "to": due.route.peer.removeprefix("+") if due.route else "",
            "type": "text",
            "text": {"preview_url": False, "body": content.text},
            # Comes back in every status webhook, also when the answer to this call is lost.
            "biz_opaque_callback_data": self._tokens.sign("notification", due.notification_id),
        }
        if due.route and due.route.reply_to_id:
            body["context"] = {"message_id": due.route.reply_to_id}
        return body

    async def _call(self, account: WhatsAppAccount, body: dict[str, Any]) -> Outcome:
        try:
            answer = await self._client.post(
                f"{account.base_url}/{account.account_id}/messages",
                json=body,
                headers={"Authorization": f"Bearer {account.access_token[0]}"},
                timeout=self._timeout,
            )
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
            return Failed(why="server_away")
        except httpx.HTTPError as why:
            log.warning("whatsapp called, no answer", error=type(why).__name__)
            return Failed(why="no_answer", is_unknown=True)
        return _outcome(answer)


def _outcome(answer: httpx.Response) -> Outcome:
    try:
        body = answer.json()
    except ValueError:
        body = None
    if answer.is_success:
        external_id = _path(body, "messages", 0, "id")
        if isinstance(external_id, str) and external_id:
            return Sent(external_id=external_id)
        return Failed(why="odd_answer", is_unknown=True)
    code = _path(body, "error", "code")
    if isinstance(code, int) and code in WHATSAPP:
        return Failed(why=WHATSAPP[code], is_permanent=True)
    if isinstance(code, int):
        return Failed(why=f"server_refused {code}")
    # Graph names its errors; a bare 5xx is of what stands before it, which may have passed it on.
    is_unknown = answer.status_code >= 500
    return Failed(why=f"server_refused {answer.status_code}", is_unknown=is_unknown)


def _path(body: Any, *steps: str | int) -> Any:
    for step in steps:
        try:
            body = body[step]
        except (KeyError, IndexError, TypeError):
            return None
    return body
