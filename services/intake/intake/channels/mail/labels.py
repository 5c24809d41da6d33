"""What the labels of charsets mean, and what charsets are called."""

import codecs
from functools import lru_cache

# What mail programs write, and what they mean by it (WHATWG Encoding Standard §4.2: a label stands
# for the superset that its writers use).
_MEANT = {
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "l1": "cp1252",
    "iso-8859-9": "cp1254",
    "iso-8859-11": "cp874",
    "tis-620": "cp874",
    "windows-874": "cp874",
    "gb2312": "gb18030",
    "gb-2312": "gb18030",
    "gb_2312-80": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "cp936": "gb18030",
    "chinese": "gb18030",
    "big5": "big5hkscs",
    "x-x-big5": "big5hkscs",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949",
    "ksc5601": "cp949",
    "euc-kr": "cp949",
    "korean": "cp949",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "euc-jp": "euc_jis_2004",
    "x-euc-jp": "euc_jis_2004",
    "iso-8859-8-i": "iso8859-8",
    "iso-8859-6-i": "iso8859-6",
    "unicode-1-1-utf-7": "utf-7",
    "x-mac-roman": "mac-roman",
    "x-mac-cyrillic": "mac-cyrillic",
    "x-mac-ce": "mac-latin2",
    "unicode-1-1-utf-8": "utf-8",
    "utf8mb4": "utf-8",
    "koi8": "koi8_u",
    "koi8-r": "koi8_u",
    "koi8-u": "koi8_u",
    "win-1251": "cp1251",
    "windows1251": "cp1251",
    "windows1252": "cp1252",
    "iso-8859-8-e": "iso8859-8",
    "cp-850": "cp850",
}
_ASCII = ("ascii", "us-ascii", "ansi_x3.4-1968", "iso646-us", "us", "646")
"""It is on everything, and says nothing of octets that are not ASCII."""
_NAMES = {
    "utf_8": "utf-8", "cp932": "shift_jis", "euc_jis_2004": "euc-jp", "big5hkscs": "big5",
    "cp949": "euc-kr", "koi8_u": "koi8-u", "cp866": "ibm866", "mac_roman": "macintosh",
    "mac_cyrillic": "x-mac-cyrillic", "cp850": "ibm850", "cp874": "windows-874",
}  # fmt: skip


def is_known(label: str | None) -> bool:
    """Whether a label means a charset."""
    return (label or "").strip().strip("\"'").lower() in _ASCII or codec_of(label) is not None


@lru_cache(maxsize=1_000)
def codec_of(label: str | None) -> str | None:
    """The codec that a label means; None when it means none, or nothing but ASCII."""
    name = (label or "").strip().strip("\"'").lower()
    if name in _ASCII:
        return None
    try:
        info = codecs.lookup(_MEANT.get(name, name))
    except (LookupError, ValueError, UnicodeError):
        return None
    if info.name.startswith("iso2022_jp"):
        return "iso2022_jp"  # all are tried
    return _MEANT.get(info.name, info.name) if info._is_text_encoding else None


@lru_cache(maxsize=100)
def name_of(codec: str) -> str:
    """What mail calls it (IANA)."""
    if codec.startswith("cp125"):
        return f"windows-{codec[2:]}"
    return _NAMES.get(codec, codec.replace("iso8859", "iso-8859").replace("iso2022_", "iso-2022-"))
