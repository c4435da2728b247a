"""Weak as a whole, and strong in one operation: a reviewer must see it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from depmap.assessing.assess import assess
from depmap.assessing.mixed import strong_in_operation
from depmap.merging.merge import merge
from depmap.model.calls import OperationUnits
from depmap.model.dependency import Dependency, OperationStrength
from depmap.model.words import Strength
from tests.builders import AS_OF, depends, node, seen

CHECKOUT = OperationStrength(
    consumer_operation="POST /checkout",
    operation="POST /holds",
    share=0.004,
    strength=Strength.STRONG,
    probability=0.98,
    units=12,
    failed_too=12,
    expected=0.95,
    quantiles=(0.7, 0.8, 0.85, 0.9, 0.95, 0.97, 0.98, 0.99, 1.0),
)
CART = replace(
    CHECKOUT,
    consumer_operation="GET /cart",
    operation="GET /stock",
    share=0.996,
    strength=Strength.WEAK,
    probability=0.02,
    failed_too=0,
)


def mixed(
    *operations: OperationStrength, strength: Strength = Strength.WEAK, **more: Any
) -> Dependency:
    found = depends("order", "stock", strength, **more)
    return replace(found, strength=replace(found.strength, by_operation=operations, differs=0.97))


def test_one_operation_that_cannot_do_without_it_is_a_finding() -> None:
    (found,) = strong_in_operation([mixed(CHECKOUT, CART)])
    assert (found.rule, found.subjects) == ("strong-in-operation", ("order", "stock", "http"))
    assert found.message == (
        "order -> stock (http) counts as weak, but POST /checkout cannot do without it"
    )
    assert found.details == (
        (
            "POST /checkout -> POST /holds (0.4 % of these requests): it failed in 12 of the 12 "
            "in which only the provider failed; 95 % are expected to (90 % interval 80 % to 99 %)"
        ),
        "0.97 sure that operations differ",
        "plans take it as weak",
    )


@pytest.mark.parametrize("word", [Strength.OPTIONAL, Strength.UNDETERMINED])
def test_whatever_is_not_strong_hides_it(word: Strength) -> None:
    (found,) = strong_in_operation([mixed(CHECKOUT, CART, strength=word)])
    assert f"counts as {word.value}" in found.message


@pytest.mark.parametrize(
    "item",
    [
        mixed(CART),
        mixed(replace(CHECKOUT, probability=0.89), CART),
        mixed(replace(CHECKOUT, strength=Strength.UNDETERMINED), CART),
        mixed(CHECKOUT, CART, strength=Strength.STRONG),
        mixed(CHECKOUT, CART, confidence=0.2),
        mixed(),
    ],
)
def test_what_is_not_sure_or_counts_already_is_none(item: Dependency) -> None:
    assert list(strong_in_operation([item])) == []


def test_several_operations_are_one_finding_and_nameless_ones_have_a_name() -> None:
    nameless = replace(CHECKOUT, consumer_operation="")
    unknown = replace(CHECKOUT, consumer_operation="", operation="")
    again = replace(CHECKOUT, operation="GET /stock")
    (found,) = strong_in_operation([mixed(CHECKOUT, again, nameless, unknown)])
    assert "but POST /checkout, POST /holds, an unknown operation cannot" in found.message
    assert len(found.details) == 6


def test_the_assessment_has_it() -> None:
    found = assess([node("order"), node("stock")], [mixed(CHECKOUT, CART)], ())
    assert [item.rule for item in found.findings] == ["strong-in-operation"]


def test_what_traces_show_of_each_operation_reaches_the_finding() -> None:
    told = seen("order", "stock", units=(72, 12, 500, 0), incidents=4, calls=600)
    assert told.calls
    split = (
        OperationUnits("POST /checkout", "POST /holds", 12, 12, 20, 0, 4),
        OperationUnits("GET /cart", "GET /stock", 60, 0, 480, 0, 4),
    )
    others = [
        seen(f"x{at}", f"y{at}", units=(10, 10 * (at % 2), 100, 0), incidents=3)
        for at in range(20)
    ]
    merged = merge(
        nodes=(),
        evidence=[replace(told, calls=replace(told.calls, by_operation=split)), *others],
        shared=(),
        flows=(),
        aliases={},
        as_of=AS_OF,
    )
    (found,) = strong_in_operation(merged.dependencies)
    assert found.message == (
        "order -> stock (http) counts as weak, but POST /checkout cannot do without it"
    )
    assert found.details[1:] == (">0.99 sure that operations differ", "plans take it as weak")
