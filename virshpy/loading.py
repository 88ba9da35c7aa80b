"""Modules by name, and the package's own ones in half of the time.

Python's importer tries five suffixes for a module and reads its compiled form by ten calls into the system; importlib's
function for names brings its package and warnings along. Together that is a tenth of what a short command takes.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec, SourceFileLoader
    from importlib.util import MAGIC_NUMBER, cache_from_source
    from types import CodeType, ModuleType
    from typing import Any

    _compile_bytecode: Any
else:
    from _frozen_importlib import ModuleSpec
    from _frozen_importlib_external import MAGIC_NUMBER, SourceFileLoader, _compile_bytecode, cache_from_source

_LARGEST = 1 << 16  # bytes; a compiled module that is larger is left to Python


def module(name: str) -> ModuleType:
    """The module of an absolute name. Raises ImportError."""
    __import__(name)
    return sys.modules[name]


def named(home: str) -> Any:
    """What ``module:name`` names. Raises ImportError, AttributeError."""
    place, _, name = home.partition(":")
    return getattr(module(place), name)


class Finder:
    """Finds a module of this package by one look at its source; what is not there is left to Python's own finder."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if path is None or not name.startswith("virshpy."):
            return None
        stem = f"{path[0]}/{name.rpartition('.')[2]}"
        for file, places in ((f"{stem}.py", None), (f"{stem}/__init__.py", [stem])):
            try:
                status = os.stat(file)
            except OSError:
                continue
            spec = ModuleSpec(name, Loader(name, file, status), origin=file)
            spec.submodule_search_locations = places
            spec.has_location = True
            return spec
        return None


class Loader(SourceFileLoader):
    """Reads what Python has compiled of a source by one call, and leaves it to Python where that is out of date."""

    def __init__(self, name: str, path: str, status: os.stat_result) -> None:
        super().__init__(name, path)
        self.status = status

    def get_code(self, name: str) -> CodeType | None:
        try:
            compiled = os.open(cache_from_source(self.path), os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return super().get_code(name)
        try:
            data = os.read(compiled, _LARGEST)
        finally:
            os.close(compiled)
        told = (0, int(self.status.st_mtime) & 0xFFFFFFFF, self.status.st_size & 0xFFFFFFFF)
        head = MAGIC_NUMBER + b"".join(number.to_bytes(4, "little") for number in told)
        if not data.startswith(head) or len(data) == _LARGEST:
            return super().get_code(name)
        code: CodeType = _compile_bytecode(memoryview(data)[len(head) :], name, None, self.path)
        return code


def hasten() -> None:
    """Load this package's modules so, for the rest of the process; Python's own finder of files is the last one."""
    sys.meta_path.insert(-1, Finder)
