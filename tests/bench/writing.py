"""The estate's spans as files of the three formats and as Parquet, of any size.

A block of 125,000 spans is made once; further ones are the same block under another mark, so that
trace ids and all varying values differ. Files are kept between runs, by the seed and this text.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.bench import estate
from tests.bench.estate import MARK, Span, Tracer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Encode = Callable[[Iterable[list[Span]]], tuple[bytes, bytes, bytes, bytes]]
    """Returns what stands before the blocks, a block, what stands between two, and after all."""

BLOCK: Final = 125_000
_BATCH: Final = 8


def file(folder: Path, form: str, spans: int, *, heavy: bool) -> Path:
    """Return a file of so many spans, written if it is not there."""
    weight = "heavy" if heavy else "light"
    path = folder / f"{form}-{weight}-{spans}-{version()}.{SUFFIXES[form]}"
    if not path.is_file():
        head, block, between, tail = ENCODERS[form](Tracer(heavy=heavy).traces(BLOCK))
        part = path.with_suffix(".part")
        with part.open("wb") as stream:
            stream.write(head)
            for at in range(spans // BLOCK):
                stream.write(between if at else b"")
                stream.write(block.replace(MARK.encode(), f"c0de{at:04x}".encode()))
            stream.write(tail)
        part.replace(path)
    return path


def version() -> str:
    """Return a mark of what the files are made by."""
    text = Path(estate.__file__).read_bytes() + Path(__file__).read_bytes()
    return hashlib.blake2b(text, digest_size=4).hexdigest()


def forget(folder: Path) -> None:
    """Remove files of another version."""
    for path in folder.iterdir():
        if version() not in path.name:
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def _value(value: str | int) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)


def _zipkin(traces: Iterable[list[Span]]) -> tuple[bytes, bytes, bytes, bytes]:
    block = ",".join("[" + ",".join(map(_zipkin_span, trace)) + "]" for trace in traces)
    return b"[", block.encode(), b",", b"]"


def _zipkin_span(span: Span) -> str:
    tags = ",".join(f'"{key}":"{value}"' for key, value in span.attributes)
    parent = f'"parentId":"{span.parent}",' if span.parent else ""
    kind = f'"kind":"{span.kind.upper()}",' if span.kind != "internal" else ""
    remote = f'"remoteEndpoint":{{"serviceName":"{span.remote}"}},' if span.remote else ""
    shared = ',"shared":true' if span.shared else ""
    error = ',"error":"500"' if span.error else ""
    return (
        f'{{"traceId":"{span.trace}",{parent}"id":"{span.id}",{kind}"name":"{span.name}",'
        f'"timestamp":{span.start},"duration":{span.took},'
        f'"localEndpoint":{{"serviceName":"{span.service}","ipv4":"10.1.2.3"}},{remote}'
        f'"tags":{{{tags}{error}}}{shared}}}'
    )


def _jaeger(traces: Iterable[list[Span]]) -> tuple[bytes, bytes, bytes, bytes]:
    block = ",".join(map(_jaeger_trace, traces))
    tail = b'],"total":0,"limit":0,"offset":0,"errors":null}'
    return b'{"data":[', block.encode(), b",", tail


def _jaeger_trace(trace: list[Span]) -> str:
    processes = {service: f"p{at}" for at, service in enumerate({s.service: 0 for s in trace})}
    spans = ",".join(_jaeger_span(span, processes[span.service]) for span in trace)
    told = ",".join(
        f'"{key}":{{"serviceName":"{service}","tags":[{{"key":"hostname","type":"string",'
        f'"value":"{service}-7d9f"}}]}}'
        for service, key in processes.items()
    )
    trace_id = trace[0].trace
    return f'{{"traceID":"{trace_id}","spans":[{spans}],"processes":{{{told}}},"warnings":null}}'


def _jaeger_span(span: Span, process: str) -> str:
    told = [*span.attributes, ("span.kind", span.kind)]
    if span.error:
        told.append(("otel.status_code", "ERROR"))
    tags = ",".join(
        f'{{"key":"{key}","type":"{"string" if isinstance(value, str) else "int64"}",'
        f'"value":{_value(value)}}}'
        for key, value in told
    )
    parent = (
        f'{{"refType":"CHILD_OF","traceID":"{span.trace}","spanID":"{span.parent}"}}'
        if span.parent
        else ""
    )
    return (
        f'{{"traceID":"{span.trace}","spanID":"{span.id}","operationName":"{span.name}",'
        f'"references":[{parent}],"startTime":{span.start},"duration":{span.took},'
        f'"tags":[{tags}],"logs":[],"processID":"{process}","warnings":null}}'
    )


def _otlp(traces: Iterable[list[Span]]) -> tuple[bytes, bytes, bytes, bytes]:
    lines: list[str] = []
    batch: list[Span] = []
    for at, trace in enumerate(traces):
        batch += trace
        if at % _BATCH == _BATCH - 1:
            lines.append(_otlp_line(batch))
            batch = []
    lines += [_otlp_line(batch)] if batch else []
    return b"", "".join(lines).encode(), b"", b""


def _otlp_line(batch: list[Span]) -> str:
    groups: dict[str, list[Span]] = defaultdict(list)
    for span in batch:
        groups[span.service].append(span)
    told = ",".join(
        f'{{"resource":{{"attributes":[{_attribute("service.name", service)},'
        f'{_attribute("telemetry.sdk.language", "python")}]}},"scopeSpans":[{{"scope":'
        f'{{"name":"http"}},"spans":[{",".join(map(_otlp_span, spans))}]}}]}}'
        for service, spans in groups.items()
    )
    return f'{{"resourceSpans":[{told}]}}\n'


def _attribute(key: str, value: str | int) -> str:
    if isinstance(value, str):
        return f'{{"key":"{key}","value":{{"stringValue":"{value}"}}}}'
    return f'{{"key":"{key}","value":{{"intValue":"{value}"}}}}'


_KINDS: Final = {"internal": 1, "server": 2, "client": 3}


def _otlp_span(span: Span) -> str:
    told = ",".join(_attribute(key, value) for key, value in span.attributes)
    end = (span.start + span.took) * 1000
    status = '{"code":2}' if span.error else "{}"
    return (
        f'{{"traceId":"{span.trace}","spanId":"{span.id}","parentSpanId":"{span.parent}",'
        f'"flags":257,"name":"{span.name}","kind":{_KINDS[span.kind]},'
        f'"startTimeUnixNano":"{span.start * 1000}","endTimeUnixNano":"{end}",'
        f'"attributes":[{told}],"status":{status}}}'
    )


ENCODERS: Final[dict[str, Encode]] = {"zipkin": _zipkin, "otlp": _otlp, "jaeger": _jaeger}
SUFFIXES: Final = {"zipkin": "json", "otlp": "jsonl", "jaeger": "json"}


def scratch() -> Path:
    """Return the folder of generated files."""
    folder = Path(os.environ.get("DEPMAP_BENCH", tempfile.gettempdir())) / "depmap-bench"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
