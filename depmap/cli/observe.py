"""depmap observes itself with the same tool as its users: each stage is a span."""

from __future__ import annotations

import click
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider

_NS_PER_SECOND = 1_000_000_000


class _Printer(SpanProcessor):
    """Prints each stage when it ends."""

    def on_end(self, span: ReadableSpan) -> None:
        if span.start_time is not None and span.end_time is not None:
            seconds = (span.end_time - span.start_time) / _NS_PER_SECOND
            click.echo(f"  {span.name}: {seconds:.2f} s", err=True)


def print_stages() -> None:
    """Print the time that each stage takes, on stderr."""
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(_Printer())
    trace.set_tracer_provider(provider)
