"""Letters: a notice or a reply as subject, plain text and HTML in the reader's language."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from jinja2 import PackageLoader, StrictUndefined, Template, pass_context
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from msgspec import Struct

from notify.domain import languages
from notify.domain.facts import Facts, Recipient
from notify.domain.sending import Due
from notify.domain.texts import carrier_name, link, plain
from notify.templates.catalogs import translations
from notify.templates.figures import Figures
from shared.contracts.base import Money
from shared.contracts.intake import OrderLine
from shared.i18n import zones
from shared.stores import Store

_SANS = "-apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial"
_FONTS = {
    "ja": f"{_SANS}, 'Hiragino Sans', 'Yu Gothic', 'Noto Sans JP', 'Noto Sans CJK JP', sans-serif",
    "zh-Hant": f"{_SANS}, 'PingFang TC', 'Microsoft JhengHei', 'Noto Sans TC', "
    "'Noto Sans CJK TC', sans-serif",
    "ar": "'Segoe UI', Tahoma, 'Geeza Pro', 'Noto Sans Arabic', Arial, sans-serif",
}
_BLANK = re.compile(r"\n[ \t]*(?:\n[ \t]*)+\n")


class Letter(Struct, frozen=True, kw_only=True):
    """What goes into a mail. `is_automatic` tells that no person wrote it."""

    language: str
    subject: str
    text: str
    html: str
    is_automatic: bool


class Line(Struct, frozen=True, kw_only=True):
    """A line of an order as a notice shows it; `amount` is of all its pieces."""

    title: str
    quantity: int
    amount: Money


class Letters:
    """All templates in all languages, compiled when first used."""

    def __init__(self) -> None:
        self._environments = {
            (language, is_html): _environment(language, is_html)
            for language in languages.LANGUAGES
            for is_html in (True, False)
        }

    def language(self, due: Due, store: Store) -> str:
        """Which of our languages the customer is written to in."""
        return languages.choose(_wanted(due), store.languages)

    def notice(self, due: Due, store: Store) -> Letter:
        """The letter of a notice.

        Raises `jinja2.UndefinedError` when a template wants what the notice does not have.
        """
        language = self.language(due, store)
        view = _view(due, store, language)
        subject = self._subject(due.template, language, view)
        text = self._render(due.template, language, False, view | {"subject": subject})
        html = self._render(due.template, language, True, view | {"subject": subject})
        return Letter(
            language=language,
            subject=subject,
            text=_tidy(text),
            html=html,
            is_automatic=True,
        )

    def reply(self, due: Due, store: Store) -> Letter:
        """An agent's own words, untouched, under the subject of the mail they answer."""
        language = due.language or store.languages[0]
        ours = languages.choose([language], store.languages)
        text = due.text or ""
        subject = _answered(due) or translations(ours).gettext("Your message to %(store)s") % {
            "store": plain(store.name)
        }
        view = _page(language) | {
            "subject": subject,
            "paragraphs": [part for part in re.split(r"\n\s*\n", text) if part.strip()],
        }
        html = self._render("reply", ours, True, view)
        return Letter(language=language, subject=subject, text=text, html=html, is_automatic=False)

    def _subject(self, kind: str, language: str, view: dict[str, Any]) -> str:
        template = self._environments[language, False].get_template(f"{kind}.j2")
        context = template.new_context(view | _medium(view, is_html=False))
        return " ".join("".join(template.blocks["subject"](context)).split())

    def _render(self, kind: str, language: str, is_html: bool, view: dict[str, Any]) -> str:
        template: Template = self._environments[language, is_html].get_template(f"{kind}.j2")
        return template.render(view | _medium(view, is_html=is_html))


def _tidy(text: str) -> str:
    """No trailing blanks but that of the signature's dashes, no two empty lines in a row."""
    lines = (line if line == "-- " else line.rstrip() for line in text.splitlines())
    return _BLANK.sub("\n\n", "\n".join(lines)).strip() + "\n"


def _environment(language: str, is_html: bool) -> ImmutableSandboxedEnvironment:
    medium = "html" if is_html else "text"
    environment = ImmutableSandboxedEnvironment(
        loader=PackageLoader("notify", "templates"),
        extensions=["jinja2.ext.i18n"],
        autoescape=is_html,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.install_gettext_translations(translations(language), newstyle=True)  # type: ignore[attr-defined]
    environment.filters |= {name: _filter(name) for name in Figures.FILTERS}
    environment.globals |= {"layout": f"{medium}.j2", "parts": f"{medium}_parts.j2"}
    return environment


def _filter(name: str) -> Callable[[Context, Any], str]:
    @pass_context
    def of_the_reader(context: Context, value: Any) -> str:
        found: str = getattr(context["figures"], name)(value)
        return found

    return of_the_reader


def _medium(view: dict[str, Any], *, is_html: bool) -> dict[str, Any]:
    figures = Figures(
        language=view["language"],
        region=view.get("region"),
        zone=view.get("zone"),
        is_html=is_html,
    )
    return {"figures": figures}


def _page(language: str) -> dict[str, Any]:
    direction = languages.direction(language)
    return {
        "language": language,
        "dir": direction,
        "start": "right" if direction == "rtl" else "left",
        "end": "left" if direction == "rtl" else "right",
        "fonts": _FONTS.get(language, f"{_SANS}, sans-serif"),
        "leading": "1.7" if language in _FONTS else "1.5",
    }


def _wanted(due: Due) -> Sequence[str | None]:
    return (due.language, due.recipient.language if due.recipient else None)


def _view(due: Due, store: Store, language: str) -> dict[str, Any]:
    order, facts = due.recipient, due.facts
    if order is None or facts is None:
        raise ValueError("a notice has an order and facts")
    lines = [_line(line, line.quantity) for line in order.lines]
    goods = _goods(order, facts)
    return {
        **_page(language),
        "region": languages.region_of(_wanted(due), order.country),
        "zone": _zone(order),
        "store": store.name,
        "number": order.number,
        "name": plain(order.name or "", 60),
        "placed_at": order.placed_at,
        "lines": lines,
        "pieces": sum(line.quantity for line in lines),
        "goods": goods,
        "goods_pieces": sum(line.quantity for line in goods),
        "total": order.total,
        "rest": _rest(order.total, lines),
        "at": facts.at,
        "carrier": carrier_name(facts.carrier),
        "tracking_number": facts.number,
        "tracking_url": link(facts.tracking_url),
        "exception_kind": facts.exception_kind,
        "silent_since": facts.silent_since,
        "amount": facts.amount,
        "needs_person": facts.needs_person,
        "basis": facts.basis,
        "send_by": facts.send_by,
        "refund_due": facts.refund_due,
        "buyer_pays_return": facts.buyer_pays_return,
        "reason": facts.why,
        "is_accepted": facts.is_accepted,
    }


def _zone(order: Recipient) -> str | None:
    zone = zones.zone_of(order.country, order.region) if order.country else zones.UNKNOWN
    return None if zone == zones.UNKNOWN else zone


def _line(line: OrderLine, quantity: int) -> Line:
    amount = Money(amount=line.price.amount * quantity, currency=line.price.currency)
    return Line(title=line.title, quantity=quantity, amount=amount)


def _goods(order: Recipient, facts: Facts) -> list[Line]:
    """The lines the notice is about; none when they are the whole order."""
    known = {line.line_id: line for line in order.lines}
    if facts.goods:
        return [
            _line(known[each.line_id], each.quantity)
            for each in facts.goods
            if each.line_id in known
        ]
    some = [known[line_id] for line_id in facts.line_ids if line_id in known]
    return [_line(line, line.quantity) for line in some] if len(some) < len(known) else []


def _rest(total: Money | None, lines: Sequence[Line]) -> Money | None:
    """What the total holds beside the lines; None when nothing or when currencies differ.

    Less than one minor unit a piece is only what prices of single pieces were rounded by.
    """
    if total is None or any(line.amount.currency != total.currency for line in lines):
        return None
    rest = total.amount - sum(line.amount.amount for line in lines)
    is_rounding = abs(rest) < sum(line.quantity for line in lines)
    return Money(amount=rest, currency=total.currency) if lines and not is_rounding else None


def _answered(due: Due) -> str | None:
    subject = plain(due.route.subject or "") if due.route else ""
    if not subject:
        return None
    return (
        subject
        if re.match(r"(?i)(re|aw|sv|antw|rif|res|回复|回覆|رد)\s*[::]", subject)
        else f"Re: {subject}"
    )
