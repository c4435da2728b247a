"""Code of other languages than Python, read for what its services call and offer."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from collectors.polyglot.languages import PROJECT_FILES, is_aside, language_of
from depmap.collecting.files import SourceFile, named_roots, read_text, walk
from depmap.collecting.port import Collector, Window, option
from depmap.model.evidence import Gap
from depmap.model.words import Source

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from collectors.polyglot.expressions import Summary
    from collectors.polyglot.properties import Properties
    from depmap.collecting.port import Item
    from depmap.model.facts import Fact

MAX_BYTES = 600_000
"""A larger source file is machine-made; it becomes a gap."""

_PROJECTS = (".csproj", ".fsproj", ".vbproj")


@dataclass(frozen=True)
class Polyglot(Collector):
    """Facts from the Go, Java, JavaScript and other code of one or many folders."""

    name: ClassVar[str] = "polyglot"
    source: ClassVar[Source] = Source.CODE

    paths: tuple[Path, ...] = option("Folders to read: repositories, or parts of one")

    def collect(self, window: Window) -> Iterator[Item]:
        """Yield the facts of each folder, project by project."""
        del window  # code has no time
        for root, folder in named_roots(self.paths):
            yield from _facts(root, folder)


def _wanted(name: str) -> bool:
    from collectors.polyglot import properties  # noqa: PLC0415 - imports are late, see discovery

    return (
        language_of(name) is not None
        or name in PROJECT_FILES
        or name.endswith((".proto", ".prisma", *_PROJECTS))
        or properties.wanted(name)
    )


def _read_whole(path: str) -> bool:
    """Whether a file of settings is one of a project, and not of a tool."""
    from collectors.polyglot import properties  # noqa: PLC0415

    return properties.of_itself(path) or posixpath.basename(path) in PROJECT_FILES


def _facts(root: str, folder: Path) -> Iterator[Fact | Gap]:
    sources: list[SourceFile] = []
    others: dict[str, SourceFile] = {}
    for item in walk(folder, _wanted):
        if isinstance(item, Gap):
            continue  # the manifests' collector walks the same links, and says so
        if language_of(item.path.name) is None:
            if not item.name.endswith((".json", ".toml", ".env")) or _read_whole(item.name):
                others[item.name] = item
        elif not is_aside(item.name):
            sources.append(item)
    if not sources:
        return
    yield from _read(root, sources, others)


def _read(
    root: str, sources: list[SourceFile], others: Mapping[str, SourceFile]
) -> Iterator[Fact | Gap]:
    from collectors.polyglot.aspire import project_names  # noqa: PLC0415
    from collectors.polyglot.emit import facts  # noqa: PLC0415
    from collectors.polyglot.imports import imported  # noqa: PLC0415
    from collectors.polyglot.prisma import schema  # noqa: PLC0415
    from collectors.polyglot.program import Program  # noqa: PLC0415
    from collectors.polyglot.rpcs import Contracts  # noqa: PLC0415

    files: list[Summary] = []
    for source in sources:
        summary = _summary(source)
        if isinstance(summary, Gap):
            yield summary
        else:
            files.append(summary)
    texts = {
        name: text for name, file in others.items() if isinstance(text := read_text(file), str)
    }
    folders = {
        posixpath.dirname(name)
        for name in texts
        if name.rpartition("/")[2] in PROJECT_FILES or name.endswith(_PROJECTS)
    }
    program = Program.of(files, folders, _properties(texts, folders))
    program.names.update(project_names(texts))
    contracts = Contracts.of({n: text for n, text in texts.items() if n.endswith(".proto")})
    yield from facts(root, program, contracts, imported(files, texts))
    for name in sorted(texts):
        if name.endswith(".prisma"):
            yield from schema(root, name, texts[name])


def _summary(file: SourceFile) -> Summary | Gap:
    from collectors.polyglot.reading import read  # noqa: PLC0415

    text = read_text(file, max_bytes=MAX_BYTES)
    if isinstance(text, Gap):
        return text
    language = language_of(file.path.name)
    assert language is not None  # noqa: S101 - only such files come here
    return read(file.name, language, text)


def _properties(texts: Mapping[str, str], folders: set[str]) -> dict[str, Properties]:
    """The configuration of each project: its own, then what a configuration server gives it."""
    from collectors.polyglot import properties  # noqa: PLC0415

    found: dict[str, Properties] = {}

    def add(folder: str, name: str, text: str) -> None:
        held = found.setdefault(folder, properties.Properties())
        if posixpath.basename(name).lower().startswith("appsettings"):
            held.separator = "__"
        for key, value in properties.pairs(name, text):
            held.add(key, value)

    named = {posixpath.basename(folder): folder for folder in sorted(folders) if folder}
    serving = {posixpath.dirname(name) for name in texts if properties.served(name) in named}
    own = [name for name in texts if properties.of_itself(name) and not is_aside(name)]
    for name in sorted(own, key=lambda one: (bool(properties.profile(one)), one)):
        folder = _root(name, _above(posixpath.dirname(name), folders))
        apart = posixpath.dirname(name) in serving and properties.served(name)
        if not apart or named.get(properties.served(name)) == folder:
            add(folder, name, texts[name])
    for name in sorted(texts):
        application = properties.served(name)
        if application in named:
            add(named[application], name, texts[name])
            common = posixpath.join(posixpath.dirname(name), "application.yml")
            add(named[application], common, texts.get(common, ""))
    return found


def _root(path: str, project: str) -> str:
    """The folder whose code a file of settings is for: in a project, or in a part of it."""
    above = posixpath.dirname(path)
    if posixpath.basename(above).lower() in {"conf", "config", "configs", "configuration"}:
        above = posixpath.dirname(above)
    inside = above.startswith(f"{project}/") if project else bool(above)
    return above if inside and not {"src", "resources"} & set(above.split("/")) else project


def _above(folder: str, folders: set[str]) -> str:
    while folder not in folders and folder:
        folder = posixpath.dirname(folder)
    return folder
