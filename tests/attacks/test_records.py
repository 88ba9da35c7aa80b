"""Records that are lost, emptied, damaged or kept in two places; two commands that want one name."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import needs
from tests.conftest import Run
from tests.guests.documents import document
from tests.guests.living import define, nothing_left
from tests.processes import processes
from tests.stores import open_store
from virshpy import errors
from virshpy import open as connect

pytestmark = needs.qemu


def qemus(root: Path) -> int:
    return len(processes(f"qemu-system.*{root}/"))


def lose_files(run: Path) -> None:
    for path in run.glob("run.db*"):
        path.unlink()


def empty_file(run: Path) -> None:
    (run / "run.db").write_bytes(b"")
    (run / "run.db-journal").unlink()


@pytest.mark.parametrize("lose", [lose_files, empty_file])
def test_guests_whose_record_is_lost_are_found_again(virshpy: Run, root: Path, lose: Callable[[Path], None]) -> None:
    disk = root / "d.img"
    disk.write_bytes(bytes(4096))
    disk.chmod(0o600)
    define(virshpy, root, document("kept", f"<disk><source file='{disk}'/><target dev='vda'/></disk>", memory=16))
    virshpy("start", "kept")
    (root / "domain.xml").write_text(document("passing, by", memory=16))
    virshpy("create", str(root / "domain.xml"))
    lose(root / "run")
    found = virshpy("--hints", "list", "--name")
    assert sorted(found.stdout.strip().splitlines()) == ["kept", "passing, by"]
    assert "it has one again" in found.stderr
    again = virshpy("start", "kept", check=False)
    assert "already active" in again.stderr and qemus(root) == 2
    assert "<name>passing, by</name>" in virshpy("dumpxml", "passing, by").stdout
    for name in ("kept", "passing, by"):
        virshpy("destroy", name)
    assert qemus(root) == 0 and nothing_left(root) == []
    assert disk.stat().st_mode & 0o777 == 0o600 and os.listxattr(disk) == []
    virshpy("start", "kept")
    virshpy("destroy", "kept")


def session(root: Path, *words: str, runtime: bool = True, check: bool = True) -> subprocess.CompletedProcess[str]:
    """A command on the user's own connection, whose directories are all below ``root``."""
    env = {"PATH": os.environ["PATH"], "HOME": str(root / "home"), "VIRSHPY_HINTS": "1"}
    if runtime:
        env["XDG_RUNTIME_DIR"] = str(root / "xdg")
    else:
        env["TMPDIR"] = str(root)
    argv = [sys.executable, "-m", "virshpy", "-c", "qemu:///session", *words]
    done = subprocess.run(argv, env=env, capture_output=True, text=True, timeout=60, cwd=Path(__file__).parents[2])
    assert not check or done.returncode == 0, done.stderr
    return done


def test_one_user_has_one_run_directory(root: Path) -> None:
    """A login has XDG_RUNTIME_DIR, cron has not, and it is gone after the last logout."""
    for name in ("home", "xdg"):
        (root / name).mkdir(mode=0o700)
    (root / "domain.xml").write_text(document("vm", memory=16))
    elsewhere = Path(f"/tmp/virshpy-{os.geteuid()}")
    there = elsewhere.exists()
    try:
        session(root, "define", str(root / "domain.xml"))
        session(root, "start", "vm")
        assert session(root, "domstate", "vm", runtime=False).stdout.strip() == "running"
        assert "already active" in session(root, "start", "vm", runtime=False, check=False).stderr
        for mounted in (root / "xdg").rglob("guests/*"):
            subprocess.run(["umount", "-l", str(mounted)], check=False, capture_output=True)
        shutil.rmtree(root / "xdg")
        assert session(root, "domstate", "vm", runtime=False).stdout.strip() == "running"
        session(root, "destroy", "vm", runtime=False)
        assert qemus(root) == 0
        (root / "xdg").mkdir(mode=0o700)
        session(root, "start", "vm")
        session(root, "destroy", "vm")
        session(root, "undefine", "vm", runtime=False)
    finally:
        if not there:
            shutil.rmtree(elsewhere, ignore_errors=True)


def test_a_session_starts_guests_whoever_it_belongs_to(root: Path) -> None:
    """Root's, too, where its guests are users of their own and its directories are closed."""
    for name in ("home", "xdg"):
        (root / name).mkdir(mode=0o700)
    (root / "domain.xml").write_text(document("vm", memory=16))
    session(root, "create", str(root / "domain.xml"))
    assert session(root, "domstate", "vm").stdout.strip() == "running"
    session(root, "destroy", "vm")
    assert os.listxattr(root / "home") == os.listxattr(root / "xdg") == []


def test_an_emptied_database_is_not_a_new_one(virshpy: Run, uri: str, root: Path) -> None:
    define(virshpy, root, document("vm", memory=16))
    (root / "lib/state.db").write_bytes(b"")
    with pytest.raises(errors.SystemCallError, match="state.db: it is empty") as told:
        connect(uri)
    assert "restore" in str(told.value.hint)


def test_a_definition_that_cannot_be_read_can_be_forgotten(virshpy: Run, root: Path) -> None:
    for name in ("off", "on"):
        define(virshpy, root, document(name, memory=16))
    virshpy("start", "on")
    store = open_store(root)
    store.execute("UPDATE domain SET xml = '<domain><vcpu/></doma'")
    store.execute("UPDATE run.active SET xml = 'nonsense'")
    store.close()
    assert virshpy("list", "--all", "--name").stdout.split() == ["on", "off"]
    assert virshpy("domstate", "on").stdout.strip() == "running"
    refused = virshpy("start", "off", check=False)
    assert refused.returncode == 1 and "(domain_definition):1: " in refused.stderr
    virshpy("shutdown", "on")
    virshpy("destroy", "on")
    for name in ("off", "on"):
        told = virshpy("--hints", "undefine", name)
        assert "cannot be read" in told.stderr
    assert virshpy("list", "--all", "--name").stdout.split() == [] and nothing_left(root) == []


def test_a_step_that_nobody_knows_stops_nobody(virshpy: Run, root: Path) -> None:
    define(virshpy, root, document("vm", memory=16))
    store = open_store(root)
    store.execute("INSERT INTO run.journal VALUES ('x.1', 'start', 'x', 'undoing', NULL)")
    store.execute("INSERT INTO run.step VALUES ('x.1', 1, 'future.Invention', '{}')")
    store.execute("INSERT INTO main.step VALUES ('y.1', 1, 'filesystem.WriteFile', '[]')")
    told = virshpy("--hints", "list", "--all", "--name")
    assert told.stdout.split() == ["vm"] and told.stderr.count("half done") == 2
    virshpy("start", "vm")
    virshpy("destroy", "vm")
    store.execute("DELETE FROM run.journal")
    store.execute("DELETE FROM run.step")
    store.execute("DELETE FROM main.step")
    store.close()
    assert nothing_left(root) == []


def test_two_creates_of_one_name(virshpy: Run, uri: str, root: Path) -> None:
    """Whoever comes second is told so in libvirt's words, at whatever moment of the first."""
    said = set()
    for _ in range(5):
        argvs = []
        for number in range(4):
            path = root / f"{number}.xml"
            path.write_text(document("same", memory=16))
            argvs.append([sys.executable, "-m", "virshpy", "-c", uri, "create", str(path)])
        several = [subprocess.Popen(argv, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for argv in argvs]
        answers = [process.communicate(timeout=60)[1] for process in several]
        assert sorted(process.returncode for process in several) == [0, 1, 1, 1], answers
        said |= {line.partition(" with uuid ")[0] for answer in answers for line in answer.splitlines()[1:]}
        virshpy("destroy", "same")
    assert said - {""} == {"error: operation failed: domain 'same' already exists"}


def test_a_note_on_both_documents_is_one_change(uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with connect(uri) as connection:
        domain = connection.define_xml(document("vm", memory=16))
        domain.create()
        monkeypatch.setattr("virshpy.xml.metadata.change", refuse_the_second())
        with pytest.raises(errors.InternalError, match="the second"):
            domain.set_metadata(1, "title", None, None, flags=3)
        assert "title" not in domain.xml_desc() and "title" not in domain.xml_desc(flags=2)
        domain.destroy()


def refuse_the_second() -> Callable[..., None]:
    from virshpy.xml import metadata

    real, calls = metadata.change, []

    def refuse(*arguments: object) -> None:
        calls.append(arguments)
        if len(calls) == 2:
            raise errors.InternalError("the second")
        real(*arguments)  # type: ignore[arg-type]

    return refuse
