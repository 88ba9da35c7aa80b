"""Rows that are the same for every kind of object: finding, listing, defining, and what a user notes about one.

A part assigns those that it has to the names of its kind, which guard them (driver/contract.py):

    class NetworkRows(ObjectRows, NetworkOperations):
        network_lookup_by_name = ObjectRows.lookup_by_name
"""

from __future__ import annotations

from virshpy import errors

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Protocol

    from virshpy.host.objects import Kind

    class Kept(Protocol):
        """The objects of a kind, wherever they are kept: in a site's store, or in the test driver's memory."""

        kind: Kind

        def by_name(self, name: str) -> Any: ...
        def by_uuid(self, uuid: str) -> Any: ...
        def find(self, ref: Any) -> Any: ...
        def select(self, flags: int = 0) -> list[Any]: ...
        def text(self, one: Any, *, inactive: bool = False) -> str: ...
        def define(self, document: Any) -> Any: ...
        def undefine(self, ref: Any) -> None: ...
        def set_autostart(self, ref: Any, autostart: bool) -> None: ...
        def modify(
            self, verb: str, ref: Any, flags: int, read: Callable[[str], Any], edit: Callable[[Any], object]
        ) -> None: ...


_VALIDATE = _INACTIVE = 1  # libvirt's number of that flag for every kind but domains


def of_any_kind(method: Callable[..., Any]) -> Callable[..., Any]:
    """A row for any kind: only what it is called there says of which kind its first parameter is."""
    return method


class ObjectRows:
    """The rows about ``objects``. References are what a row of them has as ``ref``."""

    @property
    def objects(self) -> Kept:
        raise NotImplementedError

    def read(self, text: str, *, validate: bool = False) -> Any:
        """A document of the kind, from a user or as it is kept."""
        raise NotImplementedError

    def absent(self, what: str, value: str) -> errors.Error:
        """The error of a lookup that found nothing."""
        return self.objects.kind.absent(what, value)

    # finding
    @of_any_kind
    def list_all(self, *, flags: int = 0) -> list[Any]:
        return [one.ref for one in self.objects.select(flags)]

    @of_any_kind
    def lookup_by_name(self, name: str) -> Any:
        return self._found(self.objects.by_name(name), "name", name)

    @of_any_kind
    def lookup_by_uuid(self, uuid: str) -> Any:
        uuid = checked_uuid(uuid, f"vir{self.objects.kind.api}LookupByUUIDString")
        return self._found(self.objects.by_uuid(uuid), "uuid", uuid)

    def _found(self, one: Any, what: str, value: str) -> Any:
        if one is None:
            raise self.absent(what, value)
        return one.ref

    # asking
    @of_any_kind
    def is_active(self, ref: Any) -> bool:
        return bool(self.objects.find(ref).active)

    @of_any_kind
    def is_persistent(self, ref: Any) -> bool:
        return bool(self.objects.find(ref).persistent)

    @of_any_kind
    def get_autostart(self, ref: Any) -> bool:
        return bool(self.objects.find(ref).autostart)

    @of_any_kind
    def get_xml_desc(self, ref: Any, *, flags: int = 0) -> str:
        return self.objects.text(self.objects.find(ref), inactive=bool(flags & _INACTIVE))

    @of_any_kind
    def get_metadata(self, ref: Any, kind: int, uri: str | None = None, *, flags: int = 0) -> str:
        from virshpy.xml import metadata

        one = self.objects.find(ref)
        live, _ = self.objects.kind.affected(one, flags)
        return metadata.look(
            self.read(self.objects.text(one, inactive=not live)), kind, uri, self.objects.kind.error("No{}Metadata")
        )

    # changing
    @of_any_kind
    def define_xml(self, xml: str, *, flags: int = 0) -> Any:
        document = self.read(xml, validate=bool(flags & _VALIDATE))
        if document.uuid is None:
            from virshpy.xml.uuids import new_uuid

            document.uuid = new_uuid()
        return self.objects.define(document).ref

    @of_any_kind
    def undefine(self, ref: Any) -> None:
        self.objects.undefine(ref)

    @of_any_kind
    def set_autostart(self, ref: Any, autostart: bool) -> None:
        self.objects.set_autostart(ref, autostart)

    @of_any_kind
    def set_metadata(
        self, ref: Any, kind: int, text: str | None = None, key: str | None = None, uri: str | None = None, *,
        flags: int = 0,
    ) -> None:  # fmt: skip
        from virshpy.xml import metadata

        self.objects.modify(
            "metadata", ref, flags, self.read, lambda document: metadata.change(document, kind, text, key, uri)
        )


def checked_uuid(text: str, function: str) -> str:
    """A UUID as users write it. Raises InvalidArg for what is none, in the words of libvirt's own functions."""
    from virshpy.xml.uuids import read_uuid

    uuid = read_uuid(text)
    if uuid is None:
        raise errors.Misuse(f"uuidstr in {function} must be a valid UUID")
    return uuid
