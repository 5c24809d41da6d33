"""Whether a text is a person's who speaks of himself, as no notice and no report does.

"Me" does not count in any language: lawyers ask in their notices to be told of an error.
"""
# ruff: noqa: E501 - a language a line

import re

OF_HIMSELF = re.compile(
    r"(?-i:\bI(?:['’](?:m|ve|d|ll)| (?:am|was|have|had|did|do|don|got|will|would|can|cannot|could|need|want|received|ordered|bought|"
    r"see|saw|think|know|put|sent|paid|asked|must|should|only|just|still|also|never|already|hope|tried|opened|found|gave|live|run|deleted))\b)|"
    r"\bmy\b|\b(?:ich|mein(?:e[rsmn]?)?)\b|\b(?:je|mon|mes)\b|\bj['’](?:ai|étais|attends|habite|espère)|"
    r"\b(?:yo|mis?|estoy|quiero|necesito)\b|\b(?:eu|meus?|minhas?|estou|recebi|comprei)\b|\b(?:io|mio|mia|miei|mie|ho)\b|"
    r"\b(?:ik|mijn)\b|\b(?:mój|moja|moje|mojego|mojej|jestem|chcę)\b|\b(?:я|мой|моя|моё|мое|мои|моего|моей|мій|моє)\b|"
    r"\b(?:jag|mitt|mina|jeg|mine)\b|\b(?:minä|minun|minulle|olen|sain|tilasin)\b|\b(?:ben|benim)\b|"
    r"私(?!用)|僕|我(?![们們司方公国國])|제가|저는|나는|내가|제 ",
    re.IGNORECASE,
)
