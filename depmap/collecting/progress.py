"""How a pull gets on, for whoever wants to show it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from depmap.collecting.port import Window


class Progress:
    """Is told how a pull gets on. This one keeps it to itself."""

    def source(self, name: str) -> None:
        """A source is going to be read."""

    def window(self, window: Window) -> None:
        """It is asked for a window, hour by hour."""

    def spans(self, count: int) -> None:
        """So many more spans have come."""

    def reached(self, until: datetime) -> None:
        """All before a moment is written."""

    def done(self) -> None:
        """The source has been read, or given up."""

    def say(self, text: str) -> None:
        """Something that a person should know."""
