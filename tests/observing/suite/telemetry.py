"""What `opentelemetry-instrument` does where a distribution is installed: set up from OTEL_…."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING

from opentelemetry.instrumentation.flask import FlaskInstrumentor
from opentelemetry.instrumentation.requests import RequestsInstrumentor
from opentelemetry.sdk._configuration import _OTelSDKConfigurator

if TYPE_CHECKING:
    from flask import Flask


def configure() -> None:
    _OTelSDKConfigurator().configure()  # type: ignore[no-untyped-call]
    RequestsInstrumentor().instrument()


def instrument(app: Flask) -> None:
    FlaskInstrumentor().instrument_app(app)  # type: ignore[no-untyped-call]
    # Without a handler, SIGTERM ends a process before its spans are written.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
