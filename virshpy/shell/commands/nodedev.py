"""Node Device: the host's devices."""

from __future__ import annotations

from virshpy import errors
from virshpy.enums import ListNodeDevicesFlags, NodeDeviceCreateXMLFlags, NodeDeviceDefineXMLFlags
from virshpy.shell.failure import Failure, failing
from virshpy.shell.lang.command import Alias, argument, command, flag, option
from virshpy.shell.lang.types import AnyChoice, AnyText, File
from virshpy.shell.nouns.lists import autostart_field, everything, which
from virshpy.shell.nouns.noun import Noun
from virshpy.shell.nouns.objects import NodeDeviceType
from virshpy.shell.nouns.options import IMPACT_CLASHES, changed, impact, validate
from virshpy.shell.render.readable import truth
from virshpy.shell.render.results import Field, Fields, Lines, Message

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from virshpy.api.nodedev import NodeDevice
    from virshpy.shell.lang.command import Arguments
    from virshpy.shell.lang.types import Candidate
    from virshpy.shell.render.results import Result
    from virshpy.shell.session import Session

nodedev = Noun(
    "nodedev",
    "device",
    NodeDeviceType,
    "device {name}",
    what="a device of the host",
    help="name of a device, or WWNN,WWPN",
    example="computer",
    late=True,
)
nodedev.from_file(
    "create",
    validate(NodeDeviceCreateXMLFlags.VALIDATE),
    help=(
        "make a device of the host from a file",
        "Make a device on the host, such as a mediated one, that is gone after the\nnext boot.",
    ),
    example="mdev.xml",
    why="a slice of a graphics card",
    failed="Failed to create node device from {file}",
    done="Node device {name} created from {file}",
)
nodedev.from_file(
    "define",
    validate(NodeDeviceDefineXMLFlags.VALIDATE),
    help=("define a device of the host from a file", "Make a persistent device on the host, without starting it."),
    example="mdev.xml",
    why="then: nodedev-start with the name it got",
    failed="Failed to define node device from '{file}'",
    done="Node device '{name}' defined from '{file}'",
)
nodedev.dumpxml()
nodedev.verb(
    "destroy",
    "Destroyed node device '{name}'",
    "remove a device from the host itself, not from a guest",
    failed="Failed to destroy node device '{name}'",
    aliases=(Alias("name", "device"),),
)
nodedev.verb("start", "started", "start a defined device of the host", method="create")
nodedev.verb(
    "undefine",
    "Undefined node device '{name}'",
    "remove the definition of a device of the host",
    failed="Failed to undefine node device '{name}'",
)
nodedev.verb(
    "reattach",
    "re-attached",
    "give a guest's device back to the host's driver",
    method="re_attach",
    failed="Failed to re-attach device {name}",
)
nodedev.verb("reset", "reset", "reset a device of the host, before or after a guest has it")
nodedev.autostart()
_DEVICE = nodedev.argument()


def _declare_detach(name: str) -> None:
    @command(
        name,
        "take a device away from the host's driver",
        "Take a device away from the host's driver, so that a guest can have it.",
        (_DEVICE, option("driver", AnyChoice("vfio", "xen"), "the driver that it gets instead")),
        examples=((f"{name} pci_0000_00_02_0", "before a guest starts that has it"),),
        returns="message name",
    )
    def detach(args: Arguments) -> Message:
        device, typed = args["device"], args.text("device")
        with failing(f"Failed to detach device {typed}"):
            device.detach(args["driver"] or None)
        return Message(f"Device {typed} detached", name=device.name)


_declare_detach("nodedev-detach")
# As it was spelled once.
_declare_detach("nodedev-dettach")


@command(
    "nodedev-info",
    "facts about a device of the host",
    "Print the basic facts about a device of the host.",
    (_DEVICE,),
    examples=(("nodedev-info computer", "the root of all others"),),
    returns="name parent active persistent autostart",
)
def nodedev_info(args: Arguments) -> Fields:
    device: NodeDevice = args["device"]
    parent = _parent(device)
    fields = [
        Field("name", "Name", device.name),
        Field("parent", "Parent", parent, parent or ""),
        truth("active", "Active", _perhaps(device.is_active)),
        truth("persistent", "Persistent", _perhaps(device.is_persistent)),
        autostart_field(device),
    ]
    return Fields(fields, 16)


def _parent(device: NodeDevice) -> str | None:
    try:
        return device.parent()
    except errors.Error:
        return None


def _perhaps(ask: Callable[[], bool]) -> bool:
    """The answer; virsh takes none for a yes."""
    try:
        return ask()
    except errors.Error:
        return True


_L = ListNodeDevicesFlags
# Kinds of devices as their documents spell them; libvirt's flags are called after most of them.
_FLAGS = {"pci": "PCI_DEV", "usb_device": "USB_DEV", "usb": "USB_INTERFACE", "ccw": "CCW_DEV", "css": "CSS_DEV"}
_SPELLED = (
    "system pci usb_device usb net scsi_host scsi_target scsi storage fc_host vports scsi_generic drm mdev_types mdev "
    "ccw css vdpa ap_card ap_queue ap_matrix vpd"
)
_KINDS = {kind: ListNodeDevicesFlags[f"CAP_{_FLAGS.get(kind, kind.upper())}"] for kind in _SPELLED.split()}


class Kinds(AnyText):
    """Kinds of devices with commas between them. The value stays text: what else was given is checked first."""

    def complete(self, prefix: str, session: Session) -> Iterable[Candidate]:
        before, comma, _ = prefix.rpartition(",")
        return [(before + comma + kind, "") for kind in _KINDS if kind not in before.split(",")]


@command(
    "nodedev-list",
    "list the host's devices",
    "List devices of the host, all or those of some kinds.",
    (
        flag("tree", "show what is attached to what"),
        option("cap", Kinds(), "only devices of these kinds, separated by commas"),
        *which("devices", _L),
    ),
    examples=(("nodedev-list --cap net", "the network cards"), ("nodedev-list --tree", "as they are attached")),
    returns="devices[name] | devices[name parent]",
)
def nodedev_list(session: Session, args: Arguments) -> Result:
    if "all" in args and "inactive" in args:
        raise Failure("Option --all is incompatible with --inactive")
    if "tree" in args and (args["cap"] or "inactive" in args):
        raise Failure("Option --tree is incompatible with --cap and --inactive")
    kinds = 0
    for kind in args["cap"].split(",") if args["cap"] else ():
        if kind not in _KINDS:
            raise Failure("Invalid capability type")
        kinds |= _KINDS[kind]
    counted, failed = "Failed to count node devices", "Failed to list node devices"
    devices = everything(nodedev, session, args, _L.ACTIVE, more=kinds, counted=counted, failed=failed)
    if "tree" not in args:
        return Lines("devices", ["name"], [(device.name,) for device in devices])
    from virshpy.shell.render.tree import tree

    return tree("devices", [(device.name, _parent(device)) for device in devices])


@command(
    "nodedev-update",
    "change a device of the host from a file",
    "Change a mediated device, the running one, its definition, or both.",
    (_DEVICE, argument("file", File(), "file with the device's XML"), *impact("device")),
    constraints=IMPACT_CLASHES,
    examples=(("nodedev-update mdev_12345678_0000_0000_0000_123456789abc mdev.xml --config", "from its next start"),),
    returns="message name",
)
def nodedev_update(args: Arguments) -> Message:
    device: NodeDevice = args["device"]
    with failing(f"Failed to update node device {device.name} from '{args.text('file')}'"):
        device.update(args["file"], flags=args.flags)
    return Message(f"Updated node device {device.name} {changed(device, args)}", name=device.name)


nodedev.events(("lifecycle", "update"), ("Created", "Deleted", "Defined", "Undefined"))
