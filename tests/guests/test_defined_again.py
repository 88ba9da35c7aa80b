"""What a running guest says of itself is a document that defines it again."""

from __future__ import annotations

from pathlib import Path

from tests import needs
from tests.conftest import Run
from tests.guests.documents import document

pytestmark = needs.qemu

DEVICES = """<serial type='pty'/>
<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
<channel type='pty'><target type='virtio' name='mine'/></channel>
<graphics type='vnc' autoport='yes' websocket='-1' listen='127.0.0.1'/>
<graphics type='spice'><listen type='socket'/></graphics>
<interface type='user'><mac address='52:54:00:00:00:01'/></interface>"""
OF_THE_RUN = ("<cpu", "<feature policy", "<seclabel")  # the processor that it got, and that it was one of ours


def test_a_running_guest_is_defined_again_and_starts(virshpy: Run, root: Path) -> None:
    given, kept = root / "given.xml", root / "kept.xml"
    given.write_text(document("vm", DEVICES))
    virshpy("define", str(given))
    before = virshpy("dumpxml", "vm").stdout
    virshpy("start", "vm")
    kept.write_text(virshpy("dumpxml", "vm", "--security-info").stdout)
    virshpy("destroy", "vm")
    virshpy("undefine", "vm")
    virshpy("define", str(kept))
    after = virshpy("dumpxml", "vm").stdout
    assert facts(after) == facts(before)
    virshpy("start", "vm")
    virshpy("destroy", "vm")
    virshpy("create", str(kept))
    virshpy("destroy", "vm")


def facts(text: str) -> list[str]:
    return sorted(line for line in text.splitlines() if not line.strip().startswith(OF_THE_RUN))


def test_a_title_is_one_line_and_a_name_is_short(virshpy: Run, root: Path) -> None:
    given = root / "given.xml"
    given.write_text(document("vm"))
    virshpy("define", str(given))
    failed = virshpy("desc", "vm", "--title", "one\ntwo", check=False)
    assert failed.stderr.splitlines()[-1] == "error: metadata title can't contain newlines"
    failed = virshpy("domrename", "vm", "n" * 256, check=False)
    assert "File name too long" in failed.stderr
