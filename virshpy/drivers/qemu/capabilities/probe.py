"""Asks a QEMU binary what it can do, once: the answer is kept until the binary changes.

A small file per binary in the cache, which every start reads, and one for each accelerator with its CPU models: asked
when it is first wanted, by those who ask about CPUs.
"""

from __future__ import annotations

import json
import os

from virshpy import errors
from virshpy.drivers.qemu.capabilities import kvm
from virshpy.drivers.qemu.capabilities.caps import QemuCaps

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from virshpy.drivers.qemu.identity import Identity

FORMAT = 3
INSTALL = "install QEMU: apt install qemu-system-x86"
_ARCHES = {"i686": "i386"}
_TYPES = "qom-list-types"


def default_emulator(arch: str | None = None) -> str | None:
    """The path of the QEMU binary that runs guests of ``arch`` (the host's by default), or None."""
    arch = arch or os.uname().machine
    name = f"qemu-system-{_ARCHES.get(arch, arch)}"
    for folder in (os.environ.get("PATH") or "").split(os.pathsep) + ["/usr/local/bin", "/usr/bin", "/usr/libexec"]:
        path = os.path.join(folder, name)
        if folder.startswith("/") and os.access(path, os.X_OK) and os.path.isfile(path):
            return path
    if arch == os.uname().machine and os.access("/usr/libexec/qemu-kvm", os.X_OK):
        return "/usr/libexec/qemu-kvm"
    return None


def probe(binary: str, cache_dir: str, user: Callable[[], Identity]) -> QemuCaps:
    """The capabilities of a QEMU binary, from the cache where it has not changed since; else it is run, as ``user()``.

    Raises SystemCallError where the binary is missing or not executable, InternalError where it does not answer.
    """
    usable, reason = kvm.kvm_usable()
    key = [*_identity(binary), usable]
    stem = os.path.join(cache_dir, _file_name(binary))
    record = _cached(f"{stem}.json", key)
    if record is None:
        record = {**_ask(binary, user()), "key": key}
        _remember(cache_dir, f"{stem}.json", record)

    def load_models(accelerator: str) -> dict[str, Any]:
        from virshpy.host import processes

        path = f"{stem}.{accelerator}-models.json"
        # What KVM can give is a matter of the kernel and of the processor's microcode, too.
        models_key = [*key, processes.boot_id()] if accelerator == "kvm" else key
        found = _cached(path, models_key)
        if found is None:
            found = {**_ask_models(binary, accelerator, user()), "key": models_key}
            _remember(cache_dir, path, found)
        return found

    caps = QemuCaps(record, load_models)
    caps.host_arch = os.uname().machine
    caps.kvm_present = caps.kvm_built and kvm.kvm_present()[0]
    caps.kvm_usable = caps.kvm_built and usable
    caps.kvm_reason = reason if caps.kvm_built else f"{binary} was built without KVM"
    return caps


def _identity(binary: str) -> list[Any]:
    """What the answer depends on; raises libvirt's errors for a binary that cannot be asked."""
    try:
        status = os.stat(binary)
    except OSError as error:
        raise errors.from_os_error(error, f"Cannot check QEMU binary {binary}", hint=INSTALL) from None
    if os.path.isdir(binary):
        raise errors.SystemCallError(
            f"QEMU binary {binary} is not executable: Is a directory", hint="<emulator> must name a program"
        )
    if not os.access(binary, os.X_OK):
        raise errors.SystemCallError(
            f"QEMU binary {binary} is not executable: Permission denied", hint=f"chmod +x {binary}, or name another"
        )
    return [FORMAT, binary, status.st_size, status.st_mtime_ns]


def _file_name(binary: str) -> str:
    from zlib import crc32

    return f"{os.path.basename(binary)}-{crc32(os.fsencode(binary)):08x}"


_read: dict[str, dict[str, Any]] = {}  # by file, for as long as its key is the one that is asked for


def _cached(path: str, key: list[Any]) -> dict[str, Any] | None:
    known = _read.get(path)
    if known is not None and known["key"] == key:
        return known
    try:
        with open(path, "rb") as file:
            record: dict[str, Any] = json.loads(file.read())
    except (OSError, ValueError):
        return None
    if not isinstance(record, dict) or record.get("key") != key:
        return None
    _read[path] = record
    return record


def _remember(folder: str, path: str, record: dict[str, Any]) -> None:
    from virshpy.host import files

    try:
        files.make_directories(folder)
        files.write_atomic(path, json.dumps(record, separators=(",", ":")).encode(), 0o600)
    except errors.Error:
        pass  # a cache that cannot be written costs time, not correctness


def _ask(binary: str, user: Identity) -> dict[str, Any]:
    answers = _conversation(
        binary,
        user,
        "tcg",
        [
            ("query-version", None),
            ("query-target", None),
            ("query-kvm", None),
            ("query-machines", None),
            (_TYPES, {"implements": "device", "abstract": False}),
            (_TYPES, {"implements": "user-creatable", "abstract": False}),
        ],
    )
    version, target, kvm_answer, machines, devices, objects = answers
    number = version["qemu"]
    return {
        "binary": binary,
        "version": [number["major"], number["minor"], number["micro"]],
        "package": version["package"],
        "arch": target["arch"],
        "kvm": kvm_answer["present"],
        "machines": [_machine(row) for row in machines if row["name"] != "none"],
        "devices": sorted(row["name"] for row in devices if not row["name"].endswith("-cpu")),
        "objects": sorted(row["name"] for row in objects),
    }


def _ask_models(binary: str, accelerator: str, user: Identity) -> dict[str, Any]:
    """The named models (``definitions``: name, what of it this host cannot give, whether it is deprecated), what each
    has (``models``: name -> properties that are on; KVM adds its own to every model), what guests can have at most
    (``most``, and ``all`` with what keeps them from moving; ``vendor`` and ``signature`` of that processor), and the
    names of all ``properties``. Lists are empty where QEMU cannot expand models."""
    from virshpy.drivers.cpu.models import is_hidden

    definitions = _conversation(binary, user, accelerator, [("query-cpu-definitions", None)])[0]
    offered = [row for row in definitions if not is_hidden(row["name"])]
    names = [row["name"] for row in offered]
    most = "host" if accelerator == "kvm" else "max"
    asked = [("static", {"name": most}), ("full", {"name": most, "props": {"migratable": False}})]
    asked += [("static", {"name": name}) for name in names]
    questions = [("query-cpu-model-expansion", {"type": kind, "model": model}) for kind, model in asked]
    static, full, *models = (
        (answer or {}).get("model", {}).get("props", {})
        for answer in _conversation(binary, user, accelerator, questions, required=False)
    )
    return {
        "models": {name: _on(properties) for name, properties in zip(names, models, strict=False) if properties},
        "definitions": [
            [row["name"], row.get("unavailable-features", []), row.get("deprecated", False)] for row in offered
        ],
        "most": _on(static),
        "all": _on(full),
        "properties": sorted(full),
        "vendor": full.get("vendor"),
        "signature": [full.get("family", 0), full.get("model", 0), full.get("stepping", 0)],
    }


def _on(properties: dict[str, Any]) -> list[str]:
    return [name for name, value in properties.items() if value is True]


def _machine(row: dict[str, Any]) -> list[Any]:
    cpu = row.get("default-cpu-type", "")
    for suffix in ("-x86_64-cpu", "-i386-cpu", "-arm-cpu"):
        cpu = cpu.removesuffix(suffix)
    return [
        row["name"], row.get("alias"), row.get("cpu-max", 1), row.get("hotpluggable-cpus", False),
        row.get("numa-mem-supported", False), cpu, row.get("default-ram-id"), row.get("deprecated", False),
    ]  # fmt: skip


def _conversation(
    binary: str,
    user: Identity,
    accelerator: str,
    questions: Sequence[tuple[str, dict[str, Any] | None]],
    *,
    required: bool = True,
) -> list[Any]:
    """Ask everything in one breath: QEMU reads commands from its standard input and ends with the last.

    What QEMU does not answer is None, or where it is ``required`` raises InternalError.
    """
    from virshpy.host import processes

    asked: list[dict[str, Any]] = [{"execute": "qmp_capabilities", "id": -1}]
    for number, (command, arguments) in enumerate(questions):
        asked.append({"execute": command, "id": number, **({"arguments": arguments} if arguments else {})})
    asked.append({"execute": "quit", "id": -1})
    words = ["-S", "-no-user-config", "-nodefaults", "-display", "none", "-machine", f"none,accel={accelerator}"]
    done = processes.run(
        [binary, *words, "-qmp", "stdio"],
        input="".join(json.dumps(line) + "\n" for line in asked),
        check=False,
        uid=user.uid,
        groups=user.groups,
    )
    answers = {}
    for line in done.stdout.splitlines():
        try:
            message = json.loads(line)
        except ValueError:
            continue
        if isinstance(message, dict) and "return" in message:
            answers[message.get("id")] = message["return"]
    if required and any(number not in answers for number in range(len(questions))):
        said = (done.stderr or done.stdout).strip() or f"exit status {done.returncode}"
        raise errors.InternalError(
            f"Failed to start QEMU binary {binary} for probing: {said[:400]}",
            hint=f"is {binary} a QEMU system emulator?",
        )
    return [answers.get(number) for number in range(len(questions))]
