"""The columns of a table of dependencies: their headers, and which key of an answer each is."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from depmap.interviewing.forms import TARGETS
from depmap.interviewing.parts import WHEN
from depmap.model.words import Impact, Kind, Layer, Strength

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes:
        field: what a header map calls it.
        header: what depmap's own sheets call it.
        path: the key of an answer that it fills; empty: it is about the row.
        width: in characters.
        words: the words to choose from; empty: free text.
        only: whether other words are refused by the sheet.
    """

    field: str
    header: str
    path: tuple[str, ...] = ()
    width: int = 16
    words: tuple[str, ...] = ()
    only: bool = True


COLUMNS = (
    Column("consumer", "service", width=20),
    Column("provider", "depends on", width=20),
    Column("seen", "what depmap has seen", width=44),
    Column(
        "strength",
        "strength",
        ("strength",),
        11,
        (*(word.value for word in Strength if word is not Strength.UNDETERMINED), "?"),
    ),
    Column("users_see", "if it is down, users see", ("if_down", "users_see"), 34),
    Column("impact", "impact", ("if_down", "impact"), 11, (*(word.value for word in Impact), "?")),
    Column("when", "when", ("when",), 13, WHEN, only=False),
    Column("fallback", "fall-back", ("fallback",), 22),
    Column("tested", "last tried out", ("tested",), 13),
    Column("sure", "sure", ("sure",), 9, ("high", "medium", "low", "?")),
    Column("note", "note", ("note",), 30),
    Column("not_needed", "not needed", width=11, words=("yes",)),
    Column("target", "is a", width=11, words=TARGETS),
    Column("kind", "kind", ("kind",), 15, tuple(kind.value for kind in Kind)),
    Column("layer", "layer", ("layer",), 12, tuple(layer.value for layer in Layer)),
    Column("said_on", "said on", width=12),
    Column("said_by", "said by", width=18),
    Column("given", "as given"),
)
"""Every column, in the order of depmap's own sheets."""

NOT_ANSWERS = frozenset({"seen", "said_on", "said_by", "given"})

FIELDS = {column.field: column for column in COLUMNS}

SHEET_DATE, SHEET_BY = "date", "answered by"
"""Labels of two cells above the table, for rows that do not say it themselves."""


def as_given(row: Mapping[str, str]) -> str:
    """Return a mark of what a row says, by which an answer that was only handed out is told."""
    cells = [row.get(name, "").strip() for name in FIELDS if name not in NOT_ANSWERS]
    return hashlib.sha256("\x1f".join(cells).encode()).hexdigest()[:12]


def plain_header(text: str) -> str:
    """Return the form in which headers are compared."""
    return " ".join(text.casefold().replace("_", " ").replace("-", " ").split())
