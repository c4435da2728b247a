"""How strongly each operation of a consumer depends on one of its provider.

What the pair's units tell of an operation holds as far as its operations behave alike; its own
units, as far as they do not. Code and people speak of the operation that they name, else of all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

import numpy as np

from depmap.merging import mixture
from depmap.merging.deciding import capped, word
from depmap.merging.opinions import SPEAKING, Trust, stated, tempered, trusted
from depmap.merging.selection import Selection
from depmap.merging.units import Units
from depmap.model.dependency import APART, OperationStrength
from depmap.model.evidence import Evidence
from depmap.model.words import Source, Strength

if TYPE_CHECKING:
    from depmap.merging.deltas import Deltas
    from depmap.merging.units import Part


ALIKE: Final = 0.1
"""P(operations differ) below which the others' failures may give a word to one that had none."""


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
        selected: how their units were selected.
    """

    groups: Sequence[Sequence[Evidence]]
    units: Sequence[Units]
    said: Sequence[Mapping[Source, float]]
    trust: Trust
    as_of: datetime | None
    prior: float
    selected: Selection


def by_operation(found: Deltas, told: Said) -> dict[int, tuple[OperationStrength, ...]]:
    """Return the strengths by operation of the dependencies that have several, by their place.

    Args:
        found: what traces tell of them.
        told: what is said of the dependencies.
    """
    parts, places = found.parts, found.parts.of.tolist()
    differs, odds = found.differs[parts.of].tolist(), found.odds_of_parts.tolist()
    units = [
        _units(part, apart > APART, at, told)
        for part, apart, at in zip(parts.parts, differs, places, strict=True)
    ]
    said = [
        _said(part, capped(odds[row], units[row]), differs[row], places[row], told)
        for row, part in enumerate(parts.parts)
    ]
    total = np.array([sum(tempered(item).values()) for item in said]) + told.prior
    strong = 1 / (1 + np.exp(-total))
    mean, quantiles = mixture.posterior(found.of_parts, strong)
    words = [
        word(
            float(strong[row]),
            told.groups[at],
            said[row],
            units[row],
            unknown=told.selected.unknown,
        )
        if part.failed or differs[row] < ALIKE or _named(part, at, told)
        else Strength.UNDETERMINED
        for row, (at, part) in enumerate(zip(places, parts.parts, strict=True))
    ]
    views: dict[int, list[OperationStrength]] = {}
    for row, (at, part) in enumerate(zip(places, parts.parts, strict=True)):
        probability = float(strong[row])
        view = OperationStrength(
            consumer_operation=part.consumer_operation,
            operation=part.operation,
            share=round(float(parts.share[row]), 4),
            strength=words[row],
            probability=round(probability, 4),
            units=round(part.failed),
            failed_too=round(part.failed_too),
            expected=round(float(mean[row]), 4),
            quantiles=tuple(round(value, 4) for value in quantiles[row].tolist()),
        )
        views.setdefault(at, []).append(view)
    return {at: tuple(items) for at, items in views.items()}


def _units(part: Part, apart: bool, at: int, told: Said) -> Units:
    """Return the units that an operation is judged by: the pair's, if its operations are alike.

    Of selected units it is too uncertain whether they are.
    """
    if apart or told.selected.high[at] > 1:
        return replace(told.units[at], failed=part.failed, incidents=part.incidents)
    return told.units[at]


def _said(part: Part, odds: float, differs: float, at: int, told: Said) -> dict[Source, float]:
    """Return what each source says of one operation, in log-odds."""
    pair = told.said[at]
    found = {Source.TRACES: odds} if Source.TRACES in pair else {}
    own = trusted(stated(_named(part, at, told), told.as_of), told.trust)
    for source, value in pair.items():
        if source in own:
            found[source] = own[source]
        elif source is not Source.TRACES:
            found[source] = value * (1 - differs)
    return found


def _named(part: Part, at: int, told: Said) -> list[Evidence]:
    """Return what code and people say of the very operation."""
    return [
        item
        for item in told.groups[at]
        if item.operation == part.operation and item.source in SPEAKING
    ]
