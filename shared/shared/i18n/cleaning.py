"""Take out of a message what says nothing about its language: links, ids, quotes, brands."""

import re

from shared.i18n.words import words

_NOISE = re.compile(
    r"""
      ^[ \t]*>.*$                                        # a quoted line
    | (?:https?://|www\.)[!-~]+                          # ASCII only: Chinese follows unspaced
    | (?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+\.[A-Za-z0-9.-]+
    | \#[A-Za-z0-9_-]*\d[A-Za-z0-9_-]*
    | (?<![A-Za-z0-9_/.:-])[_/.:-]*+(?=(?:[A-Za-z_/.:-]*\d){3})[A-Za-z0-9][A-Za-z0-9_/.:-]*
    """,
    re.MULTILINE | re.VERBOSE,
)
"""An address or number is tried once for each run of the signs that it may have: a long row of
dashes takes a time of its length."""
_WORD = re.compile(r"[A-Za-z]+(?:['’-][A-Za-z]+)*")

NEUTRAL = words("neutral")
"""Words that say nothing: chat noises, sizes, names of carriers, makers and models."""


def clean(text: str) -> str:
    """Drop quoted lines, links, mail addresses and order or tracking numbers.

    >>> clean("> Your parcel is here\\n¿dónde está #A10293? https://a.example/x").split()
    ['¿dónde', 'está', '?']
    """
    return _NOISE.sub(" ", text)


def without_neutral(text: str) -> str:
    """Drop the words that belong to no language, so that a maker's name does not vote.

    >>> without_neutral("iPhone Pro Max rotto").strip()
    'rotto'
    """
    return _WORD.sub(lambda word: "" if word[0].lower() in NEUTRAL else word[0], text)


def without_latin(text: str) -> str:
    """Drop Latin words from a text whose script is another: they are names and tracking states.

    >>> without_latin("статус delivered").strip()
    'статус'
    """
    return _WORD.sub("", text)
