"""Money, numbers, days and foreign words as they stand in one language's text (CLDR, by Babel)."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from zoneinfo import ZoneInfo

from babel import Locale
from babel.core import UnknownLocaleError
from babel.dates import format_date, format_time
from babel.numbers import format_currency, format_decimal
from markupsafe import Markup

from notify.domain.languages import direction
from notify.domain.money import decimal
from notify.domain.texts import FSI, LRI, PDI, is_rtl, plain
from shared.contracts.base import Money


def locale(language: str, region: str | None) -> Locale:
    """The language as it is written in a region, where CLDR knows of that.

    >>> str(locale("es", "MX")), str(locale("zh-Hant", "HK")), str(locale("ja", "BR"))
    ('es_MX', 'zh_Hant_HK', 'ja')
    """
    base = language.replace("-", "_")
    try:
        return Locale.parse(f"{base}_{region}" if region else base)
    except (UnknownLocaleError, ValueError):
        return Locale.parse(base)


@dataclass(frozen=True)
class Figures:
    """The filters of one medium (HTML or plain text) for one reader."""

    FILTERS: ClassVar = ("money", "number", "day", "moment", "ltr", "name")
    """Methods that templates use as filters, by the same names."""

    language: str
    region: str | None
    zone: str | None
    is_html: bool

    @property
    def _locale(self) -> Locale:
        return locale(self.language, self.region)

    def money(self, value: Money) -> str:
        """An amount with its currency, to the last minor unit."""
        return self._own(
            format_currency(
                decimal(value), value.currency, locale=self._locale, decimal_quantization=False
            )
        )

    def number(self, value: int) -> str:
        """A count."""
        return str(format_decimal(value, locale=self._locale))

    def day(self, value: datetime) -> str:
        """A calendar day in the reader's zone, UTC where that is unknown."""
        return str(format_date(self._there(value), format="long", locale=self._locale))

    def moment(self, value: datetime) -> str:
        """Day and time in the reader's zone; marked UTC where that is unknown."""
        there = self._there(value)
        day = format_date(there, format="long", locale=self._locale)
        time = format_time(there, format="short", locale=self._locale)
        pattern = str(self._locale.datetime_formats["medium"]).replace("'", "")
        text = pattern.replace("{1}", day).replace("{0}", time)
        return text if self.zone else f"{text} UTC"

    def ltr(self, value: str) -> str:
        """A number or code that runs from left to right whatever stands around it."""
        text = plain(value)
        if self.is_html:
            return Markup('<bdi dir="ltr">{}</bdi>').format(text)
        return f"{LRI}{text}{PDI}" if direction(self.language) == "rtl" else text

    def name(self, value: str) -> str:
        """A name or title that runs the way its first letter does."""
        text = plain(value)
        if self.is_html:
            return Markup("<bdi>{}</bdi>").format(text)
        is_foreign = is_rtl(text) != (direction(self.language) == "rtl")
        return f"{FSI}{text}{PDI}" if is_foreign else text

    def _there(self, value: datetime) -> datetime:
        return value.astimezone(ZoneInfo(self.zone or "UTC"))

    def _own(self, text: str) -> str:
        return Markup("<bdi>{}</bdi>").format(text) if self.is_html else text
