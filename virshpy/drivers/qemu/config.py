"""What an administrator may set, in ``virshpy.toml`` of the configuration directory.

[qemu]
guest_uids = [1879113728, 65536]   # first uid and count; root's connections run each guest under one of its own
lock_timeout = 30                  # seconds that a verb waits for another one on the same domain
stop_patience = 10                 # seconds between SIGTERM and SIGKILL when a guest is destroyed
monitor_timeout = 30               # seconds that QEMU has for an answer
log_size = 2097152                 # bytes after which a domain's log is put aside at the next start
"""

from __future__ import annotations

from virshpy import errors

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Config:
    """The settings, each with its default. Raises ConfSyntax for a file that cannot be read."""

    # The default range lies where neither distributions, nor systemd, nor the default subordinate uids of users allot.
    guest_uids: tuple[int, int] = (1879113728, 65536)
    lock_timeout: float = 30
    stop_patience: float = 10
    monitor_timeout: float = 30
    log_size: int = 2 << 20

    def __init__(self, directory: str) -> None:
        path = f"{directory}/virshpy.toml"
        try:
            with open(path, "rb") as file:
                import tomllib

                settings = tomllib.load(file).get("qemu", {})
        except FileNotFoundError:
            return
        except (OSError, ValueError) as error:
            raise errors.ConfSyntax(f"{path}: {error}") from None
        for name, value in settings.items():
            setattr(self, name, self._checked(path, name, value))

    def _checked(self, path: str, name: str, value: Any) -> Any:
        known = [key for key in vars(Config) if not key.startswith("_")]
        if name not in known:
            raise errors.ConfSyntax(f"{path}: unknown setting '{name}'", hint=f"known settings: {', '.join(known)}")
        if name == "guest_uids":
            if isinstance(value, list) and len(value) == 2 and all(isinstance(n, int) and n > 0 for n in value):
                return tuple(value)
        elif isinstance(value, int | float) and value > 0:
            return value
        raise errors.ConfSyntax(f"{path}: setting '{name}' cannot be {value!r}")
