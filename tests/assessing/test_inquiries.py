from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from depmap.assessing.impact import EXPECTED, WAITED, Grounds, grounds
from depmap.assessing.impact_replay import replay, ways_up
from depmap.assessing.inquiries import inquiries
from depmap.assessing.worth import LEAST, worth
from depmap.model.dependency import Dependency, OperationStrength, StrengthView
from depmap.model.evidence import Flow, Gap
from depmap.model.finding import Candidate, Finding
from depmap.model.words import Impact, Kind, Source, Strength
from tests.builders import claim, depends, node, seen

if TYPE_CHECKING:
    from depmap.model.coverage import Inquiry


def tree(*rows: tuple[str, int], count: int = 1) -> Flow:
    return Flow(
        operation=f"{rows[0][0]}: GET /",
        nodes=tuple(name for name, _ in rows),
        parents=tuple(parent for _, parent in rows),
        blocking=(True,) * len(rows),
        count=count,
    )


def opened(consumer: str, provider: str, low: float, high: float, **more: object) -> Dependency:
    """A dependency whose strength lies evenly between two values."""
    view = StrengthView(
        probability=(low + high) / 2,
        expected=(low + high) / 2,
        quantiles=tuple(
            low + (high - low) * at for at in (0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975)
        ),
    )
    kind = more.pop("kind", Kind.HTTP)
    evidence = more.pop("evidence", (seen(consumer, provider),))
    made = depends(consumer, provider, kind=kind, evidence=evidence, **more)  # type: ignore[arg-type]
    return Dependency(**{**{f: getattr(made, f) for f in made.__slots__}, "strength": view})


def test_what_is_open_and_much_hangs_on_is_worth_most() -> None:
    items = [opened("a", "b", 0, 1), opened("a", "c", 0.4, 0.5), opened("a", "d", 0, 1)]
    flows = [
        tree(("a", -1), ("b", 0), ("c", 0), count=90),
        tree(("a", -1), ("d", 0), count=10),
    ]
    found = worth(grounds(items, flows), 10)
    assert list(found) == [("a", "b"), ("a", "d"), ("a", "c")]
    assert found["a", "b"] == pytest.approx(0.9 * 1 / 12**0.5, abs=0.03)


def test_what_is_known_for_sure_is_not_asked() -> None:
    items = [opened("a", "b", 1, 1)]
    assert worth(grounds(items, [tree(("a", -1), ("b", 0))]), 10) == {}


def test_all_operations_of_a_pair_are_asked_about_at_once() -> None:
    levels = (0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975)
    wide, narrow = (
        OperationStrength(
            consumer_operation="GET /",
            operation=operation,
            share=0.5,
            strength=Strength.UNDETERMINED,
            probability=0.5,
            units=0,
            failed_too=0,
            expected=0.5,
            quantiles=tuple(0.5 + wide * (level - 0.5) for level in levels),
        )
        for operation, wide in (("read", 1.0), ("write", 0.0))
    )
    item = opened("a", "b", 0.2, 0.9)
    item = replace(item, strength=replace(item.strength, by_operation=(wide, narrow), differs=0.9))
    flows = [
        replace(tree(("a", -1), ("b", 0), count=many), operations=("GET /", operation))
        for operation, many in (("read", 75), ("write", 25))
    ]
    found = worth(grounds([item], flows), 10)
    assert found == {("a", "b"): pytest.approx(0.75 * 1 / 12**0.5, abs=0.03)}


def _brute(found: Grounds) -> dict[tuple[str, str], float]:
    """The same without a bound and pair by pair."""
    trees, values = found.trees, {}
    made = [
        sum(
            trees.count[flow]
            for call, flow in zip(trees.call, trees.flow, strict=True)
            if call == at
        )
        for at in range(len(trees.calls))
    ]
    for pair in {call.pair for call in trees.calls}:
        rows = [at for at, call in enumerate(trees.calls) if call.pair == pair]
        spreads = [found.deltas[at, WAITED + 1 :].std() for at in rows]
        weights = [made[at] for at in rows]
        deltas = found.deltas[:, [EXPECTED, EXPECTED]].copy()
        deltas[rows] = 1.0, 0.0
        lost = replay(trees, ways_up(trees, trees.of({pair[1]})), deltas).lost
        one, none = trees.requests @ lost / trees.requests.sum()
        spread = sum(a * b for a, b in zip(spreads, weights, strict=True)) / sum(weights)
        values[pair] = spread * (one - none)
    return values


NAMES = "abcde"
TREES = st.lists(
    st.integers(2, 6).flatmap(
        lambda size: st.tuples(
            st.lists(st.sampled_from(NAMES), min_size=size, max_size=size),
            st.tuples(*(st.integers(0, max(0, i - 1)) for i in range(size))),
            st.integers(1, 50),
            st.lists(st.sampled_from("xy"), min_size=size, max_size=size),
        )
    ),
    min_size=1,
    max_size=6,
)


def halved(item: Dependency) -> Dependency:
    """The same, with half the strength where x asks for y."""
    quantiles = tuple(one / 2 for one in item.strength.quantiles)
    half = OperationStrength(
        consumer_operation="x",
        operation="y",
        share=0.5,
        strength=Strength.UNDETERMINED,
        probability=0.5,
        units=0,
        failed_too=0,
        expected=(item.strength.expected or 0.0) / 2,
        quantiles=quantiles,
    )
    return replace(item, strength=replace(item.strength, by_operation=(half,), differs=0.9))


@settings(max_examples=30, deadline=None)
@given(TREES, st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=25, max_size=25))
def test_the_first_by_a_bound_are_the_first_of_all(
    shapes: list[tuple[list[str], tuple[int, ...], int, list[str]]],
    ends: list[tuple[float, float]],
) -> None:
    flows = [
        replace(
            tree(*zip(names, (-1, *parents[1:]), strict=True), count=count),
            operations=tuple(asked),
        )
        for names, parents, count, asked in shapes
    ]
    pairs = [(one, other) for one in NAMES for other in NAMES if one != other]
    items = [opened(*pair, *sorted(end)) for pair, end in zip(pairs, ends, strict=False)]
    found = grounds([halved(item) if item.consumer < "c" else item for item in items], flows)
    every = {pair: value for pair, value in _brute(found).items() if value >= LEAST}
    best = sorted(every, key=lambda pair: (-round(every[pair], 9), pair))[:3]
    said = worth(found, 3)
    assert sorted(said.values()) == pytest.approx(sorted(every[pair] for pair in best))


def asked(*items: Dependency, **more: object) -> tuple[Inquiry, ...]:
    flows = more.pop("flows", [tree(("a", -1), ("b", 0))])
    nodes = more.pop("nodes", [node("a", owner="team-a", path="services/a"), node("b")])
    return inquiries(nodes, items, grounds(items, flows), **more)  # type: ignore[arg-type]


def test_a_person_is_asked_first_and_after_that_it_is_tried() -> None:
    (found,) = asked(opened("a", "b", 0, 1))
    assert (found.how, found.about, found.whom) == ("interview", "strength", "team-a")
    assert found.question == "If b is down for an hour, what do those who use a see?"
    assert found.value == pytest.approx(1 / 12**0.5, abs=0.03)
    said = claim("a", "b", source=Source.PEOPLE, impact=Impact.OUTAGE)
    (found,) = asked(opened("a", "b", 0, 1, evidence=(seen(), said)))
    assert (found.how, found.question) == (
        "experiment",
        "Take b away from a for some minutes: does a go on?",
    )


def test_what_is_undetermined_is_asked_also_where_no_trace_values_it() -> None:
    (found,) = asked(depends("a", "x", Strength.UNDETERMINED))
    assert (found.value, found.provider) == (None, "x")
    said = claim("a", "x", source=Source.PEOPLE, strength=Strength.WEAK)
    (found,) = asked(depends("a", "x", Strength.UNDETERMINED, evidence=(said,)))
    assert found.how == "interview"
    assert asked(depends("a", "x", Strength.STRONG)) == ()


def test_what_sources_disagree_on_is_asked_once() -> None:
    conflict = Finding(rule="conflict", subjects=("a", "b", "http"), message="they disagree")
    (found,) = asked(opened("a", "b", 0, 1), conflicts=[conflict])
    assert (found.how, found.about, found.because) == (
        "experiment",
        "conflict",
        ("they disagree",),
    )
    assert found.value is not None


def test_what_some_deny_is_asked_and_not_tried() -> None:
    denied = Finding(rule="denied", subjects=("a", "b", "http"), message="people say no")
    (found,) = asked(depends("a", "b"), conflicts=[denied], flows=[])
    assert found.question == "Does a depend on b, or not any more?"


def test_a_candidate_is_asked_until_somebody_confirms_it() -> None:
    item = Candidate(
        detector="shared-secret",
        consumer="a",
        provider="b",
        message="a depends on b",
        statistic="2 share it",
        alternative="equal placeholders",
    )
    (found,) = asked(candidates=[item], flows=[])
    assert found.question == "Is it so? a depends on b"
    assert found.because == ("2 share it", "it could also be: equal placeholders")
    confirmed = Candidate(
        **{f: getattr(item, f) for f in item.__slots__ if f != "confirmed"}, confirmed=True
    )
    assert asked(candidates=[confirmed], flows=[]) == ()


def test_a_call_that_nobody_could_name_is_asked_of_its_service() -> None:
    gap = Gap("the provider of GET {}", "the address is not known", "services/a/app.py:12")
    (found,) = asked(gaps=[gap], flows=[])
    assert (found.consumer, found.about, found.whom) == ("a", "gap", "team-a")
    assert found.question.startswith("What does it call at services/a/app.py:12?")


def test_a_written_doubt_is_asked_again_and_other_gaps_are_not() -> None:
    doubt = Gap("a: does anybody check them?", "the person asked was unsure", "i/a.yaml:3")
    other = Gap("a line", "it is broken", "services/a/app.py:1")
    (found,) = asked(gaps=[doubt, other], flows=[])
    assert found.question == "does anybody check them?"
