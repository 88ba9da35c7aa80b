"""What each kind of step is called in a journal, and which module has its class.

A name is for ever: a guest that one release has started is stopped by a later one. A class may be renamed or moved as
long as its kind keeps its recorded fields; with others it is another kind, ``tap/2``, and the first stays readable.
"""

from __future__ import annotations

from virshpy import errors
from virshpy.host.steps import Step
from virshpy.loading import module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Modules are named, and loaded with the first step of theirs that is read: a driver has kinds of its own.
MODULES = {
    "access/1": "virshpy.host.steps.access",
    "active-group/1": "virshpy.host.steps.lvm",
    "appended-file/1": "virshpy.host.steps.filesystem",
    "bounded-directory/1": "virshpy.host.steps.filesystem",
    "bridge/1": "virshpy.host.steps.network",
    "command/1": "virshpy.host.steps.process",
    "copied-file/1": "virshpy.host.steps.filesystem",
    "directory/1": "virshpy.host.steps.filesystem",
    "dnsmasq/1": "virshpy.host.steps.dnsmasq",
    "file/1": "virshpy.host.steps.filesystem",
    "firewalld-zone/1": "virshpy.host.steps.firewalld",
    "forwarding/1": "virshpy.host.steps.network",
    "grown-volume/1": "virshpy.host.steps.lvm",
    "hook/1": "virshpy.host.steps.hook",
    "iscsi-interface/1": "virshpy.host.steps.iscsi",
    "iscsi-login/1": "virshpy.host.steps.iscsi",
    "iscsi-record/1": "virshpy.host.steps.iscsi",
    "kept-directory/1": "virshpy.host.steps.filesystem",
    "link-scripts/1": "virshpy.host.steps.link",
    "link-setting/1": "virshpy.host.steps.link",
    "listening-socket/1": "virshpy.host.steps.filesystem",
    "logical-volume/1": "virshpy.host.steps.lvm",
    "macvtap/1": "virshpy.host.steps.link",
    "mount/1": "virshpy.host.steps.mount",
    "named-image/1": "virshpy.host.steps.volume",
    "namespace-keeper/1": "virshpy.host.steps.namespace",
    "new-directory/1": "virshpy.host.steps.volume",
    "new-image/1": "virshpy.host.steps.volume",
    "nft-table/1": "virshpy.host.steps.network",
    "ovs-port/1": "virshpy.host.steps.link",
    "ovs-setting/1": "virshpy.host.steps.link",
    "owner/1": "virshpy.host.steps.access",
    "partition/1": "virshpy.host.steps.partition",
    "physical-volume/1": "virshpy.host.steps.lvm",
    "pipe/1": "virshpy.host.steps.filesystem",
    "port-forwards/1": "virshpy.host.steps.forwards",
    "process/1": "virshpy.host.steps.process",
    "qemu-socket/1": "virshpy.host.steps.filesystem",
    "qmp/1": "virshpy.drivers.qemu.steps",
    "rbd/1": "virshpy.drivers.storage.cluster",
    "removed-file/1": "virshpy.host.steps.filesystem",
    "replaced-image/1": "virshpy.host.steps.volume",
    "resized-file/1": "virshpy.host.steps.volume",
    "slirp4netns/1": "virshpy.host.steps.namespace",
    "tap/1": "virshpy.host.steps.link",
    "traffic-share/1": "virshpy.host.steps.traffic",
    "traffic/1": "virshpy.host.steps.traffic",
    "tree-owner/1": "virshpy.host.steps.access",
    "volume-group/1": "virshpy.host.steps.lvm",
    "vport/1": "virshpy.host.steps.vport",
}

# Until kinds had names of their own, a journal named classes.
CLASSES = {
    "access.GiveFile": "owner/1",
    "access.GiveTree": "tree-owner/1",
    "access.GrantAccess": "access/1",
    "filesystem.AppendableFile": "appended-file/1",
    "filesystem.BoundedDirectory": "bounded-directory/1",
    "filesystem.CopyFile": "copied-file/1",
    "filesystem.KeptDirectory": "kept-directory/1",
    "filesystem.ListeningSocket": "listening-socket/1",
    "filesystem.MakeDirectory": "directory/1",
    "filesystem.PrimedPipe": "pipe/1",
    "filesystem.QemuSocket": "qemu-socket/1",
    "filesystem.RemoveFile": "removed-file/1",
    "filesystem.WriteFile": "file/1",
    "link.Tap": "tap/1",
    "process.Errand": "command/1",
    "process.Spawn": "process/1",
}


def class_of(kind: str) -> type[Step]:
    """The class of a kind by its name in a journal. Raises InternalError where nobody knows it."""
    kind = CLASSES.get(kind, kind)
    if kind not in MODULES:
        raise errors.InternalError(f"unknown kind of step '{kind}'", hint="a newer virshpy has taken it: use that one")
    module(MODULES[kind])
    return Step.classes[kind]


def restore(kind: str, data: dict[str, Any]) -> Step:
    """A step out of the journal, good for ``undo``, ``settle`` and ``undo_commands``.

    It has its recorded attributes and its class's, no others: what a live step holds must have a default there.
    """
    cls = class_of(kind)
    step: Step = cls.__new__(cls)
    vars(step).update(data)
    return step
