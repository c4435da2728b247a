"""What all collectors of trace searches have in common: the pull, and what the server knows."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from depmap.collecting.port import Drawn, Item, Window, option
from depmap.collecting.pulling import drawn_by, pull
from depmap.collecting.served import ServedCollector
from depmap.model.words import Source

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from depmap.collecting.asking import TraceApi


@dataclass(frozen=True, slots=True)
class Preview:
    """What a server tells before any trace is read.

    Attributes:
        services: the services that it lists.
        drawn: the edges that it draws itself; None where it draws none.
    """

    services: tuple[str, ...]
    drawn: Drawn | None


@dataclass(frozen=True)
class SearchedCollector(ServedCollector):
    """Reads a server whose traces can be searched."""

    source: ClassVar[Source] = Source.TRACES
    windowed: ClassVar[bool] = True

    services: tuple[str, ...] = option(
        "only traces in which one of these services takes part; empty: all", default=()
    )
    limit: int = option("traces asked for at once", default=1000)

    @abstractmethod
    def speaking(self) -> AbstractContextManager[TraceApi]:
        """Return the server's search, to be used in a ``with``.

        Raises:
            SourceUnavailable: it cannot be reached, or is something else.
        """

    def collect(self, window: Window) -> Iterator[Item]:
        """Yield the spans of each trace hour by hour, and gaps for what could not be had."""
        yield from self._pulled(window, sample=False)

    def sample(self, window: Window) -> Iterator[Item]:
        """Yield the same of a slice, without what is told of a window as a whole."""
        yield from self._pulled(window, sample=True)

    def _pulled(self, window: Window, *, sample: bool) -> Iterator[Item]:
        with self.speaking() as api:
            yield from pull(
                api,
                window,
                self.services,
                at_once=self.concurrency,
                patience=self.patience,
                sample=sample,
            )

    def preview(self, window: Window) -> Preview:
        """Ask the server what it knows, which costs two requests.

        Raises:
            SourceUnavailable: it cannot be reached, or is something else.
        """
        with self.speaking() as api:
            return Preview(tuple(api.services()), next(drawn_by(api, window), None))
