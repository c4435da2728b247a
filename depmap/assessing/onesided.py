"""Services that only one kind of witness knows: running without code, or code not seen running."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from depmap.model.words import Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from depmap.model.dependency import Dependency
    from depmap.model.evidence import Node

RUNNING: Final = frozenset({Source.TRACES, Source.METRICS})
WRITTEN: Final = frozenset({Source.CODE, Source.DEPLOYMENT})


@dataclass(frozen=True, slots=True)
class OneSided:
    """Services by who knows them, by name.

    Attributes:
        both: seen running, and in code or deployment files.
        only_running: in traces or metrics, and in no code or deployment file.
        only_written: in code or deployment files, and in no trace.
    """

    both: tuple[str, ...]
    only_running: tuple[str, ...]
    only_written: tuple[str, ...]


def one_sided(nodes: Sequence[Node], dependencies: Iterable[Dependency]) -> OneSided:
    """Tell the services of a system apart by who knows them."""
    running: set[str] = set()
    written: set[str] = set()
    for item in dependencies:
        sources = {claim.source for claim in item.evidence}
        running |= {item.consumer, item.provider} if sources & RUNNING else set()
        written |= {item.consumer, item.provider} if sources & WRITTEN else set()
    services = {node.name for node in nodes if node.kind.is_service}
    return OneSided(
        both=tuple(sorted(services & running & written)),
        only_running=tuple(sorted((services & running) - written)),
        only_written=tuple(sorted((services & written) - running)),
    )
