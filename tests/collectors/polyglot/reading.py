"""Facts of the smallest files of other languages, written to a folder and read back."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING, TypeVar

from collectors.polyglot import Polyglot
from depmap.collecting.port import EVER
from depmap.model.facts import EnvRead, Fact, Use

if TYPE_CHECKING:
    from pathlib import Path

    from depmap.collecting.port import Item

F = TypeVar("F", bound=Fact)
PROJECTS = {
    ".go": "go.mod", ".java": "pom.xml", ".kt": "build.gradle", ".js": "package.json",
    ".ts": "package.json", ".cs": "a.csproj", ".php": "composer.json", ".rb": "Gemfile",
    ".rs": "Cargo.toml",
}  # fmt: skip


def read(folder: Path, files: dict[str, str]) -> list[Item]:
    """Everything that the collector yields for these files."""
    for name, text in files.items():
        path = folder / "r" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text).lstrip("\n"), encoding="utf-8")
    return list(Polyglot(paths=(folder / "r",)).collect(EVER))


def only(kind: type[F], items: list[Item]) -> list[F]:
    """The facts of one kind."""
    return [item for item in items if isinstance(item, kind)]


def uses(folder: Path, name: str, text: str) -> list[tuple[str, ...]]:
    """(kind, system, target, method, operation) of each use of one file."""
    project = PROJECTS[name[name.rfind(".") :]]
    found = only(Use, read(folder, {name: text, project: ""}))
    return [
        (
            one.kind.value,
            one.system,
            " | ".join(map(str, one.targets)),
            one.method,
            " | ".join(map(str, one.operations)),
        )
        for one in found
    ]


def variables(folder: Path, name: str, text: str) -> list[str]:
    """The variables of the environment that one file reads."""
    found = only(EnvRead, read(folder, {name: text, PROJECTS[name[name.rfind(".") :]]: ""}))
    return sorted(one.name for one in found)
