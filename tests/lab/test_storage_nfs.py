"""Pools of what a file server exports: mounted while they are active, by both versions of NFS; and a server that hangs.

One machine serves all of these tests.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.machine import NEEDS, Done, Lab
from tests.lab.storage import Share, nfs_server, storage_lab

pytestmark = NEEDS

TARGET = "/var/tmp/mounted"


@pytest.fixture(scope="module")
def machine() -> Iterator[Lab]:
    with tempfile.TemporaryDirectory(prefix="vp.lab.") as root, storage_lab(Path(root)) as lab:
        yield lab


@pytest.fixture
def share(lab: Lab) -> Iterator[Share]:
    with nfs_server(lab, "images") as (made,):
        yield made
    assert lab.run("grep ' nfs' /proc/mounts | grep -v nfsd", check=False).stdout == ""
    lab.run(f"rm -rf /var/tmp/root {TARGET}")


def virshpy(lab: Lab, *lines: str, check: bool = True) -> Done:
    """Commands of one process on a connection of their own."""
    said = "; ".join(lines)
    return lab.run(f'virshpy -c "qemu:///embed?root=/var/tmp/root" "{said}"', check=check, timeout=60)


def define(lab: Lab, share: Share, version: str) -> None:
    source = f"--source-host {share.host} --source-path {share.path} --source-format nfs"
    virshpy(lab, f"pool-define-as nas netfs {source} --source-protocol-ver {version} --target {TARGET}")


@pytest.mark.parametrize("version", ["3", "4.2"])
def test_the_whole_scene(lab: Lab, share: Share, version: str) -> None:
    define(lab, share, version)
    told = virshpy(lab, "pool-build nas", "pool-start nas", "pool-info nas").stdout
    mounted = lab.run("grep mounted /proc/mounts").stdout
    assert "State:          running" in told and f"{share.host}:{share.path} {TARGET} nfs" in mounted
    assert f"vers={version}" in mounted and "nosuid,nodev,noexec" in mounted
    lab.run("head -c 300000 /dev/urandom >/var/tmp/in")
    told = virshpy(
        lab, "vol-create-as nas v 1M", "vol-upload v /var/tmp/in nas", "vol-create-as nas q 8M --format qcow2",
        "vol-resize q 9M nas", "vol-clone v w nas", "vol-download w /var/tmp/out nas", "vol-list nas", "vol-info q nas",
        f"vol-pool {TARGET}/q",
    ).stdout  # fmt: skip
    assert f" q      {TARGET}/q" in told and "Capacity:       9.00 MiB" in told and told.rstrip().endswith("nas")
    lab.run(f"cmp --bytes=300000 /var/tmp/in /var/tmp/out && cmp {share.folder}/v {share.folder}/w")
    lab.run(f"cp /var/tmp/in {share.folder}/theirs")  # on the server's side
    told = virshpy(
        lab, "vol-info theirs nas --bytes", "vol-delete theirs nas", "vol-delete v nas", "vol-delete w nas",
        "vol-delete q nas", "pool-destroy nas", "pool-delete nas", "pool-undefine nas",
    ).stdout  # fmt: skip
    assert "Capacity:       300000 bytes" in told
    assert lab.run(f"ls -A {share.folder}; ls -d {TARGET}", check=False).stdout == ""


def test_what_is_not_exported_is_not_mounted(lab: Lab, share: Share) -> None:
    source = f"--source-host {share.host} --source-path /nothing --source-format nfs"
    virshpy(lab, f"pool-define-as nas netfs {source} --target {TARGET}", "pool-build nas")
    failed = virshpy(lab, "pool-start nas", check=False)
    assert failed.code and "mount.nfs" in failed.stderr
    assert "inactive" in virshpy(lab, "pool-list --all").stdout


def test_sources_are_what_it_exports(lab: Lab, share: Share) -> None:
    told = virshpy(lab, f"find-storage-pool-sources-as netfs {share.host}").stdout
    assert f"<dir path='{share.path}'/>" in told and "<format type='nfs'/>" in told


def test_a_server_that_hangs_costs_seconds(lab: Lab, share: Share) -> None:
    define(lab, share, "4.2")
    virshpy(lab, "pool-build nas", "pool-start nas", "vol-create-as nas v 1M", "pool-create-as near dir --target /srv")
    lab.run("iptables -A INPUT -p tcp --dport 2049 -j DROP 2>/dev/null || rpc.nfsd 0")
    commands = ("pool-list --all --details", "pool-info nas", "pool-dumpxml nas", "vol-list nas", "vol-info v nas",
                f"vol-path {TARGET}/v", "vol-list near", "list --all")  # fmt: skip
    for command in commands:
        began = time.monotonic()
        told = virshpy(lab, command, check=False)
        assert time.monotonic() - began < 20, command
        if command.startswith("vol-") and "near" not in command:
            assert told.code and ("does not answer" in told.stderr or "no storage vol" in told.stderr)
        else:
            assert told.code == 0, told.stderr
        if command == "pool-info nas":
            assert "State:          inaccessible" in told.stdout
    began = time.monotonic()
    virshpy(lab, "pool-destroy near", "pool-destroy nas")
    assert time.monotonic() - began < 30
    assert "inactive" in virshpy(lab, "pool-list --all").stdout
    assert lab.run(f"grep {TARGET} /proc/mounts", check=False).stdout == ""
