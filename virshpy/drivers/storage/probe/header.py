"""The beginning of an image, and what is read from it.

Whoever wrote the image chose every number in it. So nothing is read beyond its end or beyond a limit, whatever a number
says, and one that cannot be true is None.
"""

from __future__ import annotations

from typing import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Literal

    # (offset, length) to the bytes there, fewer of them where the image ends.
    Read = Callable[[int, int], bytes]
    Order = Literal["big", "little"]

BEGINNING = 0x8200  # what is read first; all that libvirt ever reads
LIMIT = 1 << 20  # what is read altogether
LARGEST = (1 << 63) - 1  # bytes, of a file and of what an image may hold
_CLUSTERS = (512, 1 << 28)  # from the smallest of qcow2 to the largest of VHDX


class Image(NamedTuple):
    """What the header of an image says; the defaults are what an image without a header says. Sizes are in bytes.

    ``format`` is libvirt's name for it; ``vhdx`` and ``luks`` are raw to libvirt. ``capacity`` is what a guest sees,
    None where that is the size of the file. ``backing`` and ``data_file`` are names as they stand there, relative to
    the image's directory. ``encryption`` is ``luks`` or ``qcow``, ``payload_offset`` where the data of a LUKS image
    begin. Of qcow2 are ``compat`` (``0.10`` or ``1.1``), ``refcount_bits``, ``compression``, ``dirty`` and ``corrupt``.
    ``subformat`` is what VMDK calls createType.
    """

    format: str
    capacity: int | None = None
    backing: str | None = None
    backing_format: str | None = None
    data_file: str | None = None
    data_file_raw: bool = False
    encryption: str | None = None
    payload_offset: int = 0
    compat: str | None = None
    cluster_size: int | None = None
    lazy_refcounts: bool = False
    extended_l2: bool = False
    refcount_bits: int | None = None
    compression: str | None = None
    subformat: str | None = None
    dirty: bool = False
    corrupt: bool = False


class Header:
    """``beginning`` is there from the start, the rest is read when asked for. Raises OSError where reading does."""

    def __init__(self, read: Read, size: int) -> None:
        self.size = size
        self._read = read
        self._left = LIMIT
        self.beginning = b""
        self.beginning = self.take(0, BEGINNING)

    def take(self, offset: int, length: int) -> bytes:
        """What lies there; less where the image ends or enough was read."""
        if 0 <= offset <= offset + length <= len(self.beginning):
            return self.beginning[offset : offset + length]
        length = min(length, self.size - offset, self._left)
        if offset < 0 or length <= 0:
            return b""
        self._left -= length
        return self._read(offset, length)[:length]

    def number(self, offset: int, width: int, order: Order) -> int:
        """The number there; 0 where the image ends before."""
        return self.number_or_none(offset, width, order) or 0

    def number_or_none(self, offset: int, width: int, order: Order) -> int | None:
        field = self.take(offset, width)
        return int.from_bytes(field, order) if len(field) == width else None

    def capacity(self, offset: int, order: Order, unit: int = 1) -> int | None:
        """The size that a field of eight bytes gives in these units."""
        number = self.number_or_none(offset, 8, order)
        return possible(None if number is None else number * unit)


def possible(size: int | None) -> int | None:
    """A size, unless no disk can have it."""
    return size if size is not None and size <= LARGEST else None


def cluster(size: int) -> int | None:
    """The size of a cluster, unless no format has such clusters."""
    smallest, largest = _CLUSTERS
    return size if smallest <= size <= largest and not size & (size - 1) else None


def words(field: bytes) -> str | None:
    """A name, which ends where C takes it to end; None for an empty one. What is no text is kept as surrogates."""
    return field.partition(b"\0")[0].decode(errors="surrogateescape") or None
