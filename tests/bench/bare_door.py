"""The floors of a front door: a FastAPI route that does nothing, and one that keeps a row.

Started as a process; `/insert` commits one row a request on a pool of five, nothing else.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import uvicorn
from fastapi import FastAPI, Request, Response


@asynccontextmanager
async def life(app: FastAPI) -> AsyncIterator[None]:
    """Open the pool, and make the table anew."""
    async with asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=5, max_size=5) as pool:
        await pool.execute("DROP TABLE IF EXISTS bare_door")
        await pool.execute("CREATE TABLE bare_door (id bigserial PRIMARY KEY, body bytea NOT NULL)")
        app.state.pool = pool
        yield


app = FastAPI(lifespan=life)


@app.get("/readyz")
async def ready() -> dict[str, str]:
    """Ready."""
    return {}


@app.post("/empty")
async def empty() -> Response:
    """Nothing."""
    return Response()


@app.post("/insert")
async def insert(request: Request) -> Response:
    """One row, committed."""
    body = await request.body()
    await request.app.state.pool.execute("INSERT INTO bare_door (body) VALUES ($1)", body)
    return Response()


if __name__ == "__main__":
    port = int(os.environ["BENCH_HTTP_PORT"])
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="error", access_log=False)
