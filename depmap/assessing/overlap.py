"""How many does nobody see? Ranges and floors from how the sources overlap.

With two lists, n11 on both and n10, n01 on one alone, ``phi * n10 * n01 / n11`` are on neither,
where phi is the odds ratio between being on one list and on the other (1: independent). It cannot
be known from two lists, so a range over it is given, as Gerritse et al. (JOS 31(3), 2015) do:
from ``PHI[0]`` (what one misses, the other sees: rare) to ``PHI[1]`` (what is easy to see is easy
for both: usual). What no list can see is in no such number.

People can be asked for just what the others miss. Their list then says nothing about the rest, and
where a third list shows it (``asked_for_missing``), the least and the floor do not count on them.
"""

from __future__ import annotations

from math import exp, log, sqrt
from typing import TYPE_CHECKING, Final

from depmap.assessing.significance import at_least
from depmap.wording import dependencies

if TYPE_CHECKING:
    from collections.abc import Collection

PHI: Final = (0.5, 4.0)
UNUSUAL: Final = 0.3
"""Chance below which a list is taken to be made of what others miss; being wrong costs little."""
MIN_BOTH: Final = 10
MIN_FOUND: Final = 30
MIN_SOURCES: Final = 3
MIN_EACH: Final = 10
"""With fewer lists of so many the bound is none: two that see unlike amounts make it too high."""
MIN_TWICE: Final = 10
"""With fewer on two lists the floor is not worth printing."""
_Z95: Final = 1.959964
_Z99: Final = 2.575829


def missing(both: int, first: int, second: int) -> tuple[float, float]:
    """Return how many are on neither list: from the least at ``PHI[0]`` to the most at ``PHI[1]``.

    The ends are those of 95 % intervals on the log scale: the delta method's 1/n11 + 1/n10 +
    1/n01 for the estimate, and 1/n00 since n00 itself is a count.

    Args:
        both: how many are on both lists.
        first: how many are on the first alone.
        second: how many are on the second alone.
    """
    estimate = sum(1 / (count + 0.5) for count in (both, first, second))
    ends = []
    for phi, sign in zip(PHI, (-1, 1), strict=True):
        middle = phi * by_chance(both, first, second)
        ends.append(middle * exp(sign * _Z95 * sqrt(estimate + 1 / max(middle, 1.0))))
    return ends[0], ends[1]


def by_chance(both: int, first: int, second: int) -> float:
    """Return how many are on neither of two independent lists; see ``missing``."""
    return (first + 0.5) * (second + 0.5) / (both + 0.5)


def refusal(found: int, both: int) -> str:
    """Return why no range is given for such counts; empty where one is."""
    if found < MIN_FOUND:
        verb = "is" if found == 1 else "are"
        told = f"{dependencies(found)} {verb} too few"
        return f"no range: {told} (at least {MIN_FOUND} are needed)"
    if both < MIN_BOTH:
        verb = "was" if both == 1 else "were"
        told = f"only {both} {verb} found by both groups"
        return f"no range: {told} (at least {MIN_BOTH} are needed)"
    return ""


def one_sided(found: Collection[frozenset[str]]) -> str:
    """Return which source hardly ever finds what another one finds; empty where none is so.

    Such a source was asked for what the others miss, or sees what they cannot; the overlap then
    tells nothing about what all of them miss.

    Args:
        found: for each that was found, who found it.
    """
    names = sorted(frozenset().union(*found))
    for name in names:
        mine = [sources for sources in found if name in sources]
        shared = sum(len(sources) > 1 for sources in mine)
        if len(mine) - shared >= MIN_BOTH > shared:
            return (
                f"no range: {name} found {len(mine)}, and only {shared} of them were found by any "
                f"other source (at least {MIN_BOTH} are needed)"
            )
    return ""


def asked_for_missing(named: int, alone: int, others: int, unseen: float) -> bool:
    """Whether a source names what all others miss more readily than ``PHI[0]`` and chance let it.

    If what the others see it sees ``PHI[0]`` times as readily, in odds, then of ``named`` a share
    of unseen / (unseen + PHI[0] others) is expected to be its own; more is judged by the binomial.

    Args:
        named: how many it found.
        alone: of these, how many no other source found.
        others: how many the others found.
        unseen: how many these miss, if they find independently of each other.
    """
    return at_least(alone, named, unseen / (unseen + PHI[0] * others)) < UNUSUAL


def floor(times: Collection[int], sources: int) -> float | None:
    """Return how many are missing at least: the lower end of the 99 % interval of Chao's bound.

    The bound is f0 = A f1 (f1 - 1) / (2 (f2 + 1)) with A = (t - 1) / t and f1, f2 the ones that
    exactly one and two of t sources found; sources that see alike make it too low. Its interval is
    log-normal, with the variance of Chao (Biometrics 43, 1987). None where there are too few.

    Args:
        times: for each that was found, how many sources found it.
        sources: t, how many sources could have, and found ``MIN_EACH`` or more.
    """
    once = sum(many == 1 for many in times)
    twice = sum(many == 2 for many in times)  # noqa: PLR2004 - the formula's own number
    if sources < MIN_SOURCES or twice < MIN_TWICE:
        return None
    share, pairs = (sources - 1) / sources, twice + 1
    bound = share * once * (once - 1) / (2 * pairs)
    if not bound:
        return 0.0
    variance = (
        bound
        + share**2 * once * (2 * once - 1) ** 2 / (4 * pairs**2)
        + share**2 * once**2 * twice * (once - 1) ** 2 / (4 * pairs**4)
    )
    return bound / exp(_Z99 * sqrt(log(1 + variance / bound**2)))
