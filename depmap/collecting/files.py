"""Reading a folder that nobody vouches for: bounded, and never out of its root."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from depmap.errors import InputError
from depmap.model.evidence import Gap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

MAX_BYTES = 5_000_000
"""A larger source or deployment file is machine-made; it becomes a gap."""

SKIPPED_FOLDERS = frozenset(
    {
        ".git",
        ".hg",
        ".svn",
        ".tox",
        ".nox",
        ".venv",
        "venv",
        "node_modules",
        "__pycache__",
        ".mypy_cache",
        ".ruff_cache",
        ".pytest_cache",
        "site-packages",
        "dist",
        "build",
        "vendor",
        "third_party",
        ".terraform",
    }
)
"""Folders that hold copies of other people's files."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file of a root.

    Attributes:
        path: where it is.
        name: its path relative to the root, with ``/``: the first half of a locator.
    """

    path: Path
    name: str


def walk(root: Path, wanted: Callable[[str], bool]) -> Iterator[SourceFile | Gap]:
    """Yield the wanted files under a root, sorted by name.

    Links are not followed when they lead out of the root, and a folder is entered once, so that
    a loop of links ends.

    Args:
        root: the folder.
        wanted: whether a file of that name (the last part of its path) is wanted.
    """
    real_root = root.resolve()
    entered: set[Path] = set()
    folders = [root]
    while folders:
        folder = folders.pop()
        real = folder.resolve()
        if real in entered:
            continue
        entered.add(real)
        below: list[Path] = []
        for entry in sorted(os.scandir(folder), key=lambda item: item.name):
            path = Path(entry.path)
            name = path.relative_to(root).as_posix()
            if entry.is_symlink() and not path.resolve().is_relative_to(real_root):
                yield Gap("a link that leads out of the folder", "links are not followed", name)
            elif path.is_dir():
                if entry.name not in SKIPPED_FOLDERS:
                    below.append(path)
            elif path.is_file() and wanted(entry.name):
                yield SourceFile(path, name)
        folders.extend(reversed(below))


def read_text(file: SourceFile, *, max_bytes: int = MAX_BYTES) -> str | Gap:
    """Return the text of a file, or the gap that says why there is none."""
    size = file.path.stat().st_size
    if size > max_bytes:
        why = f"it has {size:,} bytes, more than the limit of {max_bytes:,}"
        return Gap("a file that is too large", why, file.name)
    data = file.path.read_bytes()
    if b"\0" in data[:8192]:
        return Gap("a binary file", "it has a zero byte near its start", file.name)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        why = f"byte {error.start} is not UTF-8"
        return Gap("a file that is not UTF-8", why, file.name)


def named_roots(paths: Iterable[Path]) -> list[tuple[str, Path]]:
    """Give each folder a name, the same for every collector that reads it.

    The name is the last part of its path; two of one name get the part before as well.

    Raises:
        InputError: a path is no folder.
    """
    folders = list(dict.fromkeys(Path(os.path.normpath(path.absolute())) for path in paths))
    for folder in folders:
        if folder.is_file():
            hint = f"name the folder it lies in, {folder.parent}"
            raise InputError("this is a file, and folders are read", where=str(folder), hint=hint)
        if not folder.is_dir():
            raise InputError("there is no such folder", where=str(folder))
    last = Counter(folder.name for folder in folders)
    return [
        (folder.name if last[folder.name] == 1 else "/".join(folder.parts[-2:]), folder)
        for folder in folders
    ]
