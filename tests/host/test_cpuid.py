"""CPUID, executed by this process and read from the kernel's device."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from virshpy.host import cpuid

QUESTIONS = ((0, 0), (0x80000000, 0), (7, 0), (7, 1), (0xD, 1))
pytestmark = pytest.mark.skipif(os.uname().machine != "x86_64", reason="needs an x86_64 host")


def test_it_is_executed() -> None:
    answers = cpuid.execute(QUESTIONS)
    assert answers is not None and set(answers) == set(QUESTIONS)
    maker = b"".join(answers[0, 0][register].to_bytes(4, "little") for register in (1, 3, 2)).decode()
    assert f"vendor_id\t: {maker}\n" in Path("/proc/cpuinfo").read_text()


@pytest.mark.skipif(not os.access(cpuid.DEVICE, os.R_OK), reason=f"needs {cpuid.DEVICE} (the module cpuid), readable")
def test_the_device_says_the_same() -> None:
    assert cpuid.read_device(QUESTIONS) == cpuid.execute(QUESTIONS)


def test_a_device_that_is_not_there(tmp_path: Path) -> None:
    assert cpuid.read_device(QUESTIONS, str(tmp_path / "cpuid")) is None
    assert cpuid.read_register(0x10A, str(tmp_path / "msr")) is None
    (tmp_path / "short").write_bytes(b"")
    assert cpuid.read_device(QUESTIONS, str(tmp_path / "short")) is None
    assert cpuid.read_register(0x10A, str(tmp_path / "short")) is None


def test_a_register_is_read(tmp_path: Path) -> None:
    (tmp_path / "msr").write_bytes(bytes(0x10A) + (0x1_0000_000D).to_bytes(8, "little"))
    assert cpuid.read_register(0x10A, str(tmp_path / "msr")) == 0x1_0000_000D


def test_where_no_code_may_be_brought() -> None:
    """A process that may map nothing more: the answer is that there is none."""
    program = (
        "import ctypes, resource\n"
        "from virshpy.host import cpuid\n"
        "ctypes.CFUNCTYPE(None)\n"
        "resource.setrlimit(resource.RLIMIT_AS, (1, 1))\n"
        "print(cpuid.execute([(0, 0)]))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.stdout == "None\n", done.stderr
