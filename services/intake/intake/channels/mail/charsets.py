"""Octets of mail to text, whatever the label on them says.

Labels are missing, wrong or no charset at all in a good part of real mail. What is read here is
always text: at worst some of its characters are U+FFFD.
"""

import re
import unicodedata
from typing import NamedTuple

from charset_normalizer import from_bytes

from intake.channels.mail.escapes import escaped, marked
from intake.channels.mail.guesses import (
    CYRILLIC,
    EAST_ASIAN,
    WESTERN,
    best_guess,
    better_guess,
    fit,
    words,
)
from intake.channels.mail.labels import codec_of, name_of
from intake.channels.mail.languages import reads_as_language
from intake.channels.mail.mojibake import once

_SIBLINGS = {
    "cp1250": "iso8859-2",
    "iso8859-2": "cp1250", "iso8859-6": "cp1256", "iso8859-7": "cp1253", "iso8859-8": "cp1255",
    "iso8859-13": "cp1257",
}  # fmt: skip
"""What has the same letters, some in other places: Windows writes it under the standard's label."""
_ESCAPING = {"utf-7", "utf7", "hz", "iso2022_kr"}
"""Charsets that write other scripts with ASCII octets; ISO-2022-JP is tried by itself."""
_GUESSES = [
    "utf_8", "cp932", "euc_jis_2004", "gb18030", "big5hkscs", "cp949", "cp1251", "koi8_r",
    "cp874", "cp1250", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258",
]  # fmt: skip
_ENOUGH = 8 * 1024
_GENERAL_LATIN = "iso8859-15"
"""Where windows-1252 has the sign for any currency, which nobody writes, it has the euro's."""


class Read(NamedTuple):
    """What octets say, and the charset they were read in; of ASCII alone that is `us-ascii`."""

    text: str
    charset: str

    def note(self, label: str | None) -> str | None:
        """How it was read, where not by its label; None where that was true."""
        meant = name_of(codec_of(label) or "")
        if self.charset in ("us-ascii", meant) or {self.charset, meant[:6]} == {"utf-16"}:
            return None
        declared = _UNFIT.sub("", label or "")[:40]
        return f"declared {declared or 'no charset'}, read as {self.charset}"


_UNFIT = re.compile(r"[^\w.:-]", re.ASCII)


def decoded(octets: bytes, label: str | None) -> str:
    """The text that the octets are, by their label where it can be true."""
    return read(octets, label).text


_C1 = re.compile("[\x80-\x9f]")


def read(octets: bytes, label: str | None, hint: str | None = None) -> Read:
    """The text that the octets are, by their label where it can be true.

    `hint` is another label, less to be believed: of the page in the octets, of the whole mail.
    Control characters of C1 are what windows-1252 has there: nobody writes them.
    """
    text, codec = _read(octets, codec_of(label), codec_of(hint))
    if codec == "cp1258":
        text = unicodedata.normalize("NFC", text)  # it has tones apart from their letters
    if not text.isascii():
        was, text = text, once(text)
        codec = codec if text == was else "utf-8 written twice"
        text = _C1.sub(_as_windows, text)
    return Read(text, name_of(codec))


def _as_windows(found: re.Match[str]) -> str:
    return found[0].encode("latin-1").decode("cp1252", "replace")


def _read(octets: bytes, codec: str | None, hint: str | None) -> tuple[str, str]:
    if (text := marked(octets)) is not None:
        return text, "utf-16"
    if codec not in _ESCAPING:
        if (found := escaped(octets)) is not None:
            return found
        if octets.isascii():
            return octets.decode("ascii"), "us-ascii"
        if _is_surely_utf8(octets, hint if codec is None else codec):
            return octets.decode("utf-8"), "utf-8"
        if (mostly := _mostly_utf8(octets, codec)) is not None:
            return mostly, "utf-8"
    codec = _likeliest(octets, codec, hint)
    text = _strictly(octets, codec)
    return (text, codec) if text is not None else _least_bad(octets, codec)


def _strictly(octets: bytes, codec: str) -> str | None:
    try:
        return octets.decode(codec)
    except (UnicodeError, ValueError):
        return None


_UTF8_SEQUENCE = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)


def _is_surely_utf8(octets: bytes, codec: str | None) -> bool:
    """Whether these are UTF-8 whatever the label says.

    What reads well by its label is UTF-8 by chance only when it is very short.
    """
    if _strictly(octets, "utf-8") is None:
        return False
    if codec is None or codec in WESTERN or codec.startswith("utf"):
        return True
    sample = octets[:_ENOUGH]
    if len(_UTF8_SEQUENCE.findall(sample)) >= _SURELY or fit(sample, codec) < _WELL:
        return True
    text = octets[:_LITTLE].decode("utf-8", "ignore")
    told = 0.0 if _TWO_SCRIPTS.search(text) else reads_as_language(text)
    return told > words(sample, codec) + _CLEARLY


_SURELY, _WELL = 8, 0.3
_LITTLE = 1_000
_TWO_SCRIPTS = re.compile("[A-Za-z][\u0370-\u1fff\u3040-\uffef][A-Za-z]")
"""Nobody writes a word in two."""
_CLEARLY, _QUITE_CLEARLY, _VERY_CLEARLY, _BEYOND_DOUBT = 0.3, 0.5, 0.7, 1.0


def _likeliest(octets: bytes, codec: str | None, hint: str | None) -> str:
    """The charset of the label, unless another reads clearly better."""
    sample = octets[:_ENOUGH]
    if hint is not None and hint != codec and _is_as_good(sample, hint, codec):
        codec = hint
    if codec is None:
        return _guessed(octets) or "cp1252"
    if codec.startswith("utf") or codec in _ESCAPING or codec.startswith("iso2022"):
        return codec
    if _is_half_width(octets, codec):
        return codec
    if (sibling := _SIBLINGS.get(codec)) and _is_the_sibling(sample, codec, sibling):
        codec = sibling
    guess = _better(sample, codec)
    return guess or (_GENERAL_LATIN if codec == "cp1252" and b"\xa4" in octets else codec)


def _better(octets: bytes, codec: str) -> str | None:
    """Another charset that reads better by as much as this label may be trusted."""
    if codec in EAST_ASIAN:
        guess = better_guess(octets, codec, _QUITE_CLEARLY)
        return guess if guess in EAST_ASIAN else better_guess(octets, codec, _BEYOND_DOUBT)
    if codec in CYRILLIC:
        guess = better_guess(octets, codec, _CLEARLY)
        return guess if guess in CYRILLIC else better_guess(octets, codec, _VERY_CLEARLY)
    return better_guess(octets, codec, _CLEARLY if codec in WESTERN else _VERY_CLEARLY)


_CONTROLS = re.compile(rb"[\x80-\x9f]")
_GREEK_CAPITAL = re.compile(rb"\xa2[\xe1-\xfe]")
"""Alpha with its accent; the standard has an apostrophe there, and nobody begins words with it."""


def _is_the_sibling(octets: bytes, codec: str, sibling: str) -> bool:
    """Controls of C1 nobody writes; they are signs and letters of windows-125x."""
    is_sure = sibling.startswith("cp") and (
        _CONTROLS.search(octets) is not None
        or (codec == "iso8859-7" and _GREEK_CAPITAL.search(octets) is not None)
        or _strictly(octets, codec) is None
    )
    return fit(octets, sibling) > fit(octets, codec) + (0.0 if is_sure else _CLEARLY)


def _is_as_good(octets: bytes, hint: str, codec: str | None) -> bool:
    if _strictly(octets, hint) is None:
        return False
    return fit(octets, hint) >= (fit(octets, codec) if codec else 0.0)


_HALF_WIDTH = re.compile("[\uff61-\uff9f]")


def _is_half_width(octets: bytes, codec: str) -> bool:
    """Whether it is Japanese in half-width kana, which look like anything in other charsets.

    Where every other of them is a mark it is EUC-JP.
    """
    text = _strictly(octets, codec) if codec in ("cp932", "euc_jis_2004") else None
    kana = _HALF_WIDTH.findall(text or "")
    marks = kana.count("､") + kana.count("･")
    return bool(kana) and 2 * len(kana) >= len(text or "") and marks * 4 < len(kana)


def _guessed(octets: bytes) -> str | None:
    sample = octets[:_ENOUGH]
    if (found := best_guess(sample)) is not None:
        return _GENERAL_LATIN if found == "cp1252" and b"\xa4" in octets else found
    best = from_bytes(sample, cp_isolation=_GUESSES, enable_fallback=False).best()
    return best.encoding if best is not None else None


def _least_bad(octets: bytes, codec: str) -> tuple[str, str]:
    """By the label, or by what the octets look like, whichever loses fewer characters."""
    names = (codec, _guessed(octets) or "cp1252")
    tries = [(octets.decode(name, "replace"), name) for name in names]
    return min(tries, key=lambda one: one[0].count("\ufffd"))


_ODD = re.compile("[\udc80-\udcff]+")
_HIGH = re.compile("[^\x00-\x7f]")


def _mostly_utf8(octets: bytes, codec: str | None) -> str | None:
    """UTF-8 into which a program wrote some characters of windows-1252; None of anything else.

    What is left of a character that was cut is not one of them.
    """
    if codec is not None and codec not in WESTERN and codec != "utf-8":
        return None
    if _UTF8_SEQUENCE.search(octets) is None:
        return None
    text = octets.decode("utf-8", "surrogateescape")
    odd = sum(map(len, _ODD.findall(text)))
    rest = len(_HIGH.findall(text)) - odd
    needed = 2 * odd if codec == "utf-8" else max(4 * odd, 4)
    if rest < needed or (rest + odd < _SHORT and _reads_better(octets, text)):
        return None
    return _ODD.sub(_as_written_by_windows, text)


_SHORT = 20


def _reads_better(octets: bytes, text: str) -> bool:
    """Whether few characters are those of another charset, and UTF-8 by chance."""
    guess = best_guess(octets)
    as_utf8 = reads_as_language(text.encode("utf-8", "ignore").decode())
    return guess is not None and words(octets, guess) > as_utf8 + _CLEARLY


def _as_written_by_windows(found: re.Match[str]) -> str:
    octets = found[0].encode("utf-8", "surrogateescape")
    is_cut = octets[0] >= 0xC2 and (len(octets) > 1 or found.end() == len(found.string))
    return "\ufffd" if is_cut else octets.decode("cp1252", "replace")
