"""Name the language of one short message.

Clean, let the script decide where only one language is written in it, and otherwise ask eldc
among the languages expected, then weigh in what is known of the writer. A message without words
(order ids, links, emoji, a maker's name) has no language.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from math import exp, log
from typing import Any

import eldc

from shared.i18n import cleaning, han, scripts
from shared.i18n.malay import indonesian_odds

LANGUAGES = (
    "ar",
    "cs",
    "da",
    "de",
    "el",
    "en",
    "es",
    "fi",
    "fr",
    "he",
    "hi",
    "hu",
    "id",
    "it",
    "ja",
    "ko",
    "ms",
    "nl",
    "no",
    "pl",
    "pt",
    "ro",
    "ru",
    "sv",
    "th",
    "tr",
    "uk",
    "vi",
    "yue",
    "zh-Hans",
    "zh-Hant",
)
"""What is told apart unless a caller asks for others, as BCP 47 tags."""

_ONE_LANGUAGE = {
    "Grek": "el",
    "Hebr": "he",
    "Armn": "hy",
    "Beng": "bn",
    "Guru": "pa",
    "Gujr": "gu",
    "Orya": "or",
    "Taml": "ta",
    "Telu": "te",
    "Knda": "kn",
    "Mlym": "ml",
    "Sinh": "si",
    "Thai": "th",
    "Laoo": "lo",
    "Mymr": "my",
    "Geor": "ka",
    "Kore": "ko",
    "Khmr": "km",
    "Jpan": "ja",
}
_SEVERAL = {
    "Latn": frozenset(
        {
            "az",
            "ca",
            "cs",
            "da",
            "de",
            "en",
            "es",
            "et",
            "eu",
            "fi",
            "fr",
            "hr",
            "hu",
            "is",
            "it",
            "ku",
            "lt",
            "lv",
            "ms",
            "nl",
            "no",
            "pl",
            "pt",
            "ro",
            "sk",
            "sl",
            "sq",
            "sv",
            "tl",
            "tr",
            "vi",
            "yo",
        }
    ),
    "Cyrl": frozenset({"be", "bg", "ru", "sr", "uk"}),
    "Arab": frozenset({"ar", "fa", "ku", "ur"}),
    "Deva": frozenset({"hi", "mr"}),
    "Ethi": frozenset({"am"}),
}
# Told apart in any case: a message in Persian is not one for whoever reads Arabic.
_ALWAYS = {
    "Cyrl": frozenset({"ru", "uk"}),
    "Arab": frozenset({"ar", "fa", "ur"}),
    "Deva": frozenset({"hi"}),
    "Ethi": frozenset({"am"}),
}
_UKRAINIAN = frozenset("іїєґІЇЄҐ")
_RUSSIAN = frozenset("ыэъёЫЭЪЁ")
_NOT_ARABIC = frozenset("پچژگکیٹڈڑںےہھۀۆێ")
"""Letters of Persian, Urdu and Kurdish; hardly a sentence of theirs does without."""
_ELDC = {"id": "ms", "nb": "no", "nn": "no", "fil": "tl", "iw": "he", "in": "ms"}

_SURE = 0.99
_SHARPNESS = 12.0
"""How much a point of eldc's score counts in log-probability; fitted on support messages."""
_PRIOR_CAP = 0.7
_PRIOR_FLOOR = 1e-3


@dataclass(frozen=True)
class Detected:
    """What a message is written in.

    `language` is a BCP 47 tag (`zh-Hans`, `zh-Hant` and `yue` apart; `no` for both Norwegians) or
    None when there are no words. `script` is an ISO 15924 code. `confidence` and those of
    `alternatives`, best first, are probabilities.
    """

    language: str | None
    script: str | None
    confidence: float
    alternatives: tuple[tuple[str, float], ...] = ()


NOTHING = Detected(language=None, script=None, confidence=0.0)


_ENOUGH = 2000
"""Characters that are looked at: more makes no surer, and a long mail would hold the loop."""


def detect(
    text: str,
    *,
    languages: Sequence[str] | None = None,
    prior: Mapping[str, float] | None = None,
) -> Detected:
    """Name the language of `text`.

    `languages` (BCP 47) are those expected, `LANGUAGES` by default; a script that only one
    language uses is believed against them. `prior` gives probabilities known beforehand, from a
    channel's locale or the writer's earlier messages; one language counts at most 0.7 of it, none
    counts less than 0.001, and it never speaks against a script.

    >>> detect("¿dónde está mi pedido?").language
    'es'
    >>> detect("#A10293-88 👍 https://shop.example/a").language is None
    True
    """
    cleaned = cleaning.clean(text[:_ENOUGH])
    script = scripts.dominant(scripts.letters(cleaned))
    if script is None:
        return NOTHING
    if script in _ONE_LANGUAGE:
        return Detected(_ONE_LANGUAGE[script], script, _SURE)
    if script == "Hani":
        return _in_han(cleaned, prior)
    return _in_shared_script(cleaned, script, languages or LANGUAGES, prior)


def _in_han(text: str, prior: Mapping[str, float] | None) -> Detected:
    found = _ranked(han.weigh(text), prior)
    language = found[0][0]
    script = {"ja": "Jpan", "zh-Hans": "Hans", "zh-Hant": "Hant"}.get(language)
    return _detected(found, script or han.script_of(text) or "Hant")


def _in_shared_script(
    text: str, script: str, languages: Iterable[str], prior: Mapping[str, float] | None
) -> Detected:
    if script == "Latn":
        # Python's lower case of the Turkish capital is two code points that no n-gram holds.
        text = cleaning.without_neutral(text).replace("İ", "i")
        if not scripts.letters(text):
            return NOTHING
    if language := _by_letters(text, script):
        return Detected(language, script, _SURE)
    languages = tuple(languages)
    among = _among(script, languages)
    scores = _scores(text, among)
    if not scores:
        return Detected(None, script, 0.0)
    weights = {language: _SHARPNESS * score for language, score in scores.items()}
    for language in among:
        weights.setdefault(language, 0.0)
    if "ms" in weights:
        weights |= _malay(text, weights.pop("ms"), languages)
    return _detected(_ranked(weights, prior), script)


@lru_cache(maxsize=64)
def _among(script: str, languages: tuple[str, ...]) -> frozenset[str]:
    asked = frozenset(_ELDC.get(tag, tag) for tag in map(_primary, languages))
    return (asked & _SEVERAL[script]) | _ALWAYS.get(script, frozenset())


def _by_letters(text: str, script: str) -> str | None:
    if script == "Arab" and _NOT_ARABIC.isdisjoint(text):
        return "ar"
    if script == "Cyrl":
        ukrainian = not _UKRAINIAN.isdisjoint(text)
        if ukrainian != (not _RUSSIAN.isdisjoint(text)):
            return "uk" if ukrainian else "ru"
    return None


def _malay(text: str, weight: float, languages: Iterable[str]) -> dict[str, float]:
    """Share eldc's one label for both among `id` and `ms`, as far as they are asked for."""
    asked = {_primary(tag) for tag in languages} & {"id", "in", "ms"}
    if asked == {"ms"}:
        return {"ms": weight}
    if "ms" not in asked:
        return {"id": weight}
    odds = indonesian_odds(text)
    return {"id": weight - log(1 + exp(-odds)), "ms": weight - log(1 + exp(odds))}


def _ranked(
    weights: Mapping[str, float], prior: Mapping[str, float] | None
) -> list[tuple[str, float]]:
    known = {language: weight + _known(language, prior) for language, weight in weights.items()}
    top = max(known.values())
    total = sum(exp(weight - top) for weight in known.values())
    shares = ((language, exp(weight - top) / total) for language, weight in known.items())
    return sorted(shares, key=lambda share: (-share[1], share[0]))


def _known(language: str, prior: Mapping[str, float] | None) -> float:
    if not prior:
        return 0.0
    share = prior.get(language, prior.get(_primary(language), 0.0))
    return log(min(max(share, _PRIOR_FLOOR), _PRIOR_CAP))


def _detected(ranked: list[tuple[str, float]], script: str) -> Detected:
    (language, confidence), *others = ranked
    return Detected(language, script, confidence, tuple(others[:3]))


def _primary(tag: str) -> str:
    return tag.split("-", 1)[0].lower()


def _scores(text: str, among: frozenset[str]) -> dict[str, float]:
    if not among:
        return {}
    scores: dict[str, float] = _detector(among).detect_details(text).scores
    return scores


@cache
def _loaded() -> bool:
    eldc.init()
    return True


@lru_cache(maxsize=64)
def _detector(among: frozenset[str]) -> Any:
    _loaded()
    detector = eldc.instance()
    detector.set_languages(sorted(among))
    detector.set_scores(20)
    return detector
