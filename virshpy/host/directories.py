"""Where a connection keeps things: five directories, laid out by the path of its URI.

======== ======================= ============================ ===============
         qemu:///system          qemu:///session (XDG)        qemu:///embed?root=DIR
======== ======================= ============================ ===============
state    /var/lib/virshpy        ~/.local/share/virshpy       DIR/lib
run      /run/virshpy            $XDG_RUNTIME_DIR/virshpy     DIR/run
log      /var/log/virshpy        ~/.local/state/virshpy       DIR/log
cache    /var/cache/virshpy      ~/.cache/virshpy             DIR/cache
config   /etc/virshpy            ~/.config/virshpy            DIR/etc
======== ======================= ============================ ===============
"""

from __future__ import annotations

import os
import stat

from virshpy import errors
from virshpy.host.files import make_directories

TYPE_CHECKING = False
if TYPE_CHECKING:
    from virshpy.uri import URI


class Directories:
    """The five directories. ``shared`` says whether guests run under uids of their own, which must pass through them:
    then ``state`` and ``run`` are mode 0711 (enter, not list), otherwise everything is 0700; files are 0600 always."""

    def __init__(self, state: str, run: str, log: str, cache: str, config: str, *, shared: bool) -> None:
        self.state = state
        self.run = run
        self.log = log
        self.cache = cache
        self.config = config
        self.shared = shared
        self._owners = _Owners()

    def prepare(self) -> None:
        """Make what is missing, all but ``run``. Raises SystemCallError with a hint where the user may not.

        Nothing is made where one of the directories is somebody else's.
        """
        self._owners.require_ours(self.config, group=os.geteuid() != 0)
        self._make([self.state, self.nvram], [self.log, self.cache])

    def prepare_run(self) -> None:
        """Make the directories of this boot, where ``run`` says by now that they are (store.py)."""
        self._make([self.run, self.guests, self.networks], [])

    def _make(self, passable: list[str], closed: list[str]) -> None:
        try:
            for path in (*passable, *closed):
                self._owners.require_ours(path)
            for path in passable:
                make_directories(path, 0o711 if self.shared else 0o700)
            for path in closed:
                make_directories(path, 0o700)
        except errors.SystemCallError as error:
            if error.hint is None:
                error.hint = "choose a directory that you may write: qemu:///session, or qemu:///embed?root=DIR"
            raise

    @property
    def guests(self) -> str:
        """One directory per running guest."""
        return f"{self.run}/guests"

    @property
    def networks(self) -> str:
        """One directory per active network that has a dnsmasq."""
        return f"{self.run}/networks"

    @property
    def nvram(self) -> str:
        return f"{self.state}/nvram"

    @property
    def locks(self) -> str:
        """The file of which each lock is a byte (locks.py)."""
        return f"{self.run}/lock"

    @property
    def lasting_locks(self) -> str:
        """The same for what is locked by steps, which may be undone when ``run`` is another directory."""
        return f"{self.state}/lock"


def directories(uri: URI) -> Directories:
    """The directories of a URI. Raises InternalError for a path that names none, as libvirt does."""
    root = os.geteuid() == 0
    if uri.path == "/system":
        return Directories(
            "/var/lib/virshpy", "/run/virshpy", "/var/log/virshpy", "/var/cache/virshpy", "/etc/virshpy", shared=root
        )
    if uri.path == "/session":
        return _session()
    if uri.path == "/embed":
        example = "write qemu:///embed?root=/an/absolute/directory"
        base = uri.parameters.get("root")
        if base is None:
            raise errors.InvalidArg("Missing URI parameter 'root'", hint=example)
        base.encode()  # a path that is no text could not be recorded: the caller refuses it
        if not base.startswith("/"):
            raise errors.ConfigUnsupported("root path must be absolute", hint=example)
        base = base.rstrip("/")
        if not base:
            raise errors.ConfigUnsupported("root path must not be the root directory", hint=example)
        return Directories(f"{base}/lib", f"{base}/run", f"{base}/log", f"{base}/cache", f"{base}/etc", shared=root)
    raise errors.InternalError(
        f"unexpected qemu URI path '{uri.path}', try qemu:///system",
        hint="the paths are /system, /session and /embed?root=DIR",
    )


class _Owners:
    """Refuses directories that others could put things into, or exchange for others; each is looked at once."""

    def __init__(self) -> None:
        self._user = os.geteuid()
        self._fine: set[str] = set()

    def require_ours(self, path: str, *, group: bool = False) -> None:
        """Raises SystemCallError where a directory is somebody else's; what is not there yet is fine.

        Its owner must be the user or root, and nobody else may write there (but its ``group``, where that is said). For
        root the directories on the way to it must be his as well, as given and with links resolved, and not be open to
        all without the sticky bit of /tmp.
        """
        self._require(path, 0o002 if group else 0o022)
        while self._user == 0 and (path := os.path.dirname(path)) != "/" and path not in self._fine:
            self._fine.add(path)
            self._require(path, 0o002, sticky=True)

    def _require(self, path: str, forbidden: int, *, sticky: bool = False) -> None:
        try:
            status = os.lstat(path)
        except FileNotFoundError:
            return
        except OSError as error:
            raise errors.from_os_error(error, f"Failed to use directory {path}") from None
        mode = status.st_mode
        is_link = stat.S_ISLNK(mode)
        is_open = mode & forbidden and not is_link and not (sticky and mode & stat.S_ISVTX)
        if status.st_uid not in (0, self._user) or is_open:
            raise errors.SystemCallError(
                f"Failed to use directory {path}: it belongs to user {status.st_uid}, mode {stat.S_IMODE(mode):04o}",
                hint="it must be yours, and nobody else may write into it; remove it, or name another place",
            )
        if is_link:
            self.require_ours(os.path.realpath(path))


def _session() -> Directories:
    def base(variable: str, default: str) -> str:
        value = os.environ.get(variable, "")
        return f"{value}/virshpy" if value.startswith("/") else os.path.expanduser(default)

    return Directories(
        base("XDG_DATA_HOME", "~/.local/share/virshpy"),
        # Without a runtime directory of the session manager's, a private one that a reboot clears as well.
        base("XDG_RUNTIME_DIR", f"/tmp/virshpy-{os.geteuid()}"),
        base("XDG_STATE_HOME", "~/.local/state/virshpy"),
        base("XDG_CACHE_HOME", "~/.cache/virshpy"),
        base("XDG_CONFIG_HOME", "~/.config/virshpy"),
        shared=os.geteuid() == 0,
    )
