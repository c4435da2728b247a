"""What was on the map on an earlier day: the confirmed pairs of the snapshots that are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from depmap.errors import InputError
from depmap.history.store import load
from depmap.model.evidence import Gap

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from depmap.model.snapshot import PastMap


def past_maps(
    folder: Path, before: datetime, quarter: str
) -> tuple[tuple[PastMap, ...], tuple[Gap, ...]]:
    """Return the maps of a folder's snapshots from before a moment, and those that are unreadable.

    Args:
        folder: where snapshots are; it need not be there.
        before: only what is older counts.
        quarter: the one that is being built; its file is about to be replaced.
    """
    found: list[PastMap] = []
    gaps: list[Gap] = []
    for path in sorted(folder.glob("[0-9][0-9][0-9][0-9]Q[1-4].json")):
        if path.stem == quarter:
            continue
        try:
            snapshot = load(path)
        except InputError as error:
            gaps.append(Gap("what was known on an earlier day", error.message, path.name))
            continue
        if snapshot.as_of < before:
            pairs = ((item.consumer, item.provider) for item in snapshot.matrix.confirmed())
            found.append((snapshot.as_of, frozenset(pairs)))
    return tuple(found), tuple(gaps)
