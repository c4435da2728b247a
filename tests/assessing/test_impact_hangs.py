"""How long requests are said to wait, against running them again while a node hangs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from depmap.assessing.impact import grounds, impact_of
from depmap.merging.merge import merge
from depmap.model.evidence import Evidence, Flow, Node
from depmap.tracing.claims import claims
from depmap.tracing.linking import link
from tests.builders import AS_OF
from tests.simulator.running import TIMEOUT_MS, outcome, prepare
from tests.simulator.spanning import spans_of
from tests.simulator.system import Config, Outage, make

if TYPE_CHECKING:
    from collections.abc import Iterator

    from depmap.assessing.impact import Grounds
    from depmap.model.snapshot import Wait
    from tests.simulator.running import Prepared

FIRST_S, EVERY_S, LASTS_S = 8_000.0, 4_000.0, 2_000.0


def recorded(prepared: Prepared) -> Grounds:
    """What impacts rest on that are inferred from the spans of a run."""
    said = list(claims(link(spans_of(prepared, outcome(prepared)))))
    merged = merge(
        nodes=[item for item in said if isinstance(item, Node)],
        evidence=[item for item in said if isinstance(item, Evidence)],
        flows=[item for item in said if isinstance(item, Flow)],
        shared=(),
        aliases={},
        as_of=AS_OF,
    )
    return grounds(merged.dependencies, merged.flows)


def waited(prepared: Prepared, service: int) -> dict[str, tuple[float, float]]:
    """Run the requests again while a service hangs, and all else is well.

    Returns:
        For each business operation that waits: how long on average, and at most, in ms.
    """
    system = prepared.system
    hanging = replace(
        system,
        failure=tuple(0.0 for _ in system.failure),
        outages=(Outage((service,), -1.0, float("inf"), "hang"),),
    )
    well, hung = outcome(prepared, background=False), outcome(replace(prepared, system=hanging))
    found = {}
    for entry, _ in system.entries:
        more = hung.lasted[entry] - well.lasted[entry]
        late = more > TIMEOUT_MS / 2
        if late.any():
            found[system.label(entry)] = (float(more[late].mean()), float(more.max()))
    return found


def compared(seed: int) -> Iterator[tuple[Wait, tuple[float, float]]]:
    system = make(Config(seed=seed, services=24, operations=5, traces=12_000))
    some = [at for at, tier in enumerate(system.tier) if tier > 0][::3]
    outages = tuple(
        Outage((service,), begins, begins + LASTS_S, "hang")
        for service, begins in zip(some, np.arange(FIRST_S, 8e4, EVERY_S).tolist(), strict=False)
    )
    prepared = prepare(replace(system, outages=outages))
    found = recorded(prepared)
    for service in some:
        true = waited(prepared, service)
        for one in impact_of({system.names[service]}, found).waits:
            if one.unlimited == 0:
                yield one, true[one.operation]


def test_waits_are_those_of_the_system_that_hangs() -> None:
    pairs = [pair for seed in (1, 2) for pair in compared(seed)]
    mean = np.array([one.mean_ms / true for one, (true, _) in pairs])
    most = np.array([one.most_ms / true for one, (_, true) in pairs])
    assert len(pairs) > 30
    assert 0.95 < np.median(mean) < 1.05
    assert (abs(mean - 1) < 0.25).mean() > 0.8
    # the longest is missed where a visit repeats a call more often than it does on average
    assert 0.95 < np.median(most) < 1.1
    assert (most > 0.9).mean() > 0.75
