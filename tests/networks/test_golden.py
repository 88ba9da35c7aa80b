"""What a network becomes: what its dnsmasq is told, the rules of its table, and the lines that make its bridge.

The expected files were compared with what libvirt 9.0 tells dnsmasq, link by link and packet by packet with its rules.
``UPDATE_GOLDEN=1 pytest tests/networks`` writes them anew; read the diff before you commit it.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from virshpy.drivers.network.complete import complete
from virshpy.drivers.network.plan import live, start_steps
from virshpy.xml.network import Network

GOLDEN = Path(__file__).with_name("golden")
CASES = sorted(GOLDEN.glob("*.xml"), key=lambda path: path.name)


def plan(text: str) -> str:
    """The commands of a start, and the files that it writes."""
    document = Network.parse(text, inactive=True)
    document.uuid = "3f1c4a5e-0004-4000-8000-00000000c0de"
    complete(document, lambda name: False)
    lines = []
    for step in start_steps(live(document), "/run/network"):
        lines += step.commands()
        if (content := getattr(step, "content", None)) is not None:
            lines += [f"| {line}" for line in content.decode().splitlines()]
    return "".join(f"{line}\n" for line in lines)


def test_there_are_enough() -> None:
    assert len(CASES) >= 60


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_plan(case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # What this host has is nothing to a plan's text: who forwards already, and whom dnsmasq becomes.
    monkeypatch.setattr("virshpy.host.namespaces.Host.is_set", lambda where, key: False)
    monkeypatch.setattr("virshpy.drivers.network.plan.service_user", lambda: "dnsmasq")
    monkeypatch.setattr("virshpy.host.steps.network.program", lambda name: name)
    text, path = plan(case.read_text()), case.with_suffix(".out")
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text)
    assert text == path.read_text()
