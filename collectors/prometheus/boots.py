"""Boots: when services came back from being down, as far as Prometheus has seen it.

Every client library tells when its process started (``process_start_time_seconds``); it is taken
to be ready with the first scrape that it answers. Where kube-state-metrics is read, the start and
the readiness of pods are known by the second, and so are containers that ended before. A restart
while another instance was ready, or too short for a scrape to miss it, is none: the service was
there.

Each moment is judged by the hour before it, so that an hour says the same in any window.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from collectors.prometheus import pods
from collectors.prometheus.moments import (
    BY,
    LATE_S,
    Moments,
    Turns,
    first_told,
    moment_of,
    new,
    pod_of,
    service_of,
    target_of,
    turning,
)
from collectors.prometheus.series import STEP, hour_of
from depmap.model.evidence import Boot

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from collectors.prometheus.moments import Pod
    from collectors.prometheus.series import Series

_START: Final = "process_start_time_seconds"
WANTED: Final = (_START, *pods.WANTED)


def boots(series: Series, names: frozenset[str]) -> Iterator[Boot]:
    """Yield boots in order of time.

    Args:
        series: the series of a window.
        names: the metrics that there are.
    """
    gauges = [metric for metric in (_START, pods.READY) if metric in names]
    hours = _hours(series, gauges)
    moments = Moments(series, _stretches(hours))
    found, told = pods.of_pods(moments, names)
    if _START in names:
        found += _of_processes(moments, told)
    for boot in sorted(found, key=lambda one: (one.seen, one.service, one.instance, one.started)):
        if hour_of(boot.seen) in hours:
            yield boot


def _hours(series: Series, gauges: Iterable[str]) -> list[int]:
    """Return the hours in which something may have started: only these are looked into."""
    found: set[int] = set()
    for metric in gauges:
        last = f"last_over_time({series.selector(metric)}[1h])"
        found |= {at.hour for at in series.points(f"count({last} > time() - {2 * LATE_S})")}
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


def _of_processes(moments: Moments, told: frozenset[Pod]) -> Iterator[Boot]:
    """Yield boots of what is scraped itself; those of pods that are told already are left out."""
    start, up = moments.selector(_START), moments.selector("up")
    started = first_told(moments.of(new(start)))
    turns = Turns()
    if started:
        some, before = (f"count by ({BY}) ({at} == 1)" for at in (up, f"({up} offset {STEP}s)"))
        turns.add(moments, turning(some, before))
    back = [
        at
        for at in started
        if turns.is_up(service_of(at.labels), at.time) and pod_of(at.labels) not in told
    ]
    times = sorted({at.time for at in back})
    answered = moments.at(f"timestamp({start})", times)
    asked = moments.at(f"timestamp({up} offset {STEP}s)", times)
    for at in back:
        ready = answered.get(target_of(at), float(at.time))
        before_it = max(asked.get(target_of(at), 0.0), at.value)
        yield Boot(
            service=service_of(at.labels),
            instance=at.labels.get("pod") or at.labels.get("instance", ""),
            started=moment_of(min(at.value, ready)),
            seen=moment_of(at.time),
            ready=moment_of(ready),
            within_s=round(max(0.0, ready - before_it), 3),
            down_since=turns.down_since(service_of(at.labels), at.time),
        )
