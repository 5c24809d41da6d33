"""What agents and leads do over HTTP: one module a subject, each with the router of its routes."""

from fastapi import FastAPI

from routing.api import (
    agents,
    claiming,
    conversations,
    days,
    escalations,
    me,
    notes,
    presence,
    priorities,
    snoozes,
    swaps,
    team,
    waits,
    weeks,
)
from routing.handlers.rules import Rules
from shared.callers import Callers
from shared.db import Database
from shared.http import Ready, shell


def app(db: Database, rules: Rules, callers: Callers, ready: Ready | None = None) -> FastAPI:
    """Make the application; no route of it is public."""
    api = shell("routing", callers=callers, ready=ready)
    for router in (
        me.router(db, rules),
        conversations.router(db, rules),
        waits.router(db),
        claiming.router(db, rules),
        escalations.router(db, rules),
        priorities.router(db, rules),
        presence.router(db, rules),
        snoozes.router(db),
        notes.router(db),
        swaps.router(db, rules),
        team.router(db, rules),
        agents.router(db, rules),
        weeks.router(db, rules),
        days.router(db, rules),
    ):
        api.include_router(router)
    return api
