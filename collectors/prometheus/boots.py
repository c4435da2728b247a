"""Boots: when services came back from being down, as far as Prometheus has seen it.

Every client library tells when its process started (``process_start_time_seconds``); it is taken
to be ready with the first scrape that it answers. Where kube-state-metrics is read, the start and
the readiness of pods are known by the second, and so are containers that ended before. A restart
while another instance was ready, or too short for a scrape to miss it, is none: the service was
there.

Each moment is judged by the hour before it, so that an hour says the same in any window.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from typing import TYPE_CHECKING, Final, NamedTuple

from collectors.prometheus.edges import workload
from collectors.prometheus.series import STEP, Series, hour_of
from depmap.model.evidence import Boot

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from collectors.prometheus.edges import Labels
    from collectors.prometheus.series import Moment

_START: Final = "process_start_time_seconds"
_POD_START: Final = "kube_pod_start_time"
_POD_READY: Final = "kube_pod_status_ready_time"
_RESTARTS: Final = "kube_pod_container_status_restarts_total"
_READY_REPLICAS: Final = {
    "deployment": "kube_deployment_status_replicas_ready",
    "statefulset": "kube_statefulset_status_replicas_ready",
    "daemonset": "kube_daemonset_status_number_ready",
}
WANTED: Final = (_START, _POD_START, _POD_READY, _RESTARTS, *_READY_REPLICAS.values())

_LATE_S: Final = 3600
"""What was first seen so long after its start was not scraped before, and is no boot."""
_NAMED: Final = (
    *("deployment", "statefulset", "daemonset"),
    *("service", "app_kubernetes_io_name", "app"),
)
"""Labels of a target that name the service, the best first; without any, the job does."""
_BY: Final = ", ".join((*_NAMED, "namespace", "job"))
_POD: Final = "namespace, pod, exported_namespace, exported_pod"
_OF_REPLICA_SET: Final = re.compile(r"-[456789bcdf]{6,10}$")
"""The hash that a Deployment gives to the names of its ReplicaSets has these characters only."""
Pod = tuple[str, str]
"""Namespace and name."""
_READ_S: Final = 1.0
"""Kubernetes tells moments in whole seconds, rounded down."""


def boots(series: Series, names: frozenset[str]) -> Iterator[Boot]:
    """Yield boots in order of time.

    Args:
        series: the series of a window.
        names: the metrics that there are.
    """
    gauges = [metric for metric in (_START, _POD_READY) if metric in names]
    hours = _hours(series, gauges)
    moments = Moments(series, _stretches(hours))
    found: list[Boot] = []
    pods: frozenset[Pod] = frozenset()
    if {_POD_START, _POD_READY} <= names:
        found, pods = _of_pods(moments, names)
    if _START in names:
        found += _of_processes(moments, pods)
    for boot in sorted(found, key=lambda one: (one.seen, one.service, one.instance, one.started)):
        if hour_of(boot.seen) in hours:
            yield boot


def _hours(series: Series, gauges: Iterable[str]) -> list[int]:
    """Return the hours in which something may have started: only these are looked into."""
    found: set[int] = set()
    for metric in gauges:
        last = f"last_over_time({series.selector(metric)}[1h])"
        found |= {at.hour for at in series.points(f"count({last} > time() - {2 * _LATE_S})")}
    return sorted(found)


def _stretches(hours: Iterable[int]) -> tuple[range, ...]:
    """Return the hours, each with the one before it, put together."""
    found: list[range] = []
    for hour in hours:
        if found and hour - 1 <= found[-1].stop:
            found[-1] = range(found[-1].start, hour + 1)
        else:
            found.append(range(max(0, hour - 1), hour + 1))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Moments:
    """Questions about some hours of a window."""

    series: Series
    stretches: tuple[range, ...]

    def selector(self, metric: str) -> str:
        """Return a selector with the matchers that every question has."""
        return self.series.selector(metric)

    def of(self, query: str) -> list[Moment]:
        """Return a query's values at every step of the hours."""
        return list(self.series.moments(query, self.stretches))


def _new(metric: str) -> str:
    """Return the query for steps at which a gauge tells of a moment, and did not a step before."""
    return f"({metric} > time() - {_LATE_S}) unless ({metric} offset {STEP}s == {metric})"


def _first_told(found: Iterable[Moment]) -> list[Moment]:
    """Leave out what a gauge tells again after a pause."""
    first: dict[tuple[object, ...], Moment] = {}
    for at in sorted(found, key=lambda at: at.time):
        first.setdefault((at.value, *sorted(at.labels.items())), at)
    return list(first.values())


def _turns(some: str, some_before: str) -> tuple[str, str]:
    """Return the queries for the moments at which something came to be, and ceased to be."""
    return f"{some} unless {some_before}", f"{some_before} unless {some}"


class _Turns:
    """When services were up again, and when they went down."""

    def __init__(self) -> None:
        self._up: set[tuple[str, int]] = set()
        self._down: dict[str, list[int]] = defaultdict(list)

    def add(self, moments: Moments, queries: tuple[str, str], kind: str = "") -> None:
        up, down = queries
        self._up |= {(_service(at.labels, kind), at.time) for at in moments.of(up)}
        for at in moments.of(down):
            self._down[_service(at.labels, kind)].append(at.time)

    def is_up(self, service: str, time: int) -> bool:
        """Whether a service that was down is up again at this very step."""
        return (service, time) in self._up

    def down_since(self, service: str, time: int) -> datetime | None:
        """Return since when it was down; None: not known."""
        before = [at for at in self._down[service] if time - _LATE_S < at <= time]
        return _moment(max(before)) if before else None


def _of_processes(moments: Moments, pods: frozenset[Pod]) -> Iterator[Boot]:
    """Yield boots of what is scraped itself; ``pods`` are told already."""
    start, up = moments.selector(_START), moments.selector("up")
    new = _new(start)
    started = _first_told(moments.of(new))
    if not started:
        return
    answered = _by_target(moments.of(f"timestamp({start}) and ({new})"))
    asked = f"timestamp({up} offset {STEP}s) and on (job, instance) ({new})"
    before = _by_target(moments.of(asked))
    turns = _Turns()
    now, then = f"{up} == 1", f"({up} offset {STEP}s) == 1"
    turns.add(moments, _turns(f"count by ({_BY}) ({now})", f"count by ({_BY}) ({then})"))
    for at in started:
        service, target = _service(at.labels), _target(at)
        if not service or _pod(at.labels) in pods or not turns.is_up(service, at.time):
            continue
        ready = answered.get(target, float(at.time))
        yield Boot(
            service=service,
            instance=at.labels.get("pod") or at.labels.get("instance", ""),
            started=_moment(min(at.value, ready)),
            seen=_moment(at.time),
            ready=_moment(ready),
            within_s=round(max(0.0, ready - max(before.get(target, 0.0), at.value)), 3),
            down_since=turns.down_since(service, at.time),
        )


class _Event(NamedTuple):
    """What happened to a pod; in the order of time, and at one step in the order of ``what``."""

    time: int
    what: int
    value: float


_BEGAN, _ENDED, _WAS_READY = range(3)


def _of_pods(moments: Moments, names: frozenset[str]) -> tuple[list[Boot], frozenset[Pod]]:
    """Return boots of what Kubernetes runs, and all pods of which it tells."""
    queries = {
        _BEGAN: _new(moments.selector(_POD_START)),
        _WAS_READY: _new(moments.selector(_POD_READY)),
    }
    if _RESTARTS in names:
        restarts = moments.selector(_RESTARTS)
        queries[_ENDED] = f"{restarts} > ({restarts} offset {STEP}s)"
    events: dict[Pod, set[_Event]] = defaultdict(set)
    for what, query in queries.items():
        for at in _first_told(moments.of(query)):
            events[_pod(at.labels)].add(_Event(at.time, what, at.value))
    turns = _Turns()
    for kind, metric in _READY_REPLICAS.items():
        if metric in names:
            some = moments.selector(metric)
            turns.add(moments, _turns(f"{some} > 0", f"({some} offset {STEP}s) > 0"), kind)
    owners = _owners(moments, queries.values()) if events else {}
    found = [
        boot
        for pod, happened in sorted(events.items())
        if pod in owners
        for boot in _of_pod(owners[pod], pod[1], sorted(happened), turns)
    ]
    return found, frozenset(owners)


def _of_pod(
    service: str, instance: str, events: Sequence[_Event], turns: _Turns
) -> Iterator[Boot]:
    """Yield the boots that brought a service back, and before each the attempts that failed."""
    starts: list[float] = []
    for event in events:
        starts = [moment for moment in starts if moment > event.time - _LATE_S]
        if event.what != _WAS_READY:
            starts.append(event.value if event.what == _BEGAN else float(event.time))
            continue
        attempts, starts = starts, []
        if not attempts or not turns.is_up(service, event.time):
            continue
        ready = event.value + _READ_S
        down_since, seen = turns.down_since(service, event.time), _moment(event.time)
        yield from (
            Boot(
                service=service, instance=instance, started=_moment(moment), seen=seen, failed=True
            )
            for moment in attempts[:-1]
        )
        yield Boot(
            service=service,
            instance=instance,
            started=_moment(min(attempts[-1], event.value)),
            seen=seen,
            ready=_moment(ready),
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
            found[_pod(at.labels)] = workload(plain, _pod(at.labels)[0])
    return found


def _service(labels: Labels, kind: str = "") -> str:
    """Return the service that a target's labels name; of a kind of workload, its label does."""
    names = (kind,) if kind else _NAMED
    label = next((name for name in names if labels.get(name)), "")
    namespace = labels.get("exported_namespace") or labels.get("namespace", "")
    if label:
        return workload(labels.get(f"exported_{label}") or labels[label], namespace)
    # OpenTelemetry calls a job NAMESPACE/NAME, and so does the operator for Prometheus.
    job = labels.get("job", "")
    space, _, name = job.rpartition("/")
    return workload(name, space or namespace)


def _pod(labels: Labels) -> Pod:
    """Return namespace and pod; those of the exporter itself may stand in the plain labels."""
    return (
        labels.get("exported_namespace") or labels.get("namespace", ""),
        labels.get("exported_pod") or labels.get("pod", ""),
    )


def _target(at: Moment) -> tuple[int, str, str]:
    return at.time, at.labels.get("job", ""), at.labels.get("instance", "")


def _by_target(found: Iterable[Moment]) -> dict[tuple[int, str, str], float]:
    return {_target(at): at.value for at in found}


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(round(seconds, 3), tz=UTC)
