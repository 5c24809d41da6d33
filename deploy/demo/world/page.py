"""One page that shows what arrived in the world, newest first."""

from html import escape

from deploy.demo.world.shapes import Mail, OnPhone, Repayment, Tracking

_HEAD = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>The world</title>
<meta http-equiv="refresh" content="5"><style>
body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
article{border:1px solid #ccc;border-radius:.5rem;padding:.5rem 1rem;margin:.7rem 0}
small{color:#666}pre{white-space:pre-wrap;font:inherit;margin:.3rem 0}</style></head><body>
<h1>What arrived in the world</h1>"""


def page(
    mails: list[Mail], phones: list[OnPhone], trackings: list[Tracking], refunds: list[Repayment]
) -> str:
    """The page as HTML; everything in it is untrusted and escaped."""
    parts = [_HEAD, f"<h2>Mailboxes ({len(mails)})</h2>"]
    for mail in reversed(mails):
        told = f"to {mail.to} · {mail.language or 'language not told'}"
        parts.append(_article(told, mail.subject, mail.text, mail.direction))
    parts.append(f"<h2>Phones ({len(phones)})</h2>")
    parts.extend(
        _article(f"WhatsApp to {message.to}", "", message.text, None)
        for message in reversed(phones)
    )
    parts.append(f"<h2>Parcels at the aggregator ({len(trackings)})</h2>")
    for parcel in reversed(trackings):
        scans = "\n".join(
            f"{scan.at:%F %T %Z}  {scan.subtag}  {scan.message}" for scan in parcel.scans
        )
        parts.append(_article(parcel.slug, parcel.number, scans, None))
    parts.append(f"<h2>Refunds of the shops ({len(refunds)})</h2>")
    for refund in reversed(refunds):
        told = f"{refund.shop} · order {refund.order_id} · key {refund.key}"
        parts.append(_article(told, f"{refund.amount} {refund.currency}", refund.note or "", None))
    return "".join([*parts, "</body></html>"])


def _article(told: str, title: str, text: str, direction: str | None) -> str:
    return (
        f"<article><small>{escape(told)}</small><br><strong dir='auto'>{escape(title)}</strong>"
        f"<pre dir='{escape(direction or 'auto')}'>{escape(text)}</pre></article>"
    )
