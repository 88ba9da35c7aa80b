"""What a kind of object gets from being declared once."""

from __future__ import annotations

import pytest

from virshpy.shell.lang import command as declarations
from virshpy.shell.lang.command import Command, Invocation, flag, option
from virshpy.shell.lang.types import Flags
from virshpy.shell.nouns.noun import Noun
from virshpy.shell.nouns.objects import NetworkType


@pytest.fixture
def declared(monkeypatch: pytest.MonkeyPatch) -> dict[str, Command]:
    """Commands by name, none but those of the test."""
    monkeypatch.setattr(declarations, "DECLARED", {})
    return declarations.DECLARED


def things() -> Noun:
    return Noun("thing", "network", NetworkType, "thing '{name}'", what="a thing", example="default")


def test_its_commands_are_described_by_what_it_is_called(declared: dict[str, Command]) -> None:
    thing = things()
    thing.verb("stop", "stopped", "stop a thing", method="destroy", on="active")
    thing.from_file("define", example="thing.xml", why="then: thing-start")
    thing.dumpxml()
    thing.edit(0)
    thing.autostart()
    thing.tells("uuid", "name")
    assert " ".join(declared) == "thing-stop thing-define thing-dumpxml thing-edit thing-autostart thing-uuid"
    stop = declared["thing-stop"]
    assert stop.description == "Stop a thing."
    assert stop.examples == (("thing-stop default", "a thing, by its name"),)
    assert stop.returns == "message name uuid"
    assert stop.options[0].help == "name or UUID of a thing"
    assert declared["thing-define"].summary == "define a thing from a file, without starting it"
    assert declared["thing-uuid"].summary == "UUID of a thing, by name"


def test_a_list_declares_the_forms_that_it_has(declared: dict[str, Command]) -> None:
    from virshpy.shell.nouns.lists import FORMS

    thing = things()
    thing.list("networks", "name", "state", options=FORMS[:1], words="things", example=("", "all of them"))
    assert declared["thing-list"].returns == "networks[name state] | networks[uuid]"


def test_flags_of_options_are_summed(declared: dict[str, Command]) -> None:
    thing = things()
    modes = option("mode", Flags({"soft": 1, "hard": 2}, "no mode %s"), "how")
    thing.verb("stop", "stopped", "stop a thing", modes, flag("now", "at once", adds=4), flag("quiet", "say nothing"))
    given = {"mode": ["soft,hard"], "now": [], "quiet": []}
    assert Invocation(declared["thing-stop"], given).flags == 7
    assert Invocation(declared["thing-stop"], {"quiet": []}).flags == 0
