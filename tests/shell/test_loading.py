"""The program's own way to its modules: they are what Python's importer makes of them, also when a source changes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from virshpy import loading

# Every attribute that an importer sets, of modules loaded so and of the same ones loaded by Python.
_SEEN = """
import sys
from virshpy import loading
if sys.argv[1] == "ours":
    loading.hasten()
import virshpy.drivers.test.driver, virshpy.shell.main
for name, module in sorted(sys.modules.items()):
    if name.startswith("virshpy."):
        spec = module.__spec__
        print(name, module.__file__, module.__cached__, module.__package__, getattr(module, "__path__", None),
              spec.origin, spec.submodule_search_locations, spec.has_location, spec.parent, sorted(vars(module)))
"""


def run(program: str, *words: str, place: Path | None = None, **environment: str) -> str:
    env = {**os.environ, **({"PYTHONPATH": str(place)} if place else {}), **environment}
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    done = subprocess.run([sys.executable, "-c", program, *words], capture_output=True, text=True, env=env, cwd=place)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_modules_are_as_pythons_importer_makes_them() -> None:
    ours = run(_SEEN, "ours")
    assert ours == run(_SEEN, "theirs") and "virshpy.shell.main" in ours


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package of the same name with one module, which has been compiled."""
    (tmp_path / "virshpy" / "inner").mkdir(parents=True)
    for name in ("__init__.py", "inner/__init__.py"):
        (tmp_path / "virshpy" / name).touch()
    shutil.copy(loading.__file__, tmp_path / "virshpy")
    (tmp_path / "virshpy" / "inner" / "told.py").write_text("word = 'first'\n")
    assert told(tmp_path) == "Loader first"
    return tmp_path


def told(place: Path, **environment: str) -> str:
    program = "from virshpy import loading; loading.hasten(); import virshpy.inner.told as told"
    return run(f"{program}; print(type(told.__loader__).__name__, told.word)", place=place, **environment).strip()


def compiled(package: Path) -> Path:
    return next((package / "virshpy" / "inner" / "__pycache__").glob("told.*"))


def test_a_source_that_changed_is_compiled_anew(package: Path) -> None:
    before = compiled(package).read_bytes()
    (package / "virshpy" / "inner" / "told.py").write_text("word = 'another'\n")
    assert told(package) == "Loader another"
    assert compiled(package).read_bytes() != before


@pytest.mark.parametrize("content", [b"", b"nonsense", b"\0" * 16], ids=["empty", "nonsense", "of no release"])
def test_what_is_not_compiled_code_is_compiled_anew(package: Path, content: bytes) -> None:
    before = compiled(package).read_bytes()
    compiled(package).write_bytes(content)
    assert told(package) == "Loader first"
    assert compiled(package).read_bytes() == before


def test_one_that_is_larger_than_what_is_read_at_once_is_whole(package: Path) -> None:
    lines = "".join(f"name_{number} = 'a text for number {number}'\n" for number in range(3000))
    (package / "virshpy" / "inner" / "told.py").write_text(f"{lines}word = 'last'\n")
    assert told(package) == "Loader last"
    assert compiled(package).stat().st_size > loading._LARGEST
    assert told(package) == "Loader last"


def test_compiled_code_may_be_elsewhere_or_nowhere(package: Path, tmp_path: Path) -> None:
    shutil.rmtree(compiled(package).parent)
    assert told(package, PYTHONPYCACHEPREFIX=str(tmp_path / "cache")) == "Loader first"
    assert not compiled_anywhere(package) and list((tmp_path / "cache").rglob("told.*"))


def compiled_anywhere(package: Path) -> list[Path]:
    return list((package / "virshpy" / "inner").rglob("told.*.pyc"))


def test_a_module_that_is_not_there_is_missed_as_always(package: Path) -> None:
    program = "from virshpy import loading; loading.hasten()\ntry:\n import virshpy.inner.none\n"
    assert run(program + "except ModuleNotFoundError as error: print(error)", place=package).strip() == (
        "No module named 'virshpy.inner.none'"
    )
