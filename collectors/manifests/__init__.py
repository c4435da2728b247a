"""Deployment files: units, their environment, order, files, libraries and proxies."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from depmap.collecting.files import named_roots, read_text, walk
from depmap.collecting.port import Collector, Window, option
from depmap.model.evidence import Gap
from depmap.model.words import Source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from depmap.collecting.port import Item


@dataclass(frozen=True)
class Manifests(Collector):
    """Facts from the deployment files of one or many folders."""

    name: ClassVar[str] = "manifests"
    source: ClassVar[Source] = Source.DEPLOYMENT

    paths: tuple[Path, ...] = option("Folders to read: repositories, or parts of one")

    def collect(self, window: Window) -> Iterator[Item]:
        """Yield the facts of each folder, file by file."""
        from collectors.manifests import readers  # noqa: PLC0415 - imports are late, see discovery

        del window  # deployment files have no time
        for root, folder in named_roots(self.paths):
            texts: dict[str, str] = {}
            for item in walk(folder, readers.wanted):
                if isinstance(item, Gap):
                    yield item
                    continue
                text = read_text(item)
                if isinstance(text, Gap):
                    if not text.what.startswith("a binary"):
                        yield text
                    continue
                texts[item.name] = text
            yield from readers.facts(root, texts)
