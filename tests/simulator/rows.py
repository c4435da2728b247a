"""One line of a table of what was measured, with its bar."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

FALSE_ALARMS: Final = 0.05


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table.

    Attributes:
        what: what was measured.
        value: the figure.
        of: what it rests on.
        bar: the bar in words; empty: nothing is claimed.
        met: whether it is met.
    """

    what: str
    value: str
    of: str
    bar: str = ""
    met: bool = True


def alarms(what: str, wrong: int, of: int, noun: str) -> Row:
    """Return the share of false alarms among what gives no reason for one."""
    share = wrong / of
    return Row(
        what, f"{share:.4f}", f"{of} {noun}", f"<= {FALSE_ALARMS}", met=share <= FALSE_ALARMS
    )
