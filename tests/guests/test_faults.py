"""Bad input and faults: libvirt's code and message, a hint, and nothing changed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests import needs
from tests.conftest import Run
from tests.guests.documents import document
from tests.guests.living import define, nothing_left, wait_for
from virshpy import errors
from virshpy import open as connect
from virshpy.drivers.qemu import lifecycle
from virshpy.drivers.qemu.capabilities.kvm import kvm_usable
from virshpy.host.journal import Journal
from virshpy.host.processes import Gated, is_running
from virshpy.host.store import Store

pytestmark = needs.qemu

UUID = "3f1c4a5e-0002-4000-8000-00000000c0de"
PLAIN = document("vm", uid=UUID)

DISK = "<disk type='file'><source file='/{}.img'/><target dev='vda'/></disk>"

REFUSED = {
    "malformed": ("<domain><name>x</name>", errors.XMLDetail, "Premature end of data"),
    "no document": ("", errors.XMLDetail, "Document is empty"),
    "another document": ("<network/>", errors.XMLError, "domain"),
    "no name": (PLAIN.replace("<name>vm</name>", ""), errors.NoName, "missing name information"),
    "empty name": (PLAIN.replace(">vm<", "><"), errors.NoName, "missing name information"),
    "slash": (PLAIN.replace(">vm<", ">a/b<"), errors.XMLError, "cannot contain '/'"),
    "newline": (PLAIN.replace(">vm<", ">a\nb<"), errors.XMLDetail, "invalid char in name"),
    "unknown emulator": (
        PLAIN.replace("<devices>", "<devices><emulator>/no/such/qemu</emulator>"),
        errors.SystemCallError,
        "Cannot check QEMU binary /no/such/qemu: No such file or directory",
    ),
    "not an emulator": (
        PLAIN.replace("<devices>", "<devices><emulator>/bin/false</emulator>"),
        errors.InternalError,
        "Failed to start QEMU binary /bin/false for probing",
    ),
    "no memory": (PLAIN.replace(">128<", ">0<"), errors.XMLError, "Memory size must be specified via <memory>"),
    "many vcpus": (
        PLAIN.replace("<os>", "<vcpu>10000</vcpu><os>"),
        errors.ConfigUnsupported,
        "Maximum CPUs greater than specified machine type limit",
    ),
    "no such machine": (PLAIN.replace("q35", "q99"), errors.XMLError, "no machine type 'q99'"),
    "bad uuid": (PLAIN.replace(UUID, "not-a-uuid"), errors.InternalError, "malformed uuid"),
    "two disks in one place": (
        PLAIN.replace("<devices>", f"<devices>{DISK.format('a')}{DISK.format('b')}"),
        errors.XMLError,
        "target 'vda' duplicated for disk sources '/a.img' and '/b.img'",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_documents_change_nothing(uri: str, root: Path, case: str) -> None:
    text, error, words = REFUSED[case]
    with connect(uri) as connection:
        for define_or_create in (connection.define_xml, connection.create_xml):
            with pytest.raises(error) as told:
                define_or_create(text)
            assert type(told.value) is error
            assert words in f"{told.value} {told.value.hint}"
            assert told.value.hint
        assert connection.list_domains() == []
    assert nothing_left(root) == []


def test_kvm_that_does_not_work_is_not_tried(uri: str, root: Path) -> None:
    if kvm_usable()[0]:
        pytest.skip("needs a host where KVM is not usable")
    with connect(uri) as connection:
        with pytest.raises(errors.ConfigUnsupported, match="Domain requires KVM, but it is not available") as told:
            connection.create_xml(PLAIN.replace("type='qemu'", "type='kvm'"))
        assert kvm_usable()[1] in str(told.value.hint)
        assert connection.list_domains() == []
    assert nothing_left(root) == []


def test_names_and_uuids_are_one_domains_only(uri: str) -> None:
    with connect(uri) as connection:
        connection.define_xml(PLAIN)
        with pytest.raises(errors.OperationFailed, match=f"domain 'vm' already exists with uuid {UUID}"):
            connection.define_xml(document("vm"))
        with pytest.raises(errors.OperationFailed, match=f"domain 'vm' is already defined with uuid {UUID}"):
            connection.define_xml(document("other", uid=UUID))
        with pytest.raises(errors.OperationFailed, match="already exists with uuid"):
            connection.create_xml(document("vm"))
        assert [domain.name for domain in connection.list_domains()] == ["vm"]


def test_a_missing_disk_is_named(uri: str, root: Path) -> None:
    with connect(uri) as connection:
        disk = f"<disk type='file'><source file='{root}/none.img'/><target dev='vda'/></disk>"
        domain = connection.define_xml(document("vm", disk))
        with pytest.raises(
            errors.SystemCallError, match="Cannot access storage file .*none.img': No such file"
        ) as told:
            domain.create()
        assert told.value.hint
        assert domain.state() == (5, 6)  # shut off, failed
    assert nothing_left(root) == []


def test_a_disk_that_another_guest_writes(uri: str, root: Path) -> None:
    image = root / "shared.img"
    image.write_bytes(b"\0" * 4096)
    disk = f"<disk type='file'><source file='{image}'/><target dev='vda'/></disk>"
    with connect(uri) as connection:
        first = connection.define_xml(document("first", disk))
        second = connection.define_xml(document("second", disk))
        first.create()
        with pytest.raises(errors.InternalError, match='Failed to get "write" lock') as told:
            second.create()
        assert "domain 'first' is running" in str(told.value.hint)
        first.destroy()
        second.create()
        second.destroy()
    assert nothing_left(root) == []


def test_qemus_own_words_are_in_the_error_and_the_log(uri: str, root: Path) -> None:
    argument = (
        "<qemu:commandline xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>"
        "<qemu:arg value='-no-such-option'/></qemu:commandline>"
    )
    with connect(uri) as connection:
        domain = connection.define_xml(document("vm", more=argument))
        with pytest.raises(errors.InternalError, match="-no-such-option: invalid option"):
            domain.create()
    text = (root / "log/vm.log").read_text()
    assert "-no-such-option: invalid option" in text
    assert "shutting down, reason=failed" in text
    assert nothing_left(root) == []


def test_a_guest_that_is_destroyed_before_its_qemu_runs(
    virshpy: Run, uri: str, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its process is on record, and waits to be told to become QEMU."""

    def late(gate: Gated) -> None:
        argv = [sys.executable, "-m", "virshpy", "-c", uri, "destroy", "vm"]
        others.append(subprocess.Popen(argv, stdout=subprocess.PIPE, text=True))
        wait_for(lambda: not is_running(gate.pid, gate.started), "the end of what waits")
        go(gate)

    others: list[subprocess.Popen[str]] = []
    go = Gated.go
    define(virshpy, root, PLAIN)
    monkeypatch.setattr(Gated, "go", late)
    with connect(uri) as connection, pytest.raises(errors.OperationFailed) as failed:
        connection.lookup_by_name("vm").create()
    assert failed.value.message == "operation failed: domain is no longer running"
    assert "another command destroyed it" in str(failed.value.hint)
    answers = [(other.communicate(timeout=60)[0], other.returncode) for other in others]
    assert answers == [("Domain 'vm' destroyed\n\n", 0)]
    assert nothing_left(root) == []


def test_a_guest_whose_start_is_taken_back_is_looked_at_once(
    virshpy: Run, uri: str, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever destroys it reads its row and its list; nobody may take the list away in between."""

    def taken_back_meanwhile(store: Store, id: str) -> Journal:
        with connect(uri) as another, pytest.raises(errors.SystemCallError, match="locked"):
            part: Any = another.driver
            part.place.store._db.execute("PRAGMA busy_timeout = 0")
            part.place.store.execute("DELETE FROM run.journal WHERE id = ?", id)
        return load(store, id)

    def late(gate: Gated) -> None:
        with connect(uri) as another:
            monkeypatch.setattr(Journal, "load", taken_back_meanwhile)
            another.lookup_by_name("vm").destroy()

    load = Journal.load
    define(virshpy, root, PLAIN)
    monkeypatch.setattr(Gated, "go", late)
    monkeypatch.setattr(lifecycle, "_AFTER_KILLING", 0.1)
    with connect(uri) as connection, pytest.raises(errors.OperationFailed, match="no longer running"):
        connection.lookup_by_name("vm").create()
    assert nothing_left(root) == []


def test_two_starts_at_once_start_one_guest(virshpy: Run, uri: str, root: Path) -> None:
    define(virshpy, root, PLAIN)
    argv = [sys.executable, "-m", "virshpy", "-c", uri, "start", "vm"]
    both = [subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    answers = [process.communicate(timeout=60) for process in both]
    assert sorted(process.returncode for process in both) == [0, 1]
    assert any("Domain is already active" in error or "already running" in error for _, error in answers), answers
    virshpy("destroy", "vm")


def test_a_root_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(errors.SystemCallError) as told:
        connect("qemu:///embed?root=/proc/nowhere")
    assert "/proc/nowhere" in str(told.value)
    assert told.value.hint


@pytest.mark.parametrize(
    ("place", "error", "words"),
    [
        ("", errors.InvalidArg, "Missing URI parameter 'root'"),
        ("?root=", errors.ConfigUnsupported, "root path must be absolute"),
        ("?root=relative", errors.ConfigUnsupported, "root path must be absolute"),
    ],
)
def test_a_root_must_be_absolute(place: str, error: type[errors.Error], words: str) -> None:
    with pytest.raises(error, match=words) as told:
        connect(f"qemu:///embed{place}")
    assert told.value.hint


_WITHOUT_QEMU = """
for binary in /usr/bin/qemu-system-*; do mount --bind /dev/null "$binary"; done
exec "$@"
"""


@needs.root
@needs.mount_namespaces
def test_no_qemu_installed(uri: str, root: Path) -> None:
    (root / "domain.xml").write_text(PLAIN)
    script = f"define {root}/domain.xml; list --all --name"
    argv = [sys.executable, "-m", "virshpy", "--hints", "-c", uri, script]
    words = ["unshare", "--mount", "sh", "-c", _WITHOUT_QEMU, "sh", *argv]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    assert "error: Failed to define domain" in done.stderr
    assert "hint: " in done.stderr and "install" in done.stderr
    assert done.stdout.strip() == ""
