"""A pool of a Ceph cluster, as a document lets us into it: asked and changed by the program rbd.

Whoever does not answer is given up after a few seconds. What was answered is used again while questions follow one
another at once, as a list of volumes asks about each what was told about all: sooner than another program could have
changed anything.
"""

from __future__ import annotations

import os
import re
import time

from virshpy import errors
from virshpy.drivers.storage import ceph
from virshpy.drivers.storage.backend import program
from virshpy.drivers.storage.ceph import Image
from virshpy.host import processes
from virshpy.host.steps import Step
from virshpy.host.steps.descriptors import SecretPipe, opened, shown
from virshpy.uri import URI
from virshpy.xml.storage import Pool

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, TypeVar

    from virshpy.host.site import Site

    Told = TypeVar("Told")

_ASKING = 5  # seconds until a cluster does not answer
_WORKING = 30  # seconds until it does not do what it was told to
_PATIENCE = 7 * 24 * 3600  # a large image is long in the making; the cluster itself is watched by its own clock
_ACCOUNTING = 10  # seconds to count what images without a map of their objects use
_AT_ONCE = 0.03  # seconds between two questions: less than a program needs to reach a cluster
_GOOD = 2  # seconds after which an answer is old all the same
_ENOENT, _EEXIST, _EINVAL, _ETIMEDOUT = 2, 17, 22, 110
# What rbd and rados say where no monitor has answered, or has let them in.
_UNHEARD = "connect to (the )?cluster|failed to fetch mon config"


class Away(errors.SystemCallError):
    """system call error"""

    # The cluster does not answer, or does not let us in: of the two it tells but one.


class Cluster:
    """A pool of a cluster as we may use it. Raises NoSecret, InvalidArg where the document's secret is none."""

    def __init__(self, pool: Pool, site: Site) -> None:
        source = pool.source
        assert source is not None
        self.document = pool
        self.uri = str(site.uri)
        self.pool = str(source.name)
        self.user = str(source.auth.username) if source.auth is not None else None
        self.key = _key(pool, site)
        self.place = ceph.monitors(pool), self.pool

    def configuration(self, patience: int = _WORKING) -> bytes:
        return ceph.configuration(self.document, self.key, patience).encode(errors="surrogateescape")

    def words(self, verb: str, image: str | None = None, *more: str) -> list[str]:
        return [program("rbd"), *ceph.rbd_words(self.user, self.pool, verb.split(), image, *more)]

    @staticmethod
    def said(words: Sequence[str]) -> str:
        """A command line for a person."""
        return shown(words, {"conf": SecretPipe(b"")})

    # running it
    def run(self, words: Sequence[str], *, patience: int = _WORKING, timeout: float = _PATIENCE) -> processes.Completed:
        conf = SecretPipe(self.configuration(patience))
        with opened(words, {"conf": conf}) as (argv, numbers):
            return processes.run(
                argv, descriptors=numbers, timeout=timeout, check=False, together=True, env={"CEPH_ARGS": ""}
            )

    def do(self, what: str, words: Sequence[str]) -> None:
        """Have something done; ``what`` is said to have failed where it was not. Raises SystemCallError."""
        self.forget()
        done = self.run(words)
        if done.returncode:
            raise self.refusal(what, done)

    def ask(self, what: str, words: Sequence[str]) -> str:
        """Its answer. Raises Away, SystemCallError, InternalError."""
        try:
            done = self.run(words, patience=_ASKING, timeout=4 * _ASKING)
        except errors.OperationTimeout:
            raise self._away("Connection timed out") from None
        if done.returncode:
            raise self.refusal(what, done)
        return done.stdout

    def _away(self, why: str) -> Away:
        detail = f"failed to connect to the RADOS monitor on: {ceph.monitors(self.document)},: {why}"
        return Away(detail, hint="is the cluster up, is it the right address, user and key?")

    def refusal(self, what: str, done: processes.Completed) -> errors.Error:
        """What an exit status means: mostly it is an errno."""
        code, words = done.returncode, ceph.last_words(done.stderr)
        if code == _ETIMEDOUT or re.search(_UNHEARD, done.stderr):
            return self._away(os.strerror(code) if _is_errno(code) else words)
        if code == _ENOENT and "error opening pool" in done.stderr:
            return errors.SystemCallError(
                f"failed to create the RBD IoCTX. Does the pool '{self.pool}' exist?: {os.strerror(code)}",
                hint=f"make it: ceph osd pool create {self.pool} && rbd pool init {self.pool}",
            )
        if _is_errno(code):
            return errors.SystemCallError(f"{what}: {os.strerror(code)}", hint=f"rbd says: {words}" if words else None)
        return errors.InternalError(f"{what}: {words}", hint="rbd has the last word on images: see rbd(8)")

    # asking
    def names(self) -> list[str]:
        return self._known("names", lambda: ceph.names_in(self.ask("failed to list images", self._json("ls"))))

    def sizes(self) -> dict[str, int]:
        return self._known("sizes", lambda: ceph.sizes_in(self.ask("failed to list images", self._json("ls --long"))))

    def image(self, name: str, *, count: bool) -> Image:
        """One image. Where many are asked about, one after the other, all are asked about at once. ``count``: what it
        uses is counted; else that is its size."""
        if self._known("first", lambda: name) != name:
            size = self.sizes().get(name)
            if size is not None:
                return Image(size, self._all_used().get(name, size) if count else size)
        what = f"failed to open the RBD image '{name}'"
        told = self._known(f"info {name}", lambda: self.ask(what, self._json("info", name)))
        size = ceph.size_in(told)
        if not count or not ceph.has_map(told):
            return Image(size, size)
        used = self._known(f"used {name}", lambda: ceph.used_in(self.ask(what, self._json("du", name))))
        return Image(size, used.get(name, size))

    def _all_used(self) -> dict[str, int]:
        def count() -> dict[str, int]:
            try:
                done = self.run(self._json("du"), patience=_ASKING, timeout=_ACCOUNTING)
            except errors.OperationTimeout:
                return {}
            return ceph.used_in(done.stdout, done.stderr) if done.returncode == 0 else {}

        return self._known("used", count)

    def space(self) -> tuple[int, int, int]:
        words = [program("rados"), "--conf", "/dev/fd/{fd:conf}", *(["--id", self.user] if self.user else [])]
        said = self._known(
            "space", lambda: self.ask("failed to stat the RADOS cluster", [*words, "df", "--format", "json"])
        )
        return ceph.space_in(said, self.pool)

    def snapshots(self, image: str) -> list[tuple[str, bool]]:
        return ceph.snapshots_in(self.ask(f"failed to list snapshots of '{image}'", self._json("snap ls", image)))

    def is_watched(self, image: str) -> bool:
        return ceph.is_watched(self.ask(f"failed to open the RBD image '{image}'", self._json("status", image)))

    def require_known_options(self) -> None:
        """Raise InternalError for an option that Ceph does not have: rbd itself passes over it in silence."""
        configured = self.document.config_opts
        for option in configured.options if configured is not None else ():
            words = [program("ceph-conf"), "--conf", os.devnull, "--show-config-value", str(option.name)]
            if processes.run(words, timeout=_ASKING, check=False).returncode:
                raise ceph.unknown_option(str(option.name))

    def _json(self, verb: str, image: str | None = None) -> list[str]:
        return self.words(verb, image, "--format", "json")

    def _known(self, what: str, ask: Callable[[], Told]) -> Told:
        """An answer: the last one, where no time has passed but that of other questions."""
        return _memory.get((*self.place, self.user, what), ask)

    def forget(self) -> None:
        """What was answered is no longer so."""
        _memory.answers.clear()


def _is_errno(code: int) -> bool:
    return 1 < code < 134


class Memory:
    """Answers, each with the moment at which it was given, until there is a pause between two questions."""

    def __init__(self) -> None:
        self.answers: dict[tuple[str | None, ...], tuple[float, Any]] = {}
        self._last = 0.0

    def get(self, place: tuple[str | None, ...], ask: Callable[[], Told]) -> Told:
        now = time.monotonic()
        if now - self._last > _AT_ONCE:
            self.answers.clear()
        given, value = self.answers.get(place, (0.0, None))
        if not given or now - given > _GOOD:
            value = ask()
            self.answers[place] = time.monotonic(), value
        self._last = time.monotonic()
        return value  # type: ignore[no-any-return]


_memory = Memory()


def _key(pool: Pool, site: Site) -> bytes | None:
    auth = pool.source.auth if pool.source is not None else None
    if auth is None:
        return None
    from virshpy.drivers.secret.records import Secrets
    from virshpy.enums import SecretUsageType

    return Secrets(site).wanted(SecretUsageType.CEPH, auth.secret.uuid, auth.secret.usage)


class RbdChange(Step, kind="rbd/1"):
    """A command of rbd, and the one that takes it back: with the key that the document names then. None is recorded."""

    recorded = ("back", "document", "uri")
    durable = True
    _cluster: Cluster | None = None

    def __init__(self, cluster: Cluster, what: str, words: Sequence[str], back: Sequence[str]) -> None:
        self._cluster = cluster
        self.what = what
        self.words = list(words)
        self.back = list(back)
        self.document = cluster.document.format()
        self.uri = cluster.uri

    def do(self, note: Callable[[], None]) -> None:
        assert self._cluster is not None
        self._cluster.do(self.what, self.words)

    def undo(self) -> None:
        cluster = self._cluster or _cluster_again(self.document, self.uri)
        cluster.forget()
        done = cluster.run(self.back)
        # It is gone; what was renamed has its old name; what was protected is not.
        if done.returncode not in (0, _ENOENT, _EEXIST, _EINVAL):
            raise cluster.refusal(f"cannot take back what was begun with {' '.join(self.back[-4:])}", done)

    def commands(self) -> list[str]:
        return [Cluster.said(self.words)]

    def undo_commands(self) -> list[str]:
        return [Cluster.said(self.back)]


def _cluster_again(document: str, uri: str) -> Cluster:
    """The cluster of a process that is dead."""
    from virshpy.host.site import Site

    site = Site(URI(uri), readonly=True)
    try:
        return Cluster(Pool.parse(document), site)
    finally:
        site.close()
