"""What Tab offers."""

from __future__ import annotations

import pytest

from tests.transcripts.transcripts import URI, run_virshpy
from virshpy.shell.complete import candidates
from virshpy.shell.output import Renderer
from virshpy.shell.session import Session, Settings


@pytest.fixture
def session() -> Session:
    settings = Settings()
    settings.uri = URI
    return Session(settings, Renderer("plain"))


def offered(session: Session, *words: str) -> list[str]:
    return [word for word, _ in candidates(words, session)]


def test_commands(session: Session) -> None:
    assert offered(session, "domx") == ["domxml-from-native", "domxml-to-native"]
    assert "complete" not in offered(session, "")


def test_options_left_over(session: Session) -> None:
    assert offered(session, "domstate", "--") == ["--domain", "--reason"]
    assert offered(session, "domstate", "--reason", "--") == ["--domain"]
    assert "--name" not in offered(session, "list", "--table", "--")
    assert offered(session, "list", "--state-") == [
        "--state-running", "--state-paused", "--state-shutoff", "--state-other",
    ]  # fmt: skip


def test_domains_by_their_state(session: Session) -> None:
    assert offered(session, "suspend", "") == ["test"]
    assert offered(session, "resume", "") == offered(session, "start", "") == []
    assert list(candidates(["domstate", "t"], session)) == [("test", "running")]
    session.connection.lookup_by_name("test").destroy()
    assert offered(session, "start", "") == ["test"] and offered(session, "suspend", "") == []


def test_values_of_options(session: Session) -> None:
    assert offered(session, "shutdown", "test", "--mode", "a") == ["acpi", "agent"]
    assert offered(session, "shutdown", "test", "--mode", "acpi,a") == ["acpi,agent"]
    assert offered(session, "shutdown", "test", "--mode=ag") == ["--mode=agent"]


def test_words_are_offered_once(session: Session) -> None:
    assert "test" in offered(session, "domstats", "t")
    assert "test" not in offered(session, "domstats", "test", "t")


def test_files(session: Session, tmp_path: object) -> None:
    from pathlib import Path

    folder = Path(str(tmp_path))
    (folder / "a.xml").touch()
    (folder / "sub").mkdir()
    assert offered(session, "define", f"{folder}/") == [f"{folder}/a.xml", f"{folder}/sub/"]
    assert offered(session, "cd", f"{folder}/") == [f"{folder}/sub/"]


@pytest.mark.parametrize(
    "words", [["bogus", ""], ["list", "--bogus", "--"], ["list", "x", ""], ["domstate", "--", "--"]]
)
def test_no_offer_where_nothing_fits(session: Session, words: list[str]) -> None:
    assert offered(session, *words) == []


def test_no_offer_without_a_connection() -> None:
    settings = Settings()
    settings.uri = "bogus:///"
    assert candidates(["domstate", ""], Session(settings, Renderer("plain"))) == []


def test_command_for_shells() -> None:
    assert run_virshpy(["-q", "-c", URI, "complete", "--", "dominfo", ""]).stdout == "test\trunning\n"
