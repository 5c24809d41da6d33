"""Mails a second through the reader, beside Python's own parser on the same mails."""

import email
import email.policy
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.message import EmailMessage

from intake.handlers import mails
from tests.bench.figures import Figure
from tests.bench.places import Place

MAILS = 2_000
AT = datetime(2026, 5, 4, 12, tzinfo=UTC)
TEXTS = {
    "utf-8": "my parcel has not come yet and the lamp was broken, send another",
    "iso-8859-1": "die Lampe ist beschädigt, können Sie mir bitte eine neue schicken",
    "iso-2022-jp": "注文した 商品が まだ 届いて いません 確認を お願い します",
    "gb18030": "我的 订单 还 没有 收到 请 帮我 查询 一下 谢谢",
    "koi8-r": "мой заказ ещё не пришёл, когда вы отправите другой",
}
WORDS = {charset: text.split() for charset, text in TEXTS.items()}


def written(rnd: random.Random, n: int) -> bytes:
    """A customer's mail: plain or with HTML, a quote under it, every fifth with a file."""
    charset = rnd.choice(list(WORDS))
    lines = [" ".join(rnd.choices(WORDS[charset], k=12)) for _ in range(rnd.randint(2, 12))]
    text = "\n".join(lines)
    quote = "\n".join(f"> {line}" for line in lines)
    message = EmailMessage(policy=email.policy.SMTP)
    message["From"] = f"Ana <ana{n}@example.org>"
    message["To"] = "help@aurora.example"
    message["Subject"] = " ".join(rnd.choices(WORDS[charset], k=4))
    message["Date"] = "Mon, 04 May 2026 13:50:00 +0200"
    message["Message-ID"] = f"<{n}@example.org>"
    said = "On Mon, May 4, 2026 at 10:12 AM Aurora <help@aurora.example> wrote:"
    message.set_content(f"{text}\n\n{said}\n{quote}\n", charset=charset)
    if n % 2:
        page = f"<p>{text}</p><div class=gmail_quote>{said}<blockquote>{text}</blockquote></div>"
        message.add_alternative(page, subtype="html", charset=charset)
    if n % 5 == 0:
        message.add_attachment(
            rnd.randbytes(20_000), maintype="image", subtype="jpeg", filename="a"
        )
    return message.as_bytes()


async def bench_mail(_: Place) -> list[Figure]:
    """Read the same mails by both."""
    rnd = random.Random(4)
    letters = [written(rnd, n) for n in range(MAILS)]
    floor = _rate(email.message_from_bytes, letters)
    figure = _rate(lambda octets: mails.alone(octets, AT), letters)
    return [
        Figure(
            "mail read: text, quote, signature, HTML, kind",
            figure,
            "mails/s",
            "≥ 0.10 of the floor",
            floor,
            "email.message_from_bytes alone",
        )
    ]


def _rate(read: Callable[[bytes], object], letters: list[bytes]) -> float:
    begun = time.perf_counter()
    for each in letters:
        read(each)
    return len(letters) / (time.perf_counter() - begun)
