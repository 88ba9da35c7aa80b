"""A lab is what it says: the host's files under a systemd of its own, with logins, reboots and an orderly end.

One machine serves all of these tests, as long as one worker has them.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.guests.documents import document, serial_to
from tests.guests.living import wait_for
from tests.lab import sector
from tests.lab.machine import NEEDS, USER, Lab, LabError

pytestmark = NEEDS

ONCE = """\
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/local/bin/note started
ExecStop=/bin/sleep 3
ExecStop=/usr/local/bin/note stopped
[Install]
WantedBy=multi-user.target
"""
LATER = ONCE.replace("started", "later")
NOTE = '#!/bin/sh\necho "$1 $(cat /proc/sys/kernel/random/boot_id)" >>/persist/notes\n'
PANIC = """\
[Unit]
DefaultDependencies=no
[Service]
Type=oneshot
ExecStart=/bin/sh -c 'echo c >/proc/sysrq-trigger'
[Install]
WantedBy=sysinit.target
"""


@pytest.fixture(scope="module")
def machine() -> Iterator[Lab]:
    units, files = {"once.service": ONCE}, {"/usr/local/bin/note": NOTE}
    with tempfile.TemporaryDirectory(prefix="vp.lab.") as root, Lab(Path(root), units=units, files=files) as lab:
        yield lab


def notes(lab: Lab, boot: str) -> list[str]:
    """What the units of one boot have noted."""
    lines = (lab.persist / "notes").read_text().splitlines()
    return [line.removesuffix(f" {boot}") for line in lines if line.endswith(f" {boot}")]


def boot_id(lab: Lab) -> str:
    return lab.run("cat /proc/sys/kernel/random/boot_id").stdout.strip()


def has_sessions(lab: Lab) -> bool:
    return bool(lab.run("loginctl list-sessions --no-legend").stdout)


def test_systemd_is_the_first_process_and_well(lab: Lab) -> None:
    assert lab.run("readlink /proc/1/exe").stdout == "/usr/lib/systemd/systemd\n"
    assert lab.run("systemctl is-system-running").stdout == "running\n"
    assert lab.run("systemctl list-units --failed --no-legend").stdout == ""
    # To be a container would change what units do.
    assert lab.run("systemd-detect-virt --container", check=False).stdout == "none\n"


def test_cgroups_are_of_version_2(lab: Lab) -> None:
    assert lab.run("stat -fc %T /sys/fs/cgroup").stdout == "cgroup2fs\n"
    assert {"cpu", "io", "memory", "pids"} <= set(lab.run("cat /sys/fs/cgroup/cgroup.controllers").stdout.split())
    words = "systemd-run --quiet --pipe --property MemoryMax=32M sh -c"
    read = "cat /sys/fs/cgroup$(cut -d: -f3 /proc/self/cgroup)/memory.max"
    assert lab.run(f"{words} '{read}'").stdout == f"{32 << 20}\n"


def test_modules_are_those_of_the_kernel(lab: Lab) -> None:
    lab.run("modprobe dummy && ip link add some type dummy && ip link delete some")


def test_the_hosts_files_are_there_and_stay_as_they_are(lab: Lab) -> None:
    assert lab.run(f"cat {__file__}").stdout == Path(__file__).read_text()
    with tempfile.NamedTemporaryFile("w+") as file:
        file.write("host\n")
        file.flush()
        assert lab.run(f"cat {file.name}; echo lab >{file.name}; cat {file.name}").stdout == "host\nlab\n"
        assert Path(file.name).read_text() == "host\n"


def test_virshpy_is_this_checkouts(lab: Lab) -> None:
    assert lab.run("virshpy list --all").stdout.split() == ["Id", "Name", "State", "-" * 20]


def test_guest_within_the_lab_answers_the_power_button(lab: Lab) -> None:
    (lab.persist / "disk").write_bytes(sector.disk())
    disk = "<disk type='file'><source file='/persist/disk'/><target dev='vda' bus='virtio'/></disk>"
    (lab.persist / "guest.xml").write_text(document("small", disk + serial_to("/persist/serial"), memory=32))
    lab.run("virshpy 'define /persist/guest.xml; start small'")
    wait_for(lambda: sector.READY in (lab.persist / "serial").read_text(), "the guest's ready line")
    lab.run("virshpy shutdown small")
    wait_for(lambda: lab.run("virshpy domstate small").stdout == "shut off\n\n", "its end")
    lab.run("virshpy undefine small")


def test_unit_that_was_given_has_run(lab: Lab) -> None:
    assert "started" in notes(lab, boot_id(lab))


def test_command_fails_and_command_hangs(lab: Lab) -> None:
    done = lab.run("echo out; echo err >&2; exit 3", check=False)
    assert done == ("out\n", "err\n", 3)
    with pytest.raises(LabError, match="exit status 3\nsome words"):
        lab.run("echo some words; exit 3")
    with pytest.raises(LabError, match="did not end in 1 s"):
        lab.run("sleep 1000", timeout=1)
    assert lab.run("pgrep --exact sleep", check=False).code == 1


def test_what_a_command_leaves_behind_does_not_hold_it_up(lab: Lab) -> None:
    pid = lab.run("sleep 1000 & echo $!").stdout.strip()
    lab.run(f"kill {pid}")


@pytest.mark.parametrize("user", ["root", USER])
def test_login_has_a_session_which_logging_out_ends(lab: Lab, user: str) -> None:
    listed = "loginctl list-sessions --no-legend | grep --word-regexp $XDG_SESSION_ID"
    said = lab.ssh(f"id -un; cat /proc/self/cgroup; {listed}", user=user).stdout.splitlines()
    number, uid, name = said[2].split()[:3]
    assert said[0] == user == name
    assert said[1] == f"0::/user.slice/user-{uid}.slice/session-{number}.scope"
    wait_for(lambda: not has_sessions(lab), "the end of the session")


def test_logging_out_may_end_what_was_left_behind(lab: Lab) -> None:
    lab.run("mkdir -p /etc/systemd/logind.conf.d")
    lab.run("printf '[Login]\nKillUserProcesses=yes\n' >/etc/systemd/logind.conf.d/kill.conf")
    lab.run("systemctl restart systemd-logind.service")
    try:
        pid = lab.ssh("setsid sleep 1000 </dev/null >/dev/null 2>&1 & echo $!", user=USER).stdout.strip()
        wait_for(lambda: lab.run(f"test -e /proc/{pid}", check=False).code, "the end of what was left")
    finally:
        lab.run("rm /etc/systemd/logind.conf.d/kill.conf; systemctl restart systemd-logind.service")


def test_user_has_a_manager(lab: Lab) -> None:
    uid = lab.run(f"id -u {USER}").stdout.strip()
    assert lab.ssh("systemctl --user is-system-running --wait", user=USER).stdout == "running\n"
    said = lab.ssh("systemd-run --user --quiet --pipe --unit some cat /proc/self/cgroup", user=USER).stdout
    assert said == f"0::/user.slice/user-{uid}.slice/user@{uid}.service/app.slice/some.service\n"


def test_state_outlasts_a_reboot(lab: Lab) -> None:
    lab.run("touch /persist/kept /var/lib/virshpy/kept /var/tmp/lost")
    (lab.persist / "etc/systemd/system/later.service").write_text(LATER)
    lab.run("systemctl daemon-reload; systemctl enable later.service")
    before = boot_id(lab)
    lab.reboot()
    after = boot_id(lab)
    assert after != before
    assert lab.run("ls /persist/kept /var/lib/virshpy/kept /var/tmp/lost", check=False).stdout.split() == [
        "/persist/kept",
        "/var/lib/virshpy/kept",
    ]
    assert notes(lab, before)[-1] == "stopped"
    assert sorted(notes(lab, after)) == ["later", "started"]


def test_power_off_waits_for_units(lab: Lab) -> None:
    boot = boot_id(lab)
    off = lab.poweroff()
    assert off.seconds > 3  # the unit's own, who sleeps before it notes
    assert "reboot: Power down" in off.console
    assert "stopped" in notes(lab, boot)


def test_boot_that_fails_says_why(root: Path) -> None:
    with pytest.raises(LabError, match="Kernel panic"), Lab(root, units={"panic.service": PANIC}):
        pass
