"""Guests on a host with systemd: they start with it and are shut down before it goes off, and they belong to nobody
else: not to the login, the job or the unit that started them.

One machine serves all of these tests, in their order.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.guests.documents import document, serial_to
from tests.guests.living import wait_for
from tests.lab import sector
from tests.lab.machine import NEEDS, USER, Lab

pytestmark = NEEDS

ONCE = """\
[Service]
Type=oneshot
ExecStart=/usr/local/bin/virshpy start job
"""
KILLING = "[Login]\nKillUserProcesses=yes\n"
FILES = {"/etc/systemd/logind.conf.d/kill.conf": KILLING}


@pytest.fixture(scope="module")
def machine() -> Iterator[Lab]:
    """A lab with guests that answer the power button: `boot` starts with the host, `login` and `job` by hand. `deaf`
    has no system, and starts with the host, too."""
    units = {"once.service": ONCE}
    with tempfile.TemporaryDirectory(prefix="vp.lab.") as root, Lab(Path(root), units=units, files=FILES) as lab:
        for name in ("boot", "login", "job"):
            describe(lab, name, serial_to(f"/persist/{name}.serial"))
        (lab.persist / "deaf.xml").write_text(document("deaf", memory=32))
        defined = "; ".join(f"define /persist/{name}.xml" for name in ("boot", "login", "job", "deaf"))
        lab.run(f"virshpy '{defined}; autostart boot deaf; unit --install'")
        lab.run("systemctl daemon-reload; systemctl enable virshpy-guests")
        yield lab


def describe(lab: Lab, name: str, more: str = "") -> None:
    """Write the document of a guest that answers the power button, and its disk."""
    (lab.persist / f"{name}.img").write_bytes(sector.disk())
    disk = f"<disk type='file'><source file='/persist/{name}.img'/><target dev='vda' bus='virtio'/></disk>"
    (lab.persist / f"{name}.xml").write_text(document(name, disk + more, memory=32))


def state(lab: Lab, name: str) -> str:
    return lab.run(f"virshpy domstate {name}").stdout.strip()


def group(lab: Lab, name: str) -> str:
    """The control group of a guest's QEMU."""
    return lab.run(f"cat /proc/{pid(lab, name)}/cgroup").stdout.strip()


def pid(lab: Lab, name: str) -> str:
    return lab.run(f"pgrep -f '[g]uest={name},'").stdout.strip()


def ready(lab: Lab, name: str) -> None:
    """Wait for the guest's own words."""
    said = lab.persist / f"{name}.serial"
    wait_for(lambda: said.exists() and sector.READY in said.read_text(), f"{name} to be up")


def ending(lab: Lab, name: str) -> str:
    """What the guest's log says of its last end."""
    lines = lab.run(f"cat /var/log/virshpy/{name}.log").stdout.splitlines()
    return [line for line in lines if "shutting down" in line][-1].rpartition("reason=")[2]


def test_unit_is_in_order(lab: Lab) -> None:
    checked = lab.run("systemd-analyze verify --man=no /etc/systemd/system/virshpy-guests.service")
    assert checked.stdout + checked.stderr == ""
    checked = lab.ssh("virshpy unit --user --install && systemd-analyze --user verify --man=no "
                      "~/.config/systemd/user/virshpy-guests.service", user=USER)  # fmt: skip
    assert "is installed" in checked.stdout and checked.stderr == ""


def test_guests_start_with_the_host(lab: Lab) -> None:
    lab.reboot()
    lab.run("systemctl start virshpy-guests")  # waits for its start
    assert lab.run("virshpy list --name").stdout.split() == ["boot", "deaf"]
    assert lab.run("systemctl is-active virshpy-guests").stdout == "active\n"
    assert group(lab, "boot") == f"0::/machine.slice/virshpy-boot-{pid(lab, 'boot')}.scope"


def test_guest_outlives_the_login_that_started_it(lab: Lab) -> None:
    lab.ssh("virshpy start login")
    wait_for(lambda: not lab.run("loginctl list-sessions --no-legend").stdout, "the end of the session")
    assert state(lab, "login") == "running"
    assert "/machine.slice/virshpy-login-" in group(lab, "login")


def test_guest_outlives_the_unit_that_started_it(lab: Lab) -> None:
    lab.run("systemctl start once.service")
    assert lab.run("systemctl is-active once.service", check=False).stdout == "inactive\n"
    assert state(lab, "job") == "running"


def test_scope_goes_with_its_guest(lab: Lab) -> None:
    lab.run("virshpy destroy job")
    assert "virshpy-job" not in lab.run("systemctl list-units --all --type=scope").stdout
    assert lab.run("systemctl --failed --no-legend").stdout == ""


def test_users_guest_outlives_his_logout_where_he_lingers(lab: Lab) -> None:
    describe(lab, "own")
    lab.run(f"loginctl enable-linger {USER}; chown {USER} /persist/own.img")
    lab.ssh("virshpy -c qemu:///session 'define /persist/own.xml; start own'", user=USER)
    wait_for(lambda: not lab.run("loginctl list-sessions --no-legend").stdout, "the end of the session")
    uid = lab.run(f"id -u {USER}").stdout.strip()
    assert f"/user-{uid}.slice/user@{uid}.service/machine.slice/virshpy-own-" in group(lab, "own")
    lab.ssh("virshpy -c qemu:///session destroy own", user=USER)


def test_guests_are_shut_down_before_the_host_goes_off(lab: Lab) -> None:
    """Those that hear the power button by themselves, the others after their time."""
    for name in ("boot", "login"):
        ready(lab, name)
    lab.run("mkdir -p /etc/systemd/system/virshpy-guests.service.d")
    lab.run(
        "printf '[Service]\\nEnvironment=SHUTDOWN_TIMEOUT=8\\n' "
        "> /etc/systemd/system/virshpy-guests.service.d/time.conf; systemctl daemon-reload"
    )
    off = lab.poweroff()
    assert off.seconds > 8  # `deaf` had its time
    lab.start()
    assert (ending(lab, "boot"), ending(lab, "login"), ending(lab, "deaf")) == ("shutdown", "shutdown", "destroyed")
