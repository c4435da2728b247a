"""Python code: what it calls, offers, signs, verifies and waits for, read without running it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from depmap.collecting.files import SourceFile, named_roots, read_text, walk
from depmap.collecting.port import Collector, Window, option
from depmap.model.evidence import Gap
from depmap.model.words import Source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collectors.code.summary import Summary
    from depmap.collecting.port import Item
    from depmap.model.facts import Fact

MAX_BYTES = 1_000_000
"""A larger Python file is machine-made; it becomes a gap."""

_TESTS = frozenset(
    {"test", "tests", "testing", "docs", "doc", "examples", "example", "e2e", "benchmarks"}
)


@dataclass(frozen=True)
class Code(Collector):
    """Facts from the Python files of one or many folders."""

    name: ClassVar[str] = "code"
    source: ClassVar[Source] = Source.CODE

    paths: tuple[Path, ...] = option("Folders to read: repositories, or parts of one")

    def collect(self, window: Window) -> Iterator[Item]:
        """Yield the facts of each folder, file by file."""
        del window  # code has no time
        for root, folder in named_roots(self.paths):
            yield from _facts(root, folder)


def is_test(name: str) -> bool:
    """Whether a path is that of a test, an example or documentation."""
    *folders, last = name.lower().split("/")
    if _TESTS.intersection(folders) or last == "conftest.py":
        return True
    return last.startswith("test_") or last.endswith(("_test.py", "_tests.py"))


def _facts(root: str, folder: Path) -> Iterator[Fact | Gap]:
    from collectors.code.emit import facts  # noqa: PLC0415 - libcst takes a fifth of a second
    from collectors.code.program import Program  # noqa: PLC0415

    files: dict[str, Summary] = {}
    for item in walk(folder, lambda name: name.endswith(".py")):
        if isinstance(item, Gap):
            yield item
            continue
        if is_test(item.name):
            continue
        summary, gap = _read(item)
        if gap is not None:
            yield gap
        if summary is not None:
            files[item.name] = summary
    yield from facts(root, Program(files))


def _read(file: SourceFile) -> tuple[Summary | None, Gap | None]:
    from collectors.code import textual  # noqa: PLC0415 - as above
    from collectors.code.reader import read  # noqa: PLC0415

    text = read_text(file, max_bytes=MAX_BYTES)
    if isinstance(text, Gap):
        return None, text
    try:
        return read(file.name, text), None
    except SyntaxError as error:
        where = f"{file.name}:{error.lineno or 1}"
        why = f"{error.msg}; its imports and port were read as text"
        return textual.read(file.name, text), Gap("a file that is not Python 3", why, where)
