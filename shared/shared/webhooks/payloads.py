"""From octets to values: JSON, form, XML, and nothing that a database cannot store."""

import re
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
        body = _repaired(body)
    try:
        return msgspec.json.decode(body)
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    except msgspec.DecodeError:
        return msgspec.json.decode(_repaired(body))


def _repaired(body: bytes) -> bytes:
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
        parser = ElementTree.XMLParser(target=_NoDoctype())  # noqa: S314 - no DTD, so no entities
        parser.feed(body)
        root: ElementTree.Element = parser.close()
    except (ElementTree.ParseError, LookupError) as error:
        raise ValueError("no XML") from error
    return root
