"""What Jaeger's JSON holds, as far as it is of interest."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

import msgspec

from depmap.tracing.reading.text import NOTHING

T = TypeVar("T")


class Tag(msgspec.Struct, gc=False):
    """A typed key and value; a list as value is of no interest here."""

    key: str
    value: Any = None


class Reference(msgspec.Struct, gc=False):
    """A reference to another span; a whole span nested in it (DeathStarBench) is skipped."""

    refType: str = "CHILD_OF"  # noqa: N815 - the names of Jaeger's JSON
    traceID: str = ""  # noqa: N815
    spanID: str = ""  # noqa: N815


class Recorder(msgspec.Struct, gc=False):
    """Jaeger's process."""

    serviceName: str | None = None  # noqa: N815
    tags: list[Tag] | None = None


class Span(msgspec.Struct, gc=False):
    """A span, as far as it is of interest."""

    traceID: str = ""  # noqa: N815
    spanID: str = ""  # noqa: N815
    parentSpanID: str | None = None  # noqa: N815
    operationName: str | None = None  # noqa: N815
    references: list[Reference] | None = None
    startTime: int | float | str | None = None  # noqa: N815
    duration: int | float | str | None = None
    tags: list[Tag] | None = None
    processID: str | None = None  # noqa: N815
    process: Recorder | None = None


class Lean(msgspec.Struct, gc=False):
    """A span whose tags are left as text: spans with the same text are alike."""

    traceID: str = ""  # noqa: N815
    spanID: str = ""  # noqa: N815
    parentSpanID: str | None = None  # noqa: N815
    operationName: str | None = None  # noqa: N815
    references: list[Reference] | None = None
    startTime: int | float | str | None = None  # noqa: N815
    duration: int | float | str | None = None
    tags: msgspec.Raw = NOTHING
    processID: str | None = None  # noqa: N815
    process: Recorder | None = None


class Trace(msgspec.Struct, Generic[T], gc=False):
    """A trace: spans, and the processes they refer to."""

    spans: list[T] | None = None
    processes: dict[str, Recorder] | None = None


class LeanTrace(msgspec.Struct, gc=False):
    """The same, with spans and processes left as text as far as they are alike."""

    spans: list[Lean] | None = None
    processes: dict[str, msgspec.Raw] | None = None


class Complaint(msgspec.Struct):
    """An error of the backend, in place of data."""

    msg: str = ""


class Document(msgspec.Struct):
    """The envelope of ``/api/traces`` and of the UI's export; its traces are left raw."""

    data: list[msgspec.Raw] | None = None
    errors: list[Complaint] | None = None
