"""Documents of `others`, defined on libvirt's imaginary host, are printed by it as by us."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.xml.documents import OTHERS, kind_of

VERBS = {"interface": "iface", "network": "net", "pool": "pool"}
DIFFERENT = {
    "network-nat": "has what came after 9.0, and a namespace that this host does not know",
    "pool-fs": "has options in a namespace that this host does not know",
    "pool-netfs": "has options in a namespace that this host does not know",
    "pool-rbd": "has options in a namespace that this host does not know",
    "device-scsi-host": "libvirt counts the ports of what it is told as none",
    "device-fc-parent": "libvirt does not say which adapter one is to be made of",
    "device-scsi-generic": "libvirt 9.0 prints them and reads none",
    "device-vdpa": "libvirt 9.0 prints them and reads none",
}
CASES = [path for path in OTHERS if path.stem.partition("-")[0] in (*VERBS, "device") and path.stem not in DIFFERENT]

pytestmark = pytest.mark.skipif(shutil.which("virsh") is None, reason="needs virsh (package libvirt-clients)")


def virsh(uri: str, lines: list[str]) -> str:
    """What is between the first tag of a document and its last."""
    done = subprocess.run(["virsh", "-qc", uri, "; ".join(lines)], capture_output=True, text=True, check=True)
    printed = re.search(r"^<.*^</[a-z]+>\n", done.stdout, re.DOTALL | re.MULTILINE)
    assert printed, done.stdout + done.stderr
    return printed[0]


@pytest.mark.parametrize("path", CASES, ids=[path.stem for path in CASES])
def test_printed_alike(path: Path, tmp_path: Path) -> None:
    kind = kind_of(path.read_text())
    document = kind.parse(path.read_text(), inactive=True)
    text, name = document.format(inactive=True), document.name  # type: ignore[attr-defined]
    given = tmp_path / "given.xml"
    if kind._tag == "device":
        guest = "<domain type='test'><name>t</name><memory>1</memory><os><type>hvm</type></os></domain>"
        given.write_text(f"<node>{text}{guest}</node>")
        assert virsh(f"test://{given}", [f"nodedev-dumpxml {name}"]) == text
        return
    given.write_text(text)
    verb = VERBS[kind._tag]
    theirs = virsh("test:///default", [f"{verb}-define {given}", f"{verb}-dumpxml {name}"])
    assert sized(theirs) == sized(text)


def sized(text: str) -> str:
    """Without the sizes that the imaginary host gives its pools."""
    return re.sub(r"<(capacity|available) unit='bytes'>\d+<", r"<\1 unit='bytes'>0<", text)
