"""The interviews of a project: which file is about which service, and where a new one goes."""

from __future__ import annotations

import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from depmap.collecting.files import SourceFile, read_text
from depmap.errors import InputError
from depmap.interviewing.files import people_files
from depmap.interviewing.reading import Paper, read_papers

if TYPE_CHECKING:
    from collections.abc import Iterable

    from depmap.interviewing.forms import Interview

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class Filed:
    """One interview and the file it stands in.

    Attributes:
        path: the file.
        paper: what it says.
    """

    path: Path
    paper: Paper

    @property
    def form(self) -> Interview:
        """What it says, without the answers that have mistakes."""
        form: Interview = self.paper.form
        return form


def interviews_in(paths: Iterable[Path]) -> tuple[Filed, ...]:
    """Return the interviews that lie in files and folders; those with mistakes as far as they go.

    Raises:
        InputError: a path is not there.
    """
    found: list[Filed] = []
    for file in people_files(paths):
        text = read_text(file) if isinstance(file, SourceFile) else file
        if isinstance(file, SourceFile) and isinstance(text, str):
            papers = read_papers(text, file.name, "interview")
            found += [Filed(file.path, item) for item in papers if isinstance(item, Paper)]
    return tuple(found)


def file_name(service: str) -> str:
    """Return the name of a new file about a service."""
    safe = _UNSAFE.sub("-", service).strip("-.") or "service"
    return f"{safe[:100]}.yaml"


def read_exactly(path: Path) -> str:
    """Return a file's text with its line ends as they are.

    Raises:
        InputError: it is not UTF-8.
    """
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"byte {error.start} is not UTF-8", where=str(path)) from None


def write_exactly(path: Path, text: str) -> None:
    """Replace a file at once: a run that is killed leaves the old one or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as target:
            target.write(text.encode())
        mode = path.stat().st_mode if path.exists() else 0o644
        Path(name).chmod(mode & 0o777)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
