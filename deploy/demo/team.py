"""The demo's team: people around the world, each on shift in his own named time zone.

Somebody is there at every hour of every week for Spanish, Cantonese and written Chinese, Japanese,
Arabic and English, for parcels in Japanese and for returns in Arabic; nobody ever for Thai. A
test walks the hours.
"""

from dataclasses import dataclass

BOTH = ("aurora", "kaede")


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody who answers customers; `hours` are local wall-clock time, every day."""

    id: str
    name: str
    languages: tuple[str, ...]
    """His own first; the others he has learned."""
    country: str
    time_zone: str
    hours: tuple[str, str]
    stores: tuple[str, ...] = BOTH
    skills: tuple[str, ...] = ()
    is_lead: bool = False


TEAM = (
    # Spanish
    Person(
        id="nuria",
        country="ES",
        name="Nuria Vidal",
        languages=("es", "ca", "en"),
        time_zone="Europe/Madrid",
        hours=("08:00", "18:00"),
        stores=("aurora",),
        skills=("returns",),
    ),
    Person(
        id="diego",
        country="MX",
        name="Diego Ramírez",
        languages=("es", "en"),
        time_zone="America/Mexico_City",
        hours=("09:00", "19:00"),
        stores=("aurora",),
        skills=("returns",),
    ),
    Person(
        id="lola",
        country="PH",
        name="Lola Reyes",
        languages=("es", "fil"),
        time_zone="Asia/Manila",
        hours=("08:00", "17:00"),
        stores=("aurora",),
        skills=("returns", "parcels"),
    ),
    # Cantonese, and Chinese in traditional characters
    Person(
        id="siu-ling",
        country="HK",
        name="陳小玲",
        languages=("yue", "zh-Hant", "en"),
        time_zone="Asia/Hong_Kong",
        hours=("08:00", "18:00"),
    ),
    Person(
        id="wing",
        country="GB",
        name="李永",
        languages=("yue", "zh-Hant"),
        time_zone="Europe/London",
        hours=("09:00", "19:00"),
    ),
    Person(
        id="mei",
        country="CA",
        name="黃美",
        languages=("yue", "zh-Hant"),
        time_zone="America/Vancouver",
        hours=("09:00", "19:00"),
    ),
    # Japanese
    Person(
        id="haruka",
        country="JP",
        name="小林 遥",
        languages=("ja", "en"),
        time_zone="Asia/Tokyo",
        hours=("09:00", "19:00"),
        skills=("parcels",),
    ),
    Person(
        id="kenji",
        country="DE",
        name="森 健二",
        languages=("ja", "de"),
        time_zone="Europe/Berlin",
        hours=("09:00", "19:00"),
        skills=("parcels",),
    ),
    Person(
        id="emi",
        country="US",
        name="中村 恵美",
        languages=("ja",),
        time_zone="America/Los_Angeles",
        hours=("08:00", "19:00"),
        skills=("parcels",),
    ),
    # Arabic
    Person(
        id="layla",
        country="AE",
        name="ليلى حداد",
        languages=("ar", "en"),
        time_zone="Asia/Dubai",
        hours=("07:00", "17:00"),
        skills=("returns",),
    ),
    Person(
        id="omar",
        country="MA",
        name="عمر بناني",
        languages=("ar", "fr"),
        time_zone="Africa/Casablanca",
        hours=("12:00", "22:00"),
        skills=("returns",),
    ),
    Person(
        id="samir",
        country="AU",
        name="سمير منصور",
        languages=("ar",),
        time_zone="Australia/Sydney",
        hours=("06:00", "16:00"),
        skills=("returns",),
    ),
    # English
    Person(
        id="grace",
        country="US",
        name="Grace Miller",
        languages=("en",),
        time_zone="America/Chicago",
        hours=("09:00", "19:00"),
    ),
    Person(
        id="oliver",
        country="IE",
        name="Oliver Byrne",
        languages=("en",),
        time_zone="Europe/Dublin",
        hours=("08:00", "18:00"),
    ),
    Person(
        id="priya",
        country="IN",
        name="Priya Nair",
        languages=("en", "hi"),
        time_zone="Asia/Kolkata",
        hours=("05:00", "15:00"),
    ),
    # German by day only
    Person(
        id="anna",
        country="AT",
        name="Anna Gruber",
        languages=("de", "en"),
        time_zone="Europe/Vienna",
        hours=("08:00", "17:00"),
        skills=("returns", "parcels"),
    ),
    # Leads, round the clock between them
    Person(
        id="ingrid",
        country="SE",
        name="Ingrid Lindqvist",
        languages=("en", "sv"),
        time_zone="Europe/Stockholm",
        hours=("07:00", "17:00"),
        skills=("parcels", "returns"),
        is_lead=True,
    ),
    Person(
        id="marc",
        country="CA",
        name="Marc Tremblay",
        languages=("en", "fr"),
        time_zone="America/Toronto",
        hours=("10:00", "20:00"),
        skills=("parcels", "returns"),
        is_lead=True,
    ),
    Person(
        id="ming",
        country="SG",
        name="Ming Tan",
        languages=("en", "zh-Hans"),
        time_zone="Asia/Singapore",
        hours=("07:00", "15:00"),
        skills=("parcels", "returns"),
        is_lead=True,
    ),
)
