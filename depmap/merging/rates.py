"""How far each kind of witness can be trusted: one table, judgement until it is measured.

Existence follows the two-rate model of INDRA's belief scorer: a source errs *systematically* (all
its claims of one dependency are wrong together) or at *random* (each claim by itself). However
many spans one tracing system shows, it cannot push past its own systematic rate; a second kind of
source can.
"""

from __future__ import annotations

from dataclasses import dataclass

from depmap.model.words import Source


@dataclass(frozen=True, slots=True)
class Rates:
    """Error rates of one kind of source.

    Attributes:
        systematic: probability that all its claims of a dependency are wrong together, 0-1.
        half_life_days: after so many days a dated claim counts half; None: it does not age.
        strength_cap: the most that the source may say about strength, in log-odds.
    """

    systematic: float
    half_life_days: float | None
    strength_cap: float


RATES: dict[Source, Rates] = {
    Source.TRACES: Rates(systematic=0.01, half_life_days=45, strength_cap=8.0),
    Source.METRICS: Rates(systematic=0.02, half_life_days=45, strength_cap=0.0),
    Source.CODE: Rates(systematic=0.05, half_life_days=None, strength_cap=2.0),
    Source.DEPLOYMENT: Rates(systematic=0.20, half_life_days=None, strength_cap=0.5),
    Source.PEOPLE: Rates(systematic=0.15, half_life_days=180, strength_cap=1.1),
    Source.INCIDENTS: Rates(systematic=0.05, half_life_days=365, strength_cap=1.1),
    Source.EXPERIMENTS: Rates(systematic=0.01, half_life_days=180, strength_cap=4.0),
    Source.AUDITS: Rates(systematic=0.05, half_life_days=365, strength_cap=1.1),
}
