"""Snapshots or checkpoints of one domain: a tree of documents, one of them the current one; and the rows that are the
same for both."""

from __future__ import annotations

import time

from virshpy import errors
from virshpy.drivers.objects import of_any_kind
from virshpy.drivers.test.host import Guests
from virshpy.enums import SnapshotDeleteFlags, SnapshotListFlags
from virshpy.host.objects import Kind

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from virshpy.driver.domain import DomainRef
    from virshpy.xml.moment import Moment


class Moments(dict[str, "Any"]):
    """Documents by name, in the order of their making. ``word`` is what they are: snapshot, checkpoint."""

    def __init__(self, word: str) -> None:
        self.kind = Kind(word, f"Domain{word.capitalize()}", label=f"domain {word}")
        self.current: str | None = None

    def add(self, moment: Moment, *, current: bool = True) -> None:
        """Take one in. Raises OperationFailed where its name is taken."""
        name = str(moment.name)
        if name in self:
            raise errors.OperationFailed(f"domain moment {name} already exists")
        self[name] = moment
        if current:
            self.current = name

    def fresh_name(self) -> str:
        """What one is called whose document does not say: the second of its making."""
        return str(int(time.time()))

    def find(self, name: str) -> Any:
        found = self.get(name)
        if found is None:
            raise self.kind.absent("name", name)
        return found

    def parent(self, name: str) -> str | None:
        return self.find(name).parent_name  # type: ignore[no-any-return]

    def children(self, name: str | None) -> list[str]:
        """Names of those whose parent that is; of the roots for None."""
        return [each for each, moment in self.items() if moment.parent_name == name]

    def descendants(self, name: str | None) -> Iterator[str]:
        """Those beneath, each before its own children."""
        for child in self.children(name):
            yield child
            yield from self.descendants(child)

    def listed(self, name: str | None, *, deep: bool, leaves: bool, inner: bool) -> list[str]:
        """Names beneath one (or all): with ``deep`` all generations; ``leaves`` without, ``inner`` with children."""
        names = list(self.descendants(name)) if deep else self.children(name)
        if leaves == inner:
            return names
        return [each for each in names if bool(self.children(each)) == inner]

    def remove(self, name: str) -> None:
        """Remove one; its children become its parent's, and if it was the current one, that is the parent now."""
        from virshpy.xml.moment import Parent

        parent = self.parent(name)
        for child in self.children(name):
            self[child].parent = Parent(name=parent) if parent else None
        if self.current == name:
            self.current = parent
        del self[name]

    def remove_below(self, name: str, *, itself: bool) -> None:
        """Remove everything beneath one, and it too where that is meant."""
        for each in list(self.descendants(name)):
            if self.current == each:
                self.current = name
            del self[each]
        if itself:
            self.remove(name)


# Those of checkpoints have the same numbers.
L, D = SnapshotListFlags, SnapshotDeleteFlags


class MomentRows(Guests):
    """``word`` is which of the two; ``reference`` is made of a name and a domain."""

    word: str
    reference: type[Any]

    def moments(self, domain: DomainRef) -> Moments:
        """Those of a domain, to look at."""
        return getattr(self.guest(domain), f"{self.word}s") or Moments(self.word)

    def listed(self, domain: DomainRef, name: str | None, flags: int, *, deep: bool) -> list[Any]:
        moments = self.moments(domain)
        names = moments.listed(name, deep=deep, leaves=bool(flags & L.LEAVES), inner=bool(flags & L.NO_LEAVES))
        return [self.reference(each, domain) for each in names]

    @of_any_kind
    def lookup_by_name(self, domain: DomainRef, name: str) -> Any:
        self.moments(domain).find(name)
        return self.reference(name, domain)

    @of_any_kind
    def list_all(self, domain: DomainRef, *, flags: int = 0) -> list[Any]:
        return self.listed(domain, None, flags, deep=not flags & L.ROOTS)

    @of_any_kind
    def list_all_children(self, moment: Any, *, flags: int = 0) -> list[Any]:
        self.moments(moment.domain).find(moment.name)
        return self.listed(moment.domain, moment.name, flags, deep=bool(flags & L.DESCENDANTS))

    @of_any_kind
    def get_parent(self, moment: Any) -> Any:
        moments = self.moments(moment.domain)
        parent = moments.parent(moment.name)
        if parent is None:
            raise moments.kind.error("No{}")(f"{self.word} '{moment.name}' does not have a parent")
        return self.reference(parent, moment.domain)

    @of_any_kind
    def delete(self, moment: Any, *, flags: int = 0) -> None:
        moments = self.moments(moment.domain)
        moments.find(moment.name)
        if flags & (D.CHILDREN_ONLY | D.CHILDREN):
            moments.remove_below(moment.name, itself=not flags & D.CHILDREN_ONLY)
        else:
            moments.remove(moment.name)
