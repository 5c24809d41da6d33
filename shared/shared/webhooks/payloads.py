"""From octets to values: JSON, form, XML, and nothing that a database cannot store."""

import json
import math
import re
import sys
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

import msgspec

from shared.webhooks.delivery import Delivery
from shared.webhooks.forms import in_parts, url_encoded


def parse(delivery: Delivery) -> Any:
    """Read a body by its media type, or by its first character where the type tells nothing.

    A GET has no body: what it delivers is the form in its address. Raises `ValueError` for what is
    none of JSON, form and XML. Lines of JSON are a list.
    """
    if delivery.method == "GET":
        return url_encoded(urlsplit(delivery.url).query.encode("utf-8", "replace"))
    content_type = delivery.headers.get("content-type", "")
    media_type = content_type.partition(";")[0].strip().lower()
    body = delivery.body.removeprefix(b"\xef\xbb\xbf").lstrip()
    first = body[:1]
    # Scripts call JSON and XML a form where they name no type: no field's name begins like that.
    is_called_form = media_type == "application/x-www-form-urlencoded" and first not in _NO_FORM
    if is_called_form or (not media_type and _FORM.match(delivery.body)):
        return url_encoded(delivery.body)
    if media_type == "multipart/form-data":
        return in_parts(delivery.body, content_type)
    if media_type in _JSON_LINES:
        return [_json(each) for each in delivery.body.splitlines() if each.strip()]
    if media_type.endswith(("/xml", "+xml")) or (
        not media_type.endswith(("/json", "+json")) and first == b"<"
    ):
        return _xml(body)
    return _json(delivery.body)


_JSON_LINES = ("application/jsonl", "application/jsonlines", "application/x-ndjson")

_NO_FORM = (b"{", b"[", b"<")
_FORM = re.compile(rb"[\w.%+*\[\]-]{1,200}=")

_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|(u0000|u[dD][89a-fA-F]..)|.)", re.DOTALL
)


def _json(body: bytes) -> Any:
    body = body.removeprefix(b"\xef\xbb\xbf")  # a reader may ignore it (RFC 8259 §8.1)
    if b"\\u0000" in body:
        body = repaired(body)
    try:
        return msgspec.json.decode(body)
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _sloppy_json(body)


def _sloppy_json(body: bytes) -> Any:
    """JSON whose texts hold what JSON forbids: octets that are no UTF-8, bare control characters.

    Whoever signs such a body sends the same again; what a customer wrote in it must not be lost.
    """
    text = repaired(body).decode("utf-8", "replace").replace("\0", "\ufffd")
    try:
        return json.loads(text, strict=False, parse_float=_finite, parse_constant=_finite)
    except RecursionError as error:
        raise ValueError("nested too deep") from error


def _finite(written: str) -> float:
    number = float(written)
    if not math.isfinite(number):
        raise ValueError("a number out of range")
    return number


def repaired(body: bytes) -> bytes:
    """Replace what JSON may escape and nothing can store: NUL and halves of surrogate pairs.

    A sender that cuts a text inside an emoji writes such halves; the rest of it must not be lost.
    """
    return _ESCAPE.sub(lambda found: b"\\ufffd" if found[1] else found[0], body)


class _NoDoctype(ElementTree.TreeBuilder):
    """Refuses a document type, and with it every entity that a document could define."""

    def doctype(self, *_: object) -> None:
        raise ValueError("a document type is not taken")


def _xml(body: bytes) -> ElementTree.Element:
    try:
        return _element(body)
    except (ElementTree.ParseError, LookupError, ValueError):
        pass
    try:
        return _element(_legible(body))
    except (ElementTree.ParseError, LookupError) as error:
        raise ValueError("no XML") from error


def _element(document: bytes | str) -> ElementTree.Element:
    parser = ElementTree.XMLParser(target=_NoDoctype())  # noqa: S314 - no DTD, so no entities
    parser.feed(document)
    root: ElementTree.Element = parser.close()
    return root


_ENCODING = re.compile(rb"<\?xml[^>]{0,100}?encoding=[\"']([\w.-]{1,40})[\"'][^>]{0,100}>")
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_REFERENCE = re.compile(r"&#(?:[xX]([0-9a-fA-F]{1,8})|(\d{1,10}));")


def _legible(body: bytes) -> str:
    """XML with U+FFFD for what it may not hold (XML 1.0, 2.2), in an encoding that expat lacks too.

    Messengers put into it whatever a customer typed, control characters among it.
    """
    declared = _ENCODING.match(body)
    encoding = declared[1].decode() if declared else "utf-8"
    text = body[declared.end() if declared else 0 :].decode(encoding, "replace")
    return _REFERENCE.sub(_allowed, _NO_XML.sub("\ufffd", text))


def _allowed(reference: re.Match[str]) -> str:
    number = int(reference[1], 16) if reference[1] else int(reference[2])
    is_letter = number <= sys.maxunicode and not _NO_XML.match(chr(number))
    return reference[0] if is_letter else "\ufffd"
