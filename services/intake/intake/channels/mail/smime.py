"""Mail that is signed as one piece (S/MIME, RFC 8551 §3.5.2): what was signed lies open in it.

Only the way to the content is read (CMS SignedData, RFC 5652 §5, in BER); the signature is not
checked.
"""

MEDIA_TYPES = ("application/pkcs7-mime", "application/x-pkcs7-mime")

_SIGNED_DATA = bytes.fromhex("2a864886f70d010702")
_SEQUENCE, _OID, _EXPLICIT, _OCTETS, _OCTETS_IN_PARTS = 0x30, 0x06, 0xA0, 0x04, 0x24
_MOST = 10_000
_DEEPEST = 8


class _NotSigned(ValueError):
    """The octets are something else, or broken."""


def signed_content(octets: bytes) -> bytes | None:
    """The mail that was signed; None where it is encrypted, or signed beside the text."""
    try:
        kind, content = _items(_inside(octets, _SEQUENCE))[:2]
        if kind != (_OID, _SIGNED_DATA):
            return None
        signed = _items(_inside(content[1], _SEQUENCE))
        told = next(_items(value) for tag, value in signed if tag == _SEQUENCE)
        return _joined(_items(dict(told)[_EXPLICIT])[0], 0)
    except (_NotSigned, StopIteration, KeyError, IndexError, ValueError):
        return None


def _inside(octets: bytes, tag: int) -> bytes:
    found = _items(octets)
    if not found or found[0][0] != tag:
        raise _NotSigned
    return found[0][1]


def _joined(item: tuple[int, bytes], depth: int) -> bytes:
    """An octet string, whole or in parts."""
    tag, value = item
    if tag == _OCTETS:
        return value
    if tag != _OCTETS_IN_PARTS or depth > _DEEPEST:
        raise _NotSigned
    return b"".join(_joined(each, depth + 1) for each in _items(value))


def _items(octets: bytes) -> list[tuple[int, bytes]]:
    """The tags and values that stand one after another, up to an end mark."""
    found: list[tuple[int, bytes]] = []
    at = 0
    while at + 2 <= len(octets) and octets[at : at + 2] != b"\0\0" and len(found) < _MOST:
        begin, end, after = _extent(octets, at, 0)
        found.append((octets[at], octets[begin:end]))
        at = after
    return found


def _extent(octets: bytes, at: int, depth: int) -> tuple[int, int, int]:
    """Where the value of the item here begins and ends, and where the next item is."""
    if at + 2 > len(octets) or depth > 64:
        raise _NotSigned
    told = octets[at + 1]
    if told < 0x80:
        return at + 2, at + 2 + told, at + 2 + told
    if told > 0x80:
        begin = at + 2 + (told & 0x7F)
        length = int.from_bytes(octets[at + 2 : begin], "big")
        return begin, begin + length, begin + length
    end = at + 2
    while octets[end : end + 2] != b"\0\0":
        end = _extent(octets, end, depth + 1)[2]
    return at + 2, end, end + 2
