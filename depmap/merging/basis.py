"""What a strength rests on, in sentences."""

from __future__ import annotations

from math import exp
from typing import TYPE_CHECKING, Final

from depmap.merging.opinions import claimed
from depmap.model.words import Source, Strength

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from depmap.merging.load import Loaded
    from depmap.merging.units import Units
    from depmap.model.evidence import Evidence


_NOTHING: Final = 0.05
"""Log-odds below which a source says nothing."""


def basis(
    evidence: Sequence[Evidence],
    said: Mapping[Source, float],
    units: Units,
    load: Loaded | None,
    *,
    unknown: bool,
) -> Iterator[str]:
    """Yield one sentence for each source that had a say, strongest first, and what else matters.

    Args:
        evidence: the claims.
        said: log-odds of strong by source.
        units: units of traces, as they were counted.
        load: what differs under load.
        unknown: whether traces were selected nobody knows how.
    """
    for source, value in sorted(said.items(), key=lambda pair: (-abs(pair[1]), pair[0])):
        if source is Source.TRACES:
            yield f"traces: {_seen(units)} ({_leaning(value)})"
        else:
            yield f"{source.value}: {_reasons(evidence, source)} ({_leaning(value)})"
    if load is not None:
        yield _by_load(load)
    if unknown and units.failed:
        yield (
            "traces seem to be kept by their outcome, and nobody says how: they cannot make a "
            "dependency strong by themselves; tell the sampling in depmap.toml"
        )


def _by_load(load: Loaded) -> str:
    return (
        f"traces: {'stronger' if load.stronger else 'weaker'} under load: in the busiest hours "
        f"the consumer failed in {load.busy[1]} of {load.busy[0]} such requests, in the others "
        f"in {load.quiet[1]} of {load.quiet[0]}"
    )


def _seen(units: Units) -> str:
    parts = []
    if units.failed:
        minutes = f"{units.incidents} {'minute' if units.incidents == 1 else 'minutes'}"
        parts.append(
            f"when only the provider failed, the consumer failed in {units.failed_too:.0f} of "
            f"{units.failed:.0f} requests, seen in {minutes}; otherwise in "
            f"{units.clean_failed:.0f} of {units.clean:.0f}"
        )
    if units.idle:
        parts.append(f"the consumer did not wait for {units.non_blocking:.0%} of the calls")
    return "; ".join(parts)


def _reasons(evidence: Sequence[Evidence], source: Source) -> str:
    texts = {
        item.reason or f"says {claimed(item).value}"
        for item in evidence
        if item.source is source and claimed(item) is not Strength.UNDETERMINED
    }
    return "; ".join(sorted(texts))


def _leaning(value: float) -> str:
    if abs(value) < _NOTHING:
        return "speaks neither for nor against strong"
    odds = exp(abs(value))
    told = f"{odds:,.0f}" if odds >= 9.5 else f"{odds:.1f}"  # noqa: PLR2004 - two digits
    return f"{told} to 1 {'for' if value > 0 else 'against'} strong"
