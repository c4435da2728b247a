"""Does depmap notice that traces were kept by their outcome, where nobody says so?

Systems of all kinds: few and many requests, services that fail seldom and often, with and without
outages, that need their providers or not. Each is looked at whole and under sampling policies
that spans do not tell.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

import numpy as np

from depmap.merging.selection import suspected
from depmap.model.evidence import Evidence, Flow, Node
from depmap.tracing.claims import claims
from depmap.tracing.linking import link
from tests.simulator.running import outcome, prepare
from tests.simulator.spanning import Sampling, sampled, spans_of
from tests.simulator.system import Config, make

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

POLICIES: Final = {
    "all": Sampling(told=False),
    "10 % head": Sampling(head=0.1, told=False),
    "10 % + all errors": Sampling(head=0.1, errors="any", told=False),
    "10 % + failed roots": Sampling(head=0.1, errors="root", told=False),
    "1 % + all errors": Sampling(head=0.01, errors="any", told=False),
    "1 % + failed roots": Sampling(head=0.01, errors="root", told=False),
}
FAIR: Final = ("all", "10 % head")
"""Policies that do not look at the outcome."""
FAILURES: Final = (
    (0.0003, 0.001, 0.005),
    (0.001, 0.003, 0.01),
    (0.003, 0.01, 0.05),
    (0.01, 0.02, 0.05),
)


def drawn(seed: int) -> Config:
    """Draw what kind of system it is."""
    rng = np.random.default_rng([seed, 99])
    return Config(
        seed=seed,
        stateful=bool(seed % 2),
        services=int(rng.choice([30, 60, 90])),
        operations=int(rng.choice([6, 12, 20])),
        traces=int(rng.choice([5_000, 20_000, 40_000])),
        failures=FAILURES[seed // 2 % len(FAILURES)],
        outages=int(rng.choice([0, 1, 3, 6])),
        outage_seconds=float(rng.choice([120, 600, 3600])),
        strong=float(rng.choice([0.2, 0.45, 0.8])),
    )


def seen(seed: int) -> Iterator[tuple[str, tuple[list[Node], list[Flow], list[Evidence]]]]:
    """Yield what traces claim of a drawn system under each policy."""
    prepared = prepare(make(drawn(seed)))
    spans = spans_of(prepared, outcome(prepared))
    for name, policy in POLICIES.items():
        said = list(claims(link(sampled(spans, policy, seed))))
        yield (
            name,
            (
                [item for item in said if isinstance(item, Node)],
                [item for item in said if isinstance(item, Flow)],
                [item for item in said if isinstance(item, Evidence)],
            ),
        )


def suspicions(seeds: Iterable[int]) -> Mapping[str, list[bool]]:
    """Return for each policy whether it was suspected, a system each."""
    found: dict[str, list[bool]] = defaultdict(list)
    for seed in seeds:
        for name, (nodes, flows, evidence) in seen(seed):
            found[name].append(suspected(nodes, flows, evidence))
    return found
