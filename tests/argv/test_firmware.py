"""Firmware on flash: which images become block nodes, how they may be written, and who opens them."""

from __future__ import annotations

import pytest

from tests.argv.documents import guest, start
from virshpy.drivers.qemu.argv.runtime import CommandLine

LOADER = "<loader type='pflash'{more}>/fw/code.fd</loader>"
NETWORK = (
    "<nvram type='network'><source protocol='nbd' name='vars'><host name='192.0.2.1' port='10809'/></source></nvram>"
)


def started(*words: str, more: str = "") -> CommandLine:
    os = "".join(words)
    loader = LOADER.format(more=more)
    return start(guest(machine="q35").replace("</os>", f"{loader}{os}</os>"))


def flash(line: CommandLine) -> dict[str, str]:
    """The node of each flash with what QEMU may do to it; `-` for none."""
    nodes = {
        word.split('"')[3]: word for word in line.argv if '"node-name":"libvirt-pflash' in word and "-format" in word
    }
    machine = line.argv[line.argv.index("-machine") + 1]
    found = {}
    for number in (0, 1):
        word = nodes.get(f"libvirt-pflash{number}-format", "")
        assert bool(word) is (f"pflash{number}=libvirt-pflash{number}-format" in machine)
        found[f"pflash{number}"] = ("ro" if '"read-only":true' in word else "rw") if word else "-"
    return found


@pytest.mark.parametrize(
    ("more", "nvram", "expected", "opened"),
    [
        (" readonly='yes'", "", {"pflash0": "ro", "pflash1": "rw"},
         {"/fw/code.fd": "r", "/var/lib/guests/nvram/small_VARS.fd": "rw"}),
        (" readonly='no'", "", {"pflash0": "rw", "pflash1": "-"}, {"/fw/code.fd": "rw"}),
        ("", "", {"pflash0": "rw", "pflash1": "-"}, {"/fw/code.fd": "rw"}),
        (" readonly='yes' stateless='yes'", "", {"pflash0": "ro", "pflash1": "-"}, {"/fw/code.fd": "r"}),
        (" readonly='yes'", "<nvram>/vars.fd</nvram>", {"pflash0": "ro", "pflash1": "rw"},
         {"/fw/code.fd": "r", "/vars.fd": "rw"}),
        (" readonly='yes'", "<nvram type='file'><source file='/vars.fd'/></nvram>", {"pflash0": "ro", "pflash1": "rw"},
         {"/fw/code.fd": "r", "/vars.fd": "rw"}),
        (" readonly='yes'", NETWORK, {"pflash0": "ro", "pflash1": "rw"}, {"/fw/code.fd": "r"}),
    ],
)  # fmt: skip
def test_flash(more: str, nvram: str, expected: dict[str, str], opened: dict[str, str]) -> None:
    line = started(nvram, more=more)
    assert flash(line) == expected
    assert {file.path: file.mode for file in line.files if file.kind in ("firmware", "nvram")} == opened
