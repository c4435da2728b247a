from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from depmap.model.words import PHASES, Phase
from depmap.planning.phases import Programme, choose_phases

UNITS = "abcd"
PAIRS = list(itertools.combinations(UNITS, 2))

programmes = st.builds(
    Programme,
    roles=st.fixed_dictionaries(
        {
            unit: st.lists(
                st.tuples(st.sampled_from(PHASES), st.sampled_from([1, 2, 4])),
                min_size=1,
                max_size=2,
            )
            for unit in UNITS
        }
    ),
    hard=st.frozensets(st.sampled_from(PAIRS)),
    weak=st.lists(st.sampled_from(list(itertools.permutations(UNITS, 2))), max_size=5),
    pins=st.dictionaries(st.sampled_from(UNITS), st.sampled_from(PHASES), max_size=1),
    weak_cost=st.integers(1, 3),
)


def cost(programme: Programme, phase: dict[str, int]) -> int:
    away = sum(
        price * abs(phase[unit] - wish.number)
        for unit, wishes in programme.roles.items()
        for wish, price in wishes
    )
    late = sum(max(0, phase[provider] - phase[consumer]) for consumer, provider in programme.weak)
    return away + programme.weak_cost * late


def allowed(programme: Programme, phase: dict[str, int]) -> bool:
    return all(
        phase[provider] <= phase[consumer] for consumer, provider in programme.hard
    ) and all(phase[unit] == pin.number for unit, pin in programme.pins.items())


@given(programmes)
def test_the_choice_is_the_cheapest_and_of_several_the_earliest(programme: Programme) -> None:
    every = (
        dict(zip(UNITS, numbers, strict=True))
        for numbers in itertools.product(range(len(PHASES)), repeat=len(UNITS))
    )
    best = min(
        (cost(programme, phase), sum(phase.values()), tuple(phase.values()))
        for phase in every
        if allowed(programme, phase)
    )
    chosen = choose_phases(programme)
    assert tuple(chosen[unit].number for unit in UNITS) == best[2]


def test_without_units_there_is_nothing_to_choose() -> None:
    assert choose_phases(Programme(roles={})) == {}


def test_the_cheaper_of_two_gives_way() -> None:
    programme = Programme(
        roles={"a": [(Phase.FOUNDATION, 4)], "b": [(Phase.USER_FACING, 16)]}, hard=[("a", "b")]
    )
    assert choose_phases(programme) == {"a": Phase.USER_FACING, "b": Phase.USER_FACING}
