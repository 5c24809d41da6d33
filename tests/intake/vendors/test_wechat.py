"""WeChat: plain and safe mode, and what each message and event comes down to."""

import base64
import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from shared.webhooks import Delivery

SENT = 1_777_895_940
KEY = base64.b64encode(bytes(range(32))).decode().rstrip("=")
OTHER_KEY = base64.b64encode(bytes(range(1, 33))).decode().rstrip("=")


def xml(kind: str = "text", **more: object) -> str:
    told = {"ToUserName": "gh_1", "FromUserName": "oU7", "CreateTime": SENT, "MsgType": kind,
            "MsgId": 6054768590064713728, **more}  # fmt: skip
    inner = "".join(f"<{name}><![CDATA[{value}]]></{name}>" for name, value in told.items())
    return f"<xml>{inner}</xml>"


def sealed(message: str, key: str = KEY, app_id: str = "wx1") -> str:
    """As WeChat encrypts: 16 random octets, length, message, app id, padded to 32."""
    octets = message.encode()
    plain = b"r" * 16 + len(octets).to_bytes(4, "big") + octets + app_id.encode()
    padding = 32 - len(plain) % 32
    secret = base64.b64decode(key + "=")
    encryptor = Cipher(AES(secret), CBC(secret[:16])).encryptor()
    return base64.b64encode(encryptor.update(plain + bytes([padding]) * padding)).decode()


def sha1(*parts: str) -> str:
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()


@pytest.fixture
def came(posted: Callable[..., Delivery]) -> Callable[..., Delivery]:
    def came_(body: str, token: str = "new", encrypted: str = "", **query: str) -> Delivery:
        asked = f"timestamp={SENT}&nonce=77&signature={sha1(token, str(SENT), '77')}"
        if encrypted:
            asked += f"&msg_signature={sha1(token, str(SENT), '77', encrypted)}"
        asked += "".join(f"&{name}={value}" for name, value in query.items())
        return posted(
            body, url=f"https://h.example/x?{asked}", headers={"content-type": "text/xml"}
        )

    return came_


@pytest.fixture
def plain(vendor: Callable[..., Any]) -> Any:
    return vendor("wechat", "gh_1", token=("new", "old"))


@pytest.fixture
def safe(vendor: Callable[..., Any]) -> Any:
    keys = (OTHER_KEY, KEY)
    return vendor("wechat", "gh_1", token=("new", "old"), encoding_aes_key=keys, app_id="wx1")


def test_either_token_signs_a_plain_delivery(plain: Any, came: Any) -> None:
    given = [plain.verifies(came(xml(), token)) for token in ("new", "old", "other", "")]

    assert given == [True, True, False, False]
    assert plain.door.scheme.signed_at(came(xml())) == datetime.fromtimestamp(SENT, UTC)
    assert plain.door.scheme.answer(came(xml()), plain.account).text == "success"


def test_the_echo_is_given_back_to_wechat_only(plain: Any, came: Any, posted: Any) -> None:
    ask = plain.door.handshake

    assert ask(came("", echostr="42"), plain.account) == "42"
    assert ask(came("", token="other", echostr="42"), plain.account) is None
    assert ask(came(""), plain.account) is None
    assert ask(posted(url="https://h.example/x?echostr=42"), plain.account) is None


def test_safe_mode_takes_only_what_is_encrypted_and_signed(safe: Any, came: Any) -> None:
    encrypted = sealed(xml(Content="秘密"))
    body = f"<xml><ToUserName>gh_1</ToUserName><Encrypt>{encrypted}</Encrypt></xml>"
    other = body.replace(encrypted, sealed(xml(Content="forged")))

    assert safe.verifies(came(body, encrypted=encrypted))
    assert safe.verifies(came(body, "old", encrypted))
    assert not safe.verifies(came(body, "other", encrypted))
    assert not safe.verifies(came(other, encrypted=encrypted))
    assert not safe.verifies(came(xml(Content="plain")))
    [found] = safe.take(came(body, encrypted=encrypted)).items
    assert found.event.text == "秘密"


def test_an_envelope_may_carry_its_own_signature(safe: Any, posted: Any) -> None:
    encrypted = sealed(xml(Content="秘密"))

    def body(token: str) -> str:
        shown = sha1(token, str(SENT), "77", encrypted)
        return (
            f"<xml><Encrypt>{encrypted}</Encrypt><MsgSignature>{shown}</MsgSignature>"
            f"<TimeStamp>{SENT}</TimeStamp><Nonce>77</Nonce></xml>"
        )

    assert safe.verifies(posted(body("new")))
    assert not safe.verifies(posted(body("other")))
    assert int(safe.door.scheme.signed_at(posted(body("new"))).timestamp()) == SENT


def test_the_encrypted_half_of_compatibility_mode_counts(safe: Any, came: Any) -> None:
    encrypted = sealed(xml(Content="true"))
    body = xml(Content="false", Encrypt=encrypted)

    [found] = safe.take(came(body, encrypted=encrypted)).items

    assert found.event.text == "true"


@pytest.mark.parametrize(
    "encrypted",
    [sealed(xml(Content="x"), app_id="wx2"), sealed(xml(Content="x"))[:-8], "AAAA", "%%%",
     base64.b64encode(b"x" * 64).decode()],
)  # fmt: skip
def test_what_no_key_opens_is_odd(safe: Any, came: Any, encrypted: str) -> None:
    reading = safe.take(came(f"<xml><Encrypt>{encrypted}</Encrypt></xml>"))

    assert [odd.why for odd in reading.odd] == ["no key of the account opens it"]


def test_what_was_encrypted_may_be_nonsense(safe: Any, came: Any) -> None:
    reading = safe.take(came(f"<xml><Encrypt>{sealed('<xml')}</Encrypt></xml>"))

    assert [odd.why for odd in reading.odd] == ["what was encrypted is no XML"]


def test_an_encrypted_echo_is_opened(safe: Any, posted: Any) -> None:
    echo = sealed("12345")
    signature = sha1("new", str(SENT), "77", echo)
    asked = posted()
    query = {"timestamp": str(SENT), "nonce": "77", "echostr": echo, "msg_signature": signature}
    asked = Delivery("GET", asked.url, {}, query, b"")

    assert safe.door.handshake(asked, safe.account) == "12345"
    assert safe.door.handshake(Delivery("GET", "", {}, {**query, "nonce": "78"}, b""),
                               safe.account) is None  # fmt: skip


@pytest.mark.parametrize(
    ("told", "text", "files"),
    [
        (xml(Content="在吗"), "在吗", []),
        (xml("image", PicUrl="http://p.example", MediaId="m1"), "[image]", ["m1"]),
        (xml("voice", MediaId="m1", Format="amr"), "[voice message]", ["m1"]),
        (xml("voice", MediaId="m1", Recognition="你好"), "你好", ["m1"]),
        (xml("shortvideo", MediaId="m1", ThumbMediaId="t"), "[video]", ["m1"]),
        (xml("location", Location_X=1.5, Location_Y=2, Label="上海"), "[location] 上海 1.5, 2", []),
        (xml("link", Title="T", Url="http://u.example"), "[link] T http://u.example", []),
        (xml("miniprogrampage", Title="T", PagePath="p"), "[mini program] T p", []),
    ],
)
def test_every_kind_says_something(
    plain: Any, came: Any, told: str, text: str, files: list[str]
) -> None:
    [found] = plain.take(came(told)).items

    assert (found.event.text, found.event.external_id) == (text, "6054768590064713728")
    assert [one.reference for one in found.remote] == files
    assert (found.contact.address, found.event.reply_route.peer) == ("oU7", "oU7")


def test_a_message_without_id_is_named_by_what_it_says(plain: Any, came: Any) -> None:
    def ids(body: str) -> str:
        [found] = plain.take(
            came(body.replace("<MsgId>", "<Nr>").replace("</MsgId>", "</Nr>"))
        ).items
        return str(found.event.external_id)

    first, again, other = ids(xml(Content="a")), ids(xml(Content="a")), ids(xml(Content="b"))

    assert first == again != other


@pytest.mark.parametrize(
    "told",
    [
        *(xml("event", Event=name) for name in (
            "subscribe", "unsubscribe", "SCAN", "LOCATION", "CLICK", "VIEW", "kf_create_session",
            "pic_weixin", "card_pass_check", "annual_renew", "enter_agent", "view_miniprogram")),
        xml("device_text", Content="MTIz"),
        "<xml><AppId>wx1</AppId><InfoType>component_verify_ticket</InfoType></xml>",
        "<xml><return_code>SUCCESS</return_code></xml>",
    ],
)  # fmt: skip
def test_events_say_nothing(plain: Any, came: Any, told: str) -> None:
    reading = plain.take(came(told))

    assert (len(reading.items), len(reading.known), len(reading.odd)) == (0, 1, 0)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("success", "delivered"),
        ("failed:user block", "failed"),
        ("failed: system failed", "failed"),
    ],
)
def test_template_messages_have_a_fate(plain: Any, came: Any, status: str, expected: str) -> None:
    told = xml("event", Event="TEMPLATESENDJOBFINISH", MsgID=200, Status=status)

    [found] = plain.take(came(told.replace("<MsgId>", "<Nr>").replace("</MsgId>", "</Nr>"))).items

    assert (found.event.external_id, found.event.status) == ("200", expected)


def test_mini_programs_may_send_json(plain: Any) -> None:
    told = {"FromUserName": "oU7", "MsgType": "text", "Content": "hi", "MsgId": 1, "CreateTime": 1}

    assert plain.message(told).event.text == "hi"
    assert plain.kinds({**told, "MsgType": "hologram"}) == (0, 0, 1)
