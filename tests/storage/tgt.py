"""What tgtd is told, so that it offers files as the disks of an iSCSI target. The same on the host and in a lab."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Chap(NamedTuple):
    """Whom a target lets in. iSCSI wants the password to have 12 bytes or more, and initiators refuse a shorter one."""

    user: str
    password: str


def configuration(tid: int, iqn: str, files: Sequence[str], chap: Chap | None) -> list[list[str]]:
    """The words of one tgtadm after the other. The files become LUN 1, 2, …; LUN 0 is the target's own, and no disk.

    ``tid`` is part of what a disk says that it is, so it differs between two daemons on one host.
    """
    steps = [["new", "target", f"--targetname={iqn}"]]
    for lun, file in enumerate(files, 1):
        steps.append(["new", "logicalunit", f"--lun={lun}", f"--backing-store={file}"])
    steps.append(["bind", "target", "--initiator-address=ALL"])
    said = [["--lld=iscsi", f"--op={op}", f"--mode={mode}", f"--tid={tid}", *more] for op, mode, *more in steps]
    if chap:
        account = ["--mode=account", f"--user={chap.user}"]
        said.append(["--lld=iscsi", "--op=new", *account, f"--password={chap.password}"])
        said.append(["--lld=iscsi", "--op=bind", *account, f"--tid={tid}"])
    return said
