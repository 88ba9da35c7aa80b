"""Every command with arguments good and bad: an answer or an error in words, never a fault of the program."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.transcripts.transcripts import URI, run_virshpy, write_documents
from virshpy.shell import shipped
from virshpy.shell.lang import registry
from virshpy.shell.lang.command import FLAG, WORDS

# What stands for a value of an option, by its name.
VALUES = {"domain": "test", "file": "$DIR/fc.xml", "xml": "$DIR/fc.xml", "config": "$DIR/fc.xml", "xpath": "//name"}


@pytest.fixture(autouse=True)
def surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_documents(tmp_path)
    monkeypatch.setenv("VISUAL", "true")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    # `unit --install` would install one.
    monkeypatch.setattr(shipped, "unit_path", lambda *, user: f"{tmp_path}/{user}/virshpy-guests.service")


def lines(name: str, directory: Path) -> list[list[str]]:
    """Command lines for a command: with each option alone beside what is required, with too little, with nonsense."""
    command = registry.find_known(name)

    def spelled(option: str) -> list[str]:
        declared = command.find(option)
        assert declared is not None
        value = VALUES.get(option, "x").replace("$DIR", str(directory))
        if declared.kind == WORDS:
            return [value]
        return [f"--{option}"] if declared.kind == FLAG else [f"--{option}", value]

    required = [word for option in command.options if option.required for word in spelled(option.name)]
    found = [[], required, ["--help"], [*required, "more", "words"], ["nope"] * 3, ["--no-such-option"]]
    for option in command.options:
        if not option.required:
            found.append([*required, *spelled(option.name)])
    found.append([word for option in command.options for word in spelled(option.name)])
    # Who waits for all events waits for ever: nothing happens on this host.
    endless = [name, "--all"] if name == "event" else None
    return [[*line, "--timeout", "1"] if line == endless else line for line in ([name, *words] for words in found)]


@pytest.mark.parametrize("readonly", [False, True], ids=["", "readonly"])
@pytest.mark.parametrize("output", ["plain", "rich", "json"])
@pytest.mark.parametrize("name", registry.names())
def test_command(name: str, output: str, readonly: bool, tmp_path: Path) -> None:
    options = ["-c", URI, "-o", output, *(["-r"] if readonly else [])]
    for words in lines(name, tmp_path):
        outcome = run_virshpy([*options, *words])
        said = outcome.stdout + outcome.stderr
        assert outcome.code in (0, 1), words
        assert "Traceback" not in said and not (tmp_path / "state").exists(), (words, said)
        silent = name in ("ttyconsole", "complete") or "events received: 0" in said
        assert (outcome.code == 1) <= bool(outcome.stderr or silent), words
