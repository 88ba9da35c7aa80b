"""Running qemu-img: a step that makes or fills an image which an earlier step has made room for."""

from __future__ import annotations

import re

from virshpy import errors
from virshpy.host import processes
from virshpy.host.steps import Step
from virshpy.host.steps.descriptors import SecretPipe, opened, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from virshpy.host.steps.descriptors import Descriptor
    from virshpy.host.work import Work

# Of a host whose kernel counts CPU time in coarse ticks: LUKS measures its key derivation by it, and may see none.
_AGAIN = "Unable to get accurate CPU usage"
_ATTEMPTS = 30
_SILENCE = 3600  # seconds without a word of progress, on storage that stands still


class QemuImg(Step):
    """One run of qemu-img. ``secrets`` are what it reads from descriptors, by their names in ``words``.

    ``instead``: a passing path among the words, and what is said in its place. ``work`` hears how far a copy of
    ``total`` bytes is.
    """

    silence = _SILENCE

    def __init__(
        self,
        words: Sequence[str],
        *,
        secrets: Mapping[str, bytes] | None = None,
        instead: tuple[str, str] = ("", ""),
        work: Work | None = None,
        total: int = 0,
    ) -> None:
        self.words = list(words)
        self.secrets = dict(secrets or {})
        self.instead = instead
        self.work = work
        self.total = total

    def do(self, note: Callable[[], None]) -> None:
        for attempt in range(_ATTEMPTS):
            try:
                self._run()
                return
            except errors.InternalError as error:
                if _AGAIN not in str(error) or attempt == _ATTEMPTS - 1:
                    raise self._told(error) from None

    def _run(self) -> None:
        with opened(self.words, self._descriptors()) as (argv, numbers):
            processes.run_heard(argv, self._hear, timeout=self.silence, descriptors=numbers)

    def _hear(self, text: str) -> None:
        if self.work is not None:
            part = portion(text)
            self.work.tell(self.work.done if part is None else int(part * self.total), self.total)

    def _told(self, error: errors.InternalError) -> errors.Error:
        """Its own words, with the path that the user knows."""
        passing, final = self.instead
        detail = re.sub(r"(/dev/fd/)\d+", r"\1N", str(error.detail))
        detail = detail.replace(passing, final) if passing else detail
        return errors.InternalError(detail, hint=_hint(detail))

    def _descriptors(self) -> dict[str, Descriptor]:
        return {name: SecretPipe(content) for name, content in self.secrets.items()}

    def commands(self) -> list[str]:
        return [shown(self.words, self._descriptors())]


def portion(text: str) -> float | None:
    """How far it says it is, the last time in a text: 0 to 1."""
    found = re.findall(r"\((\d+\.\d+)/100%\)", text)
    return float(found[-1]) / 100 if found else None


def _hint(words: str) -> str:
    """What to do about the last words that qemu-img is known for; each with a capital or without."""
    for part, hint in _HINTS.items():
        if part.casefold() in words.casefold():
            return hint
    return "qemu-img has the last word on what an image can be: see qemu-img(1)"


_HINTS = {
    "Unknown driver": "apt install qemu-block-extra",
    "Unknown protocol": "apt install qemu-block-extra",
    "No space left on device": "make room on the file system of the pool, or choose another pool",
    "Unknown file format": "this qemu-img has no such format: raw and qcow2 are always there",
    "does not support image creation": "such images can be read, not made: choose raw or qcow2",
    'Failed to get "write" lock': "a running guest has it open: shut that down first",
    'Failed to get shared "write" lock': "a running guest has it open: shut that down first",
    "backing_file must be": "its backing file must have the same format; qcow2 takes any",
}
