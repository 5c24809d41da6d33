"""Whether a text points at what stands in the signature under it: an address, a telephone's number.

There the signature is what the writer says, so it stays.
"""
# ruff: noqa: E501 - a phrase a line, and characters of East Asia count twice

import re

_CALL = re.compile(
    r"\b(?:call|phone|ring|text) (?:me|us|back)\b|\bgive me a (?:call|ring)\b|\brufen sie|\bruf(?:t)? mich|\b(?:an|zurück)(?:zu)?rufen|"
    r"\bappele[zr][- ](?:moi|nous)|\brappel(?:ez|er)|\bm['’]appeler|\bll[áa]m(?:e|a|en)(?:me|nos)|\bme llam[ae]|\bligue[- ]me|\bme lig(?:ue|ar)|"
    r"\bchiam(?:atemi|ami|armi)|\bmi chiam|\bbel(?:t|len)? (?:u )?(?:me|mij|ons)\b|\bterugbel|\bzadzwo[nń]|\bproszę o telefon|позвон|перезвон|"
    r"\bring (?:mig|meg|till)|\bsoitta|\btelefonnummer|\bphone number|\btelephone number|\bnumber (?:is )?below|numéro de téléphone|"
    r"número de tel[ée]fono|numero di telefono|numer telefonu|номер телефона|電話|电话|電話番号|打给我|전화",
    re.IGNORECASE,
)
_PLACE = r"(?:address|adress[eo]?|adresi?|direcci[óo]n|endereço|morada|indirizzo|адрес\w*|osoite\w*|adresa|anschrift)"
_NEW = (
    r"(?:new|changed?|moved|below|following|correct|right|wrong|neue?[rsn]?|geändert|ändern|umgezogen|unten|folgende[rn]?|falsch\w*|richtige?[rn]?|"
    r"nouvelle|chang[ée]+r?|ci-dessous|suivante|bonne|mauvaise|nueva|cambi\w+|abajo|siguiente|correcta|novo|nova|mud\w+|abaixo|seguinte|"
    r"nuovo|sotto|seguente|corretto|nieuwe?|gewijzigd|hieronder|juiste?|now[yeg]\w*|zmieni\w+|poniżej|poniższ\w+|"
    r"нов\w+|измени\w+|ниже|следующ\w+|ny(?:a|e|tt)?|ändra\w*|ændr\w+|endr\w+|nedan|nedenfor|uu(?:si|teen)|muuttu\w+|alla)"
)
_SEND_THERE = re.compile(
    rf"\b{_NEW}\b.{{0,40}}\b{_PLACE}\b|\b{_PLACE}\b.{{0,40}}\b{_NEW}\b|"
    r"(?:新しい|変更|以下|下記)[^\n]{0,15}住所|住所[^\n]{0,15}(?:変更|以下|下記|変わり)|(?:新|改|以下|下面)[^\n]{0,10}地址|地址[^\n]{0,10}(?:改|变|如下|下面)|"
    r"(?:새|변경|아래)[^\n]{0,10}주소|주소[^\n]{0,10}(?:변경|아래|바뀌)",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\d(?:[ /().-]{0,2}\d){5}")
_READ = 4_000


def points_at(text: str, below: str) -> bool:
    """Whether the end of a text speaks of a number or an address that stands below."""
    if not any(map(str.isdigit, below)):
        return False
    told = text[-_READ:]
    return bool(_SEND_THERE.search(told)) or bool(_NUMBER.search(below) and _CALL.search(told))
