"""The port: a collector is a frozen dataclass with options and one verb, ``collect``."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from depmap.model.evidence import Audit, Boot, Evidence, Gap, Node, Shared
from depmap.model.facts import Fact
from depmap.model.finding import Finding
from depmap.model.words import Source
from depmap.tracing.spans import Spans

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time, both ends UTC; the end is not part of it."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Reached:
    """A mark in what a collector yields: all that begins before a moment has been told.

    The hours that end by then are written before the collector is asked to go on, so that a run
    that is killed can go on there, and no more than an hour is held in memory. A collector may
    yield no marks at all; then everything is written at the end.

    Attributes:
        until: the moment; marks come in the order of time.
        lost: why what lies between the mark before and this one could not be had, or not all of
            it; then its hours are left as they were. Empty: nothing was lost.
    """

    until: datetime
    lost: str = ""


@dataclass(frozen=True, slots=True)
class Drawn:
    """Edges that the server itself draws for the window: what ours are compared with.

    Attributes:
        edges: (caller, called, calls), as the server names them.
        place: its address, for messages.
        wider: whether they are of a longer time than the window.
        failed: why the server could not say; empty: it could.
    """

    edges: tuple[tuple[str, str, int], ...]
    place: str
    wider: bool = False
    failed: str = ""


Item = Evidence | Audit | Boot | Node | Shared | Finding | Gap | Fact | Spans | Reached | Drawn
"""What a collector yields: claims, nodes, facts to be joined, spans to be linked, gaps, marks."""


EVER = Window(datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC))
"""The window that leaves nothing out."""


def option(help_text: str, *, default: Any = dataclasses.MISSING) -> Any:
    """Declare a collector's option: a typed field that becomes a key of ``depmap.toml``.

    Args:
        help_text: one sentence for people.
        default: the value when the key is absent; without one the key is required.
    """
    return dataclasses.field(default=default, metadata={"help": help_text})


@dataclass(frozen=True)
class Collector(ABC):
    """Reads one source.

    Two tiers of failure: when an item fails, yield a ``Gap`` and go on; when the source fails,
    raise ``SourceUnavailable``, and the run goes on without it.
    """

    name: ClassVar[str]
    """How ``depmap.toml`` calls it."""

    source: ClassVar[Source]
    """The kind of witness its evidence comes from."""

    windowed: ClassVar[bool] = False
    """Whether it can be asked for a stretch of time; others are read whole each time."""

    @abstractmethod
    def collect(self, window: Window) -> Iterator[Item]:
        """Yield what the source says about the window, in a fixed order.

        Raises:
            SourceUnavailable: the source as a whole cannot be read.
            InputError: an option or file is not what this collector can use.
        """
