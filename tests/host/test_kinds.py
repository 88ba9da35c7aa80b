"""What a journal says of steps: a guest that one release has started must be stopped by every later one."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest

import virshpy.drivers
import virshpy.host
from virshpy import errors
from virshpy.host.steps import Step
from virshpy.host.steps.kinds import MODULES, class_of, restore
from virshpy.host.steps.placed import Placed

# The fields of each kind. A row is never changed nor taken away: another shape is another kind, as tap/2.
RECORDED = {
    "access/1": ("path", "uid", "owner", "group", "identity", "locks"),
    "active-group/1": ("name",),
    "appended-file/1": ("path", "parent"),
    "bounded-directory/1": ("path",),
    "bridge/1": ("name", "mac"),
    "command/1": (),
    "copied-file/1": ("path", "parent"),
    "directory/1": ("path",),
    "dnsmasq/1": ("pid", "started", "directory"),
    "file/1": ("path", "parent"),
    "firewalld-zone/1": ("zone", "link"),
    "forwarding/1": ("switched",),
    "grown-volume/1": ("vg", "name", "before", "begun"),
    "hook/1": ("scripts", "end", "document", "log", "timeout"),
    "iscsi-interface/1": ("name",),
    "iscsi-login/1": ("portal", "target", "interface", "mine"),
    "iscsi-record/1": ("portal", "target", "interface", "made"),
    "kept-directory/1": ("path", "made"),
    "link-scripts/1": ("name", "down", "begun"),
    "link-setting/1": ("name", "back"),
    "listening-socket/1": ("path", "parent"),
    "logical-volume/1": ("vg", "name", "begun"),
    "macvtap/1": ("name",),
    "mount/1": ("path", "mounted"),
    "named-image/1": ("path", "parent", "identity"),
    "namespace-keeper/1": ("pid", "started", "patience"),
    "new-directory/1": ("path", "parent"),
    "new-image/1": ("path", "parent"),
    "nft-table/1": ("family", "name"),
    "ovs-port/1": ("name",),
    "ovs-setting/1": ("name", "back"),
    "owner/1": ("path", "uid", "owner", "group", "identity"),
    "partition/1": ("device", "start", "end"),
    "physical-volume/1": ("device", "begun"),
    "pipe/1": ("path", "parent"),
    "port-forwards/1": ("socket", "rows"),
    "process/1": ("pid", "started", "patience"),
    "qemu-socket/1": ("path", "parent"),
    "qmp/1": ("path", "pids", "remove"),
    "rbd/1": ("back", "document", "uri"),
    "removed-file/1": ("path", "parent", "aside"),
    "replaced-image/1": ("path", "parent", "passing", "aside", "identity"),
    "resized-file/1": ("path", "parent", "identity", "before", "size"),
    "slirp4netns/1": ("pid", "started", "patience", "network", "directory", "keeper", "log"),
    "tap/1": ("name",),
    "traffic-share/1": ("device", "number"),
    "traffic/1": ("device", "before", "shared"),
    "tree-owner/1": ("path", "uid", "owner", "group", "identity"),
    "volume-group/1": ("name", "devices", "begun"),
    "vport/1": ("parent", "node", "port"),
}

# What version 0.1.0 wrote before kinds had names, with the fields of its first guests, and what each is today.
EARLIER: dict[str, tuple[str, dict[str, Any]]] = {
    "access.GiveFile": ("owner/1", {"path": "/p", "owner": 0, "group": 0}),
    "access.GiveTree": ("tree-owner/1", {"path": "/p", "uid": 1, "owner": 0, "group": 0, "identity": [1, 2]}),
    "access.GrantAccess": ("access/1", {"path": "/p", "uid": 1, "owner": 0, "group": 0}),
    "filesystem.AppendableFile": ("appended-file/1", {"path": "/p"}),
    "filesystem.BoundedDirectory": ("bounded-directory/1", {"path": "/p"}),
    "filesystem.CopyFile": ("copied-file/1", {"path": "/p"}),
    "filesystem.KeptDirectory": ("kept-directory/1", {"path": "/p", "made": False}),
    "filesystem.ListeningSocket": ("listening-socket/1", {"path": "/p"}),
    "filesystem.MakeDirectory": ("directory/1", {"path": "/p"}),
    "filesystem.PrimedPipe": ("pipe/1", {"path": "/p"}),
    "filesystem.QemuSocket": ("qemu-socket/1", {"path": "/p"}),
    "filesystem.RemoveFile": ("removed-file/1", {"path": "/p", "aside": "/p.removed"}),
    "filesystem.WriteFile": ("file/1", {"path": "/p"}),
    "link.Tap": ("tap/1", {"name": "vnet0"}),
    "process.Errand": ("command/1", {}),
    "process.Spawn": ("process/1", {"pid": 0, "started": 0, "patience": 10}),
}


def loaded_classes() -> Iterator[type[Step]]:
    """Every class of steps that the package has, in whichever module."""
    for package in (virshpy.host, virshpy.drivers):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            import_module(module.name)
    pending = [Step]
    while pending:
        cls = pending.pop()
        yield cls
        pending += cls.__subclasses__()


def test_every_step_has_a_kind_whose_fields_stay() -> None:
    found = {}
    for cls in loaded_classes():
        if cls.do is not Step.do and cls.__module__.startswith("virshpy."):
            if not cls.kind:  # nothing of it is recorded, so nothing can be taken back
                assert cls.undo is Step.undo and not cls.recorded and not cls.durable
                continue
            assert MODULES[cls.kind] == cls.__module__
            assert cls.kind not in found, f"{cls} and another class are both {cls.kind}"
            found[cls.kind] = cls.recorded
    assert found == RECORDED


@pytest.mark.parametrize("name", EARLIER)
def test_steps_that_were_recorded_by_class_can_be_read(name: str) -> None:
    kind, data = EARLIER[name]
    step = restore(name, data)
    assert type(step) is class_of(kind)
    # What the first release did not record yet has a default: its undo, and being recorded once more, need all of it.
    assert {**step.data(), **data} == step.data()
    assert step.undo_commands() is not None


def test_a_step_in_a_namespace_says_in_which() -> None:
    """On the host nothing is added. Where the keeper has ended, nothing is left to take back."""
    placed = [cls for cls in loaded_classes() if issubclass(cls, Placed) and cls.kind]
    assert {"bridge/1", "tap/1", "nft-table/1", "forwarding/1", "dnsmasq/1"} <= {cls.kind for cls in placed}
    for cls in placed:
        step = restore(cls.kind, dict.fromkeys(cls.recorded, "x") | {"pid": 0} if "pid" in cls.recorded else {})
        assert isinstance(step, Placed) and not step.where.is_own
        inside = restore(cls.kind, {**dict.fromkeys(cls.recorded, "x"), "pid": 0, "namespace": [1, 2]})
        assert inside.data()["namespace"] == [1, 2]
        assert set(inside.data()) == {*cls.recorded, "namespace"}
        inside.undo()


def test_a_kind_that_nobody_knows_is_said_to_be_newer() -> None:
    with pytest.raises(errors.InternalError, match="unknown kind of step 'tap/9'"):
        restore("tap/9", {})
