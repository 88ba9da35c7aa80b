"""``python -m tests.shell.commands.operations``: write down which operations each command needs, in
virshpy/shell/lang/operations.py, out of what its examples call on a host that can do everything.

A command needs what it looks its object up with, and what it does: the first of its calls that changes something, or
else that asks for more than how the object stands.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.shell import able
from tests.shell.commands import examples
from virshpy.api.calls import Bound
from virshpy.driver.groups import GROUPS
from virshpy.loading import named
from virshpy.shell.lang import registry
from virshpy.shell.lang.command import Command
from virshpy.shell.session import Session

TABLE = Path(__file__).parents[3] / "virshpy" / "shell" / "lang" / "operations.py"
# What a command asks on its way to what it is about.
ON_THE_WAY = re.compile(
    r".*_lookup_by_.*|.*_is_(active|persistent|updated)|.*_get_state|connect_get_uri|connect_list_all_.*|.*_get_xml_desc"
    r"|domain_get_info|domain_get_job_stats|.*has_managed_save.*|connect_get_all_domain_stats|.*_num_of_.*|node_get_info"
)
HEAD = '''"""Which operations of the contract each command needs; help marks those that a connection cannot do.

Made by ``python -m tests.shell.commands.operations`` out of what the commands' examples call.
"""

from __future__ import annotations

NEEDED = {
'''


@contextmanager
def recorded() -> Iterator[dict[str, list[str]]]:
    """The operations that commands call meanwhile, by the commands' names, in their order."""
    calls: dict[str, list[str]] = {}
    running: list[str] = []
    call, run = Bound.__call__, Command.run

    def heard(self: Bound, *args: Any, **kwargs: Any) -> Any:
        if running:
            calls.setdefault(running[-1], []).append(self.call.row.name)
        return call(self, *args, **kwargs)

    def told(self: Command, session: Session, args: Any) -> Any:
        running.append(self.name)
        try:
            results = run(self, session, args)
            return list(results) if isinstance(results, Iterator) else results
        finally:
            running.pop()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Bound, "__call__", heard)
        patch.setattr(Command, "run", told)
        yield calls


def needed(called: list[str]) -> list[str]:
    """Of the calls of a command, those that it cannot do without."""
    called = list(dict.fromkeys(called))
    ways = [name for name in called if ON_THE_WAY.fullmatch(name)]
    deeds = [name for name in called if name not in ways]
    changing = [name for name in deeds if _row(name).writes]
    return list(dict.fromkeys([*ways[:1], *(changing or deeds)[:1]])) or called[:1]


def _row(name: str) -> Any:
    home = next(home for home, names in GROUPS.values() if name in names.split())
    return getattr(named(home), name)


def table(folder: Path) -> dict[str, list[str]]:
    """What every command needs."""
    with recorded() as calls:
        for name in registry.names():
            for line, _ in registry.find_known(name).examples:
                examples.run(able.URI, name, line, folder)
    return {name: needed(calls[name]) for name in sorted(calls) if name not in registry.HIDDEN}


def text(found: dict[str, list[str]]) -> str:
    rows = "".join(f'    "{name}": "{" ".join(rows)}",\n' for name, rows in found.items() if rows)
    return f"{HEAD}{rows}}}\n"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        examples.settle(Path(folder), patch)
        TABLE.write_text(text(table(Path(folder))))
