"""What commands tell programs about a real guest is what they declare (tests/answers.py looks at every line)."""

from __future__ import annotations

import json
from pathlib import Path

from tests import answers, needs
from tests.conftest import Run

LINES = """\
list --all --title
list --name
start web --paused
list
dominfo web
domstate web --reason
domid web
domuuid web
domcontrol web
domstats web
domstats --raw
vcpucount web
vcpuinfo web
vcpupin web
emulatorpin web
iothreadinfo web
cpu-stats web
dommemstat web
domblklist web --details
domblkinfo web vda
domblkinfo web --all
domblkstat web vda
domiflist web
domifaddr web
domjobinfo web
domdisplay web
vncdisplay web
ttyconsole web
domtime web
domhostname web
guestinfo web
domfsinfo web
schedinfo web
memtune web
numatune web
blkiotune web
perf web
diff web
dumpxml web
desc web a guest
desc web
metadata web http://example.org/x --key x --set <x/>
metadata web http://example.org/x
autostart web
snapshot-list web
checkpoint-list web
qemu-monitor-command web query-status
resume web
suspend web
destroy web --dry-run
destroy web
undefine web
uri
hostname
version --daemon
nodeinfo
nodecpumap
nodecpustats
nodememstats
node-memory-tune
freecell
freecell --all
freepages --all
maxvcpus
capabilities
domcapabilities
cpu-models x86_64
sysinfo
net-list --all
pool-list --all --details
secret-list
nwfilter-list
nodedev-list
iface-list --all
"""
# What there is no doubt about; of the rest, some is not supported yet or not on every host.
AT_LEAST = {
    "list", "start", "dominfo", "domstate", "domid", "domcontrol", "domstats", "diff", "dumpxml", "suspend", "resume",
    "destroy", "undefine", "vncdisplay", "nodeinfo", "capabilities", "qemu-monitor-command",
}  # fmt: skip


@needs.qemu
def test_answers_about_a_guest(virshpy: Run, root: Path) -> None:
    (root / "web.xml").write_text(
        "<domain type='qemu'><name>web</name><memory unit='MiB'>64</memory><vcpu>2</vcpu>"
        "<os><type machine='pc'>hvm</type></os><devices><graphics type='vnc' port='-1'/></devices></domain>"
    )
    script = f"define {root}/web.xml\n{LINES}"
    done = virshpy("-o", "json", input=script, check=False)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    answered = {line["command"] for line in lines}
    assert AT_LEAST <= answered <= set(answers.forms), AT_LEAST - answered
    assert "Traceback" not in done.stderr
