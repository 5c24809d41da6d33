"""Which part of the world a country lies in, as teams are laid out: five of them.

From the regions of the United Nations (M49, https://unstats.un.org/unsd/methodology/m49/): Northern
America, Latin America with the Caribbean, Europe, Africa with Western Asia, and the rest of Asia
with Oceania.
"""

_COUNTRIES = {
    "north america": "BM CA GL PM US",
    "latin america": (
        "AG AI AR AW BB BL BO BQ BR BS BZ CL CO CR CU CW DM DO EC FK GD GF GP "
        "GT GY HN HT JM KN KY LC MF MQ MS MX NI PA PE PR PY SR SV SX TC TT UY "
        "VC VE VG VI"
    ),
    "europe": (
        "AD AL AT AX BA BE BG BY CH CZ DE DK EE ES FI FO FR GB GG GI GR HR HU "
        "IE IM IS IT JE LI LT LU LV MC MD ME MK MT NL NO PL PT RO RS RU SE SI "
        "SJ SK SM UA VA XK"
    ),
    "middle east and africa": (
        "AE AM AO AZ BF BH BI BJ BW CD CF CG CI CM CV CY DJ DZ EG EH ER ET GA "
        "GE GH GM GN GQ GW IL IQ JO KE KM KW LB LR LS LY MA MG ML MR MU MW MZ "
        "NA NE NG OM PS QA RE RW SA SC SD SH SL SN SO SS ST SY SZ TD TG TN TR "
        "TZ UG YE YT ZA ZM ZW"
    ),
    "asia and pacific": (
        "AF AS AU BD BN BT CC CK CN CX FJ FM GU HK ID IN IR JP KG KH KI KP KR "
        "KZ LA LK MH MM MN MO MP MV MY NC NF NP NR NU NZ PF PG PH PK PN PW SB "
        "SG TH TJ TK TL TM TO TV TW UM UZ VN VU WF WS"
    ),
}
AREAS = frozenset(_COUNTRIES)
"""The names of the five."""
_AREAS = {country: area for area, listed in _COUNTRIES.items() for country in listed.split()}


def area(country: str) -> str:
    """The part of the world a country of ISO 3166-1 lies in; one that is not known is its own.

    >>> area("MX"), area("PT")
    ('latin america', 'europe')
    """
    return _AREAS.get(country, country)
