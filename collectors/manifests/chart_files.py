"""The further files of a chart, as its templates ask for them by ``.Files``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from collectors.manifests.govalues import text, to_yaml


@dataclass(frozen=True, slots=True)
class Files:
    """Files of a chart.

    Attributes:
        texts: the files by their path in the chart.
    """

    texts: Mapping[str, str]

    def member(self, name: str) -> Any:
        """What ``.Files.Name`` is; nothing for what it does not have."""
        return {
            "Get": lambda path: self.texts.get(text(path).removeprefix("./"), ""),
            "Glob": self._glob,
            "AsConfig": to_yaml({path.rpartition("/")[2]: held for path, held in self.all()}),
            "AsSecrets": "",
            "Lines": lambda path: self.texts.get(text(path), "").splitlines(),
        }.get(name)

    def all(self) -> list[tuple[str, str]]:
        """Every file, in order."""
        return sorted(self.texts.items())

    def _glob(self, pattern: Any) -> Files:
        head, _, tail = text(pattern).removeprefix("./").partition("*")
        end = tail.lstrip("*/{")
        kept = {
            path: held
            for path, held in self.texts.items()
            if path.startswith(head) and (path.endswith(end) or "{" in tail)
        }
        return Files(kept)
