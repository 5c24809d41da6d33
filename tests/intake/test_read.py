"""`python -m intake read`: one JSON line an input, whatever it is."""

import json
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from intake.cli import main

MAIL = (
    b"From: =?iso-2022-jp?B?GyRCOzNFRBsoQg==?= <yamada@example.org>\r\nSubject: Lamp\r\n"
    b"Message-ID: <1@example.org>\r\nDate: Mon, 04 May 2026 13:50:00 +0200\r\n\r\nHello\r\n"
)
BOUNCE = (
    b"From: MAILER-DAEMON@mx.example\r\nSubject: Undelivered\r\n"
    b'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
    b"--b\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n"
    b"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
    b"Final-Recipient: rfc822; ana@example.org\r\nAction: failed\r\nStatus: 5.1.1\r\n--b--\r\n"
)


def lines(*paths: Path) -> list[dict[str, Any]]:
    """What `read mail` prints of these."""
    result = CliRunner().invoke(main, ["read", "mail", *map(str, paths)])
    assert result.exit_code == 0
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_a_folder_of_mails_is_a_line_each_in_order(tmp_path: Path) -> None:
    inputs = {"a.eml": MAIL, "b.eml": BOUNCE, "c.eml": b"", "d.eml": b"\xff\x00 no mail at all"}
    for name, octets in inputs.items():
        (tmp_path / name).write_bytes(octets)

    found = lines(tmp_path, tmp_path / "missing.eml")

    assert [Path(one["source"]).name for one in found] == [*inputs, "missing.eml"]
    assert [one["channel"] for one in found] == ["mail"] * 5
    outcomes = [one["outcome"] for one in found]
    assert outcomes == ["message", "bounce", "message", "message", "unreadable"]
    [message] = found[0]["messages"]
    assert (message["type"], message["sender_name"], message["text"]) == (
        "MessageReceived",
        "山田",
        "Hello",
    )
    assert message["reply_route"]["peer"] == "yamada@example.org"
    assert message["version"] == 1


def test_a_bounce_tells_what_it_would_say_if_the_mail_was_ours(tmp_path: Path) -> None:
    (tmp_path / "b.eml").write_bytes(BOUNCE)

    [found] = lines(tmp_path / "b.eml")

    [event] = found["messages"]
    assert (event["type"], event["status"]) == ("MessageStatusChanged", "bounced")
    assert (event["reason"], event["is_permanent"]) == ("5.1.1", True)
    assert found["notes"] == ["a bounce of no mail of ours"]
