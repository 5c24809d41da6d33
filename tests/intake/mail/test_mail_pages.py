"""A mail's HTML, made fit to show, and its text beside it."""

from typing import Any

import pytest
from selectolax.lexbor import LexborHTMLParser

from intake.channels.mail.pages import html_of
from intake.channels.mail.structure import take_apart


def page(html: str) -> str:
    """What is kept of a mail of this HTML."""
    head = b"Content-Type: text/html; charset=utf-8\r\n\r\n"
    return html_of(take_apart(head + html.encode())) or ""


def test_what_is_written_stays() -> None:
    assert page('<p>Hola <b>Ana</b> <a href="https://x.example/">x</a></p>') == (
        '<p>Hola <b>Ana</b> <a href="https://x.example/" rel="noopener noreferrer">x</a></p>'
    )


@pytest.mark.parametrize(
    "html",
    [
        "<script>evil()</script>",
        "<img src=x onerror=evil()>",
        "<a href='javascript:evil()'>x</a>",
        "<a href='data:text/html,evil'>x</a>",
        "<iframe src='https://evil.example'></iframe>",
        "<form action='https://evil.example'><input name=p></form>",
        "<style>@import 'https://evil.example'</style>",
        "<div style=\"background:url('https://evil.example')\">x</div>",
        "<svg onload=evil()><image href='https://evil.example'/></svg>",
        "<link rel=stylesheet href='https://evil.example'>",
        "<meta http-equiv=refresh content='0;url=https://evil.example'>",
        "<table background='https://evil.example'><tr><td>x</td></tr></table>",
        "<!-- evil -->",
        "<math><mtext><table><mglyph><style><!--</style>"
        "<img title='--&gt;&lt;img src=1 onerror=evil()&gt;'>",
    ],
)
def test_nothing_runs_and_nothing_is_sent(html: str) -> None:
    kept = page(f"<p>before</p>{html}<p>after</p>")

    assert "before" in kept
    names = [name for node in LexborHTMLParser(kept).css("*") for name in node.attributes]
    assert not [name for name in names if name.startswith("on")]
    assert "https://evil" not in kept
    assert "<script" not in kept
    assert "javascript:" not in kept
    assert "data:text" not in kept


def test_images_elsewhere_are_not_fetched() -> None:
    html = (
        '<img alt="a" src="https://spy.example/p.gif" width="1"><img src="cid:logo">'
        '<img src="//x.example/y">'
    )

    kept = page(html)

    assert 'data-src="https://spy.example/p.gif"' in kept
    assert ' src="https' not in kept
    assert ' src="//' not in kept
    assert ' src="cid:logo"' in kept
    assert kept == page(kept.replace("data-src", "src"))


def test_a_mail_keeps_its_original_beside_the_new_text(read: Any) -> None:
    octets = (
        b"From: ana@example.org\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
        b'<p>New</p><div class="gmail_quote">On Monday A wrote:<blockquote>OLD</blockquote></div>'
    )

    found = read.message(octets)

    assert (found.event.text, found.text) == ("New", "New")
    assert "OLD" in found.original
    assert "OLD" in found.html


def test_html_too_deep_or_too_large_is_left_to_its_text() -> None:
    assert page("<div>" * 50_000 + "x") == ""
    assert page("<p>" + "x" * 1_100_000) == ""
