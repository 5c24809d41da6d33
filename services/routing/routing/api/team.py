"""The whole team as one document: read and replaced, each version once."""

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Header, HTTPException, Request, Response

from routing.api.agents import lock_revision
from routing.clients import team_of, team_yaml
from routing.clients.team_document import written
from routing.handlers import team
from routing.handlers.rules import Rules
from routing.handlers.team import Change
from routing.store import teams
from shared import clock
from shared.callers import Actor, Role
from shared.db import Database
from shared.http import Caller, require


def router(db: Database, rules: Rules) -> APIRouter:
    """The routes of `/team`; for leads and admins who see every store."""
    api = APIRouter()

    @api.get("/team")
    async def read(actor: Caller, accept: Annotated[str, Header()] = "") -> Response:
        """The team as JSON, or as YAML for who accepts that; its revision is the ETag."""
        _require(actor, rules)
        async with db.transaction() as tx:
            found, revision = await team.current(tx, rules, clock.now())
        etag = {"ETag": f'"{revision}"'}
        if "yaml" in accept:
            return Response(team_yaml(found), media_type="application/yaml", headers=etag)
        return _json(written(found), etag)

    @api.put("/team")
    async def replace(
        request: Request, actor: Caller, if_match: Annotated[str | None, Header()] = None
    ) -> Response:
        """Make this, YAML or JSON, the team; who is not in it is retired and his work waits again.

        428 without If-Match, 412 when another revision stands, 422 with a line for each problem.
        """
        _require(actor, rules)
        try:
            text = (await request.body()).decode()
        except UnicodeDecodeError:
            raise HTTPException(422, "the body is no UTF-8") from None
        given = team_of(text, rules.stores.stores)
        now = clock.now()
        async with db.transaction() as tx:
            await lock_revision(tx, if_match)
            revision = await team.replace_team(tx, given, Change(actor.by, now))
        await team.release_retired(db, now=now, rules=rules)
        return _json({"revision": revision}, {"ETag": f'"{revision}"'})

    @api.get("/team/changes")
    async def changes(actor: Caller) -> list[dict[str, Any]]:
        """Who changed what, the newest first."""
        _require(actor, rules)
        async with db.transaction() as tx:
            return [dict(each) for each in await teams.changes(tx, 200)]

    return api


def _require(actor: Actor, rules: Rules) -> None:
    require(actor, Role.LEAD, Role.ADMIN)
    if not all(actor.sees(store) for store in rules.stores.stores):
        raise HTTPException(403, "the team works for stores that are not yours")


def _json(content: Any, headers: dict[str, str]) -> Response:
    return Response(msgspec.json.encode(content), media_type="application/json", headers=headers)
