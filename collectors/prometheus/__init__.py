"""Edges that meshes, proxies and trace pipelines count in a Prometheus, and boots."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, ClassVar

from collectors.prometheus import envoy, graphs, istio, linkerd
from collectors.prometheus.boots import WANTED, boots
from collectors.prometheus.claims import Seen, claims
from collectors.prometheus.edges import Edge, Entry, Unseen
from collectors.prometheus.measuring import measured
from collectors.prometheus.series import MAX_BODY, Series
from depmap.collecting.http import Backend
from depmap.collecting.port import Collector, Item, Window, option
from depmap.model.evidence import Boot, Evidence, Gap, Node
from depmap.model.words import Source

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

FAMILIES = (*istio.FAMILIES, *linkerd.FAMILIES, *graphs.FAMILIES, *envoy.FAMILIES)


@dataclass(frozen=True)
class Prometheus(Collector):
    """Edges in a Prometheus, by UTC hour: Istio, Linkerd, service graphs, Envoy with Consul.

    And when services started and were ready, which tells who waits for whom.

    Each hour is counted by itself, so that reading an hour again gives the same evidence; the
    window is widened to whole hours. Counts are what the counters rose by. Where one started
    anew, Prometheus extrapolates, and the count is rounded: near the truth rather than exact.
    """

    name: ClassVar[str] = "prometheus"
    source: ClassVar[Source] = Source.METRICS
    windowed: ClassVar[bool] = True

    url: str = option("address of the server, with its base path: http://host:9090")
    match: str = option(
        'only series with these labels, as PromQL writes them: cluster="eu",env!="test"',
        default="",
    )
    token_env: str = option("environment variable with a bearer token", default="")
    header_env: Mapping[str, str] | None = option(
        "further headers, each with the environment variable that holds its value", default=None
    )

    def collect(self, window: Window) -> Iterator[Item]:
        """Yield an evidence for each edge and hour, the nodes, boots, then gaps."""
        with Backend(
            self.url, token_env=self.token_env, header_env=self.header_env, max_body=MAX_BODY
        ) as backend:
            yield from _read(Series(backend, window, self.match))


def _read(series: Series) -> Iterator[Evidence | Boot | Node | Gap]:
    wanted = sorted({name for family in FAMILIES for name in family.wanted}.union(WANTED))
    names = series.names(wanted)
    found: list[Seen] = []
    entries: list[Entry] = []
    unseen: list[tuple[Unseen, float]] = []
    counters: list[str] = []
    for family in chain.from_iterable(known.present(names) for known in FAMILIES):
        counters.append(family.metric)
        for (hour, labels), tally in measured(series, family, names).items():
            told = family.read(dict(labels))
            if isinstance(told, Edge):
                found.append(Seen(hour, labels, told, tally, family))
            elif isinstance(told, Entry):
                entries.append(told)
            elif isinstance(told, Unseen):
                unseen.append((told, tally.calls))
    yield from claims(istio.without_relays(found), entries, series)
    yield from boots(series, names)
    yield from _gaps(unseen, series.place)
    yield from series.warnings
    if not found:
        yield _nothing(counters, series)


def _gaps(unseen: Sequence[tuple[Unseen, float]], place: str) -> Iterator[Gap]:
    """Yield one gap for each thing that could not be seen, with its calls added up."""
    calls: dict[Unseen, float] = {}
    for told, count in unseen:
        calls[told] = calls.get(told, 0) + count
    for told, count in sorted(calls.items()):
        yield Gap(f"{told.what} ({round(count)} calls)", told.why, place)


def _nothing(counters: Sequence[str], series: Series) -> Gap:
    if counters:
        why = f"no edge is counted in {', '.join(sorted(counters))} in the window {series.told}"
        return Gap("no calls between services", why, series.place)
    known = ", ".join(family.metric for family in FAMILIES)
    why = f"none of {known} exists in the window {series.told}"
    return Gap("no mesh metrics", f"{why}{series.selected}", series.place)
