"""Intake's front doors: HTTP and WebSocket here, SMTP beside them."""

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple
from uuid import UUID

from fastapi import FastAPI, Request, Response, WebSocket

from intake.api.files import File, FilesDoor
from intake.api.hooks import Hooks
from intake.api.messages import Messages
from intake.api.sockets import Chat
from shared.callers import Callers
from shared.http import Caller, shell

HOOKS = "/hooks/{channel}/{account_id}"
CHAT = "/chat/{account_id}"
FILE = "/files/{store_id}/{token}"
PUBLIC = (HOOKS, CHAT, FILE)
"""Open to everybody: each verifies for itself who comes."""


class Doors(NamedTuple):
    """What stands behind the routes."""

    hooks: Hooks
    chat: Chat
    messages: Messages
    files: FilesDoor


def app(
    doors: Doors,
    *,
    callers: Callers,
    ready: Callable[[], Awaitable[dict[str, Any]]],
    max_body: int,
) -> FastAPI:
    """The routes. What they do is in their modules."""
    hooks, chat, messages, files = doors
    routes = shell("intake", public=PUBLIC, callers=callers, ready=ready, max_body=max_body)

    @routes.get(HOOKS)
    async def ask(request: Request, channel: str, account_id: str) -> Response:
        """A vendor asks whether the address is ours, or delivers; 200 when that is committed."""
        return await hooks.asked(request, channel, account_id)

    @routes.post(HOOKS)
    async def deliver(request: Request, channel: str, account_id: str) -> Response:
        """A vendor delivers; 200 when it is committed."""
        return await hooks.deliver(request, channel, account_id)

    routes.post("/messages", status_code=201)(messages.post)

    @routes.websocket(CHAT)
    async def converse(socket: WebSocket, account_id: str) -> None:
        """A visitor of a store's page chats."""
        await chat.converse(socket, account_id)

    @routes.get(FILE)
    async def give(store_id: str, token: str) -> Response:
        """A file of a message, to whoever has its link."""
        return await files.give(store_id, token)

    @routes.get("/stores/{store_id}/messages/{message_id}/files")
    async def files_of(actor: Caller, store_id: str, message_id: UUID) -> list[File]:
        """The files of a message, with fresh links."""
        return await files.of_message(actor, store_id, message_id)

    return routes
