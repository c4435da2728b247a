"""Keeping a ledger: forgetting what is old, and putting ledgers together.

Windows are files, so that the one is removing files and the other copying them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from depmap.errors import InputError
from depmap.ledger.files import table_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from depmap.ledger.ledger import Ledger

HOUR: Final = "%Y-%m-%dT%H"
_IS_HOUR: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}")


def prune(ledger: Ledger, before: datetime) -> dict[str, int]:
    """Remove the windows that ended before a moment; what belongs to no hour stays.

    Args:
        ledger: the ledger.
        before: the moment, UTC.

    Returns:
        How many windows of each source are gone.
    """
    first = before.strftime(HOUR)
    removed = {}
    for source in ledger.sources():
        with ledger.writing(source) as writer:
            old = [name for name in writer.windows() if _IS_HOUR.fullmatch(name) and name < first]
            for name in old:
                writer.remove(name)
        if old:
            removed[source] = len(old)
    return removed


def merge(ledger: Ledger, others: Sequence[Path]) -> dict[str, int]:
    """Put what other ledgers hold into one; doing it again changes nothing.

    Args:
        ledger: where all of it goes.
        others: folders of ledgers.

    Returns:
        How many windows of each source are new.

    Raises:
        InputError: a folder is no ledger; or two of them hold different things for one window of
            one source. Nothing is written then.
    """
    found: dict[tuple[str, str], Path] = {}
    for folder in others:
        paths = sorted((folder / "evidence").glob("*/*.parquet"))
        if not paths:
            raise InputError("there is no ledger here", where=str(folder))
        for path in paths:
            key = path.parent.name, path.stem
            _check(path, found.get(key, ledger.folder / "evidence" / key[0] / path.name))
            found[key] = path
    added: dict[str, int] = {}
    for (source, window), path in sorted(found.items()):
        with ledger.writing(source) as writer:
            if window not in writer.windows():
                writer.adopt(window, path)
                added[source] = added.get(source, 0) + 1
    return added


def _check(path: Path, other: Path) -> None:
    """Refuse a file that is none of a ledger, or that says other things than its like."""
    table_of(path, ("record",))
    if other.is_file() and other.read_bytes() != path.read_bytes():
        raise InputError(
            f"{other} holds something else for the same window of the same source",
            where=str(path),
            hint="let each place collect under a source name of its own, or remove one of them",
        )
