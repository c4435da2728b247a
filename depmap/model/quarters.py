"""Calendar quarters, by which snapshots are kept."""

from __future__ import annotations

import re
from datetime import UTC, datetime


def quarter_of(moment: datetime) -> str:
    """Return the calendar quarter of a moment: ``2026Q4``."""
    return f"{moment.year}Q{(moment.month + 2) // 3}"


def first_of(quarter: str, as_of: datetime) -> datetime:
    """Return the first moment of a quarter; of one that is called otherwise, that of ``as_of``."""
    told = re.fullmatch(r"([1-9][0-9]{3})Q([1-4])", quarter)
    if told is None:
        return datetime(as_of.year, as_of.month - (as_of.month - 1) % 3, 1, tzinfo=UTC)
    return datetime(int(told[1]), 3 * int(told[2]) - 2, 1, tzinfo=UTC)
