"""``OTEL_TRACES_EXPORTER=depmap``: the spans of a test run go to the ledger, without a backend.

Every process of the run writes its spans to the ledger's spool, a file each, batch by batch: what
was exported survives a process that is killed. When a process ends, it links the whole spool.
Traces cross processes, so none can link its own spans alone, and nobody knows which is the last:
each leaves the ledger as it would be if it were, and the last one is right.

The SDK holds spans back for up to five seconds (``OTEL_BSP_SCHEDULE_DELAY``, in ms), and SIGTERM
ends a Python program at once unless it handles it: such spans are lost here as with any exporter.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING

from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from depmap.observing.otlp import document
from depmap.observing.spool import Spool

if TYPE_CHECKING:
    from collections.abc import Sequence

    from opentelemetry.sdk.trace import ReadableSpan

LEDGER = "DEPMAP_LEDGER"
"""The environment variable that names the ledger's folder; every process needs the same."""

SOURCE = "DEPMAP_SOURCE"
"""The environment variable that names the source under which the spans are kept."""

_LOG = logging.getLogger(__name__)


class LedgerSpanExporter(SpanExporter):
    """Writes spans to a ledger. A failure is logged and never reaches the program."""

    def __init__(self, ledger: Path | None = None, source: str | None = None) -> None:
        """Write nothing yet.

        Args:
            ledger: the ledger's folder; None: ``$DEPMAP_LEDGER``, or ``ledger``.
            source: the source's name; None: ``$DEPMAP_SOURCE``, or ``tests``.
        """
        folder = ledger or Path(os.environ.get(LEDGER) or "ledger")
        name = source or os.environ.get(SOURCE) or "tests"
        # A program may change its folder while it runs.
        self._spool = Spool(folder.absolute(), name)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Write finished spans to the spool."""
        try:
            self._spool.add(document(spans))
        except OSError as error:
            _LOG.warning("spans cannot be written to the ledger's spool: %s", error)
            return SpanExportResult.FAILURE
        return SpanExportResult.SUCCESS

    def force_flush(self, timeout_millis: int = 30_000) -> bool:  # noqa: ARG002 - the SDK's
        """Link what all processes have written so far; return whether that succeeded."""
        return self._link()

    def shutdown(self) -> None:
        """Link what all processes have written so far."""
        self._link()

    def _link(self) -> bool:
        if not self._spool.used:
            return True
        try:
            self._spool.link()
        except Exception:  # noqa: BLE001 - the program under test is to go on, whatever happens
            _LOG.exception("the spans in the ledger's spool cannot be linked")
            return False
        return True
