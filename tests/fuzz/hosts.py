"""Files that describe an imaginary host, damaged: ``test:///FILE``, and what a few commands say of it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import virshpy
from tests.fuzz.kind import Kind, fault, refused
from tests.fuzz.mutate import Mutator
from tests.testdriver.described import HOST
from virshpy import errors

STAGES = {"refused": "refused", "read": "made a host"}
_folder = Path()


def _inputs(seed: int, folders: Sequence[Path]) -> Iterator[bytes]:
    return iter(Mutator([HOST.replace("<domain file='other.xml'/>", "")], seed))


def _open() -> Callable[[], None]:
    global _folder
    holder = tempfile.TemporaryDirectory(prefix="vp.")
    _folder = Path(holder.name)
    return holder.cleanup


def take(data: bytes) -> str:
    """``refused``, or ``read`` where the host answers. Raises Fault."""
    path = _folder / "host.xml"
    path.write_bytes(data)
    try:
        with virshpy.open(f"test://{path}") as connection:
            connection.capabilities()
            connection.node_info()
            for domain in connection.list_domains():
                domain.xml_desc()
            for network in connection.list_networks():
                network.xml_desc()
            for pool in connection.list_storage_pools():
                pool.xml_desc()
    except errors.Error as error:
        refused(error)
        return "refused"
    except Exception as error:
        raise fault(error) from error
    return "read"


HOSTS = Kind("hosts", "damaged files of imaginary hosts", 4_000, _inputs, take, STAGES, ".xml", _open)
