"""What a message is for, by words and patterns; `other` when none of them says.

Precision goes before recall: an agent who gets a wrong label trusts none. Where a message has
signs of several intents, what has to be done decides: a thing that arrived broken is `damaged`,
whatever is asked for it.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from routing.domain.intents import Table, bare, everywhere, neighbour, table, whole
from shared.contracts.routing import Intent
from shared.i18n.cleaning import clean
from shared.i18n.language import Detected

_WEIGHTS = {
    "complaint": 3.2,
    "legal": 3.0,
    "customs": 2.8,
    "repair": 2.5,
    "damaged": 2.2,
    "refund": 2.0,
    "not_received": 1.8,
    "sizing": 1.7,
    "return": 1.6,
    "anger": 1.5,
    "threat": 1.4,
    "order_status": 1.2,
    "pre_sale": 1.0,
    "safety": 0.9,
}
"""What outweighs what, where a message has signs of both."""
_INTENTS = {
    **{name: name for name in _WEIGHTS},
    **dict.fromkeys(("legal", "anger", "threat", "safety"), "complaint"),
    "sizing": "pre_sale",
}
_NOT_MEANT = {
    "web": frozenset({"damaged", "repair"}),
    "codes": frozenset({"damaged", "repair", "pre_sale"}),
    "papers": frozenset({"return", "pre_sale"}),
    "toys": frozenset({"legal"}),
    "work": frozenset({"pre_sale", "sizing", "repair", "order_status", "customs"}),
}
"""A link that does not open is not broken ware, an invoice to be changed no exchange. Who asks for
a discount code has not bought yet, whose code does not work is past that."""
_FIRST = {
    "unwanted": None,
    "confirming": "order_status",
    "unsent": "order_status",
    "pickup": "return",
}
"""What is read before anything else and then left out, with what it stands for: `no refund please`
asks for none, a confirmation that never came and what was never sent are no parcel that never came.
"""
_APART = frozenset({*_FIRST, "harmless", "ware", "had"})
_ASKED_BEFORE = frozenset({"return", "refund", "repair", "order_status"})
_NOT_BEFORE = frozenset({"damaged", "not_received", "anger", "legal", "used", "complaint"})
"""Who asks what would be if he bought has nothing to give back yet, unless something is wrong."""
_OF_WARE = frozenset({"damaged", "return", "anger"})
_CRISES = frozenset({"safety", "legal", "threat"})
_SURELY = frozenset(
    {"not_received", "refund", "customs", "repair", "order_status", "used", "complaint"}
)
"""Whether it breaks easily or comes in another colour asks whoever has not bought it yet; whether
it smokes only when that is all he says."""
_GREETING = 12
"""Characters before a question that starts no sentence: `hi`, `and`."""
_SHORT = 100
"""Characters up to which a message is about one thing."""
_PRESSING = ("anger", "legal", "safety", "threat", "urgent")
_SURE_OF_LANGUAGE = 0.8
_LONGEST = 2000
_LONGEST_CRISIS = 20_000
"""Characters that are read for what a lead has to see at once: a threat stands at the end."""
_OVERLAP = 80
_SIGNED = re.compile(r"^--[ \t]*\n(?:.*\n){0,11}.*\n?\Z", re.MULTILINE)
"""What stands below the line of two dashes (RFC 3676, section 4.3): an attorney signs as such.
Each line can be read in one way only: else a longer text below takes time without end."""
_RUN = re.compile(r"\W{8,}")
_ASKS = re.compile(r"[^.!\n]{0,80}?[?؟;]")
_STOPS = re.compile(r"[.!?؟。\n]")
_MORE = 0.4
"""What each further sign of the same intent adds."""


@dataclass(frozen=True)
class Meant:
    """What a message is for. `confidence` is between 0 and 1, 0 for `other`.

    `matched` are the customer's own words that told it; `pressing` names what makes it urgent:
    `anger`, `legal`, `safety`, `threat`, `urgent`.
    """

    intent: Intent
    confidence: float
    matched: tuple[str, ...] = ()
    pressing: frozenset[str] = frozenset()


NOTHING = Meant(Intent.OTHER, 0.0)


def meant(text: str, found: Detected) -> Meant:
    """Read one message whose language was detected as `found`.

    >>> from shared.i18n.language import detect
    >>> text = "says delivered but I have not received it"
    >>> meant(text, detect(text)).intent.value
    'not_received'
    """
    cleaned = _RUN.sub(_once_each, clean(_SIGNED.sub("", text[:_LONGEST])))
    if not cleaned.strip():
        return NOTHING
    forms = bare(cleaned), whole(cleaned)
    tables = [found for found in map(table, _languages(found)) if found is not None]
    read = NOTHING
    for each in tables:
        read = _read(each, forms, tables, is_roman=found.script == "Latn")
        if read.intent is not Intent.OTHER or read.pressing:
            break
    further: frozenset[str] = frozenset()
    if (near := neighbour(found.language)) and near not in tables:
        further |= _crises(near, forms, tables)
    if len(text) > _LONGEST:
        further |= _crises_in(text[_LONGEST - _OVERLAP : _LONGEST_CRISIS], tables)
    return replace(read, pressing=read.pressing | further) if further else read


def _crises_in(text: str, tables: Sequence[Table]) -> frozenset[str]:
    """What presses far down in a long message."""
    cleaned = _RUN.sub(_once_each, clean(_SIGNED.sub("", text)))
    forms = bare(cleaned), whole(cleaned)
    return frozenset().union(*(_crises(each, forms, tables) for each in tables))


def _crises(tables: Table, forms: tuple[str, str], every: Sequence[Table]) -> frozenset[str]:
    """Which of a lead's words stand in a text beside what is harmless in any of the languages."""
    plain = _harmless(forms, every)
    text = plain[0] if tables.is_cut else plain[1]
    names = _CRISES - _NOT_MEANT["toys"] if _is_about("toys", *forms) else _CRISES
    return frozenset(name for name in names if name in tables.own and tables.own[name].search(text))


def _harmless(forms: tuple[str, str], every: Sequence[Table]) -> tuple[str, str]:
    """Both forms of a text without what sounds worse than it is: a lawyer who needs an invoice."""
    by_words, uncut = forms
    both = everywhere()
    by_words = both.roman["harmless"].sub(" . ", by_words)
    uncut = both.own["harmless"].sub(" . ", uncut)
    for tables in every:
        if harmless := tables.own.get("harmless"):
            if tables.is_cut:
                by_words = harmless.sub(" . ", by_words)
            else:
                uncut = harmless.sub(" . ", uncut)
    return by_words, uncut


def _once_each(run: re.Match[str]) -> str:
    # Patterns try every character of what stands between two words as the beginning of it.
    return "".join(dict.fromkeys(run[0]))


def _languages(found: Detected) -> Iterable[str]:
    """Whose tables to read, until one tells something; English words are in chats everywhere."""
    tags = [found.language] if found.language else []
    if found.confidence < _SURE_OF_LANGUAGE:
        tags += [tag for tag, _ in found.alternatives[:2]]
    return dict.fromkeys([*(tag.split("-")[0] for tag in tags), "en"])


def _read(
    tables: Table, forms: tuple[str, str], every: Sequence[Table], *, is_roman: bool
) -> Meant:
    by_words, uncut = forms
    both = everywhere()
    plain = both.roman["harmless"].sub(" . ", by_words)
    own = plain if tables.is_cut else both.own["harmless"].sub(" . ", uncut)
    signs = _without_harmless(_signs(tables.own, own), tables, forms, every)
    if is_roman and tables.roman:
        for name, words in _signs(tables.roman, plain).items():
            signs.setdefault(name, []).extend(words)
    topics = _topics(by_words, uncut, signs)
    for name in frozenset().union(*(_NOT_MEANT[about] for about in topics)) & signs.keys():
        del signs[name]
    signs = _settled(signs)
    if not topics and signs.keys().isdisjoint(_SURELY):
        signs = _less_of_ware(signs, tables, forms)
    pressing = frozenset(name for name in _PRESSING if name in signs)
    weights: dict[str, float] = {}
    for name, words in signs.items():
        if name in _WEIGHTS:
            intent = _INTENTS[name]
            weight = _WEIGHTS[name] + _MORE * min(len(words) - 1, 2)
            weights[intent] = max(weights.get(intent, 0.0), weight)
    if not weights:
        return Meant(Intent.OTHER, 0.0, (), pressing)
    best = max(weights, key=weights.__getitem__)
    others = sum(weights.values()) - weights[best]
    confidence = weights[best] / (weights[best] + 0.4 * others + 0.3)
    words = [word for name, each in signs.items() if _INTENTS.get(name) == best for word in each]
    return Meant(Intent(best), round(confidence, 3), _told(words), pressing)


def _without_harmless(
    signs: dict[str, list[str]], tables: Table, forms: tuple[str, str], every: Sequence[Table]
) -> dict[str, list[str]]:
    if _CRISES.isdisjoint(signs):
        return signs
    left = _crises(tables, forms, every)
    return {name: words for name, words in signs.items() if name not in _CRISES - left}


def _settled(signs: dict[str, list[str]]) -> dict[str, list[str]]:
    """The signs, less those that others explain."""
    if "asking" in signs:
        words = signs.pop("asking")
        if signs.keys().isdisjoint(_NOT_BEFORE):
            signs = {name: each for name, each in signs.items() if name not in _ASKED_BEFORE}
            signs.setdefault("pre_sale", []).extend(words)
    if "fresh" in signs and "repair" in signs and "used" not in signs:
        signs.setdefault("damaged", []).extend(signs.pop("repair"))
    if "used" in signs and "damaged" in signs:
        signs.setdefault("repair", []).extend(signs.pop("damaged"))
    return signs


def _less_of_ware(
    signs: dict[str, list[str]], tables: Table, forms: tuple[str, str]
) -> dict[str, list[str]]:
    """The signs, less those that a question about ware only seems to have."""
    by_words, uncut = forms
    found = _asked_of_ware(tables, by_words if tables.is_cut else uncut)
    if found is None:
        return signs
    said_before, about = found
    left_out = _OF_WARE | (_CRISES if _is_one_sentence(by_words) else frozenset())
    left = {
        name: words
        for name, words in signs.items()
        if name not in left_out or any(word in said_before for word in words)
    }
    left.setdefault("pre_sale", []).append(about)
    return left


def _asked_of_ware(tables: Table, text: str) -> tuple[str, str] | None:
    """What begins a question about ware that the writer does not have, after what stands before."""
    ware, had = tables.own.get("ware"), tables.own.get("had")
    if not ware or not had or len(text) > _SHORT or had.search(text):
        return None
    for match in ware.finditer(text):
        before = text[: match.start()]
        starts = len(before) <= _GREETING or before.rstrip()[-1:] in ".!?,;:"
        if not tables.is_cut or (starts and _ASKS.match(text, match.end())):
            return before, match[0]
    return None


def _is_one_sentence(text: str) -> bool:
    return not _STOPS.search(text.strip().rstrip(".!?؟。 "))


def _topics(by_words: str, uncut: str, signs: Mapping[str, object]) -> tuple[str, ...]:
    is_short = len(by_words) < _SHORT
    is_open = signs.keys().isdisjoint(_SURELY)
    return tuple(
        about
        for about, names in _NOT_MEANT.items()
        if (is_short or about == "work")
        and (is_open or not names.isdisjoint(signs))
        and (about != "codes" or "damaged" in signs)
        and _is_about(about, by_words, uncut)
        and (about != "web" or not _is_about("books", by_words, uncut))
    )


def _is_about(about: str, by_words: str, uncut: str) -> bool:
    both = everywhere()
    return bool(both.roman[about].search(by_words) or both.own[about].search(uncut))


def _signs(patterns: dict[str, re.Pattern[str]], text: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, stands_for in _FIRST.items():
        pattern = patterns.get(name)
        match = pattern.search(text) if pattern else None
        if pattern and match:
            text = pattern.sub(" . ", text)
            if stands_for:
                found[stands_for] = [match[0]]
    for name, pattern in patterns.items():
        if name in _APART or (name == "not_received" and "return" in found):
            continue
        words = [match[0] for match in pattern.finditer(text) if match[0].strip()]
        if words:
            found.setdefault(name, []).extend(words)
    return found


def _told(words: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(" ".join(word.split())[:60] for word in words))[:4]
