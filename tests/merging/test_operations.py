"""Strength by operation: what differs is told apart, what is alike is pooled."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from depmap.merging.strength import strength, strengths
from depmap.model.calls import OperationUnits
from depmap.model.words import Source, Strength
from tests.builders import claim, seen

if TYPE_CHECKING:
    from depmap.model.dependency import OperationStrength, StrengthView
    from depmap.model.evidence import Evidence


def asked(*parts: tuple[str, int, int, int, int], incidents: int = 3) -> Evidence:
    """A claim of traces whose units are the sum of those of some of the consumer's operations."""
    units = np.array([part[1:] for part in parts]).sum(axis=0).tolist()
    item = seen(units=(units[0], units[1], units[2], units[3]), incidents=incidents)
    assert item.calls is not None
    by_operation = tuple(
        OperationUnits(name, "POST /b", n1, k1, n0, k0, min(incidents, n1))
        for name, n1, k1, n0, k0 in parts
    )
    return replace(item, calls=replace(item.calls, by_operation=by_operation))


def of(view: StrengthView, name: str) -> OperationStrength:
    return next(item for item in view.by_operation if item.consumer_operation == name)


PAY = ("POST /pay", 12, 12, 500, 0)
SHOW = ("GET /show", 12, 0, 500, 0)


def test_operations_that_differ_are_told_apart() -> None:
    view = strength([asked(PAY, SHOW)])
    assert view.differs > 0.95
    assert of(view, "POST /pay").strength is Strength.STRONG
    assert of(view, "GET /show").strength is Strength.WEAK
    assert of(view, "POST /pay").expected > 0.8
    assert of(view, "GET /show").expected < 0.2


def test_operations_that_are_alike_are_not() -> None:
    view = strength([asked(PAY, ("GET /show", 12, 12, 500, 0))])
    assert view.differs < 0.1
    assert view.strength is Strength.STRONG
    assert {item.strength for item in view.by_operation} == {Strength.STRONG}


def test_an_operation_that_never_failed_leans_on_the_others_and_is_less_sure() -> None:
    view = strength([asked(PAY, ("GET /show", 0, 0, 500, 0))])
    lent = of(view, "GET /show")
    assert 0.5 < lent.probability < of(view, "POST /pay").probability
    assert lent.units == 0


def test_an_operation_that_never_failed_has_no_word_where_operations_may_differ() -> None:
    unsure = strength([asked(("a", 6, 6, 100, 0), ("b", 6, 4, 100, 0), ("quiet", 0, 0, 500, 0))])
    assert 0.1 < unsure.differs < 0.5
    assert of(unsure, "quiet").strength is Strength.UNDETERMINED
    code = claim(strength=Strength.STRONG, operation="POST /b")
    told = strength(
        [asked(("a", 6, 6, 100, 0), ("b", 6, 4, 100, 0), ("quiet", 0, 0, 500, 0)), code]
    )
    assert of(told, "quiet").strength is Strength.STRONG


def test_a_pair_is_as_strong_as_its_operations_on_average_by_use() -> None:
    mostly_strong = strength([asked(("a", 12, 12, 9000, 0), ("b", 12, 0, 1000, 0))])
    mostly_weak = strength([asked(("a", 12, 12, 1000, 0), ("b", 12, 0, 9000, 0))])
    assert mostly_strong.strength is Strength.STRONG
    assert mostly_weak.strength is Strength.WEAK
    assert mostly_strong.expected is not None
    assert mostly_weak.expected is not None
    assert mostly_strong.expected == pytest.approx(0.9, abs=0.1)
    assert mostly_weak.expected == pytest.approx(0.1, abs=0.1)


def test_a_pair_seen_to_fail_in_its_rarest_operation_only_is_not_judged_by_it_alone() -> None:
    rare = strength([asked(("rare", 30, 30, 10, 0), ("usual", 0, 0, 9000, 0))])
    whole = strength([seen(units=(30, 30, 9010, 0), incidents=3)])
    assert rare.probability < whole.probability


def test_one_operation_or_no_failure_gives_no_table() -> None:
    assert strength([asked(PAY)]).by_operation == ()
    quiet = asked(("a", 0, 0, 10, 0), ("b", 0, 0, 10, 0))
    assert strength([quiet]).by_operation == ()
    assert strength([quiet]).differs == 0


def test_one_operation_or_several_that_are_unknown_change_nothing() -> None:
    plain = seen(units=(12, 12, 500, 0), incidents=3)
    assert strength([asked(PAY)]) == strength([plain])


def test_what_code_says_of_an_operation_counts_for_it_alone() -> None:
    parts = ("POST /pay", 3, 2, 500, 0), ("GET /show", 3, 1, 500, 0)
    other = OperationUnits("GET /show", "GET /b", 3, 1, 500, 0, 3)
    item = asked(*parts)
    assert item.calls is not None
    first = item.calls.by_operation[0]
    item = replace(item, calls=replace(item.calls, by_operation=(first, other)))
    code = claim(strength=Strength.STRONG, operation="POST /b", reason="raises")
    swallows = claim(strength=Strength.OPTIONAL, operation="GET /b", reason="swallows")
    view = strength([item, code, swallows])
    assert of(view, "POST /pay").probability > 0.8
    assert of(view, "GET /show").probability < 0.5


def test_traces_alone_decide_an_operation_that_differs_on_its_own_failures_only() -> None:
    view = strength([asked(PAY, ("GET /show", 2, 0, 500, 0), ("GET /other", 12, 0, 9, 0))])
    assert view.differs > 0.5
    assert of(view, "GET /show").strength is Strength.UNDETERMINED


def test_a_system_in_which_operations_often_differ_lets_them_differ_sooner() -> None:
    unclear = asked(("a", 2, 2, 100, 0), ("b", 2, 0, 100, 0), incidents=2)
    apart = [replace(asked(PAY, SHOW), provider=f"p{at}") for at in range(20)]
    alike = [
        replace(asked(PAY, ("GET /show", 12, 12, 500, 0)), provider=f"p{at}") for at in range(20)
    ]
    among_apart = strengths([[unclear], *([item] for item in apart)])[0]
    among_alike = strengths([[unclear], *([item] for item in alike)])[0]
    assert among_apart.differs > among_alike.differs


def named(*parts: tuple[str, str, int, int, int]) -> StrengthView:
    """The strength of a pair with units by operation, as (doing, asked, n1, k1, n0)."""
    failed, too, clean = (sum(int(part[at]) for part in parts) for at in (2, 3, 4))
    item = seen(units=(failed, too, clean, 0), incidents=3)
    assert item.calls is not None
    by_operation = tuple(OperationUnits(*part, 0, min(3, part[2])) for part in parts)
    return strength([replace(item, calls=replace(item.calls, by_operation=by_operation))])


def test_failures_that_nobody_answered_are_of_the_operation_asked_for_otherwise() -> None:
    view = named(
        ("POST /pay", "GET /{}", 9, 9, 0),
        ("POST /pay", "GET /rates/{currency}", 3, 3, 500),
        ("GET /show", "GET /rates/{currency}", 3, 0, 500),
    )
    assert [(item.operation, item.units) for item in view.by_operation] == [
        ("GET /rates/{currency}", 12),
        ("GET /rates/{currency}", 3),
    ]


def test_failures_of_another_method_or_of_one_of_several_operations_are_not() -> None:
    other = named(("pay", "POST /{}", 9, 9, 0), ("pay", "GET /rates", 3, 3, 500))
    assert [(item.operation, item.units) for item in other.by_operation] == [
        ("GET /rates", 3),
        ("POST /{}", 9),
    ]
    several = named(
        ("pay", "GET /{}", 9, 9, 0), ("pay", "GET /a", 1, 1, 500), ("pay", "GET /b", 1, 1, 400)
    )
    assert [(item.operation, item.units) for item in several.by_operation] == [
        ("GET /a", 1),
        ("GET /b", 1),
    ]
    assert several.units == 11


COUNTS = st.tuples(st.integers(0, 15), st.integers(0, 15), st.integers(0, 200)).map(
    lambda drawn: (drawn[0], min(drawn[0], drawn[1]), drawn[2], 0)
)


@settings(max_examples=30, deadline=None)
@given(st.lists(COUNTS, min_size=2, max_size=5))
def test_operations_change_neither_the_units_nor_what_a_probability_is(
    counts: list[tuple[int, int, int, int]],
) -> None:
    parts = [(f"op{at}", *units) for at, units in enumerate(counts)]
    view, shuffled = strength([asked(*parts)]), strength([asked(*reversed(parts))])
    assert view == shuffled
    assert 0 <= view.differs <= 1
    assert view.units == sum(units[0] for units in counts)
    if view.by_operation:
        assert sum(item.share for item in view.by_operation) == pytest.approx(1, abs=0.001)
        for item in view.by_operation:
            assert 0 <= item.quantiles[0] <= item.expected <= 1
            assert item.quantiles == tuple(sorted(item.quantiles))
    assert Source.TRACES.value in dict(view.said) or not view.units
