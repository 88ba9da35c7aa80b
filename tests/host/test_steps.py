"""Each step on real files, devices and users: done, taken back by whoever reads its record, and only its own."""

from __future__ import annotations

import fcntl
import json
import os
import socket
import stat
import struct
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import needs
from virshpy import errors
from virshpy.host.links import mtu_of
from virshpy.host.mounts import is_mount_point
from virshpy.host.steps import Step
from virshpy.host.steps import filesystem as fs
from virshpy.host.steps.access import GiveFile, GiveTree, GrantAccess
from virshpy.host.steps.descriptors import SecretPipe
from virshpy.host.steps.kinds import restore
from virshpy.host.steps.link import Tap
from virshpy.host.steps.process import RunOnce, Spawn

ALICE = 1879114001


def nothing() -> None:
    pass


def recorded(step: Step) -> Step:
    """As whoever comes next has it."""
    return restore(step.kind, json.loads(json.dumps(step.data())))


def names(folder: Path) -> set[str]:
    return set(os.listdir(folder))


def open_below(folder: Path) -> list[str]:
    """What this process has open there."""
    links = (f"/proc/self/fd/{fd}" for fd in os.listdir("/proc/self/fd"))
    return [target for link in links if os.path.islink(link) and (target := os.readlink(link)).startswith(str(folder))]


MADE: dict[str, tuple[Callable[[Path], Step], set[str]]] = {
    "directory": (lambda folder: fs.MakeDirectory(f"{folder}/a"), {"a"}),
    "bounded directory": (lambda folder: fs.BoundedDirectory(f"{folder}/a"), {"a"}),
    "kept directory": (lambda folder: fs.KeptDirectory(f"{folder}/a", 0o750), {"a"}),
    "file": (lambda folder: fs.WriteFile(f"{folder}/a", b"words"), {"a"}),
    "copy": (lambda folder: fs.CopyFile("/etc/passwd", f"{folder}/a"), {"a"}),
    "log": (lambda folder: fs.AppendableFile(f"{folder}/a"), {"a"}),
    "pipe": (lambda folder: fs.PrimedPipe(f"{folder}/a", "hello"), {"a.in", "a.out"}),
    "socket": (lambda folder: fs.ListeningSocket(f"{folder}/a"), {"a"}),
}


@pytest.mark.parametrize("name", MADE)
def test_what_is_made_is_taken_back_from_its_record(root: Path, name: str) -> None:
    make, expected = MADE[name]
    step = make(root)
    recorded(step).undo()  # it was never done
    step.do(nothing)
    assert names(root) == expected
    step.release()
    for _ in range(2):
        recorded(step).undo()
        assert names(root) == set()
    assert open_below(root) == []


@pytest.mark.parametrize("name", [name for name in MADE if "directory" not in name])
def test_a_directory_of_the_same_name_is_not_touched(root: Path, name: str) -> None:
    make, expected = MADE[name]
    (folder := root / "folder").mkdir()
    step = make(folder)
    step.do(nothing)
    step.release()
    folder.rename(root / "moved")
    folder.mkdir()
    for name in expected:
        (folder / name).write_text("another's")
    recorded(step).undo()
    assert open_below(root) == []
    assert names(folder) == expected == names(root / "moved")


@pytest.mark.parametrize("name", [name for name in MADE if "directory" not in name])
def test_nothing_is_put_into_a_directory_that_was_replaced_meanwhile(root: Path, name: str) -> None:
    make, _ = MADE[name]
    (folder := root / "folder").mkdir()
    step = make(folder)
    folder.rename(root / "moved")
    folder.mkdir()
    with pytest.raises(errors.SystemCallError, match="it is another file by now"):
        step.do(nothing)
    assert names(folder) == set() == names(root / "moved") and open_below(root) == []


@pytest.mark.parametrize("name", [name for name in MADE if "directory" not in name])
def test_a_directory_that_is_made_meanwhile_is_on_record_before_it_is_used(root: Path, name: str) -> None:
    make, expected = MADE[name]
    folder = root / "folder"
    step = make(folder)
    folder.mkdir()
    noted: list[tuple[object, set[str]]] = []
    step.do(lambda: noted.append((step.data()["parent"], names(folder))))
    step.release()
    status = folder.stat()
    assert noted == [([status.st_dev, status.st_ino], set())] and names(folder) == expected


@pytest.mark.parametrize("name", MADE)
def test_what_is_there_already_is_left(root: Path, name: str) -> None:
    make, expected = MADE[name]
    (there := root / sorted(expected)[-1]).write_text("mine")
    step = make(root)
    with pytest.raises(errors.SystemCallError, match="File exists|Address already in use"):
        step.do(nothing)
    assert names(root) == {there.name} and there.read_text() == "mine"


def test_a_kept_directory_may_have_been_there(root: Path) -> None:
    (root / "a").mkdir()
    step = fs.KeptDirectory(f"{root}/a", 0o700)
    step.do(nothing)
    recorded(step).undo()
    assert names(root) == {"a"}


def test_a_file_that_finds_no_space_is_not_there(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root")
    monkeypatch.setattr(fs.BoundedDirectory, "SIZE", 1 << 16)
    place = fs.BoundedDirectory(f"{root}/a")
    place.do(nothing)
    assert is_mount_point(place.path) and not is_mount_point(str(root))
    with pytest.raises(errors.SystemCallError, match="No space left"):
        fs.WriteFile(f"{place.path}/file", bytes(1 << 20)).do(nothing)
    assert names(root / "a") == set()
    place.undo()


def test_a_file_has_its_mode_and_its_owner_before_its_content(root: Path) -> None:
    step = fs.WriteFile(f"{root}/a", b"words", 0o640)
    step.do(nothing)
    assert (root / "a").read_bytes() == b"words"
    assert stat.S_IMODE((root / "a").stat().st_mode) == 0o640
    with pytest.raises(errors.SystemCallError, match="No such file") as told:
        fs.WriteFile(f"{root}/none/a", b"").do(nothing)
    assert told.value.hint == f"its directory is not there: mkdir -p {root}/none"


def test_a_pipe_says_its_line_to_who_opens_it(root: Path) -> None:
    step = fs.PrimedPipe(f"{root}/a", '{"execute": "qmp_capabilities"}')
    step.do(nothing)
    with open(f"{root}/a.in", "rb") as end:
        step.release()
        assert end.read() == b'{"execute": "qmp_capabilities"}\n'
    out = (root / "a.out").stat()
    assert stat.S_ISREG(out.st_mode) and stat.S_IMODE(out.st_mode) == 0o600 and out.st_size == 0


def bound(path: Path) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    return listener


def test_qemus_socket_makes_way_only_where_nobody_listens(root: Path) -> None:
    path = root / "a"
    with bound(path) as listener:
        listener.listen()
        step = fs.QemuSocket(str(path))
        step.do(nothing)
        assert path.is_socket()
        step.undo()  # QEMU is gone, whatever the kernel says of its socket
        assert not path.exists()
    bound(path).close()
    step.do(nothing)
    assert not path.exists()
    path.write_text("a file")
    step.do(nothing)
    step.undo()
    assert path.read_text() == "a file"


def test_a_socket_that_a_dead_guest_left_makes_way_for_the_next(root: Path) -> None:
    bound(root / "a").close()
    step = fs.ListeningSocket(f"{root}/a")
    step.do(nothing)
    assert stat.S_IMODE((root / "a").stat().st_mode) == 0o600
    with pytest.raises(errors.SystemCallError, match="Address already in use"):
        fs.ListeningSocket(f"{root}/a").do(nothing)
    with socket.socket(socket.AF_UNIX) as peer:
        peer.connect(f"{root}/a")
    step.undo()
    step.release()


def test_a_removed_tree_comes_back_or_goes_for_good(root: Path) -> None:
    (root / "a/b").mkdir(parents=True)
    step = fs.RemoveFile(f"{root}/a")
    step.do(nothing)
    assert names(root) == {os.path.basename(step.aside)}
    recorded(step).undo()
    assert names(root) == {"a"} and names(root / "a") == {"b"}
    step.do(nothing)
    for _ in range(2):
        recorded(step).settle()
        assert names(root) == set()


@needs.root
def test_a_file_is_given_and_taken_back(root: Path) -> None:
    path = root / "a"
    path.write_text("")
    step = GiveFile(str(path), ALICE)
    step.do(nothing)
    assert (path.stat().st_uid, path.stat().st_gid) == (ALICE, ALICE)
    path.rename(root / "b")
    path.write_text("another")
    os.chown(path, ALICE, ALICE)
    recorded(step).undo()
    assert path.stat().st_uid == ALICE
    (root / "b").rename(path)
    recorded(step).undo()
    assert (path.stat().st_uid, path.stat().st_gid) == (0, 0)


@needs.root
@pytest.mark.parametrize("kind", ["tmpfs", "ramfs"])
def test_a_file_is_opened_to_a_user_by_an_entry_or_as_its_owner(root: Path, kind: str) -> None:
    subprocess.run(["mount", "-t", kind, "virshpy", root], check=True)  # one has access lists, the other has none
    try:
        (path := root / "disk.img").write_text("")
        os.chown(path, ALICE + 1, ALICE + 2)
        path.chmod(0o600)
        before = path.stat()
        step = GrantAccess(str(path), ALICE, 6, f"{root}/locks")
        step.do(nothing)
        assert (path.stat().st_uid, path.stat().st_gid) == (ALICE + 1 if kind == "tmpfs" else ALICE, ALICE + 2)
        assert bool(os.listxattr(path)) is (kind == "tmpfs")
        for _ in range(2):
            recorded(step).undo()
            after = path.stat()
            assert (after.st_uid, after.st_gid, after.st_mode) == (before.st_uid, before.st_gid, before.st_mode)
            assert os.listxattr(path) == []
    finally:
        subprocess.run(["umount", "-l", root], check=True)


@needs.root
def test_a_tree_is_given_without_what_its_links_lead_to(root: Path) -> None:
    (root / "tree/deep").mkdir(parents=True)
    (root / "tree/deep/file").write_text("")
    (root / "mine").write_text("")
    (root / "tree/link").symlink_to(root / "mine")
    step = GiveTree(f"{root}/tree", ALICE)
    step.do(nothing)
    inside = [root / "tree", root / "tree/deep", root / "tree/deep/file"]
    assert {path.stat().st_uid for path in inside} == {ALICE} and (root / "mine").stat().st_uid == 0
    (root / "tree/foreign").write_text("")
    os.chown(root / "tree/foreign", ALICE + 1, ALICE + 1)
    recorded(step).undo()
    assert {path.stat().st_uid for path in inside} == {0}
    assert (root / "tree/foreign").stat().st_uid == ALICE + 1


_TUNGETIFF = 0x800454D2


@needs.root
@needs.program("ip", "iproute2")
@needs.file("/dev/net/tun", "a kernel with tun")
def test_a_tap_device_is_there_and_gone() -> None:
    name = f"vt{os.getpid()}"
    step = Tap(name, mac="52:54:00:00:00:07", mtu=1400, queues=2)
    try:
        step.do(nothing)
        assert mtu_of(name) == 1400
        assert Path(f"/sys/class/net/{name}/address").read_text().strip() == "52:54:00:00:00:07"
        for fd in [step.open(), step.open()]:
            answer = fcntl.ioctl(fd, _TUNGETIFF, bytes(40))
            flags = struct.unpack_from("H", answer, 16)[0]
            assert answer.startswith(name.encode()) and flags & 0x5102 == 0x5102  # tap, no header but virtio's, queues
            os.close(fd)
    finally:
        for _ in range(2):
            recorded(step).undo()
    assert mtu_of(name) is None


@needs.root
@needs.program("ip", "iproute2")
@needs.file("/dev/net/tun", "a kernel with tun")
def test_a_tap_device_has_one_queue_unless_more_are_wanted() -> None:
    step = Tap(f"vt{os.getpid()}")
    step.do(nothing)
    try:
        queue = step.open()
        with pytest.raises(errors.SystemCallError, match=f"Unable to open tap device {step.name}: .* busy"):
            step.open()
        assert open_below(Path("/dev/net/tun")) == ["/dev/net/tun"]
        os.close(queue)
    finally:
        step.undo()


@needs.root
@needs.program("ip", "iproute2")
@needs.file("/dev/net/tun", "a kernel with tun")
def test_a_tap_device_without_its_bridge_is_not_made() -> None:
    step = Tap(f"vt{os.getpid()}", bridge="no-such-bridge")
    with pytest.raises(errors.InternalError, match="no-such-bridge|does not exist"):
        step.do(nothing)
    assert mtu_of(step.name) is None


def test_what_steps_show_can_be_typed(root: Path) -> None:
    """The lines have the effect of the step, and those of its undo take it back."""
    for name, (make, expected) in MADE.items():
        step = make(root)
        if not step.commands():
            continue  # a listening socket, for which a shell has no word
        typed(step.commands(), b"words")
        assert names(root) == expected, name
        typed(step.undo_commands(), b"")
        assert names(root) == set(), name


def typed(lines: list[str], said: bytes) -> None:
    subprocess.run(["/bin/sh", "-ec", "\n".join(lines)], input=said, check=True, capture_output=True, timeout=20)


def test_a_program_is_run_with_what_it_is_handed(root: Path) -> None:
    secret = SecretPipe(b"sesame")
    step = RunOnce(
        ["/bin/sh", "-c", f"cat $1 >{root}/heard", "sh", "/dev/fd/{fd:secret}"], descriptors={"secret": secret}
    )
    assert "sesame" not in " ".join(step.commands()) and "<descriptor of a password>" in step.commands()[0]
    step.do(nothing)
    assert (root / "heard").read_text() == "sesame"
    recorded(step).undo()
    assert step.undo_commands() == []
    with pytest.raises(errors.InternalError, match="exit status 1"):
        RunOnce(["/bin/false"]).do(nothing)
    with pytest.raises(errors.OperationTimeout):
        RunOnce(["/bin/sleep", "78"], timeout=0.1).do(nothing)


def test_a_process_has_what_it_was_given_and_no_more(root: Path) -> None:
    listening = fs.ListeningSocket(f"{root}/a", by_hand=f"{root}/b")
    listening.do(nothing)
    said = "echo $1 $2; pwd; env | sort; umask; ls /proc/self/fd | wc -l; exec sleep 60"
    step = Spawn(
        ["/bin/sh", "-c", said, "sh", "{fd:a}", "{listen:a}"],
        log=f"{root}/log", cwd=str(root), env={"A": "b c"}, descriptors={"a": listening},
    )  # fmt: skip
    (root / "log").write_text("of an earlier run\n")
    step.do(nothing)
    try:
        until = time.monotonic() + 10
        while len(words := step.said().splitlines()) < 8:
            assert time.monotonic() < until
        number, option = words[0].split()
        assert option == f"fd={number}" and words[1] == str(root) and "A=b c" in words and "0077" in words
        assert words[-1] == "5"  # the three, the socket, and the directory that ls reads
        assert step.commands() == [
            f"cd {root} && A='b c' setsid /bin/sh -c '{said}' sh path={root}/b path={root}/b >>{root}/log 2>&1 &"
        ]
    finally:
        recorded(step).undo()
    assert not listening._socket
