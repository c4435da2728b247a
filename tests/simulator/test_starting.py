"""Boots of simulated systems: nothing is said of strangers, and most waits are found."""

from __future__ import annotations

import pytest

from tests.simulator.booting import Weather, booted
from tests.simulator.starting import measured, plainly

SEEDS = (1, 2, 3)


def test_the_same_seed_gives_the_same_boots() -> None:
    assert booted(3, boots=5) == booted(3, boots=5)
    assert booted(3, boots=5) != booted(4, boots=5)


@pytest.mark.parametrize("boots", [5, 8, 12])
@pytest.mark.parametrize("hints", [False, True])
def test_strangers_that_start_together_are_not_said_to_wait(boots: int, hints: bool) -> None:
    found = measured(SEEDS, boots=boots, planted=0, hints=hints)
    assert found.false == 0
    assert bool(found.tested) is (hints or boots >= 12)


@pytest.mark.parametrize(
    "weather",
    [
        Weather(slow=0.5),
        Weather(slow=0.5, nodes=5, spread_s=5),
        Weather(drift=0.2, spread_s=5),
        Weather(scrape_s=15),
        Weather(part=0.7),
    ],
)
def test_nor_where_something_slows_them_down_or_hides_when_they_are_ready(
    weather: Weather,
) -> None:
    assert measured(SEEDS, boots=20, planted=0, weather=weather).false <= 1


def test_the_rhythm_of_scrapes_is_taken_for_no_order() -> None:
    assert measured(SEEDS, boots=20, weather=Weather(scrape_s=15)).false == 0


def test_by_the_order_alone_much_would_be_said() -> None:
    assert plainly(SEEDS).false > 100


def test_planted_waits_are_found_and_little_else() -> None:
    found = measured(SEEDS, boots=20)
    assert found.recall >= 0.6
    assert found.precision >= 0.85
