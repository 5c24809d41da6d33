"""Bodies are parsed by their media type; authentic nonsense is refused, or kept raw."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import webhooks
from shared.errors import Unavailable
from shared.webhooks import Delivery
from tests.shared.webhooks.conftest import LIMIT

Kept = list[tuple[Delivery, Any]]
Post = Callable[[bytes, str], Awaitable[httpx.Response]]
Counted = Callable[..., float]


@pytest.fixture
def post(client: httpx.AsyncClient, path: str, signed: Callable[..., dict[str, str]]) -> Post:
    """Send a body of this media type, signed."""

    async def send(body: bytes, media_type: str) -> httpx.Response:
        headers = {**signed(body), "Content-Type": media_type}
        return await client.post(path, content=body, headers=headers)

    return send


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (b"", "application/json"),
        (b"{", "application/json"),
        (b"\xff", "application/json"),
        (b'{"a": NaN}', "application/json"),
        (b"[" * 5000, "application/json"),
        (b"hello", "text/plain"),
        (b"<a>", "application/xml"),
        (b"{}", "text/xml"),
        (b"", "application/xml"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "text/xml"),
        (b'<!DOCTYPE a SYSTEM "http://127.0.0.1/"><a/>', "application/soap+xml"),
        (b'<?xml version="1.0" encoding="none"?><a/>', "text/xml"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>\1&b;</a>', "text/xml"),
        (b'["\xff", NaN]', "application/json"),
        (b'["\xff", 1e999]', "application/json"),
        (b'["\xff",' + b"[" * 3_000, "application/json"),
        (b"a", "application/x-www-form-urlencoded"),
        (b"", "application/x-www-form-urlencoded"),
        (b"no parts at all", "multipart/form-data; boundary=x"),
        (
            b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--',
            "multipart/form-data",
        ),
        (b"&".join([b"a=1"] * 1001), "application/x-www-form-urlencoded"),
        (b"\0\1\2", "application/octet-stream"),
        (b"", ""),
    ],
)
async def test_authentic_nonsense_is_400_and_not_kept(
    post: Post, kept: Kept, body: bytes, media_type: str, counted: Counted
) -> None:
    before = counted("malformed")

    answer = await post(body, media_type)

    assert answer.status_code == 400
    assert kept == []
    assert counted("malformed") - before == 1


async def test_a_door_may_keep_authentic_nonsense_but_nobody_elses(
    post: Post,
    client: httpx.AsyncClient,
    path: str,
    kept: Kept,
    unparsed: list[Delivery],
    counted: Counted,
) -> None:
    before = counted("malformed")

    answer = await post(b'{"cut', "application/json")
    unsigned = await client.post(path, content=b'{"cut')
    large = await post(b"{" * (LIMIT + 1), "application/json")

    assert (answer.status_code, unsigned.status_code, large.status_code) == (200, 401, 413)
    assert [delivery.body for delivery in unparsed] == [b'{"cut']
    assert kept == []
    assert counted("malformed") - before == 1


async def test_authentic_nonsense_that_could_not_be_kept_is_asked_for_again(
    post: Post, unparsed: list[Delivery], fail_to_keep: Callable[[Exception], None]
) -> None:
    fail_to_keep(Unavailable("database"))

    assert (await post(b"{", "application/json")).status_code == 503
    assert unparsed == []


@pytest.mark.parametrize(
    ("body", "media_type", "payload"),
    [
        (b"{}", "application/json; charset=utf-8", {}),
        (b"{}", "application/cloudevents+json", {}),
        (b"[1]", "text/plain", [1]),
        (b"null", "APPLICATION/JSON", None),
        (b"\xef\xbb\xbf{}", "application/json", {}),
        (b'"\\ud83d\\ude00"', "application/json", "😀"),
        (b'"cut \\ud83d"', "application/json", "cut \ufffd"),
        (b'["\\ude00", "\\\\ud83d", "\\ud83d\\ud83d\\ude00"]', "application/json",
         ["\ufffd", "\\ud83d", "\ufffd😀"]),
        (b'{"a": "\\u0000\\\\u0000"}', "application/json", {"a": "\ufffd\\u0000"}),
        (b'{"a": "caf\xe9", "b": [1.5, "\\ude00"]}', "application/json",
         {"a": "caf\ufffd", "b": [1.5, "\ufffd"]}),
        (b'{"a": "x\0\ny"}', "application/json", {"a": "x\ufffd\ny"}),
        (b"a=1&b=%F0%9F%98%80&a=2&c=&d=%00", "application/x-www-form-urlencoded",
         {"a": "1", "b": "😀", "c": "", "d": "\ufffd"}),
        (b"a=1&flag&&=&c", "application/x-www-form-urlencoded",
         {"a": "1", "flag": "", "": "", "c": ""}),
        (b"a=%ff\xe9", "application/x-www-form-urlencoded", {"a": "\ufffd\ufffd"}),
        (b"%C3%B1=1", "application/x-www-form-urlencoded", {"ñ": "1"}),
        (b"a=1", "", {"a": "1"}),
        (b'{"a": 1}', "application/x-www-form-urlencoded", {"a": 1}),
        (b'{"a": 1}\n\n{"a": 2}\r\n', "application/jsonl", [{"a": 1}, {"a": 2}]),
    ],
)  # fmt: skip
async def test_bodies_are_parsed_by_their_media_type(
    post: Post, kept: Kept, body: bytes, media_type: str, payload: Any
) -> None:
    answer = await post(body, media_type)

    assert answer.status_code == 200
    ((delivery, parsed),) = kept
    assert parsed == payload
    assert delivery.body == body


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"<a>\0 \x08 caf\xe9 \xef\xbf\xbf</a>", "\ufffd \ufffd caf\ufffd \ufffd"),
        (b"<a>&#0; &#x1F; &#55357; &#xD83D; &#9999999999; \1&#65;</a>",
         "\ufffd \ufffd \ufffd \ufffd \ufffd \ufffdA"),
        ('<?xml version="1.0" encoding="gb18030"?><a>您好</a>'.encode("gb18030"), "您好"),
    ],
)  # fmt: skip
async def test_xml_keeps_what_can_be_read_in_it(
    post: Post, kept: Kept, body: bytes, text: str
) -> None:
    answer = await post(body, "text/xml")

    assert answer.status_code == 200
    assert kept[0][1].text == text


async def test_a_form_in_parts_keeps_order_files_and_octets(post: Post, kept: Kept) -> None:
    parts = (
        b'name="a"\r\n\r\n\xc4\xe3',
        b'name="a"\r\n\r\n2',
        b'name="f"; filename="x.txt"\r\nContent-Type: text/plain\r\n\r\nhello',
    )
    body = b"".join(b"--x\r\nContent-Disposition: form-data; " + part + b"\r\n" for part in parts)

    answer = await post(body + b"--x--\r\n", "multipart/form-data; boundary=x")

    assert answer.status_code == 200
    ((_, form),) = kept
    assert form.pairs == (("a", "\ufffd\ufffd"), ("a", "2"))
    assert form.octets == {"a": b"\xc4\xe3"}
    [file] = form.files
    assert (file.field, file.name, file.media_type) == ("f", "x.txt", "text/plain")
    assert file.octets == b"hello"


async def test_xml_is_parsed_behind_a_mark_and_lines_that_are_none_of_it(
    post: Post, kept: Kept
) -> None:
    body = b'\xef\xbb\xbf\n<?xml version="1.0"?>\n<xml><a>1</a></xml>'

    answer = await post(body, "application/x-www-form-urlencoded")

    assert answer.status_code == 200
    assert kept[0][1].findtext("a") == "1"


async def test_xml_is_parsed(post: Post, kept: Kept) -> None:
    body = "<xml><Content><![CDATA[你好]]></Content></xml>".encode()

    for media_type in ("text/xml", "text/plain"):
        assert (await post(body, media_type)).is_success

    assert [payload.findtext("Content") for _, payload in kept] == ["你好", "你好"]


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (b"[" * 4900 + b"]" * 4900, "application/json"),
        (b'{"a":' * 1600 + b"1" + b"}" * 1600, "application/json"),
        (b"<a>" * 1400 + b"</a>" * 1400, "text/xml"),
    ],
)
async def test_deep_nesting_does_no_harm(
    client: httpx.AsyncClient, post: Post, body: bytes, media_type: str
) -> None:
    """How deep is too deep is the interpreter's to say; it must only be told without breaking."""
    answer = await post(body, media_type)

    assert answer.status_code in (200, 400)
    assert (await client.get("/livez")).status_code == 200


@given(st.recursive(st.none() | st.text() | st.integers(-(2**63), 2**63), st.lists))
def test_whatever_json_a_vendor_writes_can_be_stored(value: Any) -> None:
    for body in (json.dumps(value).encode(), json.dumps(value, ensure_ascii=False).encode()):
        parsed = webhooks.parse(Delivery("POST", "", {}, {}, body))

        stored = json.dumps(parsed, ensure_ascii=False).encode()
        assert parsed == json.loads(json.dumps(value).replace("\\u0000", "\\ufffd"))
        assert b"\\u0000" not in stored
