"""Callers: who a token stands for, and what the file may say."""

import hashlib
import hmac
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from shared.callers import Actor, Callers, Role, new_token
from shared.contracts.base import ActorKind, By
from shared.yaml_files import BadFile

WRITTEN = """\
callers:
  - id: amina
    kind: agent
    role: agent
    stores: [aurora, boreal]
    token_sha256: {amina}
  - id: warehouse-nl
    kind: service
    role: warehouse
    stores: "*"
    token_sha256: [{old}, {new}]
"""


def sha256(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "callers.yaml"
    hashes = {"amina": sha256("a-token"), "old": sha256("old-token"), "new": sha256("new-token")}
    file.write_text(WRITTEN.format(**hashes))
    return file


def test_a_token_stands_for_its_caller(path: Path) -> None:
    callers = Callers.load(path)

    found = callers.actor("a-token")

    assert found == Actor(ActorKind.AGENT, "amina", Role.AGENT, frozenset({"aurora", "boreal"}))
    assert found.by == By(kind=ActorKind.AGENT, id="amina")


@pytest.mark.parametrize(
    "token", ["", "a-toke", "a-token ", "A-token", sha256("a-token"), "\udcff", "ä", b"\xff"]
)
def test_any_other_token_stands_for_nobody(path: Path, token: str | bytes) -> None:
    assert Callers.load(path).actor(token) is None


def test_while_a_token_is_changed_both_are_good(path: Path) -> None:
    callers = Callers.load(path)

    assert callers.actor("old-token") == callers.actor("new-token")
    assert callers.actor("old-token") is not None


def test_a_caller_sees_his_stores_and_no_other(path: Path) -> None:
    callers = Callers.load(path)
    agent, service = callers.actor("a-token"), callers.actor("old-token")

    assert agent is not None
    assert [agent.sees(store) for store in ("aurora", "boreal", "cirrus", "", "*")] == [
        True,
        True,
        False,
        False,
        False,
    ]
    assert service is not None
    assert service.sees("cirrus")


def test_every_caller_is_compared_whoever_it_is(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    callers, compared = Callers.load(path), list[bytes]()
    really = hmac.compare_digest

    def noted(a: bytes, b: bytes) -> bool:
        compared.append(a)
        return really(a, b)

    monkeypatch.setattr(hmac, "compare_digest", noted)
    for token in ("a-token", "new-token", "nobody"):
        callers.actor(token)

    assert len(compared) == 3 * 3


def test_without_a_file_there_are_no_callers_and_the_log_says_so() -> None:
    with capture_logs() as logs:
        callers = Callers.load(None)

    assert callers.actor("") is None
    assert [line["log_level"] for line in logs] == ["warning"]


def test_a_new_token_is_long_and_only_its_hash_is_for_the_file(tmp_path: Path) -> None:
    token, digest = new_token()

    assert new_token()[0] != token
    assert len(token) >= 43  # 256 bits in base64
    assert digest == sha256(token)
    assert token not in digest


def broken(path: Path, old: str, new: str) -> str:
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(BadFile) as refused:
        Callers.load(path)
    return str(refused.value).replace(str(path), "callers.yaml")


@pytest.mark.parametrize(
    ("old", "new", "line", "why"),
    [
        ("role: agent", "role: boss", 4, "callers[0].role: "),
        ("    role: agent\n", "", 2, "callers[0].role is missing"),
        ("kind: service", "kind: customer", 8, "callers[1].kind: "),
        ("kind: agent", "kind: agent\n    tokn: x", 4, "callers[0].tokn is not a known key"),
        ("[aurora, boreal]", "[]", 5, "callers[0].stores: "),
        (sha256("a-token"), "a-token", 6, "callers[0].token_sha256: give the SHA-256"),
        (sha256("a-token"), sha256("a-token").upper(), 6, "callers[0].token_sha256: give "),
        (f", {sha256('new-token')}", ", x, y", 11, "callers[1].token_sha256[1]: give"),
        ("id: warehouse-nl", "id: amina", 7, "caller amina is given twice"),
        (sha256("old-token"), sha256("a-token"), 11, "this token has a caller"),
        ("callers:", "caller:", 1, "caller is not a known key"),
        ("    kind: agent\n", "    kind: agent\n    kind: agent\n", 4, "kind is written twice"),
        ("stores: [aurora", "stores: [[aurora", 6, "is no YAML"),
    ],
)
def test_a_broken_file_is_told_by_line_and_reason(
    path: Path, old: str, new: str, line: int, why: str
) -> None:
    told = broken(path, old, new)

    assert any(sentence.startswith(f"callers.yaml:{line}: {why}") for sentence in told.split("\n"))


def test_a_token_written_into_the_file_by_mistake_is_not_repeated(path: Path) -> None:
    told = broken(path, sha256("a-token"), "meridian_very-secret")

    assert "very-secret" not in told


def test_all_problems_are_told_at_once(path: Path) -> None:
    told = broken(path, "role: ", "roll: ")

    assert len(told.split("\n")) == 4  # two missing, two unknown


@pytest.mark.parametrize("content", [b"", b"callers: []\n\xff", b"- a", b"callers: 3"])
def test_what_is_no_callers_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "callers.yaml").write_bytes(content)

    with pytest.raises(BadFile):
        Callers.load(tmp_path / "callers.yaml")


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="cannot be read"):
        Callers.load(tmp_path / "callers.yaml")
