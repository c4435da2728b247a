"""Putting partial results together; linking everything at once ends the same way."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from depmap.tracing.adding import bounded, grouped, joined, settled, without_guesses
from depmap.tracing.halves import fold
from depmap.tracing.ids import trace_number
from depmap.tracing.links import (
    MAX_SHAPES,
    Entry,
    Link,
    Links,
    Senders,
    TracedService,
    Waiting,
)
from depmap.tracing.missing import Missing
from depmap.tracing.operations import FOLDED
from depmap.tracing.samples import drawn_minutes
from depmap.tracing.sorting import order_by

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from depmap.model.evidence import Flow

T = TypeVar("T")
K = TypeVar("K")


def merge(parts: Iterable[Links]) -> Links:
    """Merge the links of parts of the traces, each trace whole in one part.

    The result is what ``link`` gives for all traces at once: partitions, windows and processes
    cannot change it. Span links whose sender lies in another part are tied here.
    """
    return settle(list(parts))


def renamed(links: Links, names: Mapping[str, str]) -> Links:
    """Return links with some names replaced, and what is one by its new name added up."""
    shown = {name: names.get(name, name) for name in _names_of(links)}
    return settle([_renamed_part(links, shown)])


def settle(parts: Sequence[Links]) -> Links:
    """Join, name, tie and bound; every result, partial or whole, went through this."""
    parts = [_renamed_part(part, shown) for shown in [_shown(parts)] for part in parts]
    by_operation = any(part.by_operation for part in parts)
    senders = _joined_senders([part.senders for part in parts])
    waiting, tied = _tie([item for part in parts for item in part.waiting], senders)
    services = _services([service for part in parts for service in part.services])
    rows = joined([link for part in parts for link in part.rows] + tied, by_operation)
    rows, guessed = without_guesses(rows)
    load = drawn_minutes(item for part in parts for item in part.load)
    flows, cut = _flows([flow for part in parts for flow in part.flows])
    return Links(
        rows=settled(rows, {service.name for service in services}, load),
        flows=flows,
        entries=_entries([entry for part in parts for entry in part.entries]),
        services=services,
        missing=_missing([*(item for part in parts for item in part.missing), *guessed, *cut]),
        traces=sum(part.traces for part in parts),
        spans=sum(part.spans for part in parts),
        by_operation=by_operation,
        load=load,
        waiting=tuple(sorted(waiting, key=_waiting_order)),
        senders=senders,
    )


def _names_of(part: Links) -> set[str]:
    """Return every name a part shows."""
    return {
        *(link.consumer for link in part.rows),
        *(link.provider for link in part.rows),
        *chain.from_iterable(flow.nodes for flow in part.flows),
        *chain.from_iterable(item.subjects for item in part.missing),
        *(entry.service for entry in part.entries),
        *(service.name for service in part.services),
        *(item.event.provider for item in part.waiting),
        *(service for service, _ in part.senders.labels),
    }


def _shown(parts: Sequence[Links]) -> Mapping[str, str]:
    """Return how each name is shown: the smallest of its spellings in any part."""
    names = set().union(*map(_names_of, parts))
    shown: dict[str, str] = {}
    for name in names:
        key = fold(name)
        shown[key] = min(name, shown.get(key, name))
    return {name: shown[fold(name)] for name in names}


def _renamed_part(part: Links, shown: Mapping[str, str]) -> Links:
    """Return a part with its names spelt as they are shown."""
    if all(shown[name] == name for name in _names_of(part)):
        return part

    def link(item: Link) -> Link:
        consumer = shown.get(item.consumer, item.consumer)
        return replace(item, consumer=consumer, provider=shown[item.provider])

    return replace(
        part,
        rows=tuple(link(item) for item in part.rows),
        flows=tuple(_renamed_flow(flow, shown) for flow in part.flows),
        entries=tuple(replace(e, service=shown[e.service]) for e in part.entries),
        services=tuple(replace(s, name=shown[s.name]) for s in part.services),
        missing=tuple(
            replace(m, subjects=tuple(shown[name] for name in m.subjects)) for m in part.missing
        ),
        waiting=tuple(replace(w, event=link(w.event)) for w in part.waiting),
        senders=replace(
            part.senders, labels=tuple((shown[name], op) for name, op in part.senders.labels)
        ),
    )


def _renamed_flow(flow: Flow, shown: Mapping[str, str]) -> Flow:
    """Return a flow with its names spelt as they are shown."""
    operation = flow.operation[len(flow.nodes[0]) :]
    nodes = tuple(shown[name] for name in flow.nodes)
    return replace(flow, nodes=nodes, operation=nodes[0] + operation)


def _flows(flows: Iterable[Flow]) -> tuple[tuple[Flow, ...], list[Missing]]:
    """Add up flows of one shape, and keep the smallest of each operation."""
    shapes = grouped(flows, lambda f: (f.operation, *_form(f)))
    added = [
        replace(same[0], count=sum(f.count for f in same)) if len(same) > 1 else same[0]
        for same in shapes.values()
    ]
    kept: list[Flow] = []
    cut: list[Missing] = []
    for group in grouped(added, lambda f: f.operation).values():
        group.sort(key=_form)
        kept += group[:MAX_SHAPES]
        rest = sum(flow.count for flow in group[MAX_SHAPES:])
        cut += [Missing("flows", (group[0].nodes[0],), rest)] if rest else []
    kept.sort(key=lambda f: (f.operation, *_form(f)))
    return tuple(kept), cut


def _form(flow: Flow) -> tuple[Any, ...]:
    """Return what tells shapes of one operation apart, and by which the smallest come first."""
    return len(flow.nodes), flow.nodes, flow.parents, flow.blocking, flow.operations


def _entries(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Add up entries; of each service the first operations by name are kept."""
    result: list[Entry] = []
    for service, group in sorted(grouped(entries, lambda entry: entry.service).items()):
        calls = bounded((entry.operation, entry.calls) for entry in group)
        kept = {operation for operation, _ in calls}
        errors: Counter[str] = Counter()
        for entry in group:
            errors[entry.operation if entry.operation in kept else FOLDED] += entry.errors
        result += [
            Entry(service=service, operation=o, calls=n, errors=errors[o]) for o, n in calls
        ]
    return tuple(result)


def _services(services: Iterable[TracedService]) -> tuple[TracedService, ...]:
    """Add up services of one name."""
    return tuple(
        TracedService(
            name=name,
            spans=sum(item.spans for item in group),
            namespaces=tuple(sorted({n for item in group for n in item.namespaces})),
            environments=tuple(sorted({e for item in group for e in item.environments})),
        )
        for name, group in sorted(grouped(services, lambda item: item.name).items())
    )


def _missing(items: Iterable[Missing]) -> tuple[Missing, ...]:
    """Add up what is missing for one reason."""
    return tuple(
        Missing(
            reason,
            subjects,
            sum(item.count for item in group),
            min((item.example for item in group if item.example), key=trace_number, default=""),
        )
        for (reason, subjects), group in sorted(
            grouped(items, lambda item: (item.reason, item.subjects)).items()
        )
    )


def _joined_senders(parts: Sequence[Senders]) -> Senders:
    """Join the senders of all parts, ordered by trace and span."""
    labels: dict[tuple[str, str], int] = {}
    codes = [
        np.array([labels.setdefault(label, len(labels)) for label in part.labels], np.int64)[
            part.code
        ]
        for part in parts
    ]
    trace = np.concatenate([np.zeros(0, np.uint64), *(part.trace for part in parts)])
    span = np.concatenate([np.zeros(0, np.uint64), *(part.span for part in parts)])
    order = order_by(trace, span)
    code = np.concatenate([np.zeros(0, np.int64), *codes])
    return Senders(trace[order], span[order], code[order], tuple(labels))


def _tie(waiting: Sequence[Waiting], senders: Senders) -> tuple[list[Waiting], list[Link]]:
    """Return the links that still wait, and the events of those whose sender is here."""
    left: list[Waiting] = []
    tied: list[Link] = []
    for item in waiting:
        trace, span = np.uint64(item.trace), np.uint64(item.span)
        first = int(np.searchsorted(senders.trace, trace))
        last = int(np.searchsorted(senders.trace, trace, side="right"))
        at = first + int(np.searchsorted(senders.span[first:last], span))
        if at < last and senders.span[at] == span:
            service, operation = senders.labels[int(senders.code[at])]
            event = item.event
            told = event.operations if event.operation else ((operation, event.calls),)
            tied.append(replace(event, consumer=service, operations=told))
        else:
            left.append(item)
    return left, tied


def _waiting_order(item: Waiting) -> tuple[int, int, str, tuple[str, ...], str]:
    """Return the order of links that wait."""
    event = item.event
    return item.trace, item.span, event.provider, event.examples, str(event.first_seen)
