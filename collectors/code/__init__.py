"""Python code: what it calls, offers, signs, verifies and waits for, read without running it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from collectors.code import documents
from collectors.code.documents import is_document
from depmap.collecting.files import named_roots, read_text, walk
from depmap.collecting.port import Collector, Window, option
from depmap.model.evidence import Gap
from depmap.model.words import Source

if TYPE_CHECKING:
    from collections.abc import Iterator

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
    if _TESTS.intersection(folders) or last in {"conftest.py", "tests.py"}:
        return True
    return last.startswith("test_") or last.endswith(("_test.py", "_tests.py"))


def _facts(root: str, folder: Path) -> Iterator[Fact | Gap]:
    from collectors.code.scanner import scanned  # noqa: PLC0415 - libcst takes a fifth of a second

    texts: dict[str, str] = {}
    beside: dict[str, str] = {}
    for item in walk(folder, _is_wanted):
        if isinstance(item, Gap):
            yield item
        elif is_test(item.name):
            continue
        elif is_document(item.name):
            text = read_text(item, max_bytes=documents.MAX_BYTES)
            if isinstance(text, str):  # others are data, or a matter of deployment files
                beside[item.name] = text
        else:
            text = read_text(item, max_bytes=MAX_BYTES)
            if isinstance(text, Gap):
                yield text
            else:
                (texts if item.name.endswith(".py") else beside)[item.name] = text
    yield from scanned(root, texts, beside)


def _is_wanted(name: str) -> bool:
    return name.endswith((".py", ".proto")) or is_document(name)
