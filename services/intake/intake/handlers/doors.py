"""The vendors whose webhooks we take: one line each."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, quote_plus
from uuid import uuid4

import structlog

from intake.channels import (
    generic,
    infobip,
    kakaotalk,
    line,
    mail,
    messagebird,
    meta,
    telegram,
    tiktok,
    twilio,
    viber,
    vk,
    vonage,
    wechat,
    whatsapp,
    x,
    zalo,
)
from intake.channels.mail import Envelope, OurOwn, Recipient
from intake.channels.mail.claims import notification_in
from intake.channels.mailers.notices import not_fetched
from intake.domain.items import Arrival, Came, LeftMail, Odd, Raw, Reading
from intake.domain.shapes import obj
from intake.handlers.door import Door
from intake.handlers.mail_doors import MAIL_DOORS
from intake.handlers.shop_doors import SHOP_DOORS
from intake.shops import plain
from shared.contracts.base import StoreId
from shared.stores import Account, MailAccount, Stores, WhatsAppAccount
from shared.stores.accounts import messaging, sms
from shared.webhooks import Delivery, Scheme

log = structlog.get_logger()


@dataclass(frozen=True)
class Around:
    """What a reader may have to know beside the delivery: all stores, and what is our own.

    What was verified when it came is `is_trusted` when it is read again: secrets change meanwhile.
    `fetches` tells that what lies with a vendor is fetched.
    """

    stores: Stores
    own: OurOwn
    is_trusted: bool = False
    fetches: bool = True

    def mailboxes(self, store_id: StoreId, *told: Sequence[str]) -> tuple[Recipient, ...]:
        """The store's mailboxes among the first of these addresses that name any.

        A service that takes mail in for a store may name none of them, for a forwarded mail or a
        catch-all: then it is the store's first.
        """
        for addresses in told:
            found = (self.own.mailboxes.find(address) for address in dict.fromkeys(addresses))
            if ours := tuple(one for one in found if one and one.account.store_id == store_id):
                return ours
        first = (
            Recipient(each, "")
            for each in self.stores.accounts
            if isinstance(each, MailAccount) and each.store_id == store_id
        )
        return tuple(first)[:1]


def _of_anything_else(came: Came[Delivery, messaging.GenericAccount]) -> Reading:
    is_order = obj(came.payload).get("type") == plain.KIND
    return plain.read(came) if is_order else generic.read(came)


DOORS: Mapping[str, Door] = {
    **MAIL_DOORS,
    **SHOP_DOORS,
    "generic": Door(
        messaging.GenericAccount,
        "secret",
        Scheme(generic.verify, signed_at=generic.signed_at),
        _of_anything_else,
        delivery_id=generic.delivery_id,
    ),
    "infobip": Door(sms.InfobipAccount, "webhook_secret", Scheme(infobip.verify), infobip.read),
    "instagram": Door(
        messaging.InstagramAccount,
        "app_secret",
        Scheme(meta.verify),
        meta.read,
        handshake=meta.handshake,
    ),
    "kakaotalk": Door(
        messaging.KakaoTalkAccount,
        "secret",
        Scheme(kakaotalk.verify, answer=kakaotalk.answer),
        kakaotalk.read,
    ),
    "line": Door(messaging.LineAccount, "channel_secret", Scheme(line.verify), line.read),
    "messagebird": Door(
        sms.MessageBirdAccount,
        "signing_key",
        Scheme(messagebird.verify, signed_at=messagebird.signed_at),
        messagebird.read,
        by_get=True,
    ),
    "messenger": Door(
        messaging.MessengerAccount,
        "app_secret",
        Scheme(meta.verify),
        meta.read,
        handshake=meta.handshake,
    ),
    "telegram": Door(
        messaging.TelegramAccount, "webhook_secret", Scheme(telegram.verify), telegram.read
    ),
    "tiktok": Door(
        messaging.TikTokAccount,
        "client_secret",
        Scheme(tiktok.verify, signed_at=tiktok.signed_at),
        tiktok.read,
    ),
    "twilio": Door(
        sms.TwilioAccount,
        "auth_token",
        Scheme(twilio.verify, answer=twilio.answer),
        twilio.read,
        by_get=True,
    ),
    "viber": Door(messaging.ViberAccount, "auth_token", Scheme(viber.verify), viber.read),
    "vk": Door(messaging.VKAccount, "secret", Scheme(vk.verify, answer=vk.answer), vk.read),
    "vonage": Door(
        sms.VonageAccount,
        "signature_secret",
        Scheme(vonage.verify, signed_at=vonage.signed_at),
        vonage.read,
        by_get=True,
    ),
    "wechat": Door(
        messaging.WeChatAccount,
        "token",
        Scheme(wechat.verify, signed_at=wechat.signed_at, answer=wechat.answer),
        wechat.read,
        handshake=wechat.handshake,
    ),
    "whatsapp": Door(
        WhatsAppAccount,
        "app_secret",
        Scheme(whatsapp.verify),
        whatsapp.read,
        handshake=whatsapp.handshake,
    ),
    "x": Door(
        messaging.XAccount, "consumer_secret", Scheme(x.verify), x.read, handshake=x.handshake
    ),
    "zalo": Door(messaging.ZaloAccount, "oa_secret", Scheme(zalo.verify), zalo.read),
}
"""By channel, as it stands in the path and in `stores.yaml`."""


def arrival(
    delivery: Delivery, payload: object, account: Account, around: Around, at: datetime
) -> Arrival:
    """A verified delivery with what was read in it."""
    return Arrival(
        channel=account.channel,
        raw=_raw(delivery, account, at),
        reading=reading_of(delivery, payload, account, around, at),
        delivery_id=DOORS[account.channel].delivery_id(delivery),
    )


UNPARSED = Reading(odd=(Odd("the body is no JSON, XML or form"),))
"""What is read in an authentic delivery whose body does not parse."""


def unparsed(delivery: Delivery, account: Account, at: datetime) -> Arrival:
    """A verified delivery whose body does not parse, to be kept until a reader can read it.

    Its id is claimed for these very octets: a whole one with the same id is no repetition of it.
    """
    told = DOORS[account.channel].delivery_id(delivery)
    return Arrival(
        channel=account.channel,
        raw=_raw(delivery, account, at),
        reading=UNPARSED,
        delivery_id=told and f"{told} {hashlib.sha256(delivery.body).hexdigest()}",
    )


def reading_of(
    delivery: Delivery, payload: object, account: Account, around: Around, at: datetime
) -> Reading:
    """Read a verified delivery. A reader's bug costs the reading, not the delivery."""
    door = DOORS[account.channel]
    try:
        return door.read(_came(door, delivery, payload, account, around, at))
    except Exception as why:  # noqa: BLE001 - whatever a stranger wrote, it is kept
        log.error("reader failed", channel=account.channel, error=type(why).__name__)
        return Reading(odd=(Odd(f"the reader failed: {type(why).__name__}"),))


def _came(
    door: Door, delivery: Delivery, payload: object, account: Account, around: Around, at: datetime
) -> Came[Delivery, Account]:
    def sibling(account_id: str) -> Account | None:
        other = around.stores.account(account.channel, account_id)
        if other is None or around.is_trusted:
            return other
        return other if door.scheme.verify(delivery, other) else None

    def read_mail(octets: bytes, sender: str, recipients: Sequence[str]) -> Reading:
        ours = around.mailboxes(account.store_id, recipients)
        if not ours:
            return Reading.of([Odd("a mail to no mailbox of the store")])
        return mail.read(octets, Envelope(sender, ours), around.own, at)

    def leave_mail(told: LeftMail) -> Reading:
        if around.fetches and around.mailboxes(account.store_id, ()):
            return Reading.of([told])
        return not_fetched(read_mail(told.stand_in, told.sender or "unknown", told.recipients))

    return Came(
        delivery=delivery,
        payload=payload,
        account=account,
        at=at,
        sibling=sibling,
        read_mail=read_mail,
        leave_mail=leave_mail,
        notification=lambda message_id: notification_in(message_id, around.own.tokens),
    )


_SHOWN_SECRET = re.compile(r"([?&]secret=)[^&#]*")
"""What vendors that sign nothing show us in the address (see `has_secret`)."""

_NOT_KEPT = {"authorization", "cookie", "proxy-authorization"}

_LEAST_SECRET = 6
"""Characters below which a secret is too likely to stand in a text by chance."""


def _raw(delivery: Delivery, account: Account, at: datetime) -> Raw:
    """The delivery as it came, but for the account's secrets: some vendors show them, wherever."""
    values = {value for secret in account.secrets().values() for value in secret}
    secrets = sorted(one for one in values if len(one) >= _LEAST_SECRET)
    url, headers, body = _SHOWN_SECRET.sub(r"\1…", delivery.url), delivery.headers, delivery.body
    for secret in secrets:
        url = url.replace(secret, "…").replace(quote(secret, safe=""), "…")
        for written in _spellings(secret):
            body = body.replace(written.encode(), "…".encode())
    return Raw(
        raw_id=uuid4(),
        received_at=at,
        store_id=account.store_id,
        channel=account.channel,
        account_id=account.account_id,
        method=delivery.method,
        url=url,
        headers={
            name: "…" if any(secret in value for secret in secrets) else value
            for name, value in headers.items()
            if name not in _NOT_KEPT
        },
        body=body,
    )


def _spellings(secret: str) -> set[str]:
    """As it may stand in JSON, in a form, or as it is."""
    in_json = [json.dumps(secret, ensure_ascii=is_ascii)[1:-1] for is_ascii in (True, False)]
    escaped = [one.replace("/", "\\/") for one in in_json]
    return {secret, quote(secret, safe=""), quote_plus(secret), *in_json, *escaped}
