"""What a recording holds: the request as it came, and whose it is."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import msgspec

from intake.handlers.doors import DOORS
from shared.webhooks import Delivery


def channel_of(name: str, delivery: Delivery) -> str:
    """Ours for a name, which may go on in words (`twilio-sms`). Meta's apps are told apart."""
    named = name.strip().lower().replace("_", "-").replace(" ", "-")
    named = named.replace("(", "").replace(")", "")
    if named.startswith("meta-") and named.split("-")[1] in ("whatsapp", "instagram"):
        named = named.removeprefix("meta-")
    elif named.partition("-")[0] == "meta":
        named = next((ours for mark, ours in _OF_META if mark in delivery.body), "messenger")
    known = (each for each in (*DOORS, *_NAMES) if f"{named}-".startswith(f"{each}-"))
    found = max(known, key=len, default=named)
    found = named if found == "x" else found  # a letter alone says nothing of what follows it
    return _NAMES.get(found, found)


_OF_META = ((b'"whatsapp', "whatsapp"), (b'"instagram"', "instagram"))

_NAMES: Mapping[str, str] = {
    "facebook": "messenger",
    "facebook-messenger": "messenger",
    "fb": "messenger",
    "ig": "instagram",
    "twitter": "x",
    "tg": "telegram",
    "vkontakte": "vk",
    "x-twitter": "x",
    "x-dm": "x",
    "x-direct": "x",
    "mailchimp": "mandrill",
    "ses": "amazon-ses",
    "sns": "amazon-ses",
    "aws-ses": "amazon-ses",
    "amazonses": "amazon-ses",
    "sp-api": "amazon-sp-api",
    "amazon-pay": "amazon-pay",
    "bird": "messagebird",
    "tiktokshop": "tiktok-shop",
    "unisender": "unisender-go",
    "wecom": "wechat",
    "sendinblue": "brevo",
    "mandrillapp": "mandrill",
    "kakao": "kakaotalk",
    "weixin": "wechat",
    "woo": "woocommerce",
    "amazon": "amazon-sp-api",
    "nexmo": "vonage",
    "unisendergo": "unisender-go",
    "standard-webhooks": "generic",
    "standardwebhooks": "generic",
    "svix": "generic",
}
"""Other names that recordings have for our channels."""


def delivery_of(recording: Mapping[str, Any]) -> Delivery:
    given = recording.get("headers") or {}
    pairs = given.items() if isinstance(given, dict) else given
    headers = {_header(str(name)): _joined(value) for name, value in pairs}
    if (media_type := recording.get("content_type")) and "content-type" not in headers:
        headers["content-type"] = str(media_type)
    url = _whole(str(recording.get("url") or recording.get("path") or ""), headers)
    query: dict[str, str] = {}
    for name, value in parse_qsl(urlsplit(url).query, keep_blank_values=True):
        query.setdefault(name, value)
    method = str(recording.get("method") or "POST").upper()
    is_form = headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
    return Delivery(method, url, headers, query, _body(recording, is_form))


def _whole(url: str, headers: Mapping[str, str]) -> str:
    """The address, which some vendors sign, with the host that a recorded path was asked at."""
    host = headers.get("host")
    if not url.startswith("/") or not host:
        return url
    return f"{headers.get('x-forwarded-proto', 'https')}://{host}{url}"


def _header(name: str) -> str:
    """As CGI and WSGI write it, or as it came."""
    written = name.removeprefix("HTTP_").replace("_", "-") if name.startswith("HTTP_") else name
    return written.lower()


def _joined(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _body(recording: Mapping[str, Any], is_form: bool) -> bytes:
    if (encoded := recording.get("body_b64")) is not None:
        try:
            return base64.b64decode("".join(str(encoded).split()), validate=True)
        except binascii.Error as error:
            raise ValueError("no base64") from error
    body = recording.get("body")
    if body is None:
        return b""
    if is_form and isinstance(body, dict):
        return urlencode(body, doseq=True).encode()
    return body.encode() if isinstance(body, str) else msgspec.json.encode(body)
