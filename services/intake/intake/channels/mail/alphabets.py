"""What stands in text: the letters that the languages of a charset use, and those of a language."""

TYPOGRAPHY = frozenset("“”„‘’‚–—…«»‹›€£°§©®™№¿¡·•†×±²³½¼µ\xa0\xad\u200e\u200f")
OPENING, CLOSING = frozenset("“”„‘’‚«»‹¿¡–—…№\xa0"), frozenset("”“’‘»«›…–—\xa0\xad")
"""Before and behind words; some languages turn their quotes round."""

_WESTERN = "éèàçñüöäßáíóúâêîôãõåøæùëïûìò"
_CENTRAL = "ąćęłńóśźżáčďéěíňřšťúůýžöőüűäôľășțâîđçë"
_BALTIC = "ąčęėįšųūžāēģīķļņõäöü"
_CYRILLIC = "оеаинтсрвлкмдпуяыьгзбчйхжшю"
_GREEK = "αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώ"
_HEBREW = "אבגדהוזחטיכלמנסעפצקרשתםןץףך"
_ARABIC = "ابتثجحخدذرزسشصضطظعغفقكلمنهويةىءأإ،؟؛"

BY_CHARSET = {
    "cp1252": (_WESTERN + "ðþýšž", "œÿªº¤"),
    "iso8859-15": (_WESTERN + "ðþýšž", "œÿªº"),
    "cp1250": (_CENTRAL, "ĺŕşţ"),
    "iso8859-2": (_CENTRAL, "ĺŕşţ"),
    "cp1251": (_CYRILLIC + "іїє", "цщэфъёґўјљњћђџ"),
    "koi8_u": (_CYRILLIC + "іїє", "цщэфъёґ"),
    "iso8859-5": (_CYRILLIC + "іїє", "цщэфъёўјљњћђџ"),
    "cp866": (_CYRILLIC + "їє", "цщэфъёў"),
    "mac_cyrillic": (_CYRILLIC + "іїє", "цщэфъёґўјљњћђџ"),
    "cp1253": (_GREEK, "ϊϋΐΰ"),
    "iso8859-7": (_GREEK, "ϊϋΐΰ"),
    "cp1254": ("şğıçöüéâ", "îûİ"),
    "cp1255": (_HEBREW, "ְֱֲֳִֵֶַָֹֻּ"),
    "cp1256": (_ARABIC, "آئؤپچژگًٌٍَُِّْ"),
    "iso8859-6": (_ARABIC, "آئؤًٌٍَُِّْـ"),
    "cp1257": (_BALTIC, "ōŗóśźż"),
    "iso8859-13": (_BALTIC, "ōŗóśźż"),
    "cp1258": ("àâăđêôơưáéíóúù\u0300\u0301\u0303\u0309\u0323", "ÿ"),
    "cp874": ("กขคงจฉชซญดตถทนบปผพฟภมยรลวศสหอะัาิีืุูเแโใไ่้็์ำๆณธฐษ", "ึฮฝฤ"),
    "mac_roman": (_WESTERN, "œÿ"),
    "cp850": (_WESTERN, "ÿ"),
}
"""Letters of each charset of one octet a character: those its languages write often, and others."""

BY_LANGUAGE = {
    language: frozenset(letters)
    for language, letters in {
        "ca": "àçèéíïòóúü·",
        "cs": "áčďéěíňóřšťúůýž",
        "da": "æøåéü",
        "de": "äöüßé",
        "en": "éèêïñçàöü",
        "es": "áéíñóúüºª",
        "et": "äõöüšž",
        "eu": "ñçü",
        "fi": "äöåšž",
        "fr": "àâæçèéêëîïôœùûüÿ",
        "hr": "čćđšž",
        "hu": "áéíóöőúüű",
        "is": "áðéíóúýþæö",
        "it": "àèéìíîòóùú",
        "lt": "ąčęėįšųūž",
        "lv": "āčēģīķļņšūž",
        "nl": "éëïóèêöüáíúç",
        "no": "æøåéòóôêà",
        "pl": "ąćęłńóśźż",
        "pt": "áâãàçéêíóôõúüºª",
        "ro": "ăâîșțşţ",
        "sk": "áäčďéíĺľňóôŕšťúýž",
        "sl": "čšžćđ",
        "sq": "ëç",
        "sv": "åäöéàü",
        "tr": "çğıiöşüâîû\u0307",
        "vi": "àáâãèéêìíòóôõùúýăđĩũơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ"
        "\u0300\u0301\u0303\u0309\u0323",
    }.items()
}
"""Letters besides those of ASCII; Turkish's capital İ is an i and a dot in lower case."""
