"""KakaoTalk: a bot's skill, which hears what customers write to a channel.

Kakao signs nothing and waits five seconds for the answer. Source: kakaobusiness.gitbook.io,
"스킬 개발 가이드", "응답 타입별 JSON 포맷".
"""

import hashlib
import re
from itertools import islice

import msgspec

from intake.channels.peers import File, Said, inbound, user
from intake.domain.items import Came, Inbound, Known, Odd, Reading
from intake.domain.shapes import Object, obj, text
from shared.stores.accounts.messaging import KakaoTalkAccount
from shared.webhooks import Answer, Delivery, has_secret


def verify(delivery: Delivery, account: KakaoTalkAccount) -> bool:
    """Whether the address carries a secret of the account."""
    return has_secret(delivery, account.secret)


def answer(_: Delivery, account: KakaoTalkAccount) -> Answer:
    """The skill's answer: the customer reads at once that his words arrived."""
    outputs = [{"simpleText": {"text": account.answer}}]
    shown = msgspec.json.encode({"version": "2.0", "template": {"outputs": outputs}})
    return Answer(shown.decode(), "application/json")


def read(came: Came[Delivery, KakaoTalkAccount]) -> Reading:
    """The one utterance of a skill request."""
    return Reading.of([_entry(came)])


def _entry(came: Came[Delivery, KakaoTalkAccount]) -> Inbound | Known | Odd:
    payload = obj(came.payload)
    request = obj(payload.get("userRequest"))
    if not request and "user_key" in payload:
        return Known("a request of the interface before skills, which Kakao has closed")
    if not request:
        return Odd("no skill request")
    sender = obj(request.get("user"))
    keys = obj(sender.get("properties"))
    known_by = (sender.get("id"), keys.get("botUserKey"), keys.get("plusfriendUserKey"))
    id = next((each for each in map(text, known_by) if each), None)
    contact = user(came.account, id, locale=_language(request))
    files = _files(request) or _secured(obj(obj(payload.get("action")).get("params")))
    written = text(request.get("utterance"))
    if files and written and written.strip().startswith("http"):
        written = None  # Kakao writes a picture's address as the utterance
    if not (written or "").strip() and not files:
        return Known("a skill request without words")
    said = Said(external_id=_id(came), text=written, files=files)
    return inbound(said, contact, came.account, came.at)


def _id(came: Came[Delivery, KakaoTalkAccount]) -> str:
    """The request's id; without one what it says and when it came, for Kakao asks only once."""
    given = came.delivery.headers.get("x-request-id")
    told = given.encode() if given else came.delivery.body + came.at.isoformat().encode()
    return hashlib.sha256(told).hexdigest()


def _language(request: Object) -> str | None:
    language = text(request.get("lang"))
    return "ko" if language in ("kr", "ko") else language


_SECURED = re.compile(r"https?://[^\s,()\"]+")


def _secured(params: Object) -> tuple[File, ...]:
    """Pictures that a customer gave to the plugin for them: JSON inside a parameter."""
    written = (text(value) or "" for value in params.values())
    urls = (url for each in written if "secureUrls" in each for url in _SECURED.findall(each))
    return tuple(File(kind="image", reference=url, is_url=True) for url in islice(urls, 20))


def _files(request: Object) -> tuple[File, ...]:
    media = obj(obj(request.get("params")).get("media"))
    url = text(media.get("url"))
    if url is None:
        return ()
    return (File(kind=text(media.get("type")) or "file", reference=url, is_url=True),)
