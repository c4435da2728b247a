"""How strongly each operation of a consumer depends on one of its provider.

What the pair's units tell of an operation holds as far as its operations behave alike; its own
units, as far as they do not. Code and people speak of the operation that they name, else of all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from depmap.merging import mixture
from depmap.merging.deciding import word
from depmap.merging.mixture import Table
from depmap.merging.opinions import Trust, stated, tempered, trusted
from depmap.merging.units import Units
from depmap.model.dependency import APART, OperationStrength
from depmap.model.evidence import Evidence
from depmap.model.words import Source

if TYPE_CHECKING:
    from depmap.merging.deltas import Deltas
    from depmap.merging.units import Part


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    """What is said of the dependencies that the operations are of.

    Attributes:
        groups: the evidence of each dependency.
        units: its units.
        said: log-odds of each source that has a say.
        trust: how far each source can be trusted.
        as_of: the moment that ages are relative to; None: nothing ages.
        prior: log-odds of strong before anything is known.
        cap: the most that traces may say, in log-odds, of each dependency.
        unknown: whether traces were selected nobody knows how.
    """

    groups: Sequence[Sequence[Evidence]]
    units: Sequence[Units]
    said: Sequence[Mapping[Source, float]]
    trust: Trust
    as_of: datetime | None
    prior: float
    cap: Table
    unknown: bool


def by_operation(found: Deltas, told: Said) -> dict[int, tuple[OperationStrength, ...]]:
    """Return the strengths by operation of the dependencies that have several, by their place.

    Args:
        found: what traces tell of them.
        told: what is said of the dependencies.
    """
    parts, places = found.parts, found.parts.of.tolist()
    differs, odds = found.differs[parts.of], found.odds_of_parts
    said = [
        _said(part, float(odds[row]), float(differs[row]), places[row], told)
        for row, part in enumerate(parts.parts)
    ]
    total = np.array([sum(tempered(item).values()) for item in said]) + told.prior
    strong = 1 / (1 + np.exp(-total))
    mean, quantiles = mixture.posterior(found.of_parts, strong)
    views: dict[int, list[OperationStrength]] = {}
    for row, (at, part) in enumerate(zip(places, parts.parts, strict=True)):
        probability = float(strong[row])
        units = told.units[at] if differs[row] <= APART else _alone(part, told.units[at])
        view = OperationStrength(
            consumer_operation=part.consumer_operation,
            operation=part.operation,
            share=round(float(parts.share[row]), 4),
            strength=word(probability, told.groups[at], said[row], units, unknown=told.unknown),
            probability=round(probability, 4),
            units=round(part.failed),
            failed_too=round(part.failed_too),
            expected=round(float(mean[row]), 4),
            quantiles=tuple(round(value, 4) for value in quantiles[row].tolist()),
        )
        views.setdefault(at, []).append(view)
    return {at: tuple(items) for at, items in views.items()}


def _alone(part: Part, units: Units) -> Units:
    return replace(units, failed=part.failed, incidents=part.incidents)


def _said(part: Part, odds: float, differs: float, at: int, told: Said) -> dict[Source, float]:
    """Return what each source says of one operation, in log-odds."""
    pair = told.said[at]
    cap = float(told.cap[at])
    found = {Source.TRACES: max(-cap, min(cap, odds))} if Source.TRACES in pair else {}
    naming = [item for item in told.groups[at] if item.operation == part.operation]
    own = trusted(stated(naming, told.as_of), told.trust)
    for source, value in pair.items():
        if source in own:
            found[source] = own[source]
        elif source is not Source.TRACES:
            found[source] = value * (1 - differs)
    return found
