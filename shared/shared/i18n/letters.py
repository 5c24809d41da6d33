"""Name a language by letters and small words that its neighbours in one script do not have."""

import re

_NOT_ARABIC = frozenset("پچژگکیٹڈڑںےہھۀۆێ")
"""Letters of Persian, Urdu and Kurdish; hardly a sentence of theirs does without."""
_UKRAINIAN, _RUSSIAN, _BELARUSIAN = frozenset("іїєґ"), frozenset("ыэё"), frozenset("ў")
_SERBIAN, _MACEDONIAN, _OF_BOTH = frozenset("ђћ"), frozenset("ѓѕќ"), frozenset("јљњџ")
_HARD = re.compile("ъ(?![еёюя])")
"""Bulgarian has its hard sign as a vowel, Russian only before a few."""
_IS_MACEDONIAN = re.compile(r"\b(?:е|се|сум|ќе|кога|каде|што)\b")
_HINDI = re.compile("है|हूँ|हूं|नहीं|(?<![\u0900-\u097f])(?:था|थी|थे|का|की|के|में|से|को)(?![\u0900-\u097f])")
_MARATHI = re.compile("ळ|आहे|माझ|तुमच|नाही|पाहिजे|कुठे|केव्हा")
_NEPALI = re.compile(
    "(?<![\u0900-\u097f])छ(?![\u0900-\u097f])|छैन|मेरो|तपाईं|हुन्छ|भयो|भएको|गर्न|कहिले|आएन"
)


def by_letters(text: str, script: str) -> str | None:
    """The language (BCP 47) that letters or small words give away; None when none does.

    >>> by_letters("Къде ми е поръчката", "Cyrl"), by_letters("где моя посылка", "Cyrl")
    ('bg', 'ru')
    >>> by_letters("माझी ऑर्डर कुठे आहे", "Deva"), by_letters("وين طلبي", "Arab")
    ('mr', 'ar')
    """
    if script == "Arab":
        return "ar" if _NOT_ARABIC.isdisjoint(text) else None
    if script == "Cyrl":
        return _in_cyrillic(text.lower())
    return _in_devanagari(text) if script == "Deva" else None


def _in_cyrillic(text: str) -> str | None:
    if not _BELARUSIAN.isdisjoint(text):
        return "be"
    ukrainian, russian = not _UKRAINIAN.isdisjoint(text), not _RUSSIAN.isdisjoint(text)
    if ukrainian or russian:
        return None if ukrainian and russian else "uk" if ukrainian else "ru"
    if "ъ" in text:
        return "bg" if _HARD.search(text) else "ru"
    return _in_the_south(text)


def _in_the_south(text: str) -> str | None:
    if not _SERBIAN.isdisjoint(text):
        return "sr"
    if not _MACEDONIAN.isdisjoint(text):
        return "mk"
    if _OF_BOTH.isdisjoint(text):
        return None
    return "mk" if _IS_MACEDONIAN.search(text) else "sr"


def _in_devanagari(text: str) -> str | None:
    if _HINDI.search(text):
        return None
    if _MARATHI.search(text):
        return "mr"
    return "ne" if _NEPALI.search(text) else None
