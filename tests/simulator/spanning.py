"""From what happened to spans, as a tracing system would have recorded and sampled them.

``spans_of(prepared, outcome)`` gives depmap's own span table of all traces; ``sampled`` what is
left of it under a sampling policy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from depmap.tracing.building import SpanBuilder
from depmap.tracing.facts import SpanKind, Status
from depmap.tracing.spans import WEIGHT_ONE, Process, Spans
from tests.simulator.system import STORE_OPERATION

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from tests.simulator.running import Outcome, Prepared
    from tests.simulator.system import System

START_NS: Final = 1_795_392_000 * 10**9
"""2026-11-23T00:00Z: when the traces begin."""
_MS: Final = 1e6
_GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, slots=True)
class Sampling:
    """A sampling policy.

    Attributes:
        head: share of the traces that are kept whatever happens in them.
        errors: which traces are kept besides: "" (none), "any" (with an error in any span) or
            "root" (whose root failed).
        told: whether spans tell for how many they stand (``ot=th:``).
    """

    head: float = 1.0
    errors: str = ""
    told: bool = True


FULL: Final = Sampling()
HEAD: Final = Sampling(head=0.1)
TAIL: Final = Sampling(head=0.01, errors="any")
TAIL_ROOT: Final = Sampling(head=0.01, errors="root")


class _Rows:
    """Spans in the making, column by column."""

    def __init__(self, system: System) -> None:
        self.builder = SpanBuilder()
        self.process = [self.builder.process(Process(name)) for name in system.names]
        self.parts: list[dict[str, NDArray[Any]]] = []
        self.names: dict[str, int] = {}
        self.facts: list[Any] = []
        self.count = 1

    def ids(self, many: int) -> NDArray[np.uint64]:
        first = self.count
        self.count += many
        return np.arange(first, first + many, dtype=np.uint64) * _GOLDEN

    def add(self, **columns: Any) -> None:
        many = len(columns["trace_low"])
        self.parts.append({key: np.broadcast_to(value, many) for key, value in columns.items()})

    def name(self, text: str) -> int:
        return self.names.setdefault(text, len(self.names))

    def finish(self) -> Spans:
        joined = {key: np.concatenate([part[key] for part in self.parts]) for key in self.parts[0]}
        told = self.builder.finish()
        many = len(joined["span"])
        no = np.zeros(0, dtype=np.uint64)
        return Spans(
            trace_high=joined["trace_low"],
            trace_low=joined["trace_low"],
            span=joined["span"],
            parent=joined["parent"],
            kind=joined["kind"].astype(np.uint8),
            shared=np.zeros(many, dtype=np.bool_),
            start=joined["start"].astype(np.int64),
            duration=joined["duration"].astype(np.int64),
            weight=np.full(many, WEIGHT_ONE, dtype=np.int64),
            process=joined["process"].astype(np.int32),
            name=joined["name"].astype(np.int32),
            facts=joined["facts"].astype(np.int32),
            link_row=np.zeros(0, dtype=np.int64),
            link_low=no,
            link_span=no,
            processes=told.processes,
            names=tuple(self.names),
            fact_table=told.fact_table,
        )


def spans_of(prepared: Prepared, found: Outcome) -> Spans:
    """Return the spans of all traces: a client's and a server's for each call that was made."""
    system = prepared.system
    rows = _Rows(system)
    many = len(system.operations)
    sizes = [len(trace) for trace in prepared.trace]
    made = [np.zeros(size, dtype=np.bool_) for size in sizes]
    start = [np.zeros(size) for size in sizes]
    parent = [np.zeros(size, dtype=np.uint64) for size in sizes]
    for operation, _ in system.entries:
        made[operation][:] = True
        start[operation] = START_NS + prepared.time[prepared.trace[operation]] * 1e9
    trace_id = (np.arange(len(prepared.time)) + 1).astype(np.uint64) * _GOLDEN
    for at in range(many):
        seen = made[at] & ~found.silent[at]
        own = np.zeros(sizes[at], dtype=np.uint64)
        own[seen] = rows.ids(int(seen.sum()))
        trace = trace_id[prepared.trace[at]]
        if not system.is_store(system.operations[at].service):
            _serve(rows, system, at, seen, own, parent[at], start[at], found, trace)
        cursor = start[at] + 0.2 * prepared.took[at] * _MS
        end = start[at] + found.lasted[at] * _MS
        for calls, attempts in zip(prepared.calls[at], found.made[at], strict=True):
            site, user = calls.site, calls.user
            begin = cursor[user] if site.waits else end[user] + 1.0 * _MS
            for visits, tried in zip(calls.visits, attempts, strict=True):
                # an unmade visit keeps made = False, start 0
                now = tried & made[at][user]
                took = (found.lasted[site.callee][visits] + 0.9 * 0.4) * _MS
                client = np.zeros(len(user), dtype=np.uint64)
                client[now] = rows.ids(int(now.sum()))
                _call(rows, system, site.callee, now, client, own[user], begin, took,
                      found.failed[site.callee][visits], trace[user],
                      system.operations[at].service)  # fmt: skip
                made[site.callee][visits] = now
                start[site.callee][visits] = begin + 0.15 * _MS
                parent[site.callee][visits] = client
                begin = begin + np.where(now, took + 0.04 * _MS, 0.0)
            if site.waits and not system.operations[at].parallel:
                cursor[user] = begin
    return rows.finish()


def _serve(  # noqa: PLR0917 - the columns, in one fixed order
    rows: _Rows,
    system: System,
    at: int,
    seen: Any,
    own: Any,
    parent: Any,
    start: Any,
    found: Outcome,
    trace: Any,
) -> None:
    operation = system.operations[at]
    codes = _facts(rows, SpanKind.SERVER, operation.name, {
        "http.request.method": "GET", "http.route": operation.name[4:],
    })  # fmt: skip
    rows.add(
        trace_low=trace[seen],
        span=own[seen],
        parent=parent[seen],
        kind=int(SpanKind.SERVER),
        start=start[seen],
        duration=found.lasted[at][seen] * _MS,
        process=rows.process[operation.service],
        name=rows.name(operation.name),
        facts=codes[found.failed[at][seen].astype(int)],
    )


def _call(  # noqa: PLR0917 - the columns, in one fixed order
    rows: _Rows,
    system: System,
    callee: int,
    now: Any,
    client: Any,
    own: Any,
    begin: Any,
    took: Any,
    failed: Any,
    trace: Any,
    service: int,
) -> None:
    operation = system.operations[callee]
    peer = system.names[operation.service]
    if system.is_store(operation.service):
        name = f"{STORE_OPERATION} things"
        pairs = {"db.system.name": "postgresql", "db.operation.name": STORE_OPERATION,
                 "server.address": peer.partition("//")[2]}  # fmt: skip
    else:
        name = "GET"
        pairs = {"http.request.method": "GET", "server.address": peer,
                 "url.full": f"http://{peer}{operation.name[4:]}"}  # fmt: skip
    codes = _facts(rows, SpanKind.CLIENT, name, pairs)
    rows.add(
        trace_low=trace[now],
        span=client[now],
        parent=own[now],
        kind=int(SpanKind.CLIENT),
        start=begin[now],
        duration=took[now],
        process=rows.process[service],
        name=rows.name(name),
        facts=codes[failed[now].astype(int)],
    )


def _facts(rows: _Rows, kind: SpanKind, name: str, pairs: Mapping[str, object]) -> Any:
    """Return the codes of a span's facts: where it went well, and where it failed."""
    return np.array(
        [
            rows.builder.facts(kind, status, name, tuple(pairs.items()))
            for status in (Status.UNSET, Status.ERROR)
        ]
    )


def sampled(spans: Spans, policy: Sampling, seed: int) -> Spans:
    """Return what is left under a sampling policy, whole traces only."""
    traces, of = np.unique(spans.trace_low, return_inverse=True)
    bad = np.array([facts.error for facts in spans.fact_table])[spans.facts]
    if policy.errors == "root":
        bad &= spans.parent == 0
    failed = np.bincount(of, weights=bad, minlength=len(traces)) > 0
    failed &= bool(policy.errors)
    kept = failed | (np.random.default_rng([seed, 3]).random(len(traces)) < policy.head)
    rows = np.flatnonzero(kept[of])
    taken = spans.take(rows)
    if policy.told:
        stands = np.where(failed[of[rows]], WEIGHT_ONE, round(WEIGHT_ONE / policy.head))
        object.__setattr__(taken, "weight", stands.astype(np.int64))
    return taken
