"""What an administrator may set, in ``virshpy.toml`` of the configuration directory.

[qemu]
guest_uids = [1879113728, 65536]   # first uid and count; root's connections run each guest under one of its own
lock_timeout = 30                  # seconds that a verb waits for another one on the same domain
stop_patience = 10                 # seconds between SIGTERM and SIGKILL when a guest is destroyed
monitor_timeout = 30               # seconds that QEMU has for an answer
log_size = 2097152                 # bytes after which a domain's log is put aside at the next start
slice = "machine.slice"            # systemd's slice for guests, where there is systemd; "": that of who starts them
hooks = ["/etc/libvirt/hooks"]     # folders with hook scripts, beside "hooks" of this directory (none)
hook_timeout = 60                  # seconds that a hook script has
"""

from __future__ import annotations

from virshpy import errors

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


_LAST_UID = (1 << 32) - 2  # the one after it stands for "no change" in calls to the kernel
_MOST = 1 << 40


class Config:
    """The settings, each with its default. Raises ConfSyntax for a file that cannot be read."""

    # The default range lies where neither distributions, nor systemd, nor the default subordinate uids of users allot.
    guest_uids: tuple[int, int] = (1879113728, 65536)
    lock_timeout: float = 30
    stop_patience: float = 10
    monitor_timeout: float = 30
    log_size: int = 2 << 20
    slice: str = "machine.slice"
    hooks: tuple[str, ...] = ()
    hook_timeout: float = 60

    def __init__(self, directory: str) -> None:
        path = f"{directory}/virshpy.toml"
        try:
            with open(path, "rb") as file:
                import tomllib

                settings = tomllib.load(file).get("qemu", {})
        except FileNotFoundError:
            return
        except (OSError, ValueError, RecursionError) as error:
            raise errors.ConfSyntax(f"{path}: {error}") from None
        if not isinstance(settings, dict):
            raise errors.ConfSyntax(f"{path}: qemu must be a table", hint="settings stand below a line [qemu]")
        for name, value in settings.items():
            setattr(self, name, self._checked(path, name, value))

    def _checked(self, path: str, name: str, value: Any) -> Any:
        known = [key for key in vars(Config) if not key.startswith("_")]
        if name not in known:
            raise errors.ConfSyntax(f"{path}: unknown setting '{name}'", hint=f"known settings: {', '.join(known)}")
        try:
            return _CHECKS.get(name, _number)(value)
        except ValueError as error:
            complaint = f"{path}: setting '{name}' cannot be {value!r}"
            raise errors.ConfSyntax(complaint, hint=str(error)) from None


# What a setting may be: its value, or a ValueError that says what is expected.


def _number(value: Any) -> float:
    if type(value) in (int, float) and 0 < value <= _MOST:
        return float(value)
    raise ValueError(f"a number above 0, {_MOST} at most")


def _uids(value: Any) -> tuple[int, int]:
    if isinstance(value, list) and len(value) == 2 and all(type(n) is int and n > 0 for n in value):
        first, count = value
        if first + count - 1 <= _LAST_UID:
            return first, count
    raise ValueError(f"[first uid, how many], both above 0, {_LAST_UID} the last uid at most")


def _slice(value: Any) -> str:
    if isinstance(value, str) and (
        not value or (value.endswith(".slice") and value.isprintable() and "/" not in value)
    ):
        return value
    raise ValueError("the name of a slice, such as machine.slice, or an empty text")


def _folders(value: Any) -> tuple[str, ...]:
    if isinstance(value, list) and all(isinstance(path, str) and path.startswith("/") for path in value):
        return tuple(value)
    raise ValueError('a list of absolute paths: ["/etc/libvirt/hooks"]')


_CHECKS = {
    "guest_uids": _uids,
    "log_size": lambda value: int(_number(value)),
    "slice": _slice,
    "hooks": _folders,
}
