"""Hardware as the guest itself sees it, told by its own shell: TPM, shared directories, NUMA, PCIe, UEFI."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from kit.guest import READY, Guest, GuestError, build
from tests import needs
from tests.guests.documents import document
from tests.guests.living import nothing_left
from virshpy import open as connect
from virshpy.enums import CreateFlags, UndefineFlags

if TYPE_CHECKING:
    from virshpy.driver.stream import Stream

pytestmark = needs.qemu


class Inside:
    """A shell in a guest, over its console."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.seen = ""
        self.until(READY, 90)

    def until(self, word: str, seconds: float) -> str:
        end = time.monotonic() + seconds
        while word not in self.seen:
            assert time.monotonic() < end, f"no {word!r} in:\n{self.seen[-3000:]}"
            self.seen += self.stream.recv(65536).decode(errors="replace").replace("\r", "")
        before, _, self.seen = self.seen.partition(word)
        return before

    def run(self, command: str, seconds: float = 60) -> str:
        """What a command prints."""
        # The echo of what is typed must not look like its answer.
        self.stream.send(f"echo BEG''IN; {command}; echo E''ND\n".encode())
        self.until("BEGIN\n", seconds)
        return self.until("END\n", seconds)


@contextmanager
def inside(uri: str, text: str) -> Iterator[Inside]:
    with connect(uri) as connection:
        domain = connection.define_xml(text)
        domain.create(flags=CreateFlags.START_PAUSED)
        try:
            stream = domain.open_console()
            domain.resume()
            yield Inside(stream)
            stream.close()
        finally:
            domain.destroy()
            domain.undefine(flags=UndefineFlags.NVRAM)


CONSOLE = "<console type='pty'/>"


@needs.program("swtpm", "swtpm")
def test_tpm(uri: str, root: Path, guest: Guest) -> None:
    tpm = "<tpm model='tpm-crb'><backend type='emulator' version='2.0'/></tpm>"
    with inside(uri, document("vm", CONSOLE + tpm, guest=guest)) as shell:
        assert shell.run("cat /sys/class/tpm/tpm0/tpm_version_major").strip() == "2"
        (state,) = (root / "lib/swtpm").glob("*/tpm2/tpm2-00.permall")
        assert state.stat().st_uid == (os.geteuid() or state.stat().st_uid)
    assert nothing_left(root) == []
    assert list((root / "lib/swtpm").iterdir()) == []


@needs.root
@needs.mount_namespaces
def test_virtiofs(uri: str, root: Path, guest: Guest) -> None:
    shared = root / "shared"
    shared.mkdir()
    (shared / "from-host").write_text("hello from the host\n")
    filesystem = (
        f"<filesystem type='mount'><driver type='virtiofs'/><source dir='{shared}'/><target dir='tag'/></filesystem>"
    )
    text = document("vm", CONSOLE + filesystem, guest=guest, words=("load=virtiofs",))
    backing = "<memoryBacking><source type='memfd'/><access mode='shared'/></memoryBacking><os>"
    with inside(uri, text.replace("<os>", backing)) as shell:
        shell.run("mkdir -p /mnt; mount -t virtiofs tag /mnt")
        assert shell.run("cat /mnt/from-host") == "hello from the host\n"
        shell.run("echo hello from the guest >/mnt/from-guest; sync")
        assert (shared / "from-guest").read_text() == "hello from the guest\n"
    assert nothing_left(root) == []


@pytest.fixture(scope="session")
def general_guest() -> Guest:
    """The test guest with a kernel that has 9p, which cloud kernels have not."""
    try:
        return build(general=True)
    except GuestError as error:
        pytest.skip(f"needs the distribution's general kernel: {error}")


def test_9p(uri: str, root: Path, general_guest: Guest) -> None:
    shared = root / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    (shared / "from-host").write_text("hello from the host\n")
    filesystem = "".join(
        f"<filesystem type='mount' accessmode='mapped'><source dir='{shared}'/><target dir='{tag}'/>{more}</filesystem>"
        for tag, more in (("tag", ""), ("look", "<readonly/>"))
    )
    text = document("vm", CONSOLE + filesystem, guest=general_guest, words=("load=9pnet_virtio,9p",), memory=256)
    with inside(uri, text) as shell:
        tags = shell.run("cat /sys/bus/virtio/drivers/9pnet_virtio/virtio*/mount_tag | tr '\\0' '\\n'")
        assert sorted(tags.split()) == ["look", "tag"]
        shell.run("mkdir -p /mnt /tmp/look; mount -t 9p -o trans=virtio,version=9p2000.L tag /mnt")
        assert shell.run("cat /mnt/from-host") == "hello from the host\n"
        shell.run("echo hello from the guest >/mnt/from-guest; sync")
        assert (shared / "from-guest").read_text() == "hello from the guest\n"
        shell.run("mount -t 9p -o trans=virtio,version=9p2000.L look /tmp/look")
        assert "Read-only" in shell.run("echo no >/tmp/look/from-guest 2>&1")
        assert (shared / "from-guest").read_text() == "hello from the guest\n"
    assert nothing_left(root) == []


def test_numa(uri: str, root: Path, guest: Guest) -> None:
    cells = "<cell id='0' cpus='0-1' memory='128' unit='MiB'/><cell id='1' cpus='2-3' memory='128' unit='MiB'/>"
    text = document("vm", CONSOLE, guest=guest, memory=256).replace(
        "<devices>", f"<cpu><topology sockets='2' cores='2' threads='1'/><numa>{cells}</numa></cpu><devices>"
    )
    with inside(uri, text.replace("<os>", "<vcpu>4</vcpu><os>")) as shell:
        cpus = shell.run("cat /sys/devices/system/node/node*/cpulist").split()
        assert cpus == ["0-1", "2-3"]
    assert nothing_left(root) == []


def test_two_dozen_pcie_devices_are_where_the_document_says(uri: str, root: Path, guest: Guest) -> None:
    rngs = "<rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>" * 24
    with connect(uri) as connection:
        domain = connection.define_xml(document("vm", CONSOLE + rngs, guest=guest, memory=192))
        xml = domain.xml_desc()
        domain.undefine()
    places = [
        line.split("'")[3][2:] + ":" + line.split("'")[5][2:]
        for line in xml.partition("<rng")[2].splitlines()
        if "type='pci'" in line
    ]
    assert len(places) == 24
    with inside(uri, xml) as shell:
        found = shell.run("grep -l 0x1af4 /sys/bus/pci/devices/*/vendor")
        seen = {line.split("/")[5] for line in found.splitlines()}
        names = shell.run("for d in /sys/bus/pci/devices/*; do echo $(readlink -f $d); done").splitlines()
        assert len(seen) == 24
        # Behind a root port the guest numbers buses as the document's controllers are numbered.
        depth = [path.count("/0000:") for path in names if path.rpartition("/")[2] in seen]
        assert depth == [2] * 24
    assert nothing_left(root) == []


@needs.file("/usr/share/OVMF/OVMF_CODE_4M.fd", "ovmf")
def test_uefi(uri: str, root: Path, guest: Guest) -> None:
    text = document("vm", CONSOLE, guest=guest, memory=256).replace("<os>", "<os firmware='efi'>")
    with inside(uri, text) as shell:
        assert (
            "vars" in shell.run("ls /sys/firmware/efi").split() or "systab" in shell.run("ls /sys/firmware/efi").split()
        )
    assert nothing_left(root) == []


@pytest.mark.parametrize("machine", ["pc", "q35"])
def test_an_ordinary_guest(uri: str, root: Path, guest: Guest, machine: str) -> None:
    """Disks, a network card, memory, processors: what the document says is what the guest finds."""
    image = root / "disk.img"
    image.write_bytes(b"\0" * (8 << 20))
    devices = (
        CONSOLE
        + f"<disk type='file'><source file='{image}'/><target dev='vda' bus='virtio'/></disk>"
        + "<interface type='user'><mac address='52:54:00:00:00:42'/><model type='virtio'/></interface>"
        + "<channel type='unix'><target type='virtio' name='org.test.0'/></channel>"
    )
    text = document("vm", devices, guest=guest, machine=machine, memory=256)
    with inside(uri, text.replace("<os>", "<vcpu>2</vcpu><os>")) as shell:
        assert shell.run("cat /sys/block/vda/size").strip() == "16384"
        assert shell.run("cat /sys/class/net/eth0/address").strip() == "52:54:00:00:00:42"
        assert shell.run("cat /sys/class/virtio-ports/*/name").strip() == "org.test.0"
        assert shell.run("nproc").strip() == "2"
        assert 200_000 < int(shell.run("awk '/^MemTotal/ {print $2}' /proc/meminfo")) <= 262_144
        shell.run("echo written | dd of=/dev/vda conv=fsync 2>/dev/null")
        assert image.read_bytes()[:8] == b"written\n"
    assert nothing_left(root) == []
