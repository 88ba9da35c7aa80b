"""What Tab offers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.transcripts.differential import known_to_virsh
from tests.transcripts.transcripts import URI, VIRSH, run_virsh, run_virshpy
from virshpy.shell.lang import registry
from virshpy.shell.lang.command import FLAG, WORDS
from virshpy.shell.lang.complete import candidates, program_candidates
from virshpy.shell.lang.global_options import Settings
from virshpy.shell.lang.parser import parse_words
from virshpy.shell.lang.partial_line import for_bash
from virshpy.shell.render.output import Renderer
from virshpy.shell.session import Session


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


@pytest.mark.parametrize("words", [["--output", "j"], ["-o", "j"], ["--all", "-o", "j"]])
def test_formats_after_a_command(session: Session, words: list[str]) -> None:
    assert offered(session, "list", *words) == ["json"]
    assert offered(session, "list", "--output=j") == ["--output=json"]


def test_words_are_offered_once(session: Session) -> None:
    assert "test" in offered(session, "domstats", "t")
    assert "test" not in offered(session, "domstats", "test", "t")


def test_files(session: Session, tmp_path: object) -> None:
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
    argv = ["-q", "-c", URI, "complete", "--described", "--", "dominfo", ""]
    assert run_virshpy(argv).stdout == "test\trunning\n"


HOST = """<node>
<domain type='test'><name>web server</name><memory>1024</memory><os><type>hvm</type></os></domain>
<domain type='test'><name>it's "so"; #1</name><memory>1024</memory><os><type>hvm</type></os></domain>
<domain type='test'><name>back\\slash</name><memory>1024</memory><os><type>hvm</type></os></domain>
</node>
"""
AS_VIRSH = [
    ["domi"], ["dom"], ["net-"], ["x"], [""], [], ["-"], ["bogus", ""], ["list;", "dominf"], ["list; dominfo", "w"],
    ["domstate", ""], ["domstate", "-"], ["domstate", "--"], ["domstate", "--re"], ["domstate", "--reason"],
    ["domstate", "--reason", ""], ["domstate", "--reason", "w"], ["domstate", "--bogus", "--"], ["domstate", "x", "-"],
    ["domstate", "--domain", ""], ["domstate", "--domain", "i"], ["domstate", "--domain="], ["domstate", "w"],
    ["domstate", "web s"], ["domstate", "web\\ s"], ["domstate", "'web s"], ["domstate", '"web', ""],
    ["domstate", "web", "server", ""], ["domstate", "--", ""], ["attach-disk", "--io"],
    ["attach-disk", "a", "b", "c", ""], ["domstate", "b"],
    ["list", "--st"], ["list", "--all", "--"], ["shutdown", "x", "--mode", ""], ["shutdown", "x", "--mode", "acpi,a"],
    ["domstats", ""], ["domstats", "w"], ["domstats", "x", "w"], ["domstats", "--domain"],
    ["send-key", "x", "--codeset", "x"], ["help", "net-de"], ["echo", "--"], ["echo", "a", "--"],
    ["event", "--event", "lif"], ["send-key", "x", "KEY_A", ""],
]  # fmt: skip


@pytest.mark.skipif(VIRSH is None, reason="needs virsh 9.0 (package libvirt-clients) to compare with")
@pytest.mark.parametrize("typed", AS_VIRSH, ids=" ".join)
def test_bare_words_as_virsh(typed: list[str], tmp_path: Path) -> None:
    (tmp_path / "host.xml").write_text(HOST)
    argv = ["-q", "-c", f"test://{tmp_path}/host.xml", "complete", *(["--", *typed] if typed else [])]
    theirs, ours = run_virsh(argv), run_virshpy(argv)
    newer = {name for name in registry.names() if name not in known_to_virsh()} | {"--fields"}  # an option of ours
    assert sorted(set(ours.stdout.splitlines()) - newer) == sorted(theirs.stdout.splitlines())
    assert (ours.stderr, ours.code) == (theirs.stderr, theirs.code)


@pytest.mark.parametrize("name", registry.names())
def test_every_option_of_every_command(name: str, session: Session) -> None:
    """Each is offered, and what its type offers for a value can be typed as one."""
    command = registry.find_known(name)
    for option in command.options:
        if option.kind != WORDS and name not in registry.HIDDEN:
            assert f"--{option.name}" in offered(session, name, f"--{option.name}")
        if option.kind != FLAG and name != "complete":
            for word, meaning in candidates([name, f"--{option.name}", ""], session):
                assert word and "\n" not in word + meaning
                parse_words([name, f"--{option.name}={word}", "--help"])


def test_objects_of_each_kind(session: Session) -> None:
    kinds = {
        "net-destroy": "default", "pool-destroy": "default-pool", "iface-destroy": "eth1",
        "nodedev-dumpxml": "computer", "domstate": "test",
    }  # fmt: skip
    assert {name: offered(session, name, "")[0] for name in kinds} == kinds
    assert "vda" in offered(session, "detach-disk", "test", "")
    assert offered(session, "net-start", "") == [] and "default" in offered(session, "net-info", "")


def test_the_programs_own_options(session: Session) -> None:
    def words(*typed: str) -> list[str]:
        return [word for word, _ in program_candidates(typed, session)]

    assert words("--re") == ["--readonly"] and words("-o", "y") == ["yaml"] and words("--output=c") == ["--output=csv"]
    assert words("-c", "test") == [URI] and "qemu:///system" in words("-c", "")
    assert words("-q", "-r", "-c", URI, "domstate", "") == ["test"] and words("-h", "") == [] == words("--bogus", "")


@pytest.mark.parametrize(
    ("line", "offers"),
    [
        ("virshpy dominfo te", ["test"]), ("virshpy dominfo 'te", ["test"]), ("virshpy -c test:///d", ["///default"]),
        ("virshpy shutdown test --mode=ag", ["agent"]), ("virshpy list; virshpy dominfo te", ["test"]), ("virshpy", []),
    ],
)  # fmt: skip
def test_for_bash(line: str, offers: list[str]) -> None:
    outcome = run_virshpy(["-q", "complete", "--bash", line])
    assert outcome.stdout.splitlines() == offers


@pytest.mark.parametrize(
    ("word", "typed", "offer"),
    [("a b", "a", "a\\ b"), ("a b", "'a", "a b"), ("x:y z", "x:", "y\\ z"), ("$5", "", "\\$5")],
)
def test_quoting_for_bash(word: str, typed: str, offer: str) -> None:
    assert for_bash([word], typed) == [offer]
