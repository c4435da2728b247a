"""How well start order is read from boots: one table, with its bars.

False alarms are pairs of which neither waits for the other, not by way of others either. What is
to be found is what had to wait in a third of the boots: a wait that never lasts shows nowhere.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final, Self

import numpy as np

from depmap.assessing.boots import MANY, starts_after
from depmap.assessing.rounds import compared, rounds
from tests.builders import node
from tests.simulator.booting import Weather, booted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.simulator.booting import Booted, Pair

FALSE_ALARMS: Final = 0.05
PRECISION: Final = 0.9
BOOTS: Final = (5, 8, 12, 20)
HARD: Final = {
    "all wait for one": Weather(hub=True),
    "some boots are slow": Weather(slow=0.5),
    "the same, all wait for one": Weather(slow=0.5, hub=True),
    "nodes of their own pace": Weather(slow=0.5, nodes=5),
    "releases change how long they take": Weather(drift=0.2),
    "not known whether they were down": Weather(outage=False),
    "started within 5 minutes": Weather(spread_s=300),
    "likewise, readiness by scrapes of 15 s": Weather(spread_s=300, scrape_s=15),
    "started within 30 s, likewise": Weather(scrape_s=15),
}


@dataclass
class Tally:
    """What was said of some estates.

    Attributes:
        tested: pairs that were judged.
        said: those that were reported.
        false: those of them that are not so.
        found: those of them that are to be found.
        bound: what is to be found.
    """

    tested: int = 0
    said: int = 0
    false: int = 0
    found: int = 0
    bound: int = 0

    def __iadd__(self, other: Tally) -> Self:
        for item in fields(self):
            setattr(self, item.name, getattr(self, item.name) + getattr(other, item.name))
        return self

    def add(self, truth: Booted, said: set[Pair], tested: int) -> None:
        self.tested += tested
        self.said += len(said)
        self.false += len(said - truth.waits - truth.through)
        self.found += len(said & truth.bound)
        self.bound += len(truth.bound)

    @property
    def precision(self) -> float:
        return 1 - self.false / self.said if self.said else 1.0

    @property
    def recall(self) -> float:
        return self.found / self.bound if self.bound else 1.0


def report(seeds: Iterable[int], say: Callable[[str], None]) -> bool:
    """Print the table; False where a bar is missed."""
    seeds = tuple(seeds)
    say("\n## Start order, 60 services\n")
    say("| boots | known | said | false | of tested | found | of | bar |")
    say("|---|---|---|---|---|---|---|---|")
    fine = True
    for boots in BOOTS:
        for hints in (False, True):
            told = ("calls" if hints else "nothing") + ", none waits"
            quiet = measured(seeds, boots=boots, planted=0, hints=hints)
            fine &= _row(say, f"{boots}", told, quiet, bar=True)
    together = Tally()
    for boots in BOOTS:
        for hints in (False, True):
            told = ("calls" if hints else "nothing") + ", 10 wait"
            found = measured(seeds, boots=boots, hints=hints)
            _row(say, f"{boots}", told, found, bar=False)
            together += found
    fine &= _row(say, "all", "together, 10 wait", together, bar=True)
    for name, weather in HARD.items():
        quiet = measured(seeds, boots=20, planted=0, weather=weather)
        fine &= _row(say, "20", f"calls, none waits: {name}", quiet, bar=True)
        found = measured(seeds, boots=20, weather=weather)
        _row(say, "20", f"calls, 10 wait: {name}", found, bar=False)
    _row(say, "20", "the plain rule, none waits", plainly(seeds), bar=False)
    return fine


def measured(
    seeds: Iterable[int],
    *,
    boots: int,
    planted: int = 10,
    hints: bool = True,
    weather: Weather = Weather(),  # noqa: B008 - it is frozen
) -> Tally:
    """Judge estates, one a seed."""
    tally = Tally()
    for seed in seeds:
        truth = booted(seed, boots=boots, planted=planted, weather=weather)
        nodes = [node(name) for name in truth.names]
        found, run = starts_after(truth.boots, nodes, truth.calls if hints else ())
        tally.add(truth, {(item.consumer, item.provider) for item in found}, run.tested)
    return tally


def plainly(seeds: Iterable[int], boots: int = 20) -> Tally:
    """Judge by the order alone: twelve boots that agree, and one with a wait."""
    tally = Tally()
    for seed in seeds:
        truth = booted(seed, boots=boots, planted=0)
        found = rounds(truth.boots, truth.names)
        counts = compared(found)
        agree = (counts.after >= MANY) & (counts.before == 0) & (counts.waited > 0)
        pairs = {(found.names[one], found.names[other]) for one, other in np.argwhere(agree)}
        tally.add(truth, pairs, int((counts.after + counts.before >= MANY).sum()))
    return tally


def _row(say: Callable[[str], None], boots: str, known: str, tally: Tally, *, bar: bool) -> bool:
    met = tally.false <= FALSE_ALARMS * tally.tested
    met &= not tally.bound or tally.precision >= PRECISION
    verdict = ("met" if met else "MISSED") if bar else ""
    say(
        f"| {boots} | {known} | {tally.said} | {tally.false} | {tally.tested} "
        f"| {f'{tally.recall:.2f}' if tally.bound else ''} | {tally.bound} | {verdict} |"
    )
    return met or not bar
