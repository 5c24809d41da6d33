"""The translations: gettext catalogues as translators edit them, compiled at start."""

import gettext
import io
from functools import cache
from importlib.resources import files

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from notify.domain.languages import SOURCE


def catalog(language: str) -> Catalog:
    """The catalogue of one language other than `SOURCE`, as it lies in `locale/`.

    Raises `babel.messages.pofile.PoFileError` for a file that breaks the format.
    """
    name = language.replace("-", "_")
    raw = files("notify.templates").joinpath("locale", f"{name}.po").read_bytes()
    return read_po(io.BytesIO(raw), locale=name, abort_invalid=True)


@cache
def translations(language: str) -> gettext.NullTranslations:
    """What turns the templates' English into a language; English itself stays as it is."""
    if language == SOURCE:
        return gettext.NullTranslations()
    compiled = io.BytesIO()
    write_mo(compiled, catalog(language))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
