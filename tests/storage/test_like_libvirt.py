"""Whole sessions of pools and volumes beside libvirtd: the same words, but for an allow-list with reasons.

Both get the same command lines on a directory of their own. What no two hosts say alike is masked: UUIDs, times, paths,
and how much of a file system is taken.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests import needs

pytestmark = [needs.root, needs.program("virsh", "libvirt-clients"), needs.program("qemu-img", "qemu-utils")]

# What each session does; {} is the directory of its pool.
SESSIONS = {
    "life": """
        pool-define-as p dir --target {}/images
        pool-define-as p dir --target {}/images
        pool-define-as q dir --target {}/images
        pool-start p
        pool-build p
        pool-build p --overwrite
        pool-start p
        pool-start p
        pool-list --details
        pool-list --all --name
        pool-list --type fs
        pool-list --type dir
        pool-dumpxml p
        pool-dumpxml p --inactive
        pool-info p
        pool-autostart p
        pool-info p
        pool-list --autostart
        pool-autostart p --disable
        pool-refresh p
        pool-delete p
        pool-undefine p
        pool-destroy p
        pool-destroy p
        pool-refresh p
        vol-list p
        vol-create-as p v 1M
        pool-delete p
        pool-delete p
        pool-undefine p
        pool-info p
    """,
    "transient": """
        pool-create-as t dir --target {}/none
        pool-create-as t dir --target {}/images --build
        pool-autostart t
        pool-dumpxml t
        pool-info t
        pool-list --transient
        pool-list --persistent
        pool-undefine t
        pool-destroy t
        pool-info t
    """,
    "volumes": """
        pool-create-as p dir --target {}/images --build
        vol-create-as p raw 3M
        vol-create-as p part 4M --allocation 1M
        vol-create-as p more 1M --allocation 2M
        vol-create-as p q 4M --format qcow2
        vol-create-as p over 4M --format qcow2 --backing-vol q --backing-vol-format qcow2
        vol-create-as p meta 1M --format qcow2 --prealloc-metadata
        vol-create-as p dir 1M --format dir
        vol-create-as p vmdk 2M --format vmdk
        vol-create-as p raw 1M
        vol-create-as p a/b 1M
        vol-create-as p .. 1M
        vol-create-as p huge 8E
        vol-create-as p odd 1M --format bochs
        vol-list p
        vol-list p --details
        vol-info raw p --bytes
        vol-info part p --bytes
        vol-info more p --bytes
        vol-info q p --bytes
        vol-info q p --physical --bytes
        vol-info dir p
        vol-dumpxml raw p
        vol-dumpxml q p
        vol-dumpxml over p
        vol-dumpxml dir p
        pool-refresh p
        vol-dumpxml q p
        vol-dumpxml over p
        vol-dumpxml vmdk p
        vol-path q p
        vol-key q p
        vol-name {}/images/q
        vol-pool {}/images/q
        vol-pool {}/images/nope
        vol-resize raw 5M p
        vol-resize raw 4M p
        vol-resize q 1M p --delta
        vol-resize q 2M p --shrink
        vol-resize part 512K p --shrink
        vol-resize part 10M p --allocate
        vol-info part p --bytes
        vol-clone raw raw2 p
        vol-clone raw raw2 p
        vol-clone q q2 p
        vol-dumpxml q2 p
        vol-clone dir dir2 p
        vol-wipe raw p
        vol-wipe dir p
        vol-wipe raw p --algorithm trim
        vol-delete raw p
        vol-delete raw p
        vol-delete dir p
        vol-list p
        pool-destroy p
    """,
    "errors": """
        pool-start nope
        pool-define-as x dir
        pool-define-as x nonsense
        pool-define-as x disk
        pool-define-as x logical --target /dev/x
        pool-dumpxml x
        pool-start x
        pool-undefine x
        pool-define-as fs fs --target {}/fs --source-dev /dev/nonexistent
        pool-start fs
        pool-build fs
        pool-build fs --overwrite
        pool-build fs --overwrite --no-overwrite
        pool-undefine fs
        pool-define-as a/b dir --target {}/images
        vol-list nope
        vol-create-as nope v 1M
        vol-info nope nope
        vol-info {}/nope
        find-storage-pool-sources dir
        find-storage-pool-sources netfs
        find-storage-pool-sources nonsense
    """,
}
# What pool-define-as makes of its options; and what it, or libvirt, makes nothing of.
_PRINTED = """
    dir --target {}/a
    dir
    nosuch --target /x
    fs --source-dev /dev/sdz --target /mnt/f
    fs --source-dev /dev/sdz --source-format ext4 --target /mnt/f
    netfs --source-host h --source-path /exp --target /mnt/n --source-format nfs --source-protocol-ver 4
    logical --source-name vg --source-dev /dev/sdy
    logical
    disk --source-dev /dev/sdy --source-format gpt --target /dev
    iscsi --source-host h --source-dev iqn.x:y --target /dev/disk/by-path
    iscsi --source-host h --source-dev iqn.x:y --source-initiator iqn.z --target /d
    iscsi --source-host h --source-dev iqn.x:y --auth-type chap --auth-username u --secret-usage s --target /d
    iscsi --source-host h --source-dev iqn.x:y --auth-type chap --auth-username u --target /d
    iscsi-direct --source-host h --source-dev iqn.x:y --source-initiator iqn.z
    scsi --adapter-name scsi_host0 --target /dev/disk/by-path
    scsi --adapter-wwnn 20000000c9831b4b --adapter-wwpn 10000000c9831b4b --adapter-parent scsi_host3 --target /d
    mpath --target /dev/mapper
    rbd --source-host h --source-name rbd --auth-type ceph --auth-username a --secret-usage su
    gluster --source-host h --source-name vol --source-path /d
    zfs --source-name tank
    vstorage --source-name c --target /mnt/vs
"""
_REFUSED = """
    dir
    nosuch --target /x
    fs --source-format nope --source-dev /dev/sdz --target /mnt/f
    netfs --source-host h --source-path /exp --target /mnt/n --source-protocol-ver 99
    netfs --source-host h --target /mnt/n
    netfs --source-path /exp --target /mnt/n
    disk --target /dev
    scsi --adapter-wwnn 20000000c9831b4b --target /dev/disk/by-path
    scsi --adapter-name nope --target /dev/disk/by-path
    rbd --source-host h
"""
SESSIONS["forms"] = "\n".join(
    [f"pool-define-as a {line.strip()} --print-xml" for line in _PRINTED.strip().splitlines()]
    + [f"pool-define-as a {line.strip()}" for line in _REFUSED.strip().splitlines()]
)
# What each verb makes of each format.
_EACH = """
        vol-create-as p FORMAT 2M --format FORMAT
        vol-create-as p FORMAT-meta 2M --format FORMAT --prealloc-metadata
        vol-create-as p FORMAT-over 2M --format FORMAT --backing-vol base --backing-vol-format raw
        vol-clone FORMAT FORMAT-copy p
        vol-clone FORMAT-over FORMAT-whole p
        vol-info FORMAT-copy p --bytes
        vol-info FORMAT-whole p --bytes
        vol-wipe FORMAT-meta p --algorithm trim
        vol-delete FORMAT p
"""
_FORMATS = ("raw", "qcow2", "qcow", "qed", "vmdk", "vdi", "iso", "none")
SESSIONS["formats"] = f"""
        pool-create-as p dir --target {{}}/images --build
        vol-create-as p base 1M
        {"".join(_EACH.replace("FORMAT", format) for format in _FORMATS).strip()}
        vol-resize iso-copy 3M p
        vol-resize iso-copy 4M p --allocate
        vol-resize qed-copy 4M p --allocate
        vol-resize qcow2-copy 100K p --shrink
        vol-resize raw-copy 0 p
        vol-clone base shared p --reflink
        vol-clone qcow2-copy shared p --reflink
        vol-list p
        vol-list p --details
        pool-destroy p
"""

# Answers that differ on purpose, by session and line: why is in docs/differences.md.
ALLOWED = {
    ("life", "pool-dumpxml p --inactive"): "a definition is what was defined, not what a run has found out",
    ("errors", "pool-start fs"): "mount's own words name a log that this host may not have",
    ("volumes", "vol-create-as p odd 1M --format bochs"): "an image has a passing name while it is made",
}


def play(command: list[str], session: str, folder: Path) -> list[tuple[str, str]]:
    told = []
    for line in SESSIONS[session].strip().splitlines():
        words = line.strip()
        argv = [*command, words.format(folder)]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=60, env={**os.environ, "LC_ALL": "C"})
        told.append((words, masked(done.stdout + done.stderr, folder)))
    return told


def masked(text: str, folder: Path) -> str:
    text = text.replace(str(folder), "DIR")
    text = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "UUID", text)
    text = re.sub(r"<(.time)>[\d.]+", r"<\1>TIME", text)
    text = re.sub(r"(?s)(<pool .*?)<capacity.*?</available>", r"\1SPACE", text)
    text = re.sub(r"((?:Capacity|Allocation|Available): +)[\d.]+ (.iB|B)(?=\n)", r"\1SPACE", text)
    text = re.sub(r"/(usr/)?s?bin/", "/bin/", text)
    text = re.sub(r"<seclabel.*?</seclabel>|\s*<label>.*?</label>", "", text)
    if "Available" in text:  # a list: how wide it is depends on the figures
        text = re.sub(r"[\d.]+ (.iB|B)", "SPACE", re.sub(r" +|-+", " ", text))
    return text.strip()


@pytest.mark.parametrize("session", SESSIONS)
def test_the_same_session(reference: tuple[str, ...], uri: str, root: Path, session: str) -> None:
    theirs, ours = root / "a", root / "b"  # of one length, as columns are as wide as what is in them
    theirs.mkdir()
    ours.mkdir()
    expected = play([*reference], session, theirs)
    os.environ["VIRSHPY_AS"] = "virsh"
    try:
        found = play([sys.executable, "-m", "virshpy", "-c", uri], session, ours)
    finally:
        del os.environ["VIRSHPY_AS"]
    differing = [
        (line, want, got)
        for (line, want), (_, got) in zip(expected, found, strict=True)
        if want != got and (session, line) not in ALLOWED
    ]
    assert not differing, "\n\n".join(f"$ {line}\n- {want}\n+ {got}" for line, want, got in differing)
