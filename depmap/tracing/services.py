"""Services in traces: who recorded spans, who was called from outside, who sent messages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from depmap.tracing.ids import Ids


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Calls that reach a service from outside of what was traced.

    Attributes:
        service: the service.
        operation: what was asked for.
        calls: how often.
        errors: how many of these failed.
    """

    service: str
    operation: str
    calls: int
    errors: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TracedService:
    """A service that recorded spans.

    Attributes:
        name: its name.
        spans: how many spans it recorded, repeated ones once.
        namespaces: service namespaces that it gives, by name.
        environments: deployment environments that it gives, by name.
    """

    name: str
    spans: int
    namespaces: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Senders:
    """Spans that sent a message, for links from other parts to find them.

    Attributes:
        trace: key of the trace.
        span: span id.
        code: index into ``labels``.
        labels: (service, operation) of senders.
    """

    trace: Ids
    span: Ids
    code: np.ndarray[tuple[int], np.dtype[np.int64]]
    labels: tuple[tuple[str, str], ...]


NO_SENDERS: Final = Senders(
    np.zeros(0, np.uint64), np.zeros(0, np.uint64), np.zeros(0, np.int64), ()
)
