"""Facts of the smallest sources, written to a folder and read back."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING, TypeVar

from collectors.code import Code
from depmap.collecting.port import EVER
from depmap.model.facts import Fact, Use

if TYPE_CHECKING:
    from pathlib import Path

    from depmap.collecting.port import Item

F = TypeVar("F", bound=Fact)


def write(folder: Path, files: dict[str, str]) -> Path:
    """Write files, dedented, below a folder."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text).lstrip("\n"), encoding="utf-8")
    return folder


def read(folder: Path, files: dict[str, str]) -> list[Item]:
    """Everything that the collector yields for these files."""
    return list(Code(paths=(write(folder / "r", files),)).collect(EVER))


def only(kind: type[F], items: list[Item]) -> list[F]:
    """The facts of one kind."""
    return [item for item in items if isinstance(item, kind)]


def calls(folder: Path, *sources: str, **files: str) -> list[tuple[str, str]]:
    """(method, address) of each HTTP call of a source and more files, by line."""
    named = {"main.py": sources[0]} | {f"{name}.py": text for name, text in files.items()}
    found = [use for use in only(Use, read(folder, named)) if use.system == "http"]
    return [(use.method, " | ".join(map(str, use.targets))) for use in found]
