"""Which commands there are and which module declares each, so that running one loads one module.

The groups are virsh's help groups, in its order. ``self-test`` and the tests check that this index is true.
"""

from __future__ import annotations

from virshpy import loading
from virshpy.shell.failure import ParseError
from virshpy.shell.lang import command as declarations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.shell.lang.command import Command


class Group:
    """A help group: its title, the keyword that ``help`` takes, and its modules with the commands each declares."""

    __slots__ = ("title", "keyword", "modules")

    def __init__(self, title: str, keyword: str, modules: dict[str, str]) -> None:
        self.title = title
        self.keyword = keyword
        self.modules = {module: names.split() for module, names in modules.items()}

    def names(self) -> list[str]:
        """Those that are shown, without loading any."""
        return sorted(name for names in self.modules.values() for name in names if name not in HIDDEN)


GROUPS = (
    Group(
        "Domain Management",
        "domain",
        {
            "domain.power": "create destroy reboot reset resume start suspend",
            "domain.shutdown": "shutdown",
            "domain.definition": "autostart define domrename dumpxml edit",
            "domain.undefine": "undefine",
            "domain.notes": "desc metadata",
            "domain.names": "domid domname domuuid",
            "domain.reach": "console domdisplay domdisplay-reload qemu-monitor-command ttyconsole vncdisplay",
            "domain.native": "domxml-from-native domxml-to-native",
            "domain.processors": "cpu-stats emulatorpin guestvcpus setvcpu setvcpus vcpucount vcpuinfo vcpupin",
            "domain.iothreads": "iothreadadd iothreaddel iothreadinfo iothreadpin iothreadset",
            "domain.tuning": "blkiotune memtune numatune perf schedinfo set-lifecycle-action setmaxmem setmem",
            "domain.bandwidth": "domiftune",
            "domain.devices": (
                "attach-device change-media detach-device detach-device-alias detach-disk detach-interface "
                "domif-setlink update-device update-memory-device"
            ),
            "domain.attach": "attach-disk attach-interface",
            "domain.saving": (
                "dump managedsave managedsave-define managedsave-dumpxml managedsave-edit managedsave-remove restore "
                "save save-image-define save-image-dumpxml save-image-edit screenshot"
            ),
            "domain.jobs": (
                "domdirtyrate-calc domjobabort domjobinfo migrate migrate-compcache migrate-getmaxdowntime "
                "migrate-getspeed migrate-postcopy migrate-setmaxdowntime migrate-setspeed"
            ),
            "domain.block": "blockcommit blockcopy blockjob blockpull blockresize domblkthreshold",
            "domain.agent": (
                "domfsfreeze domfsinfo domfsthaw domfstrim domhostname get-user-sshkeys guest-agent-timeout guestinfo "
                "qemu-agent-command set-user-password set-user-sshkeys"
            ),
            "domain.input": "inject-nmi send-key send-process-signal",
            "domain.launch_security": "domlaunchsecinfo domsetlaunchsecstate",
            "domain.lxc": "lxc-enter-namespace",
            "domain.qemu": "dom-fd-associate qemu-attach qemu-monitor-event",
            "domain.sleep": "dompmsuspend dompmwakeup",
            "domain.throttle": (
                "blkdeviotune domdelthrottlegroup domsetthrottlegroup domthrottlegroupinfo domthrottlegrouplist"
            ),
        },
    ),
    Group(
        "Domain Monitoring",
        "monitor",
        {
            "domain.info": "domcontrol dominfo domstate domstats",
            "domain.list": "list",
            "domain.figures": (
                "domblkerror domblkinfo domblklist domblkstat domif-getlink domifaddr domiflist domifstat dommemstat "
                "domtime"
            ),
        },
    ),
    Group("Domain Events", "events", {"events": "event"}),
    Group(
        "Host and Hypervisor",
        "host",
        {
            "host": "capabilities domcapabilities hostname maxvcpus nodeinfo sysinfo uri version",
            "cpus": (
                "cpu-baseline cpu-compare cpu-models hypervisor-cpu-baseline hypervisor-cpu-compare "
                "hypervisor-cpu-models"
            ),
            "node": (
                "allocpages freecell freepages node-memory-tune nodecpumap nodecpustats nodememstats nodesevinfo "
                "nodesuspend"
            ),
        },
    ),
    Group(
        "Checkpoint",
        "checkpoint",
        {
            "checkpoint": (
                "checkpoint-create checkpoint-create-as checkpoint-delete checkpoint-dumpxml checkpoint-edit "
                "checkpoint-info checkpoint-list checkpoint-parent"
            )
        },
    ),
    Group(
        "Interface",
        "interface",
        {
            "interface": (
                "iface-begin iface-commit iface-define iface-destroy iface-dumpxml iface-edit iface-list iface-mac "
                "iface-name iface-rollback iface-start iface-undefine"
            ),
            "bridge": "iface-bridge iface-unbridge",
        },
    ),
    Group(
        "Network Filter",
        "filter",
        {
            "nwfilter": (
                "nwfilter-binding-create nwfilter-binding-delete nwfilter-binding-dumpxml nwfilter-binding-list "
                "nwfilter-define nwfilter-dumpxml nwfilter-edit nwfilter-list nwfilter-undefine"
            )
        },
    ),
    Group(
        "Networking",
        "network",
        {
            "network": (
                "net-autostart net-create net-define net-desc net-destroy net-dhcp-leases net-dumpxml net-edit "
                "net-event net-info net-list net-metadata net-name net-port-create net-port-delete net-port-dumpxml "
                "net-port-list net-start net-undefine net-update net-uuid"
            )
        },
    ),
    Group(
        "Node Device",
        "nodedev",
        {
            "nodedev": (
                "nodedev-autostart nodedev-create nodedev-define nodedev-destroy nodedev-detach nodedev-dettach "
                "nodedev-dumpxml nodedev-event nodedev-info nodedev-list nodedev-reattach nodedev-reset nodedev-start "
                "nodedev-undefine nodedev-update"
            )
        },
    ),
    Group(
        "Secret",
        "secret",
        {
            "secret": (
                "secret-define secret-dumpxml secret-event secret-get-value secret-list "
                "secret-set-value secret-undefine"
            )
        },
    ),
    Group(
        "Snapshot",
        "snapshot",
        {
            "snapshot": (
                "snapshot-create snapshot-create-as snapshot-current snapshot-delete snapshot-dumpxml snapshot-edit "
                "snapshot-info snapshot-list snapshot-parent snapshot-revert"
            )
        },
    ),
    Group("Backup", "backup", {"backup": "backup-begin backup-dumpxml"}),
    Group(
        "Storage Pool",
        "pool",
        {
            "pool": (
                "find-storage-pool-sources find-storage-pool-sources-as pool-autostart pool-build pool-capabilities "
                "pool-create pool-create-as pool-define pool-define-as pool-delete pool-destroy pool-dumpxml "
                "pool-edit pool-event pool-info pool-list pool-name pool-refresh pool-start pool-undefine pool-uuid"
            )
        },
    ),
    Group(
        "Storage Volume",
        "volume",
        {
            "volume": (
                "vol-clone vol-create vol-create-as vol-create-from vol-delete vol-download vol-dumpxml vol-info "
                "vol-key vol-list vol-name vol-path vol-pool vol-resize vol-upload vol-wipe"
            )
        },
    ),
    Group(
        "virshpy itself",
        "virshpy",
        {
            "itself": "cd complete connect echo exit help pwd quit self-test",
            "diff": "diff",
            "setup": "completion unit",
            "prompt": "history set",
        },
    ),
)

# Commands that are neither listed nor offered: for other programs, or another spelling of a listed one.
HIDDEN = frozenset(("complete", "self-test", "nodedev-dettach"))

# The last group, and how people who know virsh ask for it.
OWN_GROUP = "virshpy"
KEYWORD_ALIASES = {"virsh": OWN_GROUP}


def module_of(name: str) -> str | None:
    for group in GROUPS:
        for module, names in group.modules.items():
            if name in names:
                return f"virshpy.shell.commands.{module}"
    return None


def names() -> list[str]:
    """Every command's name, hidden ones included, without loading any."""
    return [name for group in GROUPS for names in group.modules.values() for name in names]


def lookup(name: str) -> Command | None:
    """A command by name; its module is loaded now."""
    module = module_of(name)
    if module is None:
        return None
    loading.module(module)
    return declarations.DECLARED[name]


def find(name: str) -> Command:
    """A command by name. Raises ParseError as virsh words it."""
    found = lookup(name)
    if found is None:
        near = nearest(name, names())
        hint = f"did you mean '{near}'?" if near else "'help' lists the commands"
        raise ParseError(f"unknown command: '{name}'", hint=hint)
    return found


def find_known(name: str) -> Command:
    """A command that the program itself relies on."""
    found = lookup(name)
    assert found is not None
    return found


def nearest(word: str, candidates: list[str]) -> str | None:
    """The candidate that was probably meant."""
    from difflib import get_close_matches

    prefixed = [candidate for candidate in candidates if len(word) > 1 and candidate.startswith(word)]
    if len(prefixed) == 1:
        return prefixed[0]
    return next(iter(get_close_matches(word, candidates, 1, 0.7)), None)


def check() -> list[str]:
    """Load everything; what is wrong with the index or a declaration, a line each."""
    faults = []
    declared_by: dict[str, str] = {}
    for group in GROUPS:
        for module, promised in group.modules.items():
            before = set(declarations.DECLARED)
            try:
                loading.module(f"virshpy.shell.commands.{module}")
            except declarations.BadDeclaration as error:
                faults.append(f"{module}: {error}")
            for name in set(declarations.DECLARED) - before:
                declared_by[name] = module
            for name in promised:
                if name not in declarations.DECLARED:
                    faults.append(f"{module}: promised command '{name}' is not declared")
            faults += [
                f"{module}: '{name}' is declared but missing in the index"
                for name, home in declared_by.items()
                if home == module and name not in promised
            ]
    return faults
