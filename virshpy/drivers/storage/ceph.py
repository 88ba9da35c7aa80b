"""Words for the program rbd, which speaks to a Ceph cluster, and what it answers. Nothing is run here.

It is told who we are by a configuration that only it can read, from the descriptor ``{fd:conf}``. No file of the host's
takes part, as with libvirt: a document says all that there is to say.
"""

from __future__ import annotations

import re
from base64 import b64encode
from typing import NamedTuple

from virshpy import errors
from virshpy.host import framing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, ParamSpec, TypeVar

    from virshpy.xml.storage import Pool

    Given = ParamSpec("Given")
    Told = TypeVar("Told")

_TIMEOUTS = ("client_mount_timeout", "rados_mon_op_timeout", "rados_osd_op_timeout")


class Image(NamedTuple):
    """An image: its size, and what of it is stored, in bytes."""

    size: int
    used: int


# what rbd is told
def monitors(pool: Pool) -> str:
    """Where the cluster is asked for."""
    assert pool.source is not None
    said = []
    for host in pool.source.hosts:
        name = f"[{host.name}]" if ":" in str(host.name) else str(host.name)
        said.append(f"{name}:{host.port}" if host.port else name)
    return ",".join(said)


def configuration(pool: Pool, key: bytes | None, patience: int) -> str:
    """What ceph.conf would say. Raises InternalError for an option that no configuration can have."""
    said = {"mon_host": monitors(pool), **{name: str(patience) for name in _TIMEOUTS}}
    # Its own words say why; what its log says beside them is of no use to anybody who did not write it.
    said |= {"log_to_stderr": "false", "err_to_stderr": "false"}
    said["auth_client_required"] = "none" if key is None else "cephx"
    if key is not None:
        said["key"] = b64encode(key).decode()
    if pool.config_opts is not None:
        for option in pool.config_opts.options:
            name, value = str(option.name), str(option.value)
            if not re.fullmatch(r"[A-Za-z0-9_ -]+", name) or re.search(r"[\0\n\r]", value):
                raise unknown_option(name)
            said[re.sub("[ -]", "_", name)] = value
    return "[global]\n" + "".join(f"{name} = {_quoted(value)}\n" for name, value in said.items())


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def unknown_option(name: str) -> errors.Error:
    return errors.InternalError(f"failed to set RADOS option: {name}", hint="see Ceph's list: ceph config ls")


def rbd_words(user: str | None, pool: str, verb: Sequence[str], image: str | None = None, *more: str) -> list[str]:
    """``rbd …``. Names stand behind options of their own: in one word, signs in them would mean something."""
    words = ["--conf", "/dev/fd/{fd:conf}", *(["--id", user] if user else []), *verb, "--pool", pool]
    return [*words, *(["--image", image] if image is not None else []), *more]


# what it answers
def _reading(read: Callable[Given, Told]) -> Callable[Given, Told]:
    """What is not as rbd says it is one error."""

    def reading(*texts: Given.args, **named: Given.kwargs) -> Told:
        try:
            return read(*texts, **named)
        except (framing.Malformed, LookupError, TypeError, ValueError, AttributeError) as error:
            detail = f"cannot read what rbd says: {error}"
            raise errors.InternalError(detail, hint="is it Ceph's? apt install ceph-common") from None

    return reading


def _list(text: str) -> list[Any]:
    found = framing.decode(f'{{"list": {text.strip() or "[]"}}}'.encode())["list"]
    return list(found)


@_reading
def names_in(text: str) -> list[str]:
    """Of ``rbd ls``."""
    return [str(name) for name in _list(text)]


@_reading
def sizes_in(text: str) -> dict[str, int]:
    """Of ``rbd ls --long``: its snapshots have lines of their own."""
    return {one["image"]: framing.number(one, "size") for one in _list(text) if "snapshot" not in one}


@_reading
def size_in(text: str) -> int:
    """Of ``rbd info``."""
    return framing.number(framing.decode(text.encode()), "size")


@_reading
def has_map(text: str) -> bool:
    """Of ``rbd info``: whether the cluster knows which objects of an image there are."""
    told = framing.decode(text.encode())
    return "fast-diff" in told["features"] and "fast diff invalid" not in told.get("flags", [])


@_reading
def used_in(text: str, warnings: str = "") -> dict[str, int]:
    """Of ``rbd du``, with the snapshots of each; not of those that have no map of their objects."""
    slow = set(re.findall(r"fast-diff map is not enabled for (\S+?)\. ", warnings))
    used: dict[str, int] = {}
    for one in framing.decode(text.encode())["images"]:
        if one["name"] not in slow:
            used[one["name"]] = used.get(one["name"], 0) + framing.number(one, "used_size")
    return used


@_reading
def space_in(text: str, pool: str) -> tuple[int, int, int]:
    """(capacity of the cluster, what the pool stores, what is free) of ``rados df``, in bytes."""
    told = framing.decode(text.encode())
    stored = next((framing.number(one, "size_bytes") for one in told["pools"] if one["name"] == pool), 0)
    return framing.number(told, "total_space") * 1024, stored, framing.number(told, "total_avail") * 1024


@_reading
def snapshots_in(text: str) -> list[tuple[str, bool]]:
    """(name, whether it is protected) of ``rbd snap ls``."""
    return [(one["name"], str(one.get("protected")).lower() == "true") for one in _list(text)]


@_reading
def is_watched(text: str) -> bool:
    """Of ``rbd status``: whether anybody has an image open."""
    return bool(framing.decode(text.encode()).get("watchers"))


def last_words(text: str) -> str:
    """Why rbd has failed, in its own words."""
    lines = [line.removeprefix("rbd: ") for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""
