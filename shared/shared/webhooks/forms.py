"""Forms, as pages and many vendors send them: url-encoded, or in parts with files."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import parse_qsl

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import create_form_parser

_MOST_FIELDS = 1000
_IN_MEMORY = {"MAX_MEMORY_FILE_SIZE": 1 << 40}


@dataclass(frozen=True, slots=True, repr=False)
class File:
    """A file of a form, as the sender labelled it; `field` is the form's name for it."""

    field: str
    name: str | None
    media_type: str | None
    octets: bytes


class _Pair(NamedTuple):
    name: str
    octets: bytes


class Form(dict[str, str]):
    """The first value of each field; `pairs` has all in their order, `octets` the undecoded ones.

    Text is taken for UTF-8, U+FFFD for what is none and for NUL; `sent` has all as they were sent,
    which is what senders sign.
    """

    def __init__(self, pairs: Iterable[tuple[str, bytes]] = (), files: Iterable[File] = ()) -> None:
        given = list(pairs)
        found = [_Pair(_text(name), octets) for name, octets in given]
        super().__init__()
        self.sent = tuple((name.encode("utf-8", "replace"), octets) for name, octets in given)
        self.pairs = tuple((one.name, _text(one.octets)) for one in found)
        self.files = tuple(files)
        self.octets: dict[str, bytes] = {}
        for one in found:
            self.octets.setdefault(one.name, one.octets)
            self.setdefault(one.name, _text(one.octets))


def url_encoded(body: bytes) -> Form:
    """Read `application/x-www-form-urlencoded`. Raises `ValueError` for what is none.

    A name without `=` has an empty value (WHATWG URL Standard, "application/x-www-form-urlencoded
    parsing"), but something must have one.
    """
    if b"=" not in body:
        raise ValueError("no form")
    pairs = parse_qsl(
        body.decode("latin-1"),
        keep_blank_values=True,
        encoding="latin-1",
        max_num_fields=_MOST_FIELDS,
    )
    octets = ((name.encode("latin-1"), value.encode("latin-1")) for name, value in pairs)
    return Form((name.decode("utf-8", "replace"), value) for name, value in octets)


def in_parts(body: bytes, content_type: str) -> Form:
    """Read `multipart/form-data`. Raises `ValueError` for what is none."""
    pairs: list[tuple[str, bytes]] = []
    files: list[File] = []

    def on_field(part: object) -> None:
        name = getattr(part, "field_name", None) or b""
        pairs.append((name.decode("utf-8", "replace"), getattr(part, "value", None) or b""))
        if len(pairs) > _MOST_FIELDS:
            raise ValueError("too many fields")

    def on_file(part: object) -> None:
        files.append(_file(part))
        if len(files) > _MOST_FIELDS:
            raise ValueError("too many files")

    headers = {"Content-Type": content_type.encode("latin-1", "replace")}
    try:
        parser = create_form_parser(headers, on_field, on_file, config=_IN_MEMORY)
        parser.write(body)
        parser.finalize()
        parser.close()
    except FormParserError as error:
        raise ValueError("no form") from error
    if not pairs and not files:
        raise ValueError("no form")
    return Form(pairs, files)


def _file(part: object) -> File:
    stream = part.file_object  # type: ignore[attr-defined]
    stream.seek(0)
    name = getattr(part, "file_name", None)
    media_type = getattr(part, "content_type", None)
    return File(
        field=_text(getattr(part, "field_name", None) or b""),
        name=_text(name) if name else None,
        media_type=_text(media_type) if media_type else None,
        octets=stream.read(),
    )


def _text(given: str | bytes) -> str:
    text = given if isinstance(given, str) else given.decode("utf-8", "replace")
    return text.replace("\0", "\ufffd")
