"""Intake's front doors: HTTP and WebSocket here, SMTP beside them."""

from collections.abc import Awaitable, Callable
from importlib import resources
from typing import Any, NamedTuple
from uuid import UUID

from fastapi import FastAPI, Request, Response, WebSocket

from intake.api.files import File, FilesDoor
from intake.api.hooks import Hooks
from intake.api.messages import Messages
from intake.api.sockets import Chat
from intake.api.uploads import Upload, Uploads
from shared.callers import Callers
from shared.http import Caller, shell

HOOKS = "/hooks/{channel}/{account_id}"
CHAT = "/chat/{account_id}"
FILE = "/files/{store_id}/{token}"
UPLOAD = "/chat/{account_id}/files"
WIDGET = "/widget.js"
PUBLIC = (HOOKS, CHAT, FILE, UPLOAD, WIDGET)
"""Open to everybody: each verifies for itself who comes."""


WIDGET_SCRIPT = resources.files("intake").joinpath("widget.js").read_text("utf-8")
WIDGET_HEADERS = {
    "Cache-Control": "public, max-age=300",
    # Any page may run it; what it opens asks for the page's origin.
    "Cross-Origin-Resource-Policy": "cross-origin",
}


class _Script(Response):
    media_type = "text/javascript"


class Doors(NamedTuple):
    """What stands behind the routes."""

    hooks: Hooks
    chat: Chat
    messages: Messages
    files: FilesDoor
    uploads: Uploads


def app(
    doors: Doors,
    *,
    callers: Callers,
    ready: Callable[[], Awaitable[dict[str, Any]]],
    max_body: int,
) -> FastAPI:
    """The routes. What they do is in their modules."""
    hooks, chat, messages, given, uploads = doors
    routes = shell("intake", public=PUBLIC, callers=callers, ready=ready, max_body=max_body)

    @routes.get(HOOKS, response_class=Response)
    async def ask(request: Request, channel: str, account_id: str) -> Response:
        """A vendor asks whether the address is ours, or delivers; 200 when that is committed."""
        return await hooks.asked(request, channel, account_id)

    @routes.post(HOOKS, response_class=Response)
    async def deliver(request: Request, channel: str, account_id: str) -> Response:
        """A vendor delivers; 200 when it is committed."""
        return await hooks.deliver(request, channel, account_id)

    routes.post("/messages", status_code=201)(messages.post)

    _chat(routes, chat, uploads)
    _files(routes, given)
    return routes


def _chat(routes: FastAPI, chat: Chat, uploads: Uploads) -> None:
    @routes.websocket(CHAT)
    async def converse(socket: WebSocket, account_id: str) -> None:
        """A visitor of a store's page chats."""
        await chat.converse(socket, account_id)

    @routes.options(UPLOAD)
    async def may_lay_down(request: Request, account_id: str, response: Response) -> None:
        """A browser asks whether a page may lay files down."""
        uploads.preflight(request, account_id, response)

    @routes.post(UPLOAD, status_code=201)
    async def lay_down(request: Request, account_id: str, response: Response) -> Upload:
        """A visitor of the chat lays a file down."""
        return await uploads.take(request, account_id, response)

    @routes.get(WIDGET, response_class=_Script)
    async def widget() -> Response:
        """The script that puts the chat on a page."""
        return _Script(WIDGET_SCRIPT, headers=WIDGET_HEADERS)

    @routes.post("/stores/{store_id}/threads/{thread_id}/typing", status_code=204)
    async def agent_types(actor: Caller, store_id: str, thread_id: UUID) -> None:
        """An agent is writing to a visitor; given again every three seconds or so."""
        await chat.agent_types(actor, store_id, thread_id)

    @routes.get("/stores/{store_id}/threads/{thread_id}/typing")
    async def is_typing(actor: Caller, store_id: str, thread_id: UUID) -> dict[str, bool]:
        """Whether the visitor is writing just now."""
        return {"is_typing": await chat.visitor_types(actor, store_id, thread_id)}


def _files(routes: FastAPI, given: FilesDoor) -> None:
    @routes.get(FILE, response_class=Response)
    async def give(store_id: str, token: str) -> Response:
        """A file of a message, to whoever has its link."""
        return await given.give(store_id, token)

    @routes.get("/stores/{store_id}/messages/{message_id}/files")
    async def files_of(actor: Caller, store_id: str, message_id: UUID) -> list[File]:
        """The files of a message, with fresh links."""
        return await given.of_message(actor, store_id, message_id)
