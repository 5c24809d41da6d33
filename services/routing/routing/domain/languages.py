"""Who can answer in which language, and what is known of a customer's languages beforehand."""

from collections.abc import Iterable, Mapping

ENGLISH = "en"
_NORWEGIAN = {"nb": "no", "nn": "no"}
_OLD_CODES = {"iw": "he", "in": "id"}
_TRADITIONAL = {"TW", "HK", "MO"}
_LIKELY = 0.7


def spoken_level(spoken: Mapping[str, int], wanted: str) -> int:
    """How well (1 to 5; 0 not at all) one who speaks `spoken` can answer in `wanted`.

    Tags match when one begins the other: who writes `pt` can answer `pt-BR`, and who writes `zh`
    either script. `zh-Hans`, `zh-Hant` and `yue` do not match each other.

    >>> spoken_level({"pt": 4}, "pt-BR"), spoken_level({"zh-Hans": 5}, "zh-Hant")
    (4, 0)
    """
    exact = spoken.get(wanted)
    if exact is not None:
        return exact
    best = 0
    for tag, level in spoken.items():
        if level > best and (tag.startswith(f"{wanted}-") or wanted.startswith(f"{tag}-")):
            best = level
    return best


def language_of(locale: str | None) -> str | None:
    """The language of a channel's or shop's locale, as messages are named.

    >>> language_of("pt_BR"), language_of("zh-TW"), language_of("zh"), language_of("nb-NO")
    ('pt', 'zh-Hant', 'zh-Hans', 'no')
    """
    if not locale:
        return None
    primary, *rest = locale.replace("_", "-").split("-")
    primary = primary.lower()
    if not primary.isalpha():
        return None
    if primary == "zh":
        parts = {part.title() if len(part) == 4 else part.upper() for part in rest}
        is_traditional = "Hant" in parts or ("Hans" not in parts and bool(parts & _TRADITIONAL))
        return "zh-Hant" if is_traditional else "zh-Hans"
    return _OLD_CODES.get(primary) or _NORWEGIAN.get(primary) or primary


def team_language(tag: str) -> str:
    """A team file's language as messages are named; plain `zh` stands for both scripts.

    >>> team_language("zh-TW"), team_language("zh"), team_language("nb"), team_language("pt-BR")
    ('zh-Hant', 'zh', 'no', 'pt-BR')
    """
    primary, _, rest = tag.partition("-")
    if primary == "zh" and not rest:
        return tag
    renamed = primary in ("zh", *_OLD_CODES, *_NORWEGIAN)
    return (language_of(tag) or tag) if renamed else tag


def prior(
    *,
    heard: Mapping[str, int],
    told: Iterable[str | None],
    store: Iterable[str],
    known: Iterable[str],
) -> dict[str, float]:
    """Probabilities of the languages of a customer's next message.

    `heard` counts his earlier messages by language, `told` are the languages of his channel's
    locale and of his orders, `store` those the store is run in, `known` all that can be detected.
    What points somewhere shares 0.7, every known language shares the rest, so that nothing is
    ruled out.
    """
    points: dict[str, float] = {}
    for language, times in heard.items():
        points[language] = points.get(language, 0.0) + min(times, 5)
    for language in filter(None, told):
        points[language] = points.get(language, 0.0) + 2.0
    for language in store:
        points[language] = points.get(language, 0.0) + 0.5
    languages = list(known)
    total = sum(points.values())
    shares = {language: (1 - _LIKELY) / len(languages) for language in languages}
    for language, weight in points.items():
        shares[language] = shares.get(language, 0.0) + _LIKELY * weight / total
    return shares


def other_language(
    language: str | None, *, heard: Mapping[str, int], told: Iterable[str | None]
) -> str | None:
    """The customer's second language: of his earlier messages, then of his locale and orders.

    >>> other_language("th", heard={"th": 3, "en": 1}, told=["de"])
    'en'
    """
    by_use = sorted(heard, key=lambda tag: (-heard[tag], tag))
    return next((tag for tag in (*by_use, *told) if tag and tag != language), None)
