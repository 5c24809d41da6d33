"""`python -m intake read`: one JSON line an input, whatever it is."""

import json
import os
import signal
import subprocess
import sys
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from intake.cli import main
from intake.handlers import inputs

MAIL = (
    b"From: =?iso-2022-jp?B?GyRCOzNFRBsoQg==?= <yamada@example.org>\r\nSubject: Lamp\r\n"
    b"Message-ID: <1@example.org>\r\nDate: Mon, 04 May 2026 13:50:00 +0200\r\n\r\nHello\r\n"
)
BOUNCE = (
    b"From: MAILER-DAEMON@mx.example\r\nSubject: Undelivered\r\n"
    b"Date: Mon, 04 May 2026 13:50:00 +0200\r\n"
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


def with_file(name: str, octets: bytes) -> bytes:
    written = EmailMessage()
    written["From"], written["Subject"] = "ana@example.org", "Files"
    written["Date"] = "Mon, 04 May 2026 13:50:00 +0200"
    written.set_content("See there")
    written.add_attachment(octets, maintype="image", subtype="png", filename=name)
    return bytes(written)


@pytest.mark.parametrize(
    ("name", "octets", "why"),
    [
        ("a.png", b"MZ" + bytes(200), "a program, or a document with programs in it"),
        ("a.zip", b"PK\x03\x04" + bytes(200), "an archive: send the files themselves"),
        ("a.png", bytes(25 * 1024 * 1024 + 1), "larger than is taken in"),
        ("a.png", b"", "empty"),
        ("a.png", b"\x89PNG\r\n\x1a\n" + bytes(200), None),
    ],
)
def test_a_file_that_would_be_refused_is_named_with_the_reason(
    tmp_path: Path, name: str, octets: bytes, why: str | None
) -> None:
    (tmp_path / "a.eml").write_bytes(with_file(name, octets))

    [found] = lines(tmp_path / "a.eml")

    assert found["outcome"] == "message"
    assert found["notes"] == ([f'the file "{name}" would be refused: {why}'] if why else [])


def requests(path: str, given: bytes = b"") -> list[dict[str, Any]]:
    """What `read requests` prints of this."""
    result = CliRunner().invoke(main, ["read", "requests", path], input=given)
    assert result.exit_code == 0
    return [json.loads(line) for line in result.stdout.splitlines()]


REQUEST = b'{"channel": "zalo", "body": {"event_name": "user_send_text"}}\n'


@pytest.mark.parametrize(
    ("octets", "places"),
    [
        (b"", [""]),
        (b" \n\n", [""]),
        (b"\xff\xfe\x00\n" + REQUEST, [":1", ":2"]),
        (b"\x7fELF\x00\x01\x02", [":1"]),
        (b"[" * 100_000 + b"\n" + REQUEST, [":1", ":2"]),
        (REQUEST + b"\n" + REQUEST, [":1", ":3"]),
        (b"\r\n".join([b"{}", b"null", b'"a"', b"NaN", b"{"]), [f":{n}" for n in range(1, 6)]),
    ],
)
def test_every_request_is_a_line_however_bad(
    tmp_path: Path, octets: bytes, places: list[str]
) -> None:
    path = tmp_path / "requests.jsonl"
    path.write_bytes(octets)

    found = requests(str(path))

    assert [one["source"] for one in found] == [f"{path}{place}" for place in places]
    assert {one["outcome"] for one in found} <= {"unreadable", "event"}
    assert all(one["notes"] for one in found)


def test_a_file_of_requests_that_is_not_there_is_a_line_like_any_other(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")

    for path in (tmp_path / "missing.jsonl", tmp_path / "loop", tmp_path / ("x" * 300)):
        [found] = requests(str(path))
        assert found in ([{**one, "channel": ""} for one in lines(path)])
        assert (found["source"], found["outcome"]) == (str(path), "unreadable")
        assert found["notes"] == ["no file that can be read"]
    assert requests(str(tmp_path))[0]["notes"] == ["no file that can be read"]


def test_requests_and_mails_come_by_standard_input_too() -> None:
    result = CliRunner().invoke(main, ["read", "mail", "-"], input=MAIL)

    assert json.loads(result.stdout)["outcome"] == "message"
    assert [one["source"] for one in requests("-", REQUEST)] == ["-:1"]
    assert [one["outcome"] for one in requests("-")] == ["unreadable"]


def test_a_line_without_end_costs_no_other(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(inputs, "_MOST", 1000)
    path = tmp_path / "requests.jsonl"
    path.write_bytes(b"x" * 3000 + b"\n" + REQUEST)
    (tmp_path / "large.eml").write_bytes(MAIL + b"x" * 3000)

    first, second = requests(str(path))
    [mail] = lines(tmp_path / "large.eml")

    assert (first["outcome"], first["notes"]) == ("unreadable", ["longer than is read"])
    assert second["channel"] == "zalo"
    assert mail["outcome"] == "message"
    assert inputs.CUT in mail["notes"]


def test_folders_may_be_empty_or_link_to_themselves(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    within = tmp_path / "mails"
    within.mkdir()
    (within / "a.eml").write_bytes(MAIL)
    (within / "again").symlink_to(within, target_is_directory=True)
    (within / "nowhere.eml").symlink_to(within / "gone.eml")
    os.mkfifo(within / "pipe")

    found = lines(tmp_path / "empty", within)

    assert [Path(one["source"]).name for one in found] == ["empty", "a.eml", "nowhere.eml", "pipe"]
    assert [one["outcome"] for one in found] == ["unreadable", "message", *["unreadable"] * 2]


def begun(*args: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "intake", "read", *args],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def test_who_has_read_enough_is_not_complained_to(tmp_path: Path) -> None:
    path = tmp_path / "requests.jsonl"
    path.write_bytes(REQUEST * 5000)

    with begun("requests", str(path)) as running:
        assert running.stdout is not None
        running.stdout.readline()
        running.stdout.close()
        complaint = running.stderr.read() if running.stderr else None

    assert (running.returncode, complaint) == (0, b"")


def test_ctrl_c_ends_it_quietly() -> None:
    # A shell starts what runs in the background with SIGINT ignored, and children inherit it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with begun("requests", "-") as running:
        assert running.stdin is not None
        assert running.stdout is not None
        running.stdin.write(REQUEST)
        running.stdin.flush()
        running.stdout.readline()
        running.send_signal(signal.SIGINT)
        said = running.communicate(timeout=30)

    assert (running.returncode, said) == (130, (b"", b""))
