"""What code and people say about a system: sources that see a part, and err at known rates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from depmap.model.evidence import Evidence, Shared
from depmap.model.words import Impact, Kind, Source, Strength

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.simulator.system import Call, System
    from tests.simulator.truth import Pair, Truth


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """How much code and people see, and how often they are right.

    Attributes:
        code_seen: share of the call sites that a scan resolves.
        code_right: share of these whose strength it reads rightly.
        people_seen: share of the dependencies that people name.
        people_right: share of these whose strength they know.
        led: share of people's answers that only repeat what the code says, where it was read.
        visible: 0: code and people see independently; 1: a dependency that is easy to see for
            one is easy for the other.
    """

    code_seen: float = 0.7
    code_right: float = 0.85
    people_seen: float = 0.5
    people_right: float = 0.75
    led: float = 0.2
    visible: float = 0.0


def testimony(system: System, truth: Truth, how: Reliability) -> list[Evidence]:
    """Return what code and people say about the true dependencies."""
    rng = np.random.default_rng([system.config.seed, 4])
    found: list[Evidence] = []
    for (one, other), sites in sorted(system.pairs().items()):
        pair = (system.names[one], system.names[other])
        draws = rng.random(2 * len(sites) + 6)
        if pair not in truth.delta:
            continue
        kind = Kind.DATABASE if system.is_store(other) else Kind.HTTP
        easy = draws[0]
        calls = [system.call(site) for site in sites]
        said = list(_code(calls, kind, truth, how, draws[6:], easy))
        found += said
        seen = easy if draws[1] < how.visible else draws[2]
        if seen < how.people_seen:
            repeats = bool(said) and draws[3] < how.led
            right = bool(draws[4] < how.people_right)
            strong = said[0].strength is Strength.STRONG if repeats else (
                truth.strong(pair) is right
            )  # fmt: skip
            found.append(_said(pair, kind, strong=strong))
    return found


def _code(  # noqa: PLR0917 - private, called once
    calls: Sequence[Call],
    kind: Kind,
    truth: Truth,
    how: Reliability,
    draws: np.ndarray,
    easy: float,
) -> Iterator[Evidence]:
    """Yield what is read at each call site; what is misread at one is misread at all."""
    many = len(calls)
    right = bool(draws[0] < how.code_right)
    for at, call in enumerate(calls):
        seen = easy if draws[many] < how.visible else draws[many + at]
        strong = truth.strong_at(call) is right
        if seen < how.code_seen:
            yield Evidence(
                consumer=call.consumer,
                provider=call.provider,
                kind=kind,
                source=Source.CODE,
                collector="python",
                locators=(f"{call.consumer}/app.py:{10 + at}",),
                operation="things" if kind is Kind.DATABASE else call.operation,
                confidence=0.9,
                strength=Strength.STRONG if strong else Strength.WEAK,
                reason="the handler answers 503" if strong else "the handler goes on without it",
            )


def _said(pair: Pair, kind: Kind, *, strong: bool) -> Evidence:
    return Evidence(
        consumer=pair[0],
        provider=pair[1],
        kind=kind,
        source=Source.PEOPLE,
        collector="interviews",
        locators=(f"interviews/{pair[0]}.yaml:3",),
        confidence=0.9,
        impact=Impact.OUTAGE if strong else Impact.DEGRADED,
        said_by=f"owner of {pair[0]}",
    )


def couplings(system: System) -> list[Shared]:
    """Return the resources that several services are coupled through, as a scan finds them."""
    return [
        Shared(
            kind=Kind.SHARED_SECRET,
            resource=name,
            members=tuple(system.names[at] for at in members),
            locators=tuple(f"{system.names[at]}/deploy.yaml:7" for at in members),
        )
        for name, members in system.groups
    ]
