"""Lines about several objects: names, patterns, flags that name them all; and shutdown, which waits for all of them."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import needs
from tests.conftest import Run
from tests.guests.documents import document
from tests.guests.living import define
from tests.transcripts.transcripts import Outcome, run_as_virsh, run_virshpy
from virshpy.api.domain import Domain
from virshpy.shell.lang import registry
from virshpy.shell.lang.global_options import Settings
from virshpy.shell.render.output import Renderer
from virshpy.shell.session import Session

HOST = """<node>
<domain type='test'><name>web-1</name><memory>1024</memory><os><type>hvm</type></os></domain>
<domain type='test'><name>web-2</name><memory>1024</memory><os><type>hvm</type></os></domain>
<domain type='test'><name>db</name><memory>1024</memory><os><type>hvm</type></os></domain>
<domain type='test'><name>odd[1]</name><memory>1024</memory><os><type>hvm</type></os></domain>
</node>
"""
Lines = Callable[..., Outcome]


@pytest.fixture
def lines(tmp_path: Path) -> Lines:
    """Runs a line on a host with four domains that run."""
    (tmp_path / "host.xml").write_text(HOST)
    return lambda line, *more: run_virshpy(["-c", f"test://{tmp_path}/host.xml", *more, line])


def test_several_names(lines: Lines) -> None:
    assert lines("domstate web-1 db").stdout == "running\nrunning\n\n"
    assert lines("destroy web-1 db; list --name").stdout == (
        "Domain 'web-1' destroyed\nDomain 'db' destroyed\n\nweb-2\nodd[1]\n\n"
    )
    assert lines("domid db db").stdout.count("\n") == 2  # it is one


def test_one_that_fails_keeps_no_other(lines: Lines) -> None:
    outcome = lines("destroy web-1 nobody db; list --name", "-q")
    assert outcome.stderr == "error: failed to get domain 'nobody'\n"
    assert outcome.stdout == "web-2\nodd[1]\n" and outcome.code == 0  # as of the last command
    assert lines("destroy web-1 nobody db").code == 1


def test_patterns(lines: Lines) -> None:
    assert lines("destroy 'web-?'; list --name").stdout.endswith("\ndb\nodd[1]\n\n")
    assert lines("destroy '*'").stdout.count("destroyed") == 4
    # What it cannot be done to is not meant; a name is itself, whatever is in it.
    assert lines("destroy web-1; destroy 'web-*'").stdout.count("destroyed") == 2
    assert lines("destroy odd[1]; destroy web-2; start 'odd*'").stdout.endswith("Domain 'odd[1]' started\n\n")
    outcome = lines("destroy 'x*'", "--hints")
    assert outcome.code == 1 and outcome.stderr == (
        "error: failed to get domain 'x*'\nhint: no domain in a state that suits the command has such a name\n"
    )


def test_values_between_names(lines: Lines) -> None:
    """A word is the next option's value where it can be, and a name where it cannot."""
    assert "unsupported flags (0x1)" in lines("shutdown db acpi").stderr
    assert lines("shutdown web-1 db").stdout.count("is being shutdown") == 2
    assert lines("start db 3,4").stderr != ""
    assert lines("vcpupin db 0 0 web-1").stderr == "error: unexpected data 'web-1'\n"


def test_other_kinds_of_object(lines: Lines) -> None:
    assert run_virshpy(["-c", "test:///default", "net-info default default"]).code == 0
    assert run_virshpy(["-c", "test:///default", "pool-refresh 'default-*'"]).stdout.startswith("Pool default-pool")


def test_programs_get_an_object_for_each(lines: Lines) -> None:
    shown = [json.loads(line) for line in lines("domid web-1 db", "-o", "json").stdout.splitlines()]
    assert [one["result"]["name"] for one in shown] == ["web-1", "db"]


def test_flags_instead_of_names(lines: Lines) -> None:
    outcome = lines("destroy db; autostart db; autostart web-1; start --autostart; list --name")
    assert "Domain 'db' started\n\n" in outcome.stdout and "'web-1' started" not in outcome.stdout
    assert lines("start --autostart").stdout == "\n"
    assert lines("start").stderr == "error: command 'start' requires <domain> option\n"
    outcome = lines("start db --autostart")
    assert outcome.stderr == "error: Options --domain and --autostart are mutually exclusive\n" and outcome.code == 1
    assert lines("shutdown --all; list --name").stdout.count("is being shutdown") == 4


def test_ctrl_c_is_for_all_of_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "host.xml").write_text(HOST)
    settings = Settings()
    settings.uri = f"test://{tmp_path}/host.xml"
    session = Session(settings, Renderer("plain"))
    session.interactive = True
    asked: list[str] = []

    def destroy(domain: Domain, **_: object) -> None:
        asked.append(domain.name)
        raise KeyboardInterrupt

    monkeypatch.setattr(Domain, "destroy", destroy)
    assert session.run_line("destroy web-1 db") is False and asked == ["web-1"]
    session.interactive = False
    with pytest.raises(KeyboardInterrupt):
        session.run_line("destroy web-1 db")
    session.close()


def test_a_rule_is_broken_once(lines: Lines) -> None:
    assert lines("shutdown web-1 db --timeout 3").stderr == "error: Option --wait is required by option --timeout\n"


def test_virsh_takes_one() -> None:
    for line in ("domstate test test", "destroy 't*'", "shutdown test x"):
        outcome = run_as_virsh(["-c", "test:///default", line])
        assert outcome.code == 1 and "running" not in outcome.stdout


def test_who_takes_several() -> None:
    takes = {name for name in registry.names() if registry.find_known(name).several is not None}
    assert {"start", "destroy", "domstate", "shutdown", "net-start", "pool-destroy", "autostart"} <= takes
    assert not {"domrename", "setmem", "list", "attach-disk", "vol-info", "define"} & takes


@needs.qemu
def test_shutdown_waits_and_pulls_the_plug(virshpy: Run, root: Path) -> None:
    """Guests without a system do not hear the power button."""
    for name in ("one", "two", "three"):
        define(virshpy, root, document(name))
    virshpy("start", "one", "two")
    late = virshpy("--hints", "shutdown", "--all", "--wait", "--timeout", "1", check=False)
    assert late.returncode == 1 and late.stdout.count("is being shutdown") == 2
    assert late.stderr == (
        "error: not off after 1 seconds: 'one', 'two'\n"
        "hint: --destroy pulls the plug of those that do not stop in time\n"
    )
    done = virshpy("shutdown", "o*", "two", "--wait", "--timeout", "1", "--destroy")
    assert done.stdout.splitlines()[2:4] == [
        "Domain 'one' did not stop in time: destroyed", "Domain 'two' did not stop in time: destroyed",
    ]  # fmt: skip
    assert virshpy("list", "--name").stdout.strip() == ""
    assert virshpy("shutdown", "--all", "--wait").stdout == "\n"


@needs.qemu
def test_shutdown_ends_when_the_last_guest_is_off(virshpy: Run, root: Path) -> None:
    define(virshpy, root, document("vm"))
    virshpy("start", "vm")
    uri = f"qemu:///embed?root={root}"
    argv = [sys.executable, "-m", "virshpy", "-c", uri, "shutdown", "vm", "--wait"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as waiting:
        time.sleep(1)
        assert waiting.poll() is None
        virshpy("destroy", "vm")
        assert waiting.communicate(timeout=20)[0] == "Domain 'vm' is being shutdown\nDomain 'vm' is off\n\n"
    assert waiting.returncode == 0


@needs.qemu
def test_start_autostart_names_the_failures_and_starts_the_rest(virshpy: Run, root: Path) -> None:
    define(virshpy, root, document("bad", "<disk type='file'><source file='/nowhere/x'/><target dev='vda'/></disk>"))
    for name in ("a", "z", "off"):
        define(virshpy, root, document(name))
    virshpy("autostart", "a", "bad", "z")
    done = virshpy("start", "--autostart", check=False)
    assert done.stdout == "Domain 'a' started\nDomain 'z' started\n\n" and done.returncode == 1
    assert done.stderr.startswith("error: Failed to start domain 'bad'\nerror: Cannot access storage file '/nowhere/x'")
    assert virshpy("list", "--name").stdout.split() == ["a", "z"]
    virshpy("destroy", "a", "z")
