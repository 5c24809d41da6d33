"""Which script a text is written in, by Unicode block; codes are ISO 15924."""

import re

_BLOCKS = {
    "Latn": "A-Za-zªºÀ-ÖØ-öø-\u024f\u1e00-\u1eff",
    "Grek": "\u0370-\u03ff\u1f00-\u1fff",
    "Cyrl": "\u0400-\u052f",
    "Armn": "\u0530-\u058f",
    "Hebr": "\u0590-\u05ff",
    "Arab": "\u0620-\u065f\u066e-\u06d3\u0750-\u077f\ufb50-\ufdff\ufe70-\ufeff",
    "Deva": "\u0900-\u097f",
    "Beng": "\u0980-\u09ff",
    "Guru": "\u0a00-\u0a7f",
    "Gujr": "\u0a80-\u0aff",
    "Orya": "\u0b00-\u0b7f",
    "Taml": "\u0b80-\u0bff",
    "Telu": "\u0c00-\u0c7f",
    "Knda": "\u0c80-\u0cff",
    "Mlym": "\u0d00-\u0d7f",
    "Sinh": "\u0d80-\u0dff",
    "Thai": "\u0e01-\u0e3a\u0e40-\u0e4e",
    "Laoo": "\u0e80-\u0eff",
    "Mymr": "\u1000-\u109f",
    "Geor": "\u10a0-\u10ff",
    "Kore": "\u1100-\u11ff\u3130-\u318f\uac00-\ud7af",
    "Ethi": "\u1200-\u137f",
    "Khmr": "\u1780-\u17ff",
    "Kana": "\u3041-\u30fa\u30fc-\u30ff\u31f0-\u31ff\uff66-\uff9f",
    "Hani": "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff",
}
_RUN = re.compile("|".join(f"(?P<{script}>[{block}]+)" for script, block in _BLOCKS.items()))

# One Han character or Hangul syllable says what several Latin letters say; Latin is the script of
# brand names everywhere, so it wins only when it outweighs the rest three times.
_WEIGHTS = {"Hani": 4.0, "Kana": 2.5, "Kore": 2.5, "Thai": 1.2}
_LATIN_MUST_OUTWEIGH = 3.0


def letters(text: str) -> dict[str, int]:
    """Count letters by script; what is no letter (digits, emoji, signs) is not counted.

    >>> letters("iPhone 手机壳 👍")
    {'Latn': 6, 'Hani': 3}
    """
    if text.isascii():
        found = sum(map(str.isalpha, text))
        return {"Latn": found} if found else {}
    counts: dict[str, int] = {}
    for run in _RUN.finditer(text):
        script = run.lastgroup or ""
        counts[script] = counts.get(script, 0) + run.end() - run.start()
    return counts


def dominant(counts: dict[str, int]) -> str | None:
    """The script that decides; `Jpan` for kana, with or without Han beside it.

    >>> dominant(letters("Nike Air Max を返品したい"))
    'Jpan'
    """
    weights = {
        script: count * _WEIGHTS.get(script, 1.0)
        for script, count in counts.items()
        if script != "Latn"
    }
    if not weights:
        return "Latn" if counts.get("Latn") else None
    han_and_kana = weights.pop("Hani", 0.0) + weights.pop("Kana", 0.0)
    if han_and_kana:
        weights["Jpan" if _is_japanese(counts) else "Hani"] = han_and_kana
    script = max(weights, key=lambda name: weights[name])
    latin = counts.get("Latn", 0)
    return "Latn" if latin > _LATIN_MUST_OUTWEIGH * weights[script] else script


def _is_japanese(counts: dict[str, int]) -> bool:
    # A lone の decorates Chinese shop names; Japanese is never that short of kana.
    kana = counts.get("Kana", 0)
    return kana >= 2 or kana * 6 >= counts.get("Hani", 0) > 0
