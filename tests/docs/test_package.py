"""What `python -m build` makes: it holds everything, and works where nothing of the checkout is to be found.

The wheel, which is built from the sdist, is installed into an environment that has the packages that it depends on and
nothing else. No network is asked.
"""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import venv
import zipfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from kit.guest import Guest
from tests import needs
from tests.docs.tour import CHECKOUT, NEEDS, SYSTEM_PATH, Tour
from virshpy import __version__

pytestmark = [
    pytest.mark.skipif(find_spec(name) is None, reason=f"needs Python's package {name}: kit/prepare dev brings it")
    for name in ("build", "hatchling", "pip")
]
BESIDE = {
    "completions/virshpy.bash": "share/bash-completion/completions/virshpy",
    "completions/_virshpy": "share/zsh/vendor-completions/_virshpy",
    "completions/virshpy.fish": "share/fish/vendor_completions.d/virshpy.fish",
    "systemd/system/virshpy-guests.service": "lib/systemd/system/virshpy-guests.service",
    "systemd/user/virshpy-guests.service": "lib/systemd/user/virshpy-guests.service",
    "man/virshpy-domain.1": "share/man/man1/virshpy-domain.1",
    "examples/small.xml": "share/doc/virshpy/examples/small.xml",
}
TYPED = """\
import virshpy

with virshpy.open("test:///default") as connection:
    reveal_type(connection.lookup_by_name("test").is_active())
"""


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist and the wheel."""
    folder = tmp_path_factory.mktemp("dist")
    argv = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(CHECKOUT)]
    done = subprocess.run(argv, capture_output=True, text=True)
    assert not done.returncode, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="session")
def installed(built: Path) -> Iterator[Path]:
    """An environment into which the wheel was installed."""
    with tempfile.TemporaryDirectory(prefix="vp.env.") as name:
        folder = Path(name)
        folder.chmod(0o755)
        venv.create(folder, with_pip=False)
        own = next(folder.glob("lib/python*/site-packages"))
        # A folder that is named in a .pth file has its own .pth files left alone: the checkout's among them.
        (own / "dependencies.pth").write_text(f"{sysconfig.get_path('purelib')}\n{sysconfig.get_path('platlib')}\n")
        wheel = next(built.glob("*.whl"))
        pip = [sys.executable, "-m", "pip", "--python", str(folder / "bin/python"), "--quiet"]
        subprocess.run([*pip, "install", "--no-index", "--no-deps", str(wheel)], check=True, capture_output=True)
        yield folder


def run(program: Path, *words: str) -> str:
    """What a program says that has nothing of our environment."""
    argv = [str(program), *words]
    environment = {"PATH": SYSTEM_PATH, "HOME": "/nonexistent", "LC_ALL": "C.UTF-8"}
    return subprocess.run(argv, env=environment, cwd="/", capture_output=True, text=True, check=True).stdout


def test_sdist_holds_what_a_distribution_builds_and_tests(built: Path) -> None:
    with tarfile.open(built / f"virshpy-{__version__}.tar.gz") as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    for folder in ("virshpy", "bin", "tests", "kit", "bench", "docs", "examples", "completions", "man", "systemd"):
        here = {
            str(path.relative_to(CHECKOUT))
            for path in (CHECKOUT / folder).rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }
        assert here and not here - names
    assert {"Makefile", "README.md", "CHANGELOG.md", "LICENSE", "pyproject.toml"} <= names


def test_wheel_holds_the_package(built: Path) -> None:
    with zipfile.ZipFile(next(built.glob("*.whl"))) as archive:
        names = set(archive.namelist())
    here = {str(path.relative_to(CHECKOUT)) for path in (CHECKOUT / "virshpy").rglob("*.py")}
    assert not here - names
    assert "virshpy/py.typed" in names
    assert not [name for name in names if name.startswith(("tests/", "kit/"))]


def test_files_beside_the_program(installed: Path) -> None:
    for source, target in BESIDE.items():
        assert (installed / target).read_bytes() == (CHECKOUT / source).read_bytes()
    for kind, below in (("man", "share/man/man1"), ("examples/cloud-image", "share/doc/virshpy/examples/cloud-image")):
        names = {path.name for path in (CHECKOUT / kind).iterdir()}
        assert names == {path.name for path in (installed / below).iterdir()}


def test_program(installed: Path) -> None:
    program, python = installed / "bin/virshpy", installed / "bin/python"
    where = run(python, "-c", "import virshpy; print(virshpy.__file__)")
    assert where.startswith(f"{installed}/")
    assert run(program, "--version") == run(python, "-m", "virshpy", "--version") == f"{__version__}\n"
    assert run(program, "completion", "bash") == (CHECKOUT / "completions/virshpy.bash").read_text() + "\n"
    assert f"ExecStart=-{program} -q -c qemu:///system start --autostart\n" in run(program, "unit")
    assert " test   running\n" in run(program, "-c", "test:///default", "list")


@needs.program("man", "man-db")
def test_manual_is_found(installed: Path) -> None:
    for page in ("virshpy", "virshpy-domain"):
        assert run(Path("/usr/bin/env"), "man", "-M", str(installed / "share/man"), "-w", page).endswith(f"/{page}.1\n")


def test_types_are_found(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "typed.py").write_text(TYPED)
    argv = [sys.executable, "-m", "mypy", "--strict", "--python-executable", str(installed / "bin/python"), "typed.py"]
    done = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True)
    assert 'bool"' in done.stdout and not done.returncode, done.stdout


class TestTour:
    """README's tour, with the installed program and the examples that came with it."""

    pytestmark = NEEDS

    def test_lines_of_a_user(self, installed: Path, root: Path, guest: Guest) -> None:
        examples = installed / "share/doc/virshpy/examples"
        tour = Tour(root, installed / "bin", examples, guest, python=str(installed / "bin/python"))
        assert tour.follow() > 25
