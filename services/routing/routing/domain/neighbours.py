"""Languages whose readers can read each other, in three grades.

The grades are a judgement, after the studies of mutual intelligibility (Gooskens and van Heuven,
MICReLa, for the languages of Europe; Chinese standards share most of their written forms). They
count for written answers alone. What is read only by those who learnt it is not here: it is a
second language then.
"""

from collections.abc import Mapping

_AS_ONE, _EASILY, _WITH_EFFORT = 0.9, 0.75, 0.6

_PAIRS = (
    ("bs", "hr", _AS_ONE),
    ("bs", "sr", _AS_ONE),
    ("hr", "sr", _AS_ONE),
    ("zh-Hans", "zh-Hant", _AS_ONE),
    ("id", "ms", _EASILY),
    ("cs", "sk", _EASILY),
    ("da", "no", _EASILY),
    ("gl", "pt", _EASILY),
    ("mk", "bg", _EASILY),
    ("be", "ru", _EASILY),
    ("yue", "zh-Hant", _EASILY),
    ("af", "nl", _WITH_EFFORT),
    ("be", "uk", _WITH_EFFORT),
    ("ca", "es", _WITH_EFFORT),
    ("da", "sv", _WITH_EFFORT),
    ("es", "gl", _WITH_EFFORT),
    ("es", "pt", _WITH_EFFORT),
    ("no", "sv", _WITH_EFFORT),
    ("ru", "uk", _WITH_EFFORT),
    ("yue", "zh-Hans", _WITH_EFFORT),
)


def _both_ways() -> Mapping[str, Mapping[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for one, other, closeness in _PAIRS:
        found.setdefault(one, {})[other] = closeness
        found.setdefault(other, {})[one] = closeness
    return found


_NEAR = _both_ways()


def neighbours(language: str) -> Mapping[str, float]:
    """The languages that who writes `language` can read, with how well: above 0, below 1.

    A regional tag has the neighbours of its language.

    >>> dict(neighbours("sv")), dict(neighbours("pt-BR"))["es"], dict(neighbours("ja"))
    ({'da': 0.6, 'no': 0.6}, 0.6, {})
    """
    while language not in _NEAR and "-" in language:
        language = language.rpartition("-")[0]
    return _NEAR.get(language, {})
