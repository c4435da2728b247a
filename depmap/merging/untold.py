"""Sampling that seems to go by the outcome, and nobody says how: a finding of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from depmap.model.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from depmap.model.evidence import Evidence
    from depmap.model.sampling import Policy

RULE: Final = "sampling-untold"
SUSPICION: Final = "traces seem to be kept by their outcome, and nobody says how"
CURE: Final = (
    'say it in depmap.toml, such as `[sampling]` with `head = 0.01` and `errors = "any"` (every '
    'trace with an error is kept) or `"root"` (those whose whole request failed), or let the '
    "sampler write it into the spans (`ot=th:`)"
)
_MEANS: Final = (
    "requests that went well are missing, so that providers seem to fail their consumers more "
    "often than they do: traces cannot make a dependency strong by themselves, and what fails "
    "with a node is less sure"
)


def untold(
    evidence: Iterable[Evidence], policy: Policy | None, *, suspect: bool
) -> Iterator[Finding]:
    """Yield the finding where neither people nor spans say how suspected traces were sampled.

    Args:
        evidence: claims, of traces among others.
        policy: how traces were sampled; None: nobody says it.
        suspect: whether traces seem to be sampled by outcome, see ``selection.suspected``.
    """
    told = (item.calls is not None and item.calls.units_weight is not None for item in evidence)
    if suspect and policy is None and not any(told):
        yield Finding(rule=RULE, subjects=(), message=SUSPICION, details=(_MEANS, CURE))
