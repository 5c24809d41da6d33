"""Links to carriers' tracking pages in the buyer's own country and language.

The pages stand in `tracking_sites.yaml`. A link leads only to a host on its list, and only the
number goes into it, percent-encoded: whatever a shop writes as a number opens no other page.
"""

import string
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal, Self
from urllib.parse import quote, urlsplit

import yaml
from pydantic import BaseModel, ConfigDict, model_validator

from logistics_watch.domain.numbers import s10

_FILE = Path(__file__).with_name("tracking_sites.yaml")


class Page(BaseModel):
    """One page. Without `countries` it serves every country, without `languages` it has one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str
    countries: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    source: Literal["carrier", "code", "known"]

    @model_validator(mode="after")
    def _is_a_template(self) -> Self:
        names = {name for _, name, _, _ in string.Formatter().parse(self.url) if name is not None}
        if not names <= {"number", "country", "COUNTRY", "language"} or "number" not in names:
            raise ValueError("placeholders are {number}, {country}, {COUNTRY}, {language}")
        if "language" in names and not self.languages:
            raise ValueError("a page with {language} names its languages")
        if {"country", "COUNTRY"} & names and not self.countries:
            raise ValueError("a page with {country} names its countries")
        return self

    def link(self, number: str, country: str | None, language: str | None) -> str:
        """Fill the template; a language that the page does not speak becomes its first."""
        spoken = (language or "").partition("-")[0].lower()
        chosen = spoken if spoken in self.languages else next(iter(self.languages), "")
        return self.url.format(
            number=quote(number, safe=""),
            country=(country or "").lower(),
            COUNTRY=country or "",
            language=chosen,
        )


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    collected_on: date
    hosts: frozenset[str]
    carriers: dict[str, tuple[Page, ...]]
    posts: dict[str, Page]
    universal: Page

    @model_validator(mode="after")
    def _hosts_are_listed(self) -> Self:
        for page in self.pages():
            parts = urlsplit(page.url)
            if parts.scheme != "https" or parts.netloc not in self.hosts:
                raise ValueError(f"{page.url} leads to a host that is not listed")
        return self

    def pages(self) -> Sequence[Page]:
        listed = [page for pages in self.carriers.values() for page in pages]
        return [*listed, *self.posts.values(), self.universal]


@dataclass(frozen=True)
class TrackingSites:
    """All known tracking pages."""

    file: _File

    @classmethod
    def load(cls, path: Path = _FILE) -> Self:
        """Read and check the file. Raises `pydantic.ValidationError`."""
        return cls(_File.model_validate(yaml.safe_load(path.read_text("utf-8"))))

    def link(self, carrier: str, number: str, *, country: str | None, language: str | None) -> str:
        """The best page for a buyer in `country` (ISO 3166-1) who reads `language` (BCP 47).

        A postal item: the post of his country. Else the carrier's page for country and language,
        its page for all, or the universal one.
        """
        return self._page(carrier, number, country).link(number, country, language)

    def _page(self, carrier: str, number: str, country: str | None) -> Page:
        postal = s10(number)
        if postal is not None and postal.is_tracked and country in self.file.posts:
            return self.file.posts[country]
        for page in self.file.carriers.get(carrier, ()):
            if not page.countries or country in page.countries:
                return page
        return self.file.universal
