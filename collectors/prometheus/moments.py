"""Moments at which gauges and counts change, and what the labels of a target name."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from collectors.prometheus.edges import workload
from collectors.prometheus.series import STEP, Series

if TYPE_CHECKING:
    from collections.abc import Iterable

    from collectors.prometheus.edges import Labels
    from collectors.prometheus.series import Moment

LATE_S: Final = 3600
"""What was first seen so long after its start was not scraped before, and is no boot."""
NAMED: Final = (
    *("deployment", "statefulset", "daemonset"),
    *("service", "app_kubernetes_io_name", "app"),
)
"""Labels of a target that name the service, the best first; without any, the job does."""
BY: Final = ", ".join((*NAMED, "namespace", "job"))
Pod = tuple[str, str]
"""Namespace and name."""
Target = tuple[int, str, str]
"""A step, and the job and instance that were scraped."""


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

    def at(self, query: str, times: Iterable[int]) -> dict[Target, float]:
        """Return a query's value for each target at these steps."""
        return {target_of(at): at.value for time in times for at in self.series.at(query, time)}


def new(metric: str) -> str:
    """Return the query for steps at which a gauge tells of a moment, and did not a step before."""
    return f"({metric} > time() - {LATE_S}) unless ({metric} offset {STEP}s == {metric})"


def first_told(found: Iterable[Moment]) -> list[Moment]:
    """Leave out what a gauge tells again after a pause."""
    first: dict[tuple[object, ...], Moment] = {}
    for at in sorted(found, key=lambda at: at.time):
        first.setdefault((at.value, *sorted(at.labels.items())), at)
    return list(first.values())


def turning(some: str, some_before: str) -> tuple[str, str]:
    """Return the queries for the moments at which something came to be, and ceased to be."""
    return f"{some} unless {some_before}", f"{some_before} unless {some}"


class Turns:
    """When services were up again, and when they went down."""

    def __init__(self) -> None:
        """Know of none yet."""
        self._up: set[tuple[str, int]] = set()
        self._down: dict[str, list[int]] = defaultdict(list)

    def add(self, moments: Moments, queries: tuple[str, str], kind: str = "") -> None:
        """Ask for turns, of a kind of workload or of targets; see ``turning``."""
        up, down = queries
        self._up |= {(service_of(at.labels, kind), at.time) for at in moments.of(up)}
        for at in moments.of(down):
            self._down[service_of(at.labels, kind)].append(at.time)

    def is_up(self, service: str, time: int) -> bool:
        """Whether a service that was down is up again at this very step."""
        return bool(service) and (service, time) in self._up

    def down_since(self, service: str, time: int) -> datetime | None:
        """Return since when it was down; None: not known."""
        before = [at for at in self._down[service] if time - LATE_S < at <= time]
        return moment_of(max(before)) if before else None


def service_of(labels: Labels, kind: str = "") -> str:
    """Return the service that a target's labels name; of a kind of workload, its label does."""
    names = (kind,) if kind else NAMED
    label = next((name for name in names if labels.get(name)), "")
    namespace = labels.get("exported_namespace") or labels.get("namespace", "")
    if label:
        return workload(labels.get(f"exported_{label}") or labels[label], namespace)
    # OpenTelemetry calls a job NAMESPACE/NAME, and so does the operator for Prometheus.
    job = labels.get("job", "")
    space, _, name = job.rpartition("/")
    return workload(name, space or namespace)


def pod_of(labels: Labels) -> Pod:
    """Return namespace and pod; those of the exporter itself may stand in the plain labels."""
    return (
        labels.get("exported_namespace") or labels.get("namespace", ""),
        labels.get("exported_pod") or labels.get("pod", ""),
    )


def target_of(at: Moment) -> Target:
    """Return the step and the target that a value is of."""
    return at.time, at.labels.get("job", ""), at.labels.get("instance", "")


def moment_of(seconds: float) -> datetime:
    """Return a moment that is given in seconds since 1970, to the millisecond."""
    return datetime.fromtimestamp(round(seconds, 3), tz=UTC)
