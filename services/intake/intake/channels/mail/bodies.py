"""The new text of a mail, out of its plain and HTML parts."""

import re
from collections.abc import Iterable

from intake.channels.mail import forwards, html
from intake.channels.mail.absences import OF_A_SHOP
from intake.channels.mail.notices import without_notices
from intake.channels.mail.quotes import new_text
from intake.channels.mail.signatures import without_last_rule, without_signature
from intake.channels.mail.speakers import OF_HIMSELF
from intake.channels.mail.structure import Structure, inside
from intake.domain.texts import clean
from shared.contracts.intake import Attachment


def texts_of(mail: Structure) -> tuple[str, str]:
    """What the writer added, and all that stands in the mail.

    Of files alone it is their names; empty when there is nothing at all. HTML says where the
    earlier mail begins better than plain text does, so where it does it counts; else the plain
    part, which the writer's program made for reading. A mail that is passed on comes whole: the
    earlier mail is what it is about. So does one whose quotes cannot be told, for whatever reason.
    """
    try:
        return _new_and_whole(mail)
    except Exception:  # noqa: BLE001 - a mail must not be lost for the shape of its quotes
        mail.notes.append("its text could not be told from what it quotes")
        plain = clean("\n".join(mail.plain)).strip()
        whole = plain or _joined(map(_whole_page, map(clean, mail.html)))[0]
        return whole, whole


def _new_and_whole(mail: Structure) -> tuple[str, str]:
    plain = _without_armour(clean("\n".join(mail.plain))).strip()
    pages = [clean(part) for part in mail.html]
    if pages and _is_excuse(plain):
        plain = ""
    is_forwarded = forwards.is_passed_on(
        mail.headers.text("subject") or "", plain or "".join(pages)
    )
    from_html, has_quote = _joined(html.text_of(page, whole=is_forwarded) for page in pages)
    whole = plain or (from_html if is_forwarded else _joined(map(_whole_page, pages))[0])
    text = from_html if has_quote or not plain else plain
    if not is_forwarded:
        text, is_cut = new_text(text)
        if is_cut or has_quote:
            mail.notes.append("the earlier mail in it was left out of its text")
            text = without_last_rule(text)
        below = without_signature(without_notices(text))
        if len(below) < len(text.rstrip()):
            mail.notes.append("a signature or notice was left out of its text")
        text = below
    text = text or _attached(mail) or "\n".join(map(_named, mail.files))
    return text, whole or text


_NO_HTML = re.compile(
    r"(?:not|n['’]t|cannot) (?:be able to )?(?:support|display|show|view|read|see) (?:this |an? )?"
    r"html|html[- ](?:capable|enabled|compatible)|requires? html|(?:is|was|viewed|sent) in html\b|"
    r"kein(?:e|en)? html|html-?(?:fähig|ansicht|darstellung)|(?:au|en|al|em|in) format[oe]? html|"
    r"html(?:形式|メール|格式|邮件)",
    re.IGNORECASE,
)
_LONGEST_EXCUSE = 300
"""What programs write for those who see no HTML, in place of the text."""


def _is_excuse(plain: str) -> bool:
    """Whether that is all it says: customers too say that a shop's HTML cannot be read."""
    if len(plain) > _LONGEST_EXCUSE or not _NO_HTML.search(plain):
        return False
    return not (OF_HIMSELF.search(plain) or OF_A_SHOP.search(plain))


def _whole_page(page: str) -> tuple[str, bool]:
    return html.text_of(page, whole=True)


def _joined(found: Iterable[tuple[str, bool]]) -> tuple[str, bool]:
    each = list(found)
    return "\n".join(text for text, _ in each).strip(), any(quoted for _, quoted in each)


_BEGIN, _END = "-----BEGIN PGP SIGNED MESSAGE-----\n", "\n-----BEGIN PGP SIGNATURE-----\n"


_DEEPEST_ARMOUR = 3


def _without_armour(text: str, depth: int = 0) -> str:
    """The text that was signed, without PGP's lines around it (RFC 9580 §7)."""
    before, begun, rest = text.partition(_BEGIN)
    _, _, rest = rest.partition("\n\n") if not rest.startswith("\n") else ("", "", rest[1:])
    signed, ended, signature = rest.partition(_END)
    if not (begun and ended):
        return text
    after = signature.partition("-----END PGP SIGNATURE-----")[2]
    inner = re.sub(r"^- ", "", signed, flags=re.MULTILINE)
    # Who signs what was signed already writes armour into armour.
    return (
        before + (_without_armour(inner, depth + 1) if depth < _DEEPEST_ARMOUR else inner) + after
    )


def _attached(mail: Structure, depth: int = 0) -> str:
    """What mails say that came as files, where the mail itself says nothing."""
    if depth > 3:
        return ""
    return "\n\n".join(_whole(inside(part), depth) for part in mail.attached[:5]).strip()


def _whole(mail: Structure, depth: int) -> str:
    """A mail as a reader sees it: who, what, the text."""
    plain = clean("\n".join(mail.plain)).strip()
    text = plain or "\n".join(html.text_of(clean(part), whole=True)[0] for part in mail.html)
    told = [
        f"{name.title()}: {said}"
        for name in ("from", "date", "subject")
        if (said := mail.headers.text(name))
    ]
    files = "\n".join(map(_named, mail.files))
    return "\n".join([*told, "", text or _attached(mail, depth + 1) or files]).strip()


def _named(file: Attachment) -> str:
    return f"[{file.name or file.media_type}]"
