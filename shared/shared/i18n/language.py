"""Name the language of one short message.

Clean, let the script decide where only one language is written in it, and otherwise ask two
detectors among the languages expected, then weigh in what is known of the writer. A message without
words (order ids, links, emoji, a maker's name) has no language.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import exp, log

from shared.i18n import cleaning, detectors, han, scripts
from shared.i18n.letters import by_letters
from shared.i18n.names import needed, without_brands
from shared.i18n.romanised import romanised
from shared.i18n.words import lists

_TOLD = lists("languages")
LANGUAGES = _TOLD["all"]
"""What is told apart unless a caller asks for others, as BCP 47 tags."""

_ONE_LANGUAGE = dict(pair.split("=") for pair in _TOLD["one"])
_SEVERAL = {script: frozenset(_TOLD[script]) for script in ("Latn", "Cyrl", "Arab", "Deva", "Ethi")}
# Told apart in any case: a message in Persian is not one for whoever reads Arabic.
_ALWAYS = {script: frozenset(_TOLD[f"always-{script}"]) for script in _SEVERAL if script != "Latn"}
# A Serbian or Bosnian message in Latin letters is, to the detectors, one in Croatian.
_AS_CROATIAN = ("sr", "bs")
_OTHER_NAMES = {"nb": "no", "nn": "no", "fil": "tl", "iw": "he", "in": "id"}
_ROMANISED_ODDS = 4.0

_SURE = 0.99
_PRIOR_CAP = 0.7
_PRIOR_FLOOR = 1e-3
_ABSTAIN_BELOW = 0.45
"""Of messages that are named with less, as many are wrong as right."""


@dataclass(frozen=True)
class Detected:
    """What a message is written in.

    `language` is a BCP 47 tag (`zh-Hans`, `zh-Hant` and `yue` apart; `no` for both Norwegians) or
    None when there are no words or they tell too little. `script` is an ISO 15924 code.
    `confidence` and those of `alternatives`, best first, are probabilities. `source` tells what
    decided: the `script`, the `text`, the `prior` because the text tells too little, or `none`.
    """

    language: str | None
    script: str | None
    confidence: float
    alternatives: tuple[tuple[str, float], ...] = ()
    source: str = "text"


NOTHING = Detected(language=None, script=None, confidence=0.0, source="none")


_ENOUGH = 2000
"""Characters that are looked at: more makes no surer, and a long mail would hold the loop."""


def detect(
    text: str,
    *,
    languages: Sequence[str] | None = None,
    prior: Mapping[str, float] | None = None,
    brands: Collection[str] = (),
) -> Detected:
    """Name the language of `text`.

    `languages` (BCP 47) are those expected, `LANGUAGES` by default; a script that only one
    language uses is believed against them. `prior` gives probabilities known beforehand, from a
    channel's locale or the writer's earlier messages; one language counts at most 0.7 of it, none
    counts less than 0.001, and it never speaks against a script. `brands` are names that a merchant
    uses, which belong to no language. Words that tell too little, and what looks like a name alone,
    leave the language to the prior; without one it is None, with the guess among `alternatives`.

    >>> detect("¿dónde está mi pedido?").language
    'es'
    >>> detect("#A10293-88 👍 https://shop.example/a").language is None
    True
    """
    cleaned = cleaning.clean(text[:_ENOUGH])
    if brands:
        cleaned = without_brands(cleaned, brands)
    script = scripts.dominant(scripts.letters(cleaned))
    if script is None:
        return NOTHING
    if script in _ONE_LANGUAGE:
        return Detected(_ONE_LANGUAGE[script], script, _SURE, source="script")
    if script == "Hani":
        return _in_han(cleaned, prior)
    return _in_shared_script(cleaned, script, languages or LANGUAGES, prior)


def _in_han(text: str, prior: Mapping[str, float] | None) -> Detected:
    found = _detected(han.weigh(text), "Hani", prior)
    script = {"ja": "Jpan", "zh-Hans": "Hans", "zh-Hant": "Hant"}.get(found.language or "")
    return replace(found, script=script or han.script_of(text) or "Hant")


def _in_shared_script(
    text: str, script: str, languages: Iterable[str], prior: Mapping[str, float] | None
) -> Detected:
    languages = tuple(languages)
    if script == "Latn":
        # Python's lower case of the Turkish capital is two code points that no n-gram holds.
        text = cleaning.without_neutral(text).replace("İ", "i")
        if not scripts.letters(text):
            return NOTHING
    else:
        text = cleaning.without_latin(text)
    if language := by_letters(text, script):
        return Detected(language, script, _SURE, source="script")
    at_least = _ABSTAIN_BELOW
    weights = detectors.scores(text, _among(script, languages))
    if script == "Latn":
        if "hr" in weights and "hr" not in (asked := _asked(languages)):
            weights[next(tag for tag in _AS_CROATIAN if tag in asked)] = weights.pop("hr")
        if language := romanised(text, _romanised_among(languages)):
            weights[language] = max(weights.values(), default=0.0) + _ROMANISED_ODDS
        else:
            at_least = needed(text)
    if not weights:
        return Detected(None, script, 0.0, source="none")
    return _detected(weights, script, prior, at_least)


@lru_cache(maxsize=64)
def _among(script: str, languages: tuple[str, ...]) -> frozenset[str]:
    asked = _asked(languages)
    if script == "Latn" and not asked.isdisjoint(_AS_CROATIAN):
        asked = (asked - frozenset(_AS_CROATIAN)) | {"hr"}
    return (asked & _SEVERAL[script]) | _ALWAYS.get(script, frozenset())


@lru_cache(maxsize=64)
def _romanised_among(languages: tuple[str, ...]) -> frozenset[str]:
    # Vietnamese without its marks is as far from itself as Hindi in Latin letters is.
    asked = _asked(languages)
    return (asked - _SEVERAL["Latn"]) | (asked & {"vi"})


@lru_cache(maxsize=64)
def _asked(languages: tuple[str, ...]) -> frozenset[str]:
    return frozenset(_OTHER_NAMES.get(tag, tag) for tag in map(_primary, languages))


def _ranked(
    weights: Mapping[str, float], prior: Mapping[str, float] | None
) -> list[tuple[str, float]]:
    """Probabilities, best first; what is far behind is left out."""
    if prior:
        weights = {
            language: weight + _known(language, prior) for language, weight in weights.items()
        }
    top = max(weights.values())
    near = [
        (language, exp(weight - top)) for language, weight in weights.items() if weight > top - 12
    ]
    total = sum(share for _, share in near)
    near.sort(key=lambda pair: (-pair[1], pair[0]))
    return [(language, share / total) for language, share in near]


def _known(language: str, prior: Mapping[str, float]) -> float:
    share = prior.get(language, prior.get(_primary(language), 0.0))
    return log(min(max(share, _PRIOR_FLOOR), _PRIOR_CAP))


def _detected(
    weights: Mapping[str, float],
    script: str,
    prior: Mapping[str, float] | None,
    at_least: float = _ABSTAIN_BELOW,
) -> Detected:
    (language, confidence), *others = ranked = _ranked(weights, prior)
    if confidence >= at_least:
        return Detected(language, script, confidence, tuple(others[:3]))
    if not prior:
        return Detected(None, script, 0.0, tuple(ranked[:3]), "none")
    # The words tell too little even with what is known: that alone decides then.
    likely = max(prior, key=lambda tag: prior[tag])
    return Detected(likely, script, prior[likely], ((language, confidence),), "prior")


def _primary(tag: str) -> str:
    return tag.split("-", 1)[0].lower()
