"""Which places in files a unit's command starts."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from depmap.scanning.commands import Start, filled, starts
from depmap.scanning.files import File, Files

if TYPE_CHECKING:
    from depmap.model.deployed import Build, Unit

Covers = Callable[["File"], bool]
"""Whether a file is in a unit's image."""

MAX_SCRIPTS = 4
"""Scripts that may start one another."""

_BASES = {
    "uvicorn-gunicorn": "gunicorn app.main:app",
    "meinheld-gunicorn": "gunicorn app.main:app",
    "uwsgi-nginx": "flask --app app.main run",
}
"""What images run by themselves that are made to be built upon, by a part of their name.

Source: the READMEs of the ``tiangolo`` images of these names.
"""

_ENDS = {".js": (".ts", ".tsx"), ".mjs": (".mts", ".ts"), ".cjs": (".cts", ".ts")}
_OUTPUT = frozenset({"dist", "build", "out", "lib"})


@dataclass(frozen=True, slots=True)
class Begun:
    """What a command starts, with the files that it is; none where it runs none of the unit's."""

    start: Start
    files: tuple[File, ...] = ()


@dataclass(slots=True)
class Running:
    """Answers what a unit runs, given all files."""

    files: Files
    _named: dict[str, list[File]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        """Find files by their last name."""
        for file in sorted({*self.files.modules, *self.files.scripts}):
            self._named[posixpath.basename(file[1])].append(file)

    def build(self, unit: Unit, root: str, base: str) -> Build | None:
        """The Dockerfile, or the stage of it, that a unit is built by."""
        path = posixpath.normpath(posixpath.join(base, unit.dockerfile or "Dockerfile"))
        staged = self.files.stages.get((root, path, unit.stage))
        return staged or self.files.builds.get((root, path))

    def command(self, unit: Unit, build: Build | None) -> str:
        """All that a unit runs: its own command put together with that of its image."""
        if build is None or unit.entrypoint:
            whole = unit.command
        elif unit.command:
            whole = f"{build.entrypoint} {unit.command}".strip()
        else:
            whole = build.command or next(
                (runs for name, runs in _BASES.items() if name in build.base), ""
            )
        return filled(whole, self.files.given.get(unit.name, {}))

    def begun(self, unit: Unit, build: Build | None, covers: Covers) -> tuple[Begun, ...]:
        """What a unit's command starts; nothing where that is not understood."""
        folder = unit.folder or (build.folder if build is not None else "")
        return tuple(self._begun(self.command(unit, build), folder, covers, 0))

    def _begun(self, command: str, folder: str, covers: Covers, depth: int) -> Iterator[Begun]:
        for start in starts(command):
            if start.way in {"script", "named"}:
                for text in self._scripts(start, folder, covers) if depth < MAX_SCRIPTS else ():
                    yield from self._begun(text, folder, covers, depth + 1)
                continue
            inside = posixpath.join(folder, start.inside)
            found = (self._nearest(name, inside, covers) for name in _names(start))
            files = tuple(dict.fromkeys(file for file in found if file is not None))
            if files or start.way == "nothing":
                yield Begun(start, files)

    def _scripts(self, start: Start, folder: str, covers: Covers) -> Iterator[str]:
        if start.way == "script":
            file = self._nearest(start.name, folder, covers)
            held = [(file, self.files.scripts[file])] if file in self.files.scripts else []
        else:
            held = [one for one in self.files.scripts.items() if covers(one[0])]
            held.sort(key=lambda one: (one[0][1].count("/"), one[0]))
        for _, scripts in held:
            fitting = [one for one in scripts if start.way == "script" or one.name == start.name]
            for one in fitting:
                yield _chosen(one.runs, start.inside) if start.way == "script" else one.runs
            if fitting:
                return

    def _nearest(self, name: str, folder: str, covers: Covers) -> File | None:
        """The file of that name that lies where the command runs, else the one highest up."""
        wanted = [part for part in folder.split("/") if part]
        best: tuple[tuple[int, int, int, File], File] | None = None
        for file in self._named.get(posixpath.basename(name), ()):
            above = _above(file[1], name)
            if above is None or not covers(file):
                continue
            short, rest = above
            key = (short, -_alike(wanted, rest.split("/")), rest.count("/"), file)
            if best is None or key < best[0]:
                best = (key, file)
        return best[1] if best is not None else None


def _names(start: Start) -> Iterator[str]:
    """The names that a start's file may have, relative to where it runs."""
    if start.way == "django":
        yield "manage.py"
    elif start.way == "file" or start.name.endswith(".py"):
        yield from _sources(start.name)
    elif start.name:
        plain = start.name.replace(".", "/")
        yield from (f"{plain}.py", f"{plain}/__main__.py", f"{plain}/__init__.py")
        if start.way == "tasks":
            yield f"{plain}/celery.py"
            yield f"{posixpath.dirname(plain) or plain}.py"


def _sources(name: str) -> Iterator[str]:
    name = posixpath.normpath(name.lstrip("/"))
    stem, end = posixpath.splitext(name)
    if not end:
        yield f"{name}/__main__.py"
        yield from (f"{name}{one}" for one in (".js", ".ts"))
        return
    yield name
    parts = stem.split("/")
    inside = "/".join(part for part in parts if part not in _OUTPUT)
    for other in _ENDS.get(end, ()):
        yield from (f"{stem}{other}", f"src/{inside}{other}", f"{inside}{other}")


def _above(path: str, name: str) -> tuple[int, str] | None:
    """How much of a name is above the image's own code, and the folder the rest lies in."""
    parts = name.split("/")
    whole = parts[-1].startswith("__") or parts[-1] == "celery.py"
    for cut in range(1 if whole else len(parts)):
        short = "/".join(parts[cut:])
        if path == short or path.endswith(f"/{short}"):
            return cut, path.removesuffix(short).rstrip("/")
    return None


def _alike(wanted: list[str], given: list[str]) -> int:
    same = 0
    for one, other in zip(reversed(wanted), reversed(given), strict=False):
        if one != other:
            break
        same += 1
    return same


def _chosen(script: str, argument: str) -> str:
    """The branch of a script that its argument chooses; all of it where there is none."""
    lines = script.splitlines()
    heads = [n for n, line in enumerate(lines) if argument and _is_branch(line, argument)]
    if not heads:
        return script
    kept: list[str] = []
    for line in lines[heads[0] :]:
        kept.append(line)
        if ";;" in line:
            break
    return "\n".join(kept).partition(")")[2]


def _is_branch(line: str, argument: str) -> bool:
    label, mark, _ = line.strip().partition(")")
    words = label.strip("(\"' ").split("|")
    return bool(mark) and argument in [word.strip("\"' ") for word in words]
