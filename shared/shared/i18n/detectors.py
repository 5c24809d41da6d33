"""What two detectors make of a text in a script that several languages share.

eldc knows letters and short n-grams and is very fast; py3langid knows longer pieces and both of
Malay and Indonesian. They err differently, so together they are right more often and their
probability is true more often. Whatever else is to be weighed in, `scores` is the one place.
"""

import copy
from collections.abc import Mapping
from functools import cache, lru_cache
from math import exp, log
from typing import Any

import eldc

from shared.i18n.neighbours import NEIGHBOURS, Neighbours

_ELDC_WEIGHT = 14.0
"""How much a point of eldc's score counts in log-probability."""
_SECOND_WEIGHT = 1.0
"""How much py3langid's log-probability counts. Both fitted on support messages of our own."""
_FLOOR = 1e-7
_DECIDED = 4.0
"""Ahead of the next by this much, eldc alone decides: a second opinion changed nothing then."""
_OUT_OF_REACH = 8.0
"""So far behind the best nothing that is left can bring a language up."""
_SECOND_READS = 240
"""Characters that py3langid reads; more makes it no surer."""


def load() -> None:
    """Load both models now (about 0.7 s) and not with the first message."""
    _eldc_is_loaded()
    _py3langid()


def scores(text: str, among: frozenset[str]) -> dict[str, float]:
    """The log-weight of each language of `among` (BCP 47 primary tags).

    Only differences between them count. Empty when neither detector knows any of the text.
    """
    if not among:
        return {}
    labels, tags = _eldc_labels(among)
    first = _eldc(text, labels)
    weights = {tag: _ELDC_WEIGHT * first.get(label, 0.0) for tag, label in tags}
    if not _is_decided(weights):
        second = _second(text, among)
        if not first and not second:
            return {}
        for tag, share in second.items():
            weights[tag] += _SECOND_WEIGHT * log(max(share, _FLOOR))
    for neighbours in NEIGHBOURS:
        _tell_apart(weights, neighbours, text)
    return weights


_ELDC = {"id": "ms"}
"""eldc has one label for Malay and Indonesian."""
_CLOSE = frozenset(tag for each in NEIGHBOURS for tag in (each.one, each.other))


def _is_decided(weights: Mapping[str, float]) -> bool:
    best = max(weights, key=weights.__getitem__)
    if best in _CLOSE:
        return False
    ahead = weights[best] - _DECIDED
    return sum(weight > ahead for weight in weights.values()) == 1


def _tell_apart(weights: dict[str, float], neighbours: Neighbours, text: str) -> None:
    one, other = weights.get(neighbours.one), weights.get(neighbours.other)
    if one is None or other is None or max(one, other) < max(weights.values()) - _OUT_OF_REACH:
        return
    odds = neighbours.odds(text)
    weights[neighbours.one] = one - log(1 + exp(-odds))
    weights[neighbours.other] = other - log(1 + exp(odds))


@lru_cache(maxsize=64)
def _eldc_labels(among: frozenset[str]) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    """eldc's labels for these languages, and which label stands for which."""
    tags = tuple((tag, _ELDC.get(tag, tag)) for tag in sorted(among))
    return tuple(sorted({label for _, label in tags} & set(eldc.LANGUAGES))), tags


def _eldc(text: str, labels: tuple[str, ...]) -> dict[str, float]:
    if not labels:
        return {}
    found: dict[str, float] = _eldc_among(labels).detect_details(text).scores
    return found


@cache
def _eldc_is_loaded() -> bool:
    eldc.init()
    return True


@lru_cache(maxsize=64)
def _eldc_among(labels: tuple[str, ...]) -> Any:
    _eldc_is_loaded()
    detector = eldc.instance()
    detector.set_languages(list(labels))
    detector.set_scores(20)
    return detector


def _second(text: str, among: frozenset[str]) -> dict[str, float]:
    identifier = _py3langid_among(among)
    if identifier is None:
        return {}
    return dict(identifier.rank(text[:_SECOND_READS].strip().lower()))


@cache
def _py3langid() -> Any:
    # Half a second and a hundred MB that services which detect nothing do without.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


@lru_cache(maxsize=8)
def _py3langid_among(among: frozenset[str]) -> Any:
    """Copies share the model; only the columns of their own languages are theirs."""
    whole = _py3langid()
    known = among & set(whole.labels)
    if len(known) < 2:
        return None
    identifier = copy.copy(whole)
    identifier.set_languages(sorted(known))
    return identifier
