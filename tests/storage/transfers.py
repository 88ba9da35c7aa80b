"""Whole files into volumes, and volumes into files."""

from __future__ import annotations

from pathlib import Path

from virshpy.api.storage import StorageVol


def upload(volume: StorageVol, path: Path, offset: int = 0, length: int = 0) -> None:
    stream = volume.upload(offset, length)
    try:
        with path.open("rb") as file:
            stream.send_from(file.fileno(), 0)
        stream.finish()
    finally:
        stream.close()


def download(volume: StorageVol, path: Path, offset: int = 0, length: int = 0) -> None:
    stream = volume.download(offset, length)
    with path.open("wb") as file:
        stream.write_to(file.fileno())
    stream.finish()
    stream.close()
