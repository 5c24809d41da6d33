"""A vendor that asks first gets its challenge back; a stranger does not."""

import httpx
import pytest


async def test_a_handshake_is_answered_with_the_challenge_alone(
    client: httpx.AsyncClient, path: str
) -> None:
    query = {"hub.mode": "subscribe", "hub.verify_token": "verify me", "hub.challenge": "<b>115"}

    answer = await client.get(path, params=query)

    assert (answer.status_code, answer.text) == (200, "<b>115")
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("token", ["", "verify", "verify me "])
async def test_a_handshake_by_a_stranger_is_401(
    client: httpx.AsyncClient, path: str, token: str
) -> None:
    answer = await client.get(path, params={"hub.verify_token": token, "hub.challenge": "115"})

    assert answer.status_code == 401
    assert (await client.get("/hooks/whatsapp/1")).status_code == 404
