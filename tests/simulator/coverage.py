"""Lists of dependencies as three sources make them, with a known number of true ones.

Each scenario is a way in which sources depend on each other. In the last two nothing can tell from
the lists how much is missing, and depmap claims nothing there: what no source can see, and people
who were asked for what is missing and name some of the rest as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from depmap.model.dependency import Dependency
from depmap.model.words import Source
from tests.builders import claim, depends, seen

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

    Marks = NDArray[np.bool_]

HOLDS: Final = ("independent", "alike", "blind", "led", "complement")
"""Scenarios for which the range is meant: see the module's text for the other two."""
FAILS: Final = ("dark", "prompted")
MENTIONED: Final = {"complement": 0.0, "prompted": 0.15}
"""What people who are asked only for what is missing name of the rest, as a share."""
RATES: Final = (0.65, 0.7, 0.5)
"""How much traces, code and people see."""


@dataclass(frozen=True, slots=True)
class Lists:
    """Who found which of the true dependencies.

    Attributes:
        truth: how many there are.
        dependencies: those that somebody found, with evidence of each finder.
        audited: of an audit of random services, (was it found, by anybody) of each it lists.
    """

    truth: int
    dependencies: tuple[Dependency, ...]
    audited: tuple[bool, ...]


def lists(seed: int, scenario: str, truth: int = 300) -> Lists:
    """Draw what each source finds.

    Args:
        seed: everything random follows from it.
        scenario: one of ``HOLDS`` or ``FAILS``.
        truth: how many dependencies there are.
    """
    rng = np.random.default_rng([seed, 13, truth, (*HOLDS, *FAILS).index(scenario)])
    marks = _marks(rng, scenario, truth)
    hit_by_any: Marks = np.any(marks, axis=0)
    sources = (Source.TRACES, Source.CODE, Source.PEOPLE)
    found = []
    for at in np.flatnonzero(hit_by_any).tolist():
        pair = (f"s{at % 60:02}", f"p{at}")
        evidence = tuple(
            seen(*pair) if source is Source.TRACES else claim(*pair, source=source)
            for source, hit in zip(sources, marks[:, at], strict=True)
            if hit
        )
        found.append(depends(*pair, evidence=evidence))
    consumers = rng.choice(60, 12, replace=False)
    listed: Marks = np.isin(np.arange(truth) % 60, consumers) & (rng.random(truth) < 0.9)
    audited = hit_by_any[listed].tolist()
    return Lists(truth, tuple(found), tuple(audited))


def _marks(rng: Generator, scenario: str, truth: int) -> Marks:
    """Return which of traces, code and people see each true dependency."""
    luck = rng.random((3, truth))
    rates: NDArray[np.float64] = np.repeat(np.array(RATES)[:, None], truth, axis=1)
    if scenario == "alike":
        easy = rng.normal(0, 1, truth)
        rates = 1 / (1 + np.exp(-(np.log(rates / (1 - rates)) + 0.8 * easy)))
    if scenario == "blind":
        rates[0] = np.where(rng.random(truth) < 0.3, 0.05, 0.9)
    if scenario == "dark":
        rates[:, rng.random(truth) < 0.15] = 0
    marks: Marks = luck < rates
    if scenario == "led":
        marks[2] = np.where(marks[0], luck[2] < 0.65, luck[2] < 0.25)
    if scenario in MENTIONED:
        marks[2] = luck[2] < np.where(marks[0] | marks[1], MENTIONED[scenario], 0.6)
    return marks


def growing(seed: int, samples: int, truth: int = 300) -> tuple[list[int], int]:
    """Return in how many samples each dependency was seen, and how many twice as many would show.

    Args:
        seed: everything random follows from it.
        samples: how many samples there are; each is seen in a sample with a chance of its own.
        truth: how many dependencies there are.
    """
    rng = np.random.default_rng([seed, 14, samples, truth])
    chance = np.minimum(10 ** rng.normal(-2, 1.2, truth), 0.9)
    first, second = rng.binomial(samples, chance), rng.binomial(samples, chance)
    return first[first > 0].tolist(), int(((first + second) > 0).sum())
