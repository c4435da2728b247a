"""From a ledger to a snapshot: estates of any size, with evidence by the hour and call trees.

A thousand services have ten thousand dependencies, three million rows of evidence (traces of 290
hours, and code and people once) and twenty thousand call-tree shapes.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from depmap.ledger.ledger import _SCHEMA as SCHEMA
from depmap.ledger.records import encode
from depmap.model.calls import Calls, OperationUnits
from depmap.model.evidence import Evidence, Flow, Node
from depmap.model.words import Impact, Kind, Source, Strength
from tests.bench.measuring import Run, python, run
from tests.bench.writing import version

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.random import Generator

    Say = Callable[[str], None]

SIZES: Final = (250, 1000, 4000)
HOURS: Final = 290
FAN_OUT: Final = 10
FLOWS: Final = 20
ENTRIES: Final = 100
AS_OF: Final = datetime(2026, 11, 24, tzinfo=UTC)
START: Final = AS_OF - timedelta(hours=HOURS + 24)
LASTS: Final = timedelta(minutes=58, seconds=3)
_MARK: Final = "2001-01-01T00"
_HOUR: Final = "%Y-%m-%dT%H"


def main(folder: Path, say: Say) -> None:
    """Print what building takes, and what one impact does."""
    say("\n## Build: ledger to snapshot, and the impact of one node\n")
    say(
        "| services | dependencies | rows | flows | build s | peak MB | impact s | growth |\n"
        "|---|---|---|---|---|---|---|---|"
    )
    before: Run | None = None
    for services in SIZES:
        place = estate(folder, services)
        options = ("--config", str(place / "depmap.toml"), "--as-of", "2026-11-24")
        built = run(python("-m", "depmap", *options, "build"))
        asked = run(python("-m", "depmap", *options, "impact", name_of(services // 2)), 3)
        grown = f"{built.wall / before.wall:.1f} x" if before else ""
        many = services * FAN_OUT
        say(
            f"| {services:,} | {many:,} | {many * (HOURS + 2):,} | {services * FLOWS:,} "
            f"| {built.wall:.1f} | {built.peak:,.0f} | {asked.wall:.2f} | {grown} |"
        )
        before = built


_ASKED = ("GET /things/{}", "PUT /things/{}")


def name_of(service: int) -> str:
    """Return the name of a service."""
    return f"svc-{service:05d}"


def estate(folder: Path, services: int) -> Path:
    """Return a project of so many services, written if it is not there."""
    mark = hashlib.blake2b(Path(__file__).read_bytes(), digest_size=4).hexdigest()
    place = folder / f"build-{services}-{mark}-{version()}"
    if (place / "depmap.toml").is_file():
        return place
    rng = np.random.default_rng(services)
    pairs = _pairs(rng, services)
    source = place / "ledger" / "evidence" / "traces"
    source.mkdir(parents=True, exist_ok=True)
    bodies = [encode(_seen(rng, *pair)) for pair in pairs]
    for hour in range(HOURS):
        window = (START + timedelta(hours=hour)).strftime(_HOUR)
        records = [("Evidence", body.replace(_MARK, window)) for body in bodies]
        if not hour:
            records += [("Flow", encode(flow)) for flow in _flows(rng, services, pairs)]
            records += [("Node", encode(Node(name=name_of(at)))) for at in range(services)]
        _write(source / f"{window}.parquet", records, START + timedelta(hours=hour))
    for name, claims in (("code", _code(rng, pairs)), ("people", _people(rng, pairs))):
        other = place / "ledger" / "evidence" / name
        other.mkdir(parents=True, exist_ok=True)
        _write(other / "all.parquet", [("Evidence", encode(item)) for item in claims])
    (place / "depmap.toml").write_text('[project]\nname = "estate"\n')
    return place


def _pairs(rng: Generator, services: int) -> list[tuple[int, int]]:
    """Return who calls whom: ten each, the later ones only, some much more often than others."""
    found = set()
    for consumer in range(services - 1):
        below = services - consumer - 1
        liked = rng.pareto(1.2, min(4 * FAN_OUT, below)) + 0.1
        near = consumer + 1 + rng.permutation(below)[: len(liked)]
        many = min(FAN_OUT, len(near))
        for provider in rng.choice(near, many, replace=False, p=liked / liked.sum()).tolist():
            found.add((consumer, provider))
    return sorted(found)


def _seen(rng: Generator, consumer: int, provider: int) -> Evidence:
    """Return a row of traces of one hour; the hour is put in later."""
    calls = int(rng.integers(5, 500))
    buckets = tuple((120 + at, int(rng.integers(1, 40))) for at in range(12))
    failed = int(rng.integers(0, 2))
    then = datetime(2001, 1, 1, tzinfo=UTC)
    trace = rng.integers(0, 2**63, 6)
    return Evidence(
        consumer=name_of(consumer),
        provider=name_of(provider),
        kind=Kind.HTTP,
        source=Source.TRACES,
        collector="jaeger",
        locators=tuple(f"trace:{trace[at]:016x}{trace[at + 3]:016x}" for at in range(3)),
        operation="GET /things/{}",
        protocol="http",
        confidence=0.99,
        calls=Calls(
            calls=calls,
            errors=failed,
            weight=float(calls),
            operations=(("GET /things/{}", calls - calls // 4), ("PUT /things/{}", calls // 4)),
            by_operation=_by_operation(calls, failed),
            buckets=buckets,
            client_buckets=buckets,
            server_buckets=buckets,
            p50_ms=12.5,
            p95_ms=40.0,
            p99_ms=81.3,
            units_failed=failed,
            units_failed_too=failed * int((consumer + provider) % 2),
            units_clean=calls - failed,
            incidents=failed,
            consumer_operations=(("GET /", calls // 2), ("POST /", calls - calls // 2)),
            critical_ns=5_000_000,
            critical_of_ns=900_000_000,
            load_quantile=0.5,
        ),
        first_seen=then,
        last_seen=then + LASTS,
    )


def _by_operation(calls: int, failed: int) -> tuple[OperationUnits, ...]:
    """Return the units of three pairs of operations."""
    asked = (
        ("GET /", "GET /things/{}"),
        ("POST /", "GET /things/{}"),
        ("POST /", "PUT /things/{}"),
    )
    return tuple(
        OperationUnits(
            *pair, failed=n, failed_too=n, clean=calls // 3, clean_failed=0, incidents=n
        )
        for pair, n in zip(asked, (failed, 0, 0), strict=True)
    )


def _code(rng: Generator, pairs: list[tuple[int, int]]) -> list[Evidence]:
    return [
        Evidence(
            consumer=name_of(consumer),
            provider=name_of(provider),
            kind=Kind.HTTP,
            source=Source.CODE,
            collector="code",
            locators=(f"{name_of(consumer)}/app.py:{int(rng.integers(1, 900))}",),
            confidence=0.9,
            strength=Strength.STRONG if (consumer + provider) % 2 else Strength.WEAK,
            reason="what the handler does",
        )
        for consumer, provider in pairs
    ]


def _people(rng: Generator, pairs: list[tuple[int, int]]) -> list[Evidence]:
    return [
        replace(item, source=Source.PEOPLE, strength=Strength.UNDETERMINED, impact=Impact.OUTAGE)
        for item in _code(rng, pairs)
    ]


def _flows(rng: Generator, services: int, pairs: list[tuple[int, int]]) -> list[Flow]:
    """Return call-tree shapes that follow the calls, of 5 to 25 nodes."""
    called: dict[int, list[int]] = {}
    for consumer, provider in pairs:
        called.setdefault(consumer, []).append(provider)
    flows = []
    entries = min(ENTRIES, services // 3)
    for at in range(services * FLOWS):
        root = at % entries
        nodes, parents = [root], [-1]
        size = int(rng.integers(5, 26))
        while len(nodes) < size:
            parent = int(rng.integers(len(nodes)))
            choices = called.get(nodes[parent], ())
            if not choices:
                break
            nodes.append(choices[int(rng.integers(len(choices)))])
            parents.append(parent)
        flows.append(
            Flow(
                operation=f"{name_of(root)}: GET /{at % 7}",
                nodes=tuple(name_of(node) for node in nodes),
                parents=tuple(parents),
                blocking=tuple(bool(flag) for flag in rng.random(len(nodes)) < 0.95),
                count=int(rng.integers(1, 400)),
                operations=("GET /", *(_ASKED[node % 2] for node in nodes[1:])),
            )
        )
    return flows


def _write(path: Path, records: list[tuple[str, str]], start: datetime | None = None) -> None:
    """Write a file of the ledger: what is read back of it."""
    columns = {field.name: pa.nulls(len(records), field.type) for field in SCHEMA}
    if start is not None:
        for name, moment in (("first_seen", start), ("last_seen", start + LASTS)):
            times = [moment if record == "Evidence" else None for record, _ in records]
            columns[name] = pa.array(times, type=SCHEMA.field(name).type)
    columns["record"] = pa.array([name for name, _ in records]).dictionary_encode()
    columns["body"] = pa.array([body for _, body in records])
    pq.write_table(pa.table(columns, schema=SCHEMA), path, compression="zstd")
