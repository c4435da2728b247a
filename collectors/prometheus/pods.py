"""Boots of what Kubernetes runs, by kube-state-metrics."""

from __future__ import annotations

import re
from collections import defaultdict
from itertools import chain
from typing import TYPE_CHECKING, Final, NamedTuple

from collectors.prometheus.edges import workload
from collectors.prometheus.moments import (
    LATE_S,
    Turns,
    first_told,
    moment_of,
    new,
    pod_of,
    turning,
)
from collectors.prometheus.series import STEP
from depmap.model.evidence import Boot

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from collectors.prometheus.moments import Moments, Pod

_START: Final = "kube_pod_start_time"
READY: Final = "kube_pod_status_ready_time"
_RESTARTS: Final = "kube_pod_container_status_restarts_total"
_READY_REPLICAS: Final = {
    "deployment": "kube_deployment_status_replicas_ready",
    "statefulset": "kube_statefulset_status_replicas_ready",
    "daemonset": "kube_daemonset_status_number_ready",
}
WANTED: Final = (_START, READY, _RESTARTS, *_READY_REPLICAS.values())

_POD: Final = "namespace, pod, exported_namespace, exported_pod"
_OF_REPLICA_SET: Final = re.compile(r"-[456789bcdf]{6,10}$")
"""The hash that a Deployment gives to the names of its ReplicaSets has these characters only."""
_READ_S: Final = 1.0
"""Kubernetes tells moments in whole seconds, rounded down."""


class _Event(NamedTuple):
    """What happened to a pod; in the order of time, and at one step in the order of ``what``."""

    time: int
    what: int
    value: float


_BEGAN, _ENDED, _WAS_READY = range(3)


def of_pods(moments: Moments, names: frozenset[str]) -> tuple[list[Boot], frozenset[Pod]]:
    """Return boots of what Kubernetes runs, and all pods of which it tells."""
    if not {_START, READY} <= names:
        return [], frozenset()
    queries = {
        _BEGAN: new(moments.selector(_START)),
        _WAS_READY: new(moments.selector(READY)),
    }
    if _RESTARTS in names:
        restarts = moments.selector(_RESTARTS)
        queries[_ENDED] = f"{restarts} > ({restarts} offset {STEP}s)"
    events: dict[Pod, set[_Event]] = defaultdict(set)
    for what, query in queries.items():
        for at in first_told(moments.of(query)):
            events[pod_of(at.labels)].add(_Event(at.time, what, at.value))
    turns = Turns()
    for kind, metric in _READY_REPLICAS.items():
        if metric in names:
            some = moments.selector(metric)
            turns.add(moments, turning(f"{some} > 0", f"({some} offset {STEP}s) > 0"), kind)
    owners = _owners(moments, queries.values()) if events else {}
    found = [
        boot
        for pod, happened in sorted(events.items())
        if pod in owners
        for boot in _of_pod(owners[pod], pod[1], sorted(happened), turns)
    ]
    return found, frozenset(owners)


def _of_pod(service: str, instance: str, events: Sequence[_Event], turns: Turns) -> Iterator[Boot]:
    """Yield the boots that brought a service back, and before each the attempts that failed."""
    starts: list[float] = []
    for event in events:
        starts = [moment for moment in starts if moment > event.time - LATE_S]
        if event.what != _WAS_READY:
            starts.append(event.value if event.what == _BEGAN else float(event.time))
            continue
        attempts, starts = starts, []
        if not attempts or not turns.is_up(service, event.time):
            continue
        ready = event.value + _READ_S
        down_since, seen = turns.down_since(service, event.time), moment_of(event.time)
        yield from (
            Boot(
                service=service,
                instance=instance,
                started=moment_of(moment),
                seen=seen,
                failed=True,
            )
            for moment in attempts[:-1]
        )
        yield Boot(
            service=service,
            instance=instance,
            started=moment_of(min(attempts[-1], event.value)),
            seen=seen,
            ready=moment_of(ready),
            within_s=_READ_S,
            down_since=down_since,
        )


def _owners(moments: Moments, queries: Iterable[str]) -> dict[Pod, str]:
    """Return the workload that each pod with an event belongs to."""
    found: dict[Pod, str] = {}
    owner = moments.selector("kube_pod_owner")
    asked = (f"{owner} and on ({_POD}) ({query})" for query in queries)
    for at in chain.from_iterable(moments.of(query) for query in asked):
        kind, name = at.labels.get("owner_kind", ""), at.labels.get("owner_name", "")
        if name:
            plain = _OF_REPLICA_SET.sub("", name) if kind == "ReplicaSet" else name
            found[pod_of(at.labels)] = workload(plain, pod_of(at.labels)[0])
    return found
