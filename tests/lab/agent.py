"""The end of the tests' channel that is in the lab: runs one shell command after the other, answers with what it said.

Each request and each answer is one line of JSON. What a command prints goes through files: of a pipe the end would only
come when every process that the command has left behind is gone, and leaving one behind is what virshpy is for.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path


def main() -> None:
    port = os.open(_device(sys.argv[1]), os.O_RDWR)
    for line in _lines(port):
        answer = json.dumps(_run(**json.loads(line))).encode() + b"\n"
        while answer:
            answer = answer[os.write(port, answer) :]


def _device(name: str) -> str:
    """The port of that name. Its link below /dev/virtio-ports would be udev's work, and there is no udev."""
    for path in Path("/sys/class/virtio-ports").iterdir():
        if (path / "name").read_text().strip() == name:
            return f"/dev/{path.name}"
    raise SystemExit(f"no virtio port is called {name}")


def _lines(port: int) -> Iterator[bytes]:
    waiting = b""
    while data := os.read(port, 65536):
        *lines, waiting = (waiting + data).split(b"\n")
        yield from lines


def _run(number: int, command: str, timeout: float) -> dict[str, object]:
    """``code`` is None where the command did not end in time; its process group is then killed."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen(
            ["/bin/bash", "-c", command], stdin=subprocess.DEVNULL, stdout=out, stderr=err, start_new_session=True
        )
        try:
            code: int | None = process.wait(timeout)
        except subprocess.TimeoutExpired:
            code = None
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        said = []
        for file in (out, err):
            file.seek(0)
            said.append(file.read().decode(errors="replace"))
    return {"number": number, "code": code, "stdout": said[0], "stderr": said[1]}


if __name__ == "__main__":
    main()
