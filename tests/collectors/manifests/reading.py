"""Facts of the smallest deployment files, written to a folder and read back."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING, TypeVar

from collectors.manifests import Manifests
from depmap.collecting.port import EVER
from depmap.model.facts import Fact

if TYPE_CHECKING:
    from pathlib import Path

    from depmap.collecting.port import Item

F = TypeVar("F", bound=Fact)


def read(folder: Path, files: dict[str, str]) -> list[Item]:
    """Everything that the collector yields for these files."""
    for name, text in files.items():
        path = folder / "r" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text).lstrip("\n"), encoding="utf-8")
    return list(Manifests(paths=(folder / "r",)).collect(EVER))


def only(kind: type[F], items: list[Item]) -> list[F]:
    """The facts of one kind."""
    return [item for item in items if isinstance(item, kind)]
