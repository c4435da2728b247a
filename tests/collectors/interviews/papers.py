"""Writing a file as a person would, and reading it with the collector for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from depmap.collecting.discovery import collector_type
from depmap.collecting.port import EVER, Item

if TYPE_CHECKING:
    from pathlib import Path

T = TypeVar("T")


def read(folder: Path, kind: str, text: str) -> list[Item]:
    place = folder / f"{kind}s"
    place.mkdir(exist_ok=True)
    (place / "a.yaml").write_text(text)
    return list(collector_type(f"{kind}s")(paths=(place,)).collect(EVER))  # type: ignore[call-arg]


def only(items: list[Item], wanted: type[T]) -> list[T]:
    return [item for item in items if isinstance(item, wanted)]
