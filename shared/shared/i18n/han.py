"""Tell Mandarin in either script, Cantonese and kana-less Japanese apart.

The scripts are told by what national character sets hold: a character of GB 2312 that Big5 lacks
is Simplified, the reverse Traditional, and one that only Shift JIS has is Japanese.
"""

import re
from functools import cache

_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")

# Characters and words of written Cantonese that Standard Written Chinese does not use.
_CANTONESE = re.compile(
    "唔|乜嘢|邊度|边度|邊個|边个|點解|点解|點樣|点样|點算|係|仲有|仲未|幾時|几时|而家|尋日|寻日|聽日|听日|琴日"
    "|幾多|几多|幾錢|几钱|幾耐|几耐|返工|俾|畀|退返|換返|换返|改返|攞返|退錢|爛咗|無人覆|搞掂|件衫|對鞋|部機"
    "|張單|张单|即係|鍾意|成個禮拜|[等寄送派退整]緊|架$|有得[整退換改睇試揀]|[整睇改寄]返|邊[隻款樣]|撳|張氈|好耐|煲|冷衫|拮|掟|仆街|屋企"
    # A sentence that begins with a bare classifier: `the charger`, not `a charger`.
    r"|(?:^|[，。！？,!?\s])(?:個(?![人別案體])|部(?![分份門件])|隻|條(?![件款碼])|件(?!數)|張(?=[枱床凳飛卡梳]))[\u4e00-\u9fff]"
    "|[嘅咗喺佢哋啲冇嘢噉咁嗰乜嚟瞓攞搵睇諗嗌啱㗎喎囉啩啫嘥撳嘞揸攰佬靚冧埋晒咩哂]"
)
_MANDARIN = re.compile("什麼|什么|怎麼|怎么|這個|这个|那個|那个|[的了們们沒没這这嗎吗她他您很]")
_JAPANESE = re.compile(
    "返品|返金|在庫|注文|配送|発送|未着|届|領収書|不良品|交換希望|返送|確認希望|円|様|込|払"
)


def _holds(encoding: str, character: str) -> bool:
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


@cache
def _origin(character: str) -> str | None:
    simplified = _holds("gb2312", character)
    traditional = _holds("big5", character)
    if simplified != traditional:
        return "Hans" if simplified else "Hant"
    if not simplified and _holds("shift_jis", character):
        return "Jpan"
    return None


def script_of(text: str) -> str | None:
    """`Hans`, `Hant`, or None when every character is in both sets.

    >>> script_of("订单"), script_of("訂單"), script_of("你好")
    ('Hans', 'Hant', None)
    """
    origins = [_origin(character) for character in _HAN.findall(text)]
    simplified, traditional = origins.count("Hans"), origins.count("Hant")
    if simplified == traditional:
        return None
    return "Hans" if simplified > traditional else "Hant"


def weigh(text: str) -> dict[str, float]:
    """Log-weights of `zh-Hans`, `zh-Hant`, `yue` and `ja` for a text whose script is Han.

    >>> max(weights := weigh("我張單幾時先寄到呀"), key=weights.get)
    'yue'
    """
    characters = _HAN.findall(text)
    origins = [_origin(character) for character in characters]
    simplified, traditional = origins.count("Hans"), origins.count("Hant")
    # What Japan simplified alike (会, 国, 来) speaks against Traditional, not against Japanese.
    not_japanese = sum(not _holds("shift_jis", character) for character in characters)
    cantonese = len(_CANTONESE.findall(text))
    mandarin = len(_MANDARIN.findall(text))
    script = 1.5 * (simplified - traditional)
    return {
        "zh-Hans": script + 0.7 * mandarin,
        "zh-Hant": -0.7 - script + 0.7 * mandarin,
        "yue": -3.0 + abs(script) + 4.0 * cantonese - 1.5 * mandarin,
        "ja": -2.0
        + 1.0 * traditional
        + 3.0 * origins.count("Jpan")
        + 3.5 * len(_JAPANESE.findall(text))
        - 3.0 * not_japanese
        - 1.5 * mandarin
        - 3.0 * cantonese,
    }
