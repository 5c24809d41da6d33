"""Accounts of messaging channels, the store's own chat among them: one model a vendor."""

from typing import Annotated, Literal

from shared.contracts.base import AccountId
from shared.stores.accounts.model import Account
from shared.stores.secret import Secret
from shared.stores.values import BaseUrl, Line, Origin, slug
from shared.yaml_files import matching


class WhatsAppAccount(Account):
    """WhatsApp Cloud API; `account_id` is the phone_number_id."""

    channel: Literal["whatsapp"]
    account_id: Annotated[AccountId, matching(r"[0-9]{1,20}", "give the phone_number_id: digits")]
    app_secret: Secret
    """Signs the webhooks of the app."""
    verify_token: Secret
    """Ours; Meta shows it when the webhook is set up."""
    access_token: Secret
    base_url: BaseUrl = "https://graph.facebook.com/v23.0"


class MessengerAccount(Account):
    """A Facebook page's Messenger; `account_id` is the page's id."""

    channel: Literal["messenger"]
    account_id: Annotated[AccountId, matching(r"[0-9]{1,20}", "give the page's id: digits")]
    app_secret: Secret
    """Signs the webhooks of the app."""
    verify_token: Secret
    """Ours; Meta shows it when the webhook is set up."""
    access_token: Secret
    base_url: BaseUrl = "https://graph.facebook.com/v23.0"


class InstagramAccount(Account):
    """Instagram's direct messages; `account_id` is the professional account's id."""

    channel: Literal["instagram"]
    account_id: Annotated[AccountId, matching(r"[0-9]{1,20}", "give the account's id: digits")]
    app_secret: Secret
    """Signs the webhooks of the app."""
    verify_token: Secret
    """Ours; Meta shows it when the webhook is set up."""
    access_token: Secret
    base_url: BaseUrl = "https://graph.instagram.com/v23.0"


class TelegramAccount(Account):
    """A Telegram bot; `account_id` is its id, the digits before the colon of its token."""

    channel: Literal["telegram"]
    webhook_secret: Secret
    """Ours, given as `secret_token` to setWebhook; Telegram shows it with every update."""
    bot_token: Secret | None = None
    base_url: BaseUrl = "https://api.telegram.org"


class LineAccount(Account):
    """A channel of the LINE Messaging API; `account_id` is the channel's id."""

    channel: Literal["line"]
    channel_secret: Secret
    """Signs the webhooks."""
    access_token: Secret | None = None
    base_url: BaseUrl = "https://api.line.me"


class ViberAccount(Account):
    """A Viber bot; `account_id` is its URI."""

    channel: Literal["viber"]
    auth_token: Secret
    """Signs the webhooks, and opens the API."""
    base_url: BaseUrl = "https://chatapi.viber.com"


class WeChatAccount(Account):
    """A WeChat official account; `account_id` is its original id, e.g. gh_0123456789ab."""

    channel: Literal["wechat"]
    token: Secret
    """Ours, as it stands in the account's server configuration; goes into the signature."""
    encoding_aes_key: Secret | None = None
    """The EncodingAESKey of safe mode. With it nothing that is not encrypted is taken."""
    app_id: str = ""
    app_secret: Secret | None = None
    base_url: BaseUrl = "https://api.weixin.qq.com"


class KakaoTalkAccount(Account):
    """A skill of a KakaoTalk channel's bot; `account_id` is the bot's id.

    Kakao signs nothing: `secret` stands in the skill's address, `?secret=…`.
    """

    channel: Literal["kakaotalk"]
    secret: Secret
    answer: Line = "문의가 접수되었습니다. 상담원이 곧 답변드리겠습니다."
    """What the customer reads at once; the skill must answer with something."""


class ZaloAccount(Account):
    """A Zalo official account; `account_id` is its OA id."""

    channel: Literal["zalo"]
    oa_secret: Secret
    """The OA secret key, not the app's: goes into the signature."""
    app_id: str = ""
    access_token: Secret | None = None
    base_url: BaseUrl = "https://openapi.zalo.me"


class XAccount(Account):
    """Direct messages of an account of X; `account_id` is its user id."""

    channel: Literal["x"]
    account_id: Annotated[AccountId, matching(r"[0-9]{1,20}", "give the user id: digits")]
    consumer_secret: Secret
    """The app's API secret: signs the webhooks."""
    access_token: Secret | None = None
    base_url: BaseUrl = "https://api.x.com"


class TikTokAccount(Account):
    """Direct messages of a TikTok business account; `account_id` is its business id."""

    channel: Literal["tiktok"]
    client_secret: Secret
    """The app's secret: signs the webhooks."""
    access_token: Secret | None = None
    base_url: BaseUrl = "https://business-api.tiktok.com"


class VKAccount(Account):
    """Messages to a VK community; `account_id` is the community's id."""

    channel: Literal["vk"]
    account_id: Annotated[AccountId, matching(r"[0-9]{1,20}", "give the community's id: digits")]
    secret: Secret
    """Ours, as it stands in the community's callback server; VK sends it with every event."""
    confirmation: Line = "ok"
    """What VK wants to read when it confirms the server."""
    access_token: Secret | None = None
    base_url: BaseUrl = "https://api.vk.com"


class GenericAccount(Account):
    """Any other source of messages, by our own signed webhook or with a token by `POST /messages`.

    `secret` signs the webhook (Standard Webhooks, `whsec_…`); without one only the API is open.
    """

    channel: Literal["generic"]
    secret: Secret | None = None


class ChatAccount(Account):
    """Live chat on the store's own pages."""

    channel: Literal["chat"]
    account_id: Annotated[AccountId, slug(40)]
    origins: tuple[Origin, ...] = ()
    """Pages that may open the chat; none given: any."""
