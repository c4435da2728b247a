"""Code of other languages than Python, read for what its services call and offer."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from collectors.polyglot.languages import PROJECT_FILES, is_aside, language_of, output_folders
from depmap.collecting.files import SourceFile, named_roots, read_text, walk
from depmap.collecting.port import Collector, Window, option
from depmap.model.evidence import Gap
from depmap.model.words import Source

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from collectors.polyglot.expressions import Summary
    from depmap.collecting.port import Item
    from depmap.model.facts import Fact

MAX_BYTES = 600_000
"""A larger source file is machine-made; it becomes a gap."""

MAX_LINE = 400
"""Characters that the lines of a larger script have on average, when people write it."""

_SMALL = 2_000
_PACKED = frozenset({"javascript", "typescript", "tsx"})
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
    # the manifests' collector walks the same links, and says what it does not follow
    walked = [item for item in walk(folder, _wanted) if isinstance(item, SourceFile)]
    built = output_folders(item.name for item in walked)
    for item in walked:
        if item.name.startswith(built):
            continue
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
    from collectors.polyglot.contracts import Contracts  # noqa: PLC0415
    from collectors.polyglot.emit import facts  # noqa: PLC0415
    from collectors.polyglot.imports import go_modules, imported  # noqa: PLC0415
    from collectors.polyglot.prisma import schema  # noqa: PLC0415
    from collectors.polyglot.program import Program  # noqa: PLC0415
    from collectors.polyglot.settings import configuration  # noqa: PLC0415

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
    program = Program.of(files, folders, configuration(texts, folders))
    program.names.update(project_names(texts))
    contracts = Contracts.of({n: text for n, text in texts.items() if n.endswith(".proto")})
    yield from facts(root, program, contracts, imported(files, texts), go_modules(texts))
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
    lines = len(text.splitlines())
    if language.name in _PACKED and len(text) > max(_SMALL, MAX_LINE * lines):
        why = f"its lines have more than {MAX_LINE} characters on average: it is made from others"
        return Gap("a file of machine-made code", why, file.name)
    return read(file.name, language, text)
