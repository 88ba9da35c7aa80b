"""The table of verbs that change something of QEMU's connections.

A row is a verb on the command line, the contract's operation behind it, what comes before it, and what must hold of
what the next command sees, wherever the verb's process ended: by default that all of the verb is done or none of it.
A new verb adds its row here. test_crash_matrix.py tries each row; tests/structure asks that there is one.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from tests.guests import matrix_networks as networks
from tests.guests.documents import document, serial_to
from tests.guests.living import nothing_left, wait_for
from tests.processes import processes
from virshpy import errors
from virshpy import open as connect
from virshpy.api.domain import Domain
from virshpy.api.secret import Secret
from virshpy.api.storage import StoragePool
from virshpy.enums import StoragePoolCreateFlags, StorageXMLFlags, UndefineFlags, XMLFlags

UUID = "3f1c4a5e-0001-4000-8000-00000000c0de"
POOL = "3f1c4a5e-0003-4000-8000-00000000c0de"
SECRET = "3f1c4a5e-0002-4000-8000-00000000c0de"
_MAC = "52:54:00:c0:de:01"
_ROOT = os.geteuid() == 0
# The link of the host's that a row's guest has: those of other tests come and go meanwhile.
LINK = f"vpc{os.getpid() % 100000}"
_IMPACT = "--live --config" if _ROOT else "--config"  # what has no link of the host's cannot be limited
_FIRMWARE = Path("/usr/share/OVMF/OVMF_CODE_4M.fd")


class Ground:
    """One connection's directory. Its guest, ``crash``, has a disk, a port, a log, and firmware with an NVRAM."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.uri = f"qemu:///embed?root={root}"
        self.nvram = root / "lib/nvram/crash_VARS.fd"
        self.hook = root / "etc/hooks/qemu"
        self.kept = (root / "disk.img", root / "serial.log", self.nvram, root / "hooked")
        self.pool = root / "pool"  # the directory of the pool, which is called ``crash-pool``

    def clear(self) -> None:
        """Nothing is on record, and nothing is left of earlier guests."""
        with connect(self.uri) as connection:
            for domain in connection.list_domains():
                if domain.is_active():
                    domain.destroy()
            for domain in connection.list_domains():
                domain.undefine(flags=UndefineFlags.NVRAM)
            networks.clear(connection)
            for secret in connection.list_secrets():
                secret.undefine()
            for pool in connection.list_storage_pools():
                if pool.is_active():
                    pool.destroy()
            for pool in connection.list_storage_pools():
                pool.undefine()
        shutil.rmtree(self.pool, ignore_errors=True)
        for path in (*self.kept, self.hook):
            path.unlink(missing_ok=True)
        self.kept[0].write_bytes(b"\0" * 4096)
        self.kept[0].chmod(0o600)

    def write(self, text: str, name: str = "crash.xml") -> None:
        """The file that a verb is given."""
        (self.root / name).write_text(text)

    def define(self, text: str) -> None:
        with connect(self.uri) as connection:
            connection.define_xml(text)

    def start(self, text: str) -> None:
        self.define(text)
        with connect(self.uri) as connection:
            connection.lookup_by_name("crash").create()

    def pool_xml(self) -> str:
        """With permissions, which its directory gets when it is built."""
        permissions = "<permissions><mode>0750</mode></permissions>"
        target = f"<target><path>{self.pool}</path>{permissions}</target>"
        return f"<pool type='dir'><name>crash-pool</name><uuid>{POOL}</uuid>{target}</pool>"

    def start_pool(self) -> None:
        with connect(self.uri) as connection:
            made = connection.storage_pool_define_xml(self.pool_xml())
            made.create(flags=StoragePoolCreateFlags.WITH_BUILD)

    def small(self) -> str:
        disk = f"<disk type='file'><source file='{self.root}/disk.img'/><target dev='vda'/></disk>"
        return document("crash", disk, uid=UUID)

    def full(self) -> str:
        """With a port, and with files that its start makes and its end leaves: a log, and firmware's variables."""
        devices = f"<graphics type='vnc' autoport='yes'/>{serial_to(self.root / 'serial.log')}</devices>"
        text = self.small().replace("</devices>", devices)
        if not _FIRMWARE.exists():
            return text
        template = _FIRMWARE.with_name("OVMF_VARS_4M.fd")
        firmware = f"<loader readonly='yes' type='pflash'>{_FIRMWARE}</loader>"
        return text.replace("</os>", f"{firmware}<nvram template='{template}'>{self.nvram}</nvram></os>")

    def linked(self) -> str:
        """With an interface: for root one that has a link of the host's, called as no other process calls one."""
        kind = f"<interface type='ethernet'><target dev='{LINK}'/>" if _ROOT else "<interface type='user'>"
        interface = f"{kind}<mac address='{_MAC}'/><bandwidth><outbound average='9'/></bandwidth></interface>"
        return self.small().replace("</devices>", f"{interface}</devices>")

    def seen(self) -> dict[str, Any]:
        """What the next command finds: objects with their states and documents, files, processes."""
        found: dict[str, Any] = {}
        with connect(self.uri) as connection:
            for domain in connection.list_domains():
                found[domain.name] = self._domain(domain)
            for network in connection.list_networks():
                found[f"network {network.name}"] = networks.seen(network)
            for secret in connection.list_secrets():
                found[secret.uuid] = (secret.xml_desc(), _value(secret))
            for pool in connection.list_storage_pools():
                found[f"pool {pool.name}"] = self._pool(pool)
        # What lies in the pool's directory, also under names that no listing shows.
        found["volumes"] = {
            path.name: (path.stat().st_mode, path.stat().st_size, hash(path.read_bytes()))
            for path in sorted(self.pool.glob("**/*"))
        }
        found["built"] = self.pool.stat().st_mode if self.pool.exists() else None
        found["files"] = {path.name: path.stat().st_mode for path in self.kept if path.exists()}
        found["processes"] = len(processes(f"{self.root}[/ ]"))
        found["networks"] = networks.on_the_host(self.root)
        found["links"] = sorted(path.name for path in Path("/sys/class/net").glob(f"*{LINK}"))
        if found["links"]:
            queues = subprocess.run(["tc", "class", "show", "dev", LINK], capture_output=True, text=True, check=True)
            found["queues"] = re.findall(r"rate \S+ ceil \S+", queues.stdout)
        if not found["processes"]:
            found["left"] = nothing_left(self.root)
        return found

    def _pool(self, pool: StoragePool) -> dict[str, Any]:
        found: dict[str, Any] = {"active": pool.is_active(), "persistent": pool.is_persistent()}
        if pool.is_persistent():
            found["autostart"] = pool.autostart()
            found["definition"] = pool.xml_desc(flags=StorageXMLFlags.INACTIVE).replace(str(self.root), "")
        if pool.is_active():
            found["volumes"] = sorted(self._volume(volume.xml_desc()) for volume in pool.list_volumes())
        return found

    def _volume(self, text: str) -> str:
        return re.sub("<timestamps>.*</timestamps>", "", text, flags=re.DOTALL).replace(str(self.root), "")

    def _domain(self, domain: Domain) -> dict[str, Any]:
        # Not the reason: whoever finds a guest gone knows less about it than who ended it.
        found: dict[str, Any] = {"state": domain.state()[0], "messages": domain.messages()}
        found["title"] = re.findall("<title>.*", domain.xml_desc())
        if domain.is_persistent():
            found["autostart"] = domain.autostart()
            text = domain.xml_desc(flags=XMLFlags.INACTIVE | XMLFlags.SECURE)
            found["definition"] = text.replace(str(self.root), "")
        if domain.is_active():
            text = re.sub("portid='[^']*'|dev='vnet[0-9]+'", "", domain.xml_desc())
            found["live"] = re.findall("<interface.*</interface>", text, re.DOTALL)
            assert "VM status" in domain.qemu_monitor_command("info status", human=True)
        return found


def _value(secret: Secret) -> bytes | None:
    try:
        return secret.value()
    except errors.NoSecret:
        return None


def all_or_nothing(before: dict[str, Any], after: dict[str, Any], complete: dict[str, Any]) -> bool:
    return after in (before, complete) and not after.get("left")


def still_there(before: dict[str, Any], after: dict[str, Any], complete: dict[str, Any]) -> bool:
    """What is overwritten in place may be half overwritten; it is there, and of its size."""
    return [facts[:2] for facts in after["volumes"].values()] == [facts[:2] for facts in complete["volumes"].values()]


class Row(NamedTuple):
    """``operation``: the contract's name of what the verb does. ``prepare`` brings a cleared ground to where the verb
    begins; ``invariant`` is asked of what was seen before, after the death, and where nothing disturbs the verb.
    ``moments``: how many there are at least; a verb that makes one statement of SQL has none that could be between.
    """

    verb: str
    operation: str
    prepare: Callable[[Ground], None]
    moments: int = 2
    invariant: Callable[[dict[str, Any], dict[str, Any], dict[str, Any]], bool] = all_or_nothing
    root: bool = False  # it makes links of the host's


def _pool_written(ground: Ground) -> None:
    ground.write(ground.pool_xml())


def _pool_defined(ground: Ground) -> None:
    with connect(ground.uri) as connection:
        connection.storage_pool_define_xml(ground.pool_xml())


def _pool_built(ground: Ground) -> None:
    _pool_defined(ground)
    ground.pool.mkdir()


def _pool_runs(ground: Ground) -> None:
    ground.start_pool()


def _volume_made(ground: Ground, more: str = "<allocation>0</allocation>") -> None:
    ground.start_pool()
    ground.write("what is uploaded")
    with connect(ground.uri) as connection:
        pool = connection.storage_pool_lookup_by_name("crash-pool")
        pool.storage_vol_create_xml(f"<volume><name>old</name><capacity>1048576</capacity>{more}</volume>")


def _overlay_made(ground: Ground) -> None:
    _volume_made(ground, "<target><format type='qcow2'/></target>")


def _volume_filled(ground: Ground) -> None:
    _volume_made(ground)
    (ground.pool / "old").write_bytes(b"secret" * 1000)


def _writes(ground: Ground) -> None:
    ground.write(ground.small())


def _defines(ground: Ground) -> None:
    ground.define(ground.full())


def _defines_and_writes(ground: Ground) -> None:
    ground.define(ground.small())
    ground.write(ground.full())


def _has_run(ground: Ground) -> None:
    ground.define(ground.full())
    ground.nvram.write_bytes(b"variables")


def _runs(ground: Ground) -> None:
    ground.start(ground.small())


def _runs_with_a_link(ground: Ground) -> None:
    ground.start(ground.linked())


def _has_a_link(ground: Ground) -> None:
    ground.define(ground.linked())


def _runs_in_full(ground: Ground) -> None:
    ground.start(ground.full())


def _hooks(ground: Ground) -> None:
    """A script makes something of the host ready for the guest, and takes it back."""
    ground.define(ground.small())
    ground.hook.parent.mkdir(parents=True, exist_ok=True)
    made = ground.root / "hooked"
    ground.hook.write_text(f'#!/bin/sh\ncase $2 in prepare) : >"{made}" ;; release) rm -f "{made}" ;; esac\n')
    ground.hook.chmod(0o755)


def _runs_with_hooks(ground: Ground) -> None:
    """Its actor has come to rest: until then it has the guest's lock, and a destroy goes another way around that."""
    _hooks(ground)
    ground.start(ground.small())
    wait_for(lambda: any(_watches(pid) for pid, _ in processes(f"watch {re.escape(ground.uri)}")), "its actor's rest")


def _watches(pid: int) -> bool:
    try:
        return any(os.readlink(fd) == "anon_inode:inotify" for fd in Path(f"/proc/{pid}/fd").iterdir())
    except FileNotFoundError:
        return False  # a descriptor of a moment


def _secret(ground: Ground) -> None:
    """There is one that lasts, and a file that has it otherwise."""
    usage = "<usage type='volume'><volume>crash</volume></usage>"
    text = f"<secret ephemeral='no' private='no'><uuid>{SECRET}</uuid>{usage}</secret>"
    with connect(ground.uri) as connection:
        connection.secret_define_xml(text).set_value(b"a")
    ground.write(text.replace("ephemeral='no'", "ephemeral='yes'"), "secret.xml")


def _net_written(ground: Ground) -> None:
    ground.write(networks.xml())


def _net_defined(ground: Ground) -> None:
    networks.define(ground.uri)


def _net_runs(ground: Ground) -> None:
    networks.start(ground.uri)
    ground.write(networks.RANGE)


def _net_to_be_plugged_in(ground: Ground) -> None:
    networks.start(ground.uri)
    ground.write(networks.port_xml())


def _net_with_a_port(ground: Ground) -> None:
    networks.start(ground.uri)
    with connect(ground.uri) as connection:
        connection.network_lookup_by_name("crash-net").port_create_xml(networks.port_xml())


def _two_links(ground: Ground) -> None:
    networks.make_bridge()
    networks.start(ground.uri)
    ground.define(ground.small().replace("</devices>", f"{networks.interfaces()}</devices>"))


def _runs_with_two_links(ground: Ground) -> None:
    _two_links(ground)
    with connect(ground.uri) as connection:
        connection.lookup_by_name("crash").create()


ROWS = (
    Row("define {root}/crash.xml", "domain_define_xml_flags", _writes),
    Row("define {root}/crash.xml", "domain_define_xml_flags", _defines_and_writes),
    Row("undefine crash --nvram", "domain_undefine_flags", _has_run, 5),
    Row("domrename crash again", "domain_rename", _defines),
    Row("autostart crash", "domain_set_autostart", _defines),
    Row("desc crash --title new", "domain_set_metadata", _defines),
    Row("desc crash --title new --live --config", "domain_set_metadata", _runs),
    Row("start crash", "domain_create_with_flags", _defines, 20),
    Row("start crash", "domain_create_with_flags", _hooks, 20),
    Row("destroy crash", "domain_destroy_flags", _runs_with_hooks, 15),
    Row("start crash", "domain_create_with_flags", _has_a_link, 20),
    Row("destroy crash", "domain_destroy_flags", _runs_with_a_link, 15),
    Row(f"domiftune crash {_MAC} --inbound 100 {_IMPACT}", "domain_set_interface_parameters", _runs_with_a_link),
    Row(f"domif-setlink crash {_MAC} down", "domain_update_device_flags", _runs_with_a_link, 4),
    Row("create {root}/crash.xml", "domain_create_xml", _writes, 20),
    Row("destroy crash", "domain_destroy_flags", _runs_in_full, 15),
    Row("destroy crash --graceful", "domain_destroy_flags", _runs, 15),
    Row("reboot crash --mode acpi", "domain_reboot", _runs, 3),
    Row("qemu-monitor-command crash --hmp info", "domain_qemu_monitor_command", _runs, 0),
    Row("start crash", "domain_create_with_flags", _two_links, 20, root=True),
    Row("destroy crash", "domain_destroy_flags", _runs_with_two_links, 15, root=True),
    Row("net-define {root}/crash.xml", "network_define_xml_flags", _net_written),
    Row("net-undefine crash-net", "network_undefine", _net_defined),
    Row("net-autostart crash-net", "network_set_autostart", _net_defined),
    Row("net-desc crash-net --config new", "network_set_metadata", _net_defined),
    Row("net-start crash-net", "network_create", _net_defined, 15, root=True),
    Row("net-create {root}/crash.xml", "network_create_xml_flags", _net_written, 15, root=True),
    Row("net-destroy crash-net", "network_destroy", _net_runs, 12, root=True),
    Row(
        "net-update crash-net add ip-dhcp-range {root}/crash.xml --live --config",
        "network_update",
        _net_runs,
        root=True,
    ),
    Row("net-port-create crash-net {root}/crash.xml", "network_port_create_xml", _net_to_be_plugged_in, root=True),
    Row(f"net-port-delete crash-net {networks.PORT}", "network_port_delete", _net_with_a_port, root=True),
    Row("pool-define {root}/crash.xml", "storage_pool_define_xml", _pool_written),
    Row("pool-undefine crash-pool", "storage_pool_undefine", _pool_defined),
    Row("pool-autostart crash-pool", "storage_pool_set_autostart", _pool_defined),
    Row("pool-build crash-pool", "storage_pool_build", _pool_defined, 4),
    Row("pool-start crash-pool --build", "storage_pool_create", _pool_defined, 6),
    Row("pool-create {root}/crash.xml --build", "storage_pool_create_xml", _pool_written, 6),
    Row("pool-destroy crash-pool", "storage_pool_destroy", _pool_runs, 3),
    Row("pool-delete crash-pool", "storage_pool_delete", _pool_built, 2),
    Row("pool-refresh crash-pool", "storage_pool_refresh", _overlay_made),
    Row("vol-create-as crash-pool new 1M", "storage_vol_create_xml", _pool_runs, 8),
    Row("vol-create-as crash-pool new 1M --format qcow2", "storage_vol_create_xml", _pool_runs, 8),
    Row("vol-clone old new crash-pool", "storage_vol_create_xml_from", _volume_made, 8),
    Row("vol-delete old crash-pool", "storage_vol_delete", _volume_made, 5),
    Row("vol-resize old 2M crash-pool", "storage_vol_resize", _volume_made, 4),
    Row("vol-upload old {root}/crash.xml crash-pool", "storage_vol_upload", _volume_made, 8),
    Row("vol-wipe old crash-pool", "storage_vol_wipe", _volume_filled, 0, still_there),
    Row("secret-define {root}/secret.xml", "secret_define_xml", _secret),
    Row("secret-set-value {secret} --base64 YmJi", "secret_set_value", _secret),
    Row("secret-undefine {secret}", "secret_undefine", _secret),
)

# Operations that a connection for reading may not call, and that have no row.
WITHOUT_A_ROW = {
    "storage_vol_wipe_pattern": "the same as storage_vol_wipe, by a program of the host's",
    "connect_find_storage_pool_sources": "only answers",
    "storage_vol_download": "only answers",
    "domain_suspend": "tells QEMU one thing, and stores nothing",
    "domain_resume": "tells QEMU one thing, and stores nothing",
    "domain_reset": "tells QEMU one thing, and stores nothing",
    "domain_shutdown_flags": "asks the guest to end, and stores what holds of one that nobody asked",
    "domain_open_console": "lends a terminal; who has it is told by a lock, which ends with its holder",
    "node_alloc_pages": "tells the kernel one number, and stores nothing",
    "node_set_memory_parameters": "tells the kernel, and stores nothing",
    "node_suspend_for_duration": "sleeps, and stores nothing",
    "node_get_sev_info": "only answers",
    "secret_get_value": "only answers",
    "domain_interface_addresses": "only answers",
    "connect_domain_xml_to_native": "only answers",
    "connect_domain_xml_from_native": "only answers",
    "connect_compare_hypervisor_cpu": "only answers",
    "connect_baseline_hypervisor_cpu": "only answers",
}
