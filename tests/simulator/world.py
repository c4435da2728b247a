"""A simulated system as depmap meets it, with the truth beside it.

How to call it::

    from tests.simulator.spanning import FULL, TAIL, Sampling
    from tests.simulator.system import Config
    from tests.simulator.witnesses import Reliability
    from tests.simulator.world import world

    found = world(Config(seed=7))  # 60 services, 50,000 traces: about 5 s
    found = world(Config(seed=7, stateful=True), sampling=TAIL)
    found.links  # depmap.tracing.links.Links, made by link() from real spans
    found.traces  # what these links claim: Evidence of traces (found.nodes, found.flows)
    found.testimony  # Evidence of code and people
    found.shared  # Shared: secrets that several services use
    found.truth  # delta by pair and by call site, share of failing requests by node (group) down
    found.merged()  # depmap.merging.merge.Merged over all sources; merged(only={...}) of some
    found.prepared  # running.Prepared: times, traces; running.outcome() runs it again
    found.system  # services, operations, sites: who calls whom with what probability

``Config(services=…, traces=…)`` makes it smaller; everything follows from ``Config.seed``.
``python -m tests.simulator --seeds 1 2 3`` prints how well depmap does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from depmap.merging.merge import Merged, merge
from depmap.model.evidence import Evidence, Flow, Node, Shared
from depmap.model.words import Source
from depmap.tracing.claims import claims
from depmap.tracing.linking import link
from depmap.tracing.links import Links
from depmap.tracing.spans import Spans
from tests.simulator.running import Prepared, outcome, prepare
from tests.simulator.spanning import FULL, Sampling, sampled, spans_of
from tests.simulator.system import Config, System, make
from tests.simulator.truth import Truth, truth_of
from tests.simulator.witnesses import Reliability, couplings, testimony

if TYPE_CHECKING:
    from collections.abc import Collection


AS_OF: Final = datetime(2026, 11, 24, tzinfo=UTC)
"""The end of the simulated day."""

ALL: Final = frozenset(Source)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """See the module's text."""

    system: System
    prepared: Prepared
    truth: Truth
    links: Links
    traces: tuple[Evidence, ...]
    nodes: tuple[Node, ...]
    flows: tuple[Flow, ...]
    testimony: tuple[Evidence, ...]
    shared: tuple[Shared, ...]
    spans: Spans = field(repr=False)

    def evidence(self, only: Collection[Source] = ALL) -> list[Evidence]:
        """Return the evidence of some kinds of source."""
        return [item for item in (*self.traces, *self.testimony) if item.source in only]

    def merged(self, only: Collection[Source] = ALL) -> Merged:
        """Merge what some kinds of source say."""
        return merge(
            nodes=self.nodes,
            evidence=self.evidence(only),
            shared=self.shared,
            flows=self.flows,
            aliases={},
            as_of=AS_OF,
        )


def world(
    config: Config, *, sampling: Sampling = FULL, reliability: Reliability | None = None
) -> World:
    """Make a system, run it, record and sample its spans, and ask code and people."""
    system = make(config)
    prepared = prepare(system)
    return seen(prepared, truth_of(prepared), sampling, reliability or Reliability())


def seen(prepared: Prepared, truth: Truth, sampling: Sampling, reliability: Reliability) -> World:
    """Look at a system that has been run; the truth is costly, and the same however one looks."""
    system = prepared.system
    spans = sampled(spans_of(prepared, outcome(prepared)), sampling, system.config.seed)
    links = link(spans)
    said = list(claims(links))
    return World(
        system=system,
        prepared=prepared,
        truth=truth,
        links=links,
        traces=tuple(item for item in said if isinstance(item, Evidence)),
        nodes=tuple(item for item in said if isinstance(item, Node)),
        flows=tuple(item for item in said if isinstance(item, Flow)),
        testimony=tuple(testimony(system, truth, reliability)),
        shared=tuple(couplings(system)),
        spans=spans,
    )
