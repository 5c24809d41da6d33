"""What readers leave to be fetched is fetched as each vendor wants it, from a stand-in for it."""

import base64
from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi import FastAPI, Request, Response

from intake.clients import imap
from intake.clients.media import Media
from intake.domain.items import Came, Inbound
from intake.handlers.doors import DOORS
from shared.contracts.base import StoreId
from shared.errors import Refused
from shared.webhooks import Delivery
from tests.loopback import serving

AT = datetime(2026, 5, 4, 12, tzinfo=UTC)
SECRETS = {"KEY": "key", "TOKEN": "token"}

NEEDS: dict[str, dict[str, str]] = {
    "infobip": {"webhook_secret": "env:KEY", "api_key": "env:TOKEN"},
    "line": {"channel_secret": "env:KEY", "access_token": "env:TOKEN"},
    "messagebird": {"signing_key": "env:KEY", "access_key": "env:TOKEN"},
    "telegram": {"webhook_secret": "env:KEY", "bot_token": "env:TOKEN"},
    "twilio": {"auth_token": "env:TOKEN", "account_sid": "AC1"},
    "viber": {"auth_token": "env:TOKEN"},
    "wechat": {"token": "env:KEY", "app_id": "wx1", "app_secret": "env:TOKEN"},
}


def told(channel: str, base: str) -> Any:
    """A message with a file, as the vendor tells it."""
    there = f"{base}/file"
    return {
        "infobip": {"results": [{"messageId": "1", "from": "34600111222", "integrationType":
                    "WHATSAPP", "message": {"type": "IMAGE", "url": there}}]},
        "line": {"events": [{"type": "message", "source": {"userId": "U"},
                 "message": {"id": "31", "type": "image", "contentProvider": {"type": "line"}}}]},
        "messagebird": {"type": "message.created", "message": {"id": "1", "from": "34600111222",
                        "type": "image", "content": {"image": {"url": there}}}},
        "telegram": {"update_id": 1, "message": {"message_id": 1, "chat": {"id": 7},
                     "from": {"id": 7}, "photo": [{"file_id": "f1"}]}},
        "twilio": {"MessageSid": "1", "From": "+34600111222", "NumMedia": "1", "MediaUrl0": there},
        "viber": {"event": "message", "message_token": 1, "sender": {"id": "u"},
                  "message": {"type": "picture", "media": there}},
        "wechat": {"MsgType": "image", "MsgId": 1, "FromUserName": "o", "MediaId": "m1"},
    }[channel]  # fmt: skip


def vendors(asked: list[tuple[str, str | None]]) -> FastAPI:
    """All of them in one; `asked` gets each path with the credential that was shown."""
    app = FastAPI()

    @app.get("/{path:path}")
    async def anything(path: str, request: Request) -> Any:
        asked.append((path, request.headers.get("authorization")))
        if path == "bottoken/getFile":
            return {"result": {"file_path": f"photos/{request.query_params['file_id']}"}}
        if path == "cgi-bin/token":
            return {"access_token": f"of {request.query_params['secret']}"}
        return Response(b"octets of it")

    return app


def account_of(channel: str, base: str) -> Any:
    given = {"channel": channel, "account_id": "a1", "base_url": base, **NEEDS[channel]}
    account = DOORS[channel].account.model_validate(given, context={"environ": SECRETS})
    account._store_id = StoreId("aurora")
    return account


async def test_each_vendors_file_is_fetched_as_it_wants_it() -> None:
    asked: list[tuple[str, str | None]] = []
    basic = f"Basic {base64.b64encode(b'AC1:token').decode()}"
    media = Media(1000)

    async with serving(vendors(asked)) as base:
        for channel in NEEDS:
            account = account_of(channel, base)
            delivery = Delivery("POST", "", {}, {}, b"")
            [found] = (
                DOORS[channel]
                .read(Came(delivery=delivery, payload=told(channel, base), account=account, at=AT))
                .items
            )
            assert isinstance(found, Inbound), channel
            [one] = found.remote
            assert await media.fetch(account, one.reference, one.is_url) == b"octets of it"
    await media.close()

    assert asked == [
        ("file", "App token"),
        ("v2/bot/message/31/content", "Bearer token"),
        ("file", "AccessKey token"),
        ("bottoken/getFile", None),
        ("file/bottoken/photos/f1", None),
        ("file", basic),
        ("file", None),
        ("cgi-bin/token", None),
        ("cgi-bin/media/get", None),
    ]


async def test_a_credential_is_for_the_vendors_own_hosts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown: list[dict[str, str]] = []

    async def get(self: Media, url: str, account: Any, headers: dict[str, str]) -> bytes:
        shown.append(headers)
        raise Refused("not this time")

    monkeypatch.setattr(Media, "_get", get)
    media = Media(1000)
    for host in ("api.twilio.com", "twilio.com.example", "nottwilio.com", "cdn.example"):
        with pytest.raises(Refused):
            await media.fetch(
                account_of("twilio", "https://api.twilio.com"), f"https://{host}/1", True
            )
    await media.close()

    assert [bool(headers) for headers in shown] == [True, False, False, False]


@pytest.mark.parametrize("day", [b"99-Jan-2026", b"01-Xyz-2026", b"01-Jan-9999"])
def test_a_mail_server_may_tell_a_day_that_is_none(day: bytes) -> None:
    told = b'1 (UID 1 INTERNALDATE "%b 99:99:99 +9999")' % day

    found = imap._arrived(told)

    assert found is None or found.tzinfo is not None
