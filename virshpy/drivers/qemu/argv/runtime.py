"""What goes into a command line besides the document, and what comes out besides the words."""

from __future__ import annotations

from virshpy import errors

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Protocol

    from virshpy.xml.domain.osboot import Sysinfo
    from virshpy.xml.domain.storage import Reconnect

    Descriptor = dict[str, Any]

    class Vault(Protocol):
        """Where secrets come from: encrypted, as (data, iv) in base64."""

        def seal(self, value: bytes) -> tuple[str, str]: ...

        def sealed(self, usage_type: str, uuid: str | None, usage: str | None) -> tuple[str, str]: ...
else:
    Descriptor = dict


_HUGE_PAGE = 2048  # KiB, of x86


def _no_sysinfo() -> Sysinfo:
    raise errors.ConfigUnsupported("Host SMBIOS information is not available")


def _no_scsi(adapter: str, bus: int, target: int, unit: int) -> str:
    raise errors.ConfigUnsupported(f"there is no adapter '{adapter}'")


class FileUse:
    """A host path that QEMU itself opens: ``path``, ``mode`` ("r" or "rw"), ``kind`` (a row of paths.KINDS), ``shared``
    whether other guests may use it as well, ``above`` the image whose backing file it is."""

    __slots__ = ("path", "mode", "kind", "shared", "above")

    def __init__(self, path: str, mode: str, kind: str, shared: bool = False, above: str | None = None) -> None:
        self.path = path
        self.mode = mode
        self.kind = kind
        self.shared = shared
        self.above = above

    def __repr__(self) -> str:
        return f"FileUse({self.path!r}, {self.mode!r}, {self.kind!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FileUse) and (self.path, self.mode, self.kind, self.shared) == (
            other.path, other.mode, other.kind, other.shared,
        )  # fmt: skip

    def __hash__(self) -> int:
        return hash((self.path, self.mode, self.kind))


class CommandLine:
    """``argv``: words, in which ``{fd:NAME}`` stands for a descriptor's number. ``env``. ``files``: :class:`FileUse`.

    ``descriptors``: NAME -> what to open, such as {"kind": "tap", "ifname": …} or {"kind": "vhost-net"}.
    """

    __slots__ = ("argv", "env", "descriptors", "_files")

    def __init__(self) -> None:
        self.argv: list[str] = []
        self.env: dict[str, str] = {}
        self.descriptors: dict[str, Descriptor] = {}
        self._files: dict[FileUse, None] = {}

    def add(self, *words: str) -> None:
        self.argv.extend(words)

    def descriptor(self, name: str, what: Descriptor) -> str:
        """Note a descriptor to open and return its placeholder."""
        self.descriptors[name] = what
        return f"{{fd:{name}}}"

    def file(self, path: str, mode: str, kind: str, shared: bool = False, above: str | None = None) -> None:
        self._files.setdefault(FileUse(path, mode, kind, shared, above))

    @property
    def files(self) -> list[FileUse]:
        return list(self._files)

    def peer(self, path: str, reconnect: Reconnect | None = None) -> None:
        """A socket of another program's, to which QEMU connects; again and again, where it is told to reconnect."""
        self.file(path, "rw", "awaited peer" if reconnect is not None and reconnect.enabled else "peer", shared=True)


class Runtime:
    """What is decided at start and is not in the document.

    ``run_dir``          the guest's directory (QEMU's cwd): sockets that are made for QEMU live there
    ``home_dir``         what in it QEMU may write: its home, and the sockets that it makes itself
    ``master_key``       path of the 32-byte key file under which secrets are encrypted, or None for none
    ``vault``            what encrypts them, or None where there are none
    ``monitor_words``    words put where libvirt puts its monitor (-chardev/-mon …)
    ``lifecycle_words``  -no-shutdown, -no-reboot, -action …
    ``incoming``         -incoming URI or None
    ``memory_dir``       where file-backed memory without a path of its own goes
    ``channel_dir``      where agent sockets without a path go
    ``tls_dir``          where VNC finds its certificates, or None without TLS
    ``vhost_net``        whether the kernel's vhost-net can be used for virtio interfaces under KVM
    ``sandbox``          whether to pass -sandbox on
    ``host_sysinfo``     gives what the host's firmware says of it, for a guest that shall say the same
    ``generic_device``   finds the /dev/sgN of a host's SCSI unit, by adapter, bus, target and unit
    ``huge_pages``       gives the directory for a guest's huge pages of a size in KiB
    ``native``           True for domxml-to-native: nothing is opened, no descriptors are asked for
    """

    __slots__ = (
        "id", "run_dir", "home_dir", "master_key", "vault", "monitor_words", "lifecycle_words", "incoming",
        "memory_dir", "channel_dir", "tls_dir", "vhost_net", "sandbox", "host_sysinfo", "huge_pages", "generic_device",
        "native",
    )  # fmt: skip

    def __init__(
        self,
        *,
        run_dir: str,
        home_dir: str | None = None,
        id: int = -1,
        master_key: str | None = None,
        vault: Vault | None = None,
        monitor_words: list[str] | None = None,
        lifecycle_words: list[str] | None = None,
        incoming: str | None = None,
        memory_dir: str | None = None,
        channel_dir: str | None = None,
        tls_dir: str | None = None,
        vhost_net: bool = False,
        sandbox: bool = True,
        host_sysinfo: Callable[[], Sysinfo] = _no_sysinfo,
        huge_pages: Callable[[int], str] | None = None,
        generic_device: Callable[[str, int, int, int], str] = _no_scsi,
        native: bool = False,
    ) -> None:
        self.id = id
        self.run_dir = run_dir
        self.home_dir = home_dir or run_dir
        self.master_key = master_key
        self.vault = vault
        self.monitor_words = monitor_words or []
        self.lifecycle_words = lifecycle_words or []
        self.incoming = incoming
        self.memory_dir = memory_dir or run_dir
        self.channel_dir = channel_dir or run_dir
        self.tls_dir = tls_dir
        self.vhost_net = vhost_net
        self.sandbox = sandbox
        self.host_sysinfo = host_sysinfo
        self.huge_pages = huge_pages or self._usual_huge_pages
        self.generic_device = generic_device
        self.native = native

    def _usual_huge_pages(self, size: int) -> str:
        """Where Debian mounts them, below it what libvirt makes there."""
        mount = "/dev/hugepages" if size == _HUGE_PAGE else f"/dev/hugepages{size // 1024}M"
        return f"{mount}/libvirt/qemu/{self.run_dir.rpartition('/')[2]}"
