"""Starts every document of a folder, paused, and asks QEMU whether the devices are where the document says.

    python -m kit.starts FOLDER [--libvirt] [--only GLOB] [-v]

A document is made startable first, the same way for virshpy and (``--libvirt``) for libvirtd: disks become small
images, KVM becomes plain emulation; what needs hardware, daemons, firmware or networks that this host may lack is left
out.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter
from pathlib import Path
from typing import Any

from lxml import etree

HERE = Path(__file__).resolve().parent.parent
_MISSING = ("hostdev", "lease", "redirdev", "smartcard", "shmem", "filesystem", "tpm", "vsock", "crypto")
_RANDOM = ("random", "builtin")


class Startable:
    """A document with everything left out that this host cannot give."""

    def __init__(self, text: bytes, name: str, folder: Path) -> None:
        parser = etree.XMLParser(remove_blank_text=True, remove_comments=True)
        self.root: Any = etree.fromstring(text, parser)
        self.folder = folder
        self.root.set("type", "qemu")
        self._text("name", name)
        self._text("uuid", str(uuid.uuid5(uuid.NAMESPACE_OID, name)))
        for tag in ("seclabel", "launchSecurity", "resource", "cputune", "numatune", "blkiotune", "memtune", "idmap"):
            self._drop(tag)
        for tag in ("loader", "nvram", "kernel", "initrd", "dtb", "cmdline", "acpi"):
            self._drop(f"os/{tag}")
        for element in self.root.findall("os"):
            element.attrib.pop("firmware", "")
        self._drop("os/firmware")
        self._devices()

    def _text(self, tag: str, value: str) -> None:
        found = self.root.find(tag)
        if found is None:
            found = etree.SubElement(self.root, tag)
        found.text = value

    def _drop(self, path: str) -> None:
        for element in self.root.findall(path):
            element.getparent().remove(element)

    def _devices(self) -> None:
        devices = self.root.find("devices")
        if devices is None:
            return
        for emulator in devices.findall("emulator"):
            emulator.text = shutil.which(os.path.basename(emulator.text or "")) or "/usr/bin/qemu-system-x86_64"
        for tag in _MISSING:
            self._drop(f"devices/{tag}")
        for number, disk in enumerate(devices.findall("disk")):
            self._disk(number, disk)
        for interface in devices.findall("interface"):
            self._interface(interface)
        for device in [*devices.findall("serial"), *devices.findall("parallel"), *devices.findall("console"),
                       *devices.findall("channel")]:  # fmt: skip
            self._chardev(device)
        for rng in devices.findall("rng"):
            backend = rng.find("backend")
            if backend is None or backend.get("model") not in _RANDOM:
                self._leave(rng)
            elif backend.text:
                backend.text = "/dev/urandom"
        for graphics in devices.findall("graphics"):
            if graphics.get("type") not in ("vnc", "spice"):
                self._leave(graphics)
                continue
            for child in list(graphics):
                graphics.remove(child)
            kept = {"type": graphics.get("type", "vnc"), "autoport": "yes"}
            graphics.attrib.clear()
            graphics.attrib.update(kept)

    def _leave(self, element: Any) -> None:
        element.getparent().remove(element)

    def _disk(self, number: int, disk: Any) -> None:
        source = disk.find("source")
        for tag in ("auth", "encryption", "backingStore", "mirror", "rawio", "geometry"):
            for child in disk.findall(tag):
                disk.remove(child)
        if disk.get("device") == "lun":
            return self._leave(disk)
        disk.set("type", "file")
        for word in ("rawio", "sgio"):
            disk.attrib.pop(word, "")
        if source is None:
            return None
        image = self.folder / f"disk{number}.img"
        image.write_bytes(b"\0" * (1474560 if disk.get("device") == "floppy" else 1 << 20))
        for child in list(source):
            source.remove(child)
        source.attrib.clear()
        source.set("file", str(image))
        driver = disk.find("driver")
        if driver is not None and driver.get("type") not in (None, "raw"):
            driver.set("type", "raw")
            for child in list(driver):
                driver.remove(child)
        return None

    def _interface(self, interface: Any) -> None:
        if interface.get("type") in ("hostdev", "vhostuser", "vdpa", "direct", "internal"):
            return self._leave(interface)
        interface.set("type", "user")
        for child in list(interface):
            if child.tag not in ("mac", "model", "address", "alias", "boot", "rom"):
                interface.remove(child)
        return None

    def _chardev(self, device: Any) -> None:
        if device.get("type") in ("spicevmc", "spiceport", "qemu-vdagent", "dbus") or device.get("type") is None:
            if device.get("type") is not None:
                self._leave(device)
            return
        device.set("type", "null")
        for tag in ("source", "protocol", "log"):
            for child in device.findall(tag):
                device.remove(child)

    def text(self) -> str:
        return str(etree.tostring(self.root, encoding="unicode", pretty_print=True))


Place = tuple[str, str]


def places(xml: str) -> list[tuple[str, Place]]:
    """(alias, (bus, address)) of every PCI device in a running guest's document, in QEMU's words for both."""
    devices: Any = etree.fromstring(xml.encode()).find("devices")
    # The machine's own bus has the name that it has anyway, whatever a document calls its controller.
    own = {"pci-root": "pci.0", "pcie-root": "pcie.0"}
    roots = {
        int(controller.get("index")): own.get(controller.get("model")) or controller.find("alias").get("name")
        for controller in devices.findall("controller[@type='pci']")
    }
    found = []
    for device in devices:
        address, alias = device.find("address[@type='pci']"), device.find("alias")
        if address is not None and alias is not None:
            bus = roots.get(int(address.get("bus"), 16), "?")
            at = f"{int(address.get('slot'), 16):02x}.{int(address.get('function'), 16)}"
            found.append((alias.get("name", ""), (bus, at)))
    return found


def seen(tree: str) -> dict[str, Place]:
    """id -> (bus, address) of every device in QEMU's own tree (info qtree); one without an id under its place."""
    found: dict[str, Place] = {}
    buses: list[tuple[int, str]] = []
    name = ""
    for line in tree.splitlines():
        indent = len(line) - len(line.lstrip())
        word, _, rest = line.strip().partition(" ")
        if word in ("bus:", "dev:"):
            buses = [(depth, bus) for depth, bus in buses if depth < indent]
        if word == "bus:":
            buses.append((indent, rest))
        elif word == "dev:":
            name = rest.partition('id "')[2].rstrip('"')
        elif word == "addr" and buses and re.fullmatch(r"= [0-9a-f]{2}\.[0-7]", rest):
            place = (buses[-1][1], rest[2:])
            found[name or f"at {place}"] = place
    return found


def compare(run: list[str], name: str) -> list[str]:
    """What QEMU has elsewhere than the running guest's document says."""

    def virsh(*words: str) -> str:
        return subprocess.run([*run, *words], capture_output=True, text=True, check=True, timeout=60).stdout

    xml = virsh("dumpxml", name)
    real = seen(virsh("qemu-monitor-command", name, "--hmp", "info qtree"))
    taken = set(real.values())
    # Functions of one chip share a name, and what belongs to the machine has none: the place is what counts.
    wrong = [f"{alias}: not at {' '.join(place)}" for alias, place in places(xml) if place not in taken]
    blocks = json.loads(virsh("qemu-monitor-command", name, json.dumps({"execute": "query-block"})))["return"]
    files = {path for row in blocks if (path := row.get("inserted", {}).get("file"))}
    disks: Any = etree.fromstring(xml.encode()).findall("devices/disk/source[@file]")
    # Above a filter QEMU tells a whole graph, in which the file is.
    opened = "\n".join(files)
    return wrong + [f"{disk.get('file')}: not opened" for disk in disks if disk.get("file") not in opened]


def attempt(run: list[str], path: Path, name: str) -> tuple[str, str]:
    """("started", devices out of place) or (the verb that failed, its words); ("crash", …) where libvirtd is gone."""
    for verb, words in (("define", ["define", str(path)]), ("start", ["start", name, "--paused"])):
        done = subprocess.run([*run, *words], capture_output=True, text=True, timeout=120)
        if done.returncode and _CRASHED.search(done.stderr):
            revive(run)
            return "crash", done.stderr.strip().replace("\n", " | ")
        if done.returncode:
            subprocess.run([*run, "undefine", name, "--nvram"], capture_output=True)
            return verb, done.stderr.strip().replace("\n", " | ")
    try:
        wrong = compare(run, name)
    finally:
        subprocess.run([*run, "destroy", name], capture_output=True, timeout=60)
        subprocess.run([*run, "undefine", name, "--nvram"], capture_output=True, timeout=60)
    return "started", "; ".join(wrong)


_CRASHED = re.compile("End of file while reading|Cannot recv data|Failed to connect socket|client socket is closed")


def revive(run: list[str]) -> None:
    """Some documents crash libvirtd 9.0: start it again, and wait until it answers."""
    subprocess.run(["libvirtd", "-d"], capture_output=True)
    for _ in range(60):
        if subprocess.run([*run, "uri"], capture_output=True).returncode == 0:
            return
        time.sleep(0.5)


def _stop_all(run: list[str]) -> None:
    """What an interrupted run has left."""
    listed = subprocess.run([*run, "list", "--all", "--name"], capture_output=True, text=True).stdout
    for name in listed.split():
        if name.startswith("kit-"):
            subprocess.run([*run, f"destroy {name}; undefine --nvram {name}"], capture_output=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="kit.starts", description="Start every document of a folder.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--libvirt", action="store_true", help="libvirtd beside it (needs it running, and root)")
    parser.add_argument("--only", default="*", help="names to take, as a pattern")
    parser.add_argument("-v", action="store_true", help="say what failed, and with which words")
    options = parser.parse_args()
    scratch = Path(tempfile.mkdtemp(prefix="vps."))
    scratch.chmod(0o755)
    runs = {"virshpy": [sys.executable, "-m", "virshpy", "-c", f"qemu:///embed?root={scratch}/root"]}
    if options.libvirt:
        runs["libvirtd"] = ["virsh", "-c", "qemu:///system"]
    count: Counter[tuple[str, str]] = Counter()
    out_of_place = 0
    try:
        for source in sorted(options.folder.glob("*.xml")):
            if not fnmatch.fnmatch(source.stem, options.only):
                continue
            name = f"kit-{source.stem}"[:60]
            try:
                Startable(source.read_bytes(), name, scratch)
            except etree.XMLSyntaxError:
                continue
            results = {}
            for program, run in runs.items():
                # Images of its own for each start: no guest is in the way of another that has not quite ended.
                images = Path(tempfile.mkdtemp(dir=scratch))
                images.chmod(0o755)
                document = images / "domain.xml"
                document.write_text(Startable(source.read_bytes(), name, images).text())
                results[program] = attempt(run, document, name)
                shutil.rmtree(images)
            for program, (result, words) in results.items():
                count[program, result] += 1
                out_of_place += program == "virshpy" and result == "started" and bool(words)
            ours = results["virshpy"]
            worse = "libvirtd" in results and results["libvirtd"][0] == "started" and ours[0] != "started"
            misplaced = ours[0] == "started" and ours[1]
            if options.v and (worse or misplaced or len(results) == 1 and ours[0] != "started"):
                sys.stdout.write(f"{source.stem}: {ours[0]}: {ours[1]}{'   (libvirtd starts it)' if worse else ''}\n")
                sys.stdout.flush()
    finally:
        for run in runs.values():
            _stop_all(run)
        shutil.rmtree(scratch, ignore_errors=True)
    for program in runs:
        row = ", ".join(f"{result} {number}" for (who, result), number in sorted(count.items()) if who == program)
        sys.stdout.write(f"{program}: {row}\n")
    sys.stdout.write(f"devices out of place under virshpy: {out_of_place} guests\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
