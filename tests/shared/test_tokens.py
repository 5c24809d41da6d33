"""Tokens: whatever nobody signed is nobody's."""

import base64
import hmac
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.stores.values import MAILBOX_MAX
from shared.tokens import KINDS, LENGTH, Tokens

KEY = b"k" * 32
OTHER = b"o" * 32
AN_ID = UUID("0190a0c2-5b1e-7c3d-8a4f-1234567890ab")

kinds = st.sampled_from(sorted(KINDS))
keys = st.binary(min_size=16, max_size=64)


def octets(token: str) -> bytes:
    return base64.b32decode(token.upper() + "====")


def spelled(raw: bytes) -> str:
    return base64.b32encode(raw).decode().rstrip("=").lower()


@given(key=keys, kind=kinds, id=st.uuids())
def test_what_was_signed_is_read_back(key: bytes, kind: str, id: UUID) -> None:
    tokens = Tokens([key])

    token = tokens.sign(kind, id)

    assert tokens.read(token) == (kind, id)


@given(key=keys, kind=kinds, id=st.uuids(), bit=st.integers(0, 27 * 8 - 1))
def test_any_flipped_bit_is_refused(key: bytes, kind: str, id: UUID, bit: int) -> None:
    tokens = Tokens([key])
    raw = bytearray(octets(tokens.sign(kind, id)))

    raw[bit // 8] ^= 1 << (bit % 8)

    assert tokens.read(spelled(bytes(raw))) is None


@given(key=keys, other=keys, kind=kinds, id=st.uuids())
def test_another_key_is_refused(key: bytes, other: bytes, kind: str, id: UUID) -> None:
    token = Tokens([key]).sign(kind, id)

    read = Tokens([other]).read(token)

    assert (read is None) == (hmac.digest(key, b"", "sha256") != hmac.digest(other, b"", "sha256"))


@given(st.text(max_size=60))
def test_no_text_makes_reading_fail(text: str) -> None:
    assert Tokens([KEY]).read(text) is None


@given(kind=kinds, id=st.uuids(), upper=st.lists(st.booleans(), min_size=44, max_size=44))
def test_the_case_of_letters_does_not_matter(kind: str, id: UUID, upper: list[bool]) -> None:
    tokens = Tokens([KEY])
    token = tokens.sign(kind, id)

    changed = "".join(c.upper() if up else c for c, up in zip(token, upper, strict=True))

    assert tokens.read(changed) == (kind, id)


@pytest.mark.parametrize("cut", range(LENGTH))
def test_a_truncated_token_is_refused(cut: int) -> None:
    token = Tokens([KEY]).sign("order", AN_ID)

    assert Tokens([KEY]).read(token[:cut]) is None
    assert Tokens([KEY]).read(token[cut + 1 :]) is None


def test_a_token_has_one_spelling() -> None:
    tokens = Tokens([KEY])
    token = tokens.sign("order", AN_ID)
    same_octets = [
        token[:-1] + last for last in "abcdefghijklmnopqrstuvwxyz234567" if last != token[-1]
    ]

    assert [other for other in same_octets if tokens.read(other)] == []
    assert tokens.read(token + "====") is None
    assert tokens.read(f" {token[1:]}") is None


def test_letters_that_only_look_like_others_are_refused() -> None:
    tokens = Tokens([KEY])
    token = next(t for n in range(99) if "s" in (t := tokens.sign("order", UUID(int=n))))

    assert tokens.read(token.replace("s", "ſ", 1)) is None  # its upper case is S


def test_while_keys_change_both_read_and_the_first_signs() -> None:
    old, both, new = Tokens([OTHER]), Tokens([KEY, OTHER]), Tokens([KEY])

    assert both.read(old.sign("case", AN_ID)) == ("case", AN_ID)
    assert both.sign("case", AN_ID) == new.sign("case", AN_ID)
    assert new.read(old.sign("case", AN_ID)) is None


def test_a_kind_that_is_not_listed_is_neither_signed_nor_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tokens = Tokens([KEY])
    with monkeypatch.context() as patch:
        patch.setitem(KINDS, "invoice", 200)
        token = tokens.sign("invoice", AN_ID)

    assert tokens.read(token) is None
    with pytest.raises(ValueError, match="invoice"):
        tokens.sign("invoice", AN_ID)


@pytest.mark.parametrize("unfit", [[], [KEY, OTHER, KEY], [b"short"], [KEY, b""]])
def test_keys_are_one_or_two_and_long(unfit: list[bytes]) -> None:
    with pytest.raises(ValueError, match="key"):
        Tokens(unfit)


def test_the_longest_mailbox_with_a_token_fits_a_local_part() -> None:
    token = Tokens([KEY]).sign("notification", AN_ID)

    assert len(token) == LENGTH == 44
    assert token == token.lower()
    assert token.isalnum()
    assert len(f"{'m' * MAILBOX_MAX}+{token}") == 64  # RFC 5321 §4.5.3.1.1


def test_a_token_stays_readable_for_ever() -> None:
    """Tokens live in mailboxes for years: neither form nor numbers may change."""
    token = "aeazbigclmphypmkj4jdivtyscvzr4os5avxeuhodeya"

    assert Tokens([KEY]).sign("order", AN_ID) == token
    old = {"order": 1, "thread": 2, "shipment": 3, "case": 4, "notification": 5}
    assert dict(KINDS) == {**old, "file": 6}
