"""Which carrier it is: from the name the shop wrote, else from the number's form.

Carriers are named by AfterShip's slugs throughout the service, so that its webhooks and our rows
speak of the same one. What is not recognised stays unknown: the aggregator then detects it itself,
which beats a guess (twelve digits alone fit FedEx, Yamato, Sagawa and Purolator).
"""

import re
import unicodedata

from logistics_watch.domain.numbers import is_ups, s10

UNKNOWN = "unknown"

_SAID = {
    "dhl": "dhl express|dhlexpress|dhl worldwide express",
    "dhl-germany": "dhl paket|dhl germany|deutsche post dhl|dhl parcel de|dhl de",
    "dhl-global-mail": "dhl ecommerce|dhl global mail|dhl ecommerce solutions",
    "dhl-global-mail-asia": "dhl ecommerce asia|dhl global mail asia",
    "deutsch-post": "deutsche post|deutsche post de|deutsche post en",
    "ups": "united parcel service",
    "fedex": "federal express|fedex express|fedex ground|fedex home delivery",
    "tnt": "tnt express",
    "usps": "united states postal service|us postal service|usps ground advantage",
    "canada-post": "postes canada|canadapost",
    "purolator": "",
    "royal-mail": "royalmail|royal mail tracked|royal mail domestic",
    "parcel-force": "parcelforce|parcelforce worldwide",
    "myhermes-uk": "evri|hermes|hermes uk|my hermes",
    "yodel": "yodel direct",
    "dpd": "",
    "dpd-de": "dpd germany|dpd deutschland",
    "dpd-uk": "dpd local",
    "gls": "gls germany",
    "hermes-de": "hermes germany|hermes deutschland|myhermes de",
    "la-poste-colissimo": "la poste",
    "colissimo": "colissimo fr",
    "chronopost-france": "chronopost",
    "mondialrelay": "mondial relay",
    "postnl": "postnl domestic|post nl",
    "postnl-international": "postnl international",
    "bpost": "belgium post|belgian post",
    "bpost-international": "bpost international",
    "austrian-post-registered": "austrian post|osterreichische post|post at",
    "swiss-post": "die post|la poste suisse|schweizerische post",
    "poste-italiane": "poste italiane|italian post",
    "brt-it": "brt|bartolini",
    "spain-correos-es": "correos|correos de espana|correos spain",
    "correosexpress": "correos express",
    "spanish-seur": "seur",
    "mrw-spain": "mrw",
    "portugal-ctt": "ctt|ctt portugal",
    "posti": "itella posti",
    "postnord": "post nord",
    "posten-norge": "bring|posten|posten norge bring",
    "poczta-polska": "poland post",
    "inpost-paczkomaty": "inpost",
    "an-post": "anpost|an post ireland",
    "australia-post": "auspost|australia post",
    "new-zealand-post": "nz post",
    "singapore-post": "singpost|singapore post",
    "japan-post": "japan post en|japan post ja|nihon yubin|日本郵便|ゆうパック|japanpost",
    "taqbin-jp": "yamato|yamato en|yamato ja|yamato transport|kuroneko|ヤマト運輸|クロネコヤマト",
    "sagawa": "sagawa en|sagawa ja|sagawa express|佐川急便",
    "korea-post": "korea post|epost|우체국|우정사업본부",
    "cj-gls": "cj logistics|cj korea express|cj대한통운|cj gls",
    "china-post": "china post|中国邮政",
    "china-ems": "ems china|china ems|中国ems|ems",
    "sf-express": "s f express|sf|顺丰|顺丰速运|順豐速運",
    "yunexpress": "yun express|云途物流",
    "4px": "4px express|递四方",
    "yanwen": "yanwen express|燕文物流",
    "hong-kong-post": "hongkong post|hongkongpost|香港郵政",
    "taiwan-post": "chunghwa post|中華郵政",
    "india-post": "india post domestic",
    "bluedart": "blue dart",
    "delhivery": "",
    "thailand-post": "thai post|ไปรษณีย์ไทย",
    "emirates-post": "uae post",
    "saudi-post": "spl|saudi post spl|البريد السعودي",
    "aramex": "ارامكس|أرامكس",
    "brazil-correios": "correios|correios brasil|correios brazil",
    "ptt-posta": "ptt|ptt kargo|turkish post",
}
"""Slug → names that shops write, separated by |. Names from Shopify's list of tracking companies
(FulfillmentTrackingInfo.company) and the carriers' own."""

_ISSUERS = {
    "AE": "emirates-post",
    "AT": "austrian-post-registered",
    "AU": "australia-post",
    "BE": "bpost",
    "BR": "brazil-correios",
    "CA": "canada-post",
    "CH": "swiss-post",
    "CN": "china-post",
    "DE": "dhl-germany",
    "ES": "spain-correos-es",
    "FI": "posti",
    "FR": "la-poste-colissimo",
    "GB": "royal-mail",
    "HK": "hong-kong-post",
    "IE": "an-post",
    "IN": "india-post-int",
    "IT": "poste-italiane",
    "JP": "japan-post",
    "KR": "korea-post",
    "NL": "postnl-international",
    "NO": "posten-norge",
    "NZ": "new-zealand-post",
    "PL": "poczta-polska",
    "PT": "portugal-ctt",
    "SA": "saudi-post",
    "SG": "singapore-post",
    "TH": "thailand-post",
    "TR": "ptt-posta",
    "TW": "taiwan-post",
    "US": "usps",
}
"""Post that issues S10 numbers of a country."""

_FORMS = (
    (re.compile(r"YT\d{16}"), "yunexpress"),
    (re.compile(r"9[2-5]\d{20}"), "usps"),
    (re.compile(r"SF\d{12,13}"), "sf-express"),
    (re.compile(r"JJD\d{16,20}"), "dhl-germany"),
)
"""Forms that belong to one carrier alone."""


def _plain(name: str) -> str:
    folded = unicodedata.normalize("NFKD", name).casefold()
    letters = "".join(letter for letter in folded if not unicodedata.combining(letter))
    composed = unicodedata.normalize("NFKC", letters)
    return " ".join(re.sub(r"[\W_]+", " ", composed).split())


_BY_NAME = {
    _plain(name): slug
    for slug, names in _SAID.items()
    for name in (slug, *filter(None, names.split("|")))
}


def carrier_of(name: str | None, number: str) -> str | None:
    """Name the carrier by its slug, or None when neither name nor normalised number tell.

    >>> carrier_of("Sagawa (JA)", "123456789012"), carrier_of(None, "RB123456785GB")
    ('sagawa', 'royal-mail')
    >>> carrier_of("Aunt Emma", "123456789012") is None
    True
    """
    if name and (said := _BY_NAME.get(_plain(name))):
        return said
    return _by_form(number)


def _by_form(number: str) -> str | None:
    if is_ups(number):
        return "ups"
    postal = s10(number)
    if postal is not None:
        if postal.issuer == "CN" and postal.service == "E":
            return "china-ems"
        return _ISSUERS.get(postal.issuer)
    return next((slug for form, slug in _FORMS if form.fullmatch(number)), None)
