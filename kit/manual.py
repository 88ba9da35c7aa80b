"""``python -m kit.manual``: write the manual's pages, man/*.1, out of the declarations of the commands."""

from __future__ import annotations

from pathlib import Path

from virshpy.shell.lang.manpage import pages

FOLDER = Path(__file__).parents[1] / "man"


def write() -> None:
    """Write every page, and remove those of groups that are no more."""
    FOLDER.mkdir(exist_ok=True)
    made = pages()
    for path in FOLDER.glob("*.1"):
        if path.name not in made:
            path.unlink()
    for name, text in made.items():
        (FOLDER / name).write_text(text)


if __name__ == "__main__":
    write()
