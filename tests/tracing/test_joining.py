from __future__ import annotations

import pytest

from depmap.tracing.adding import bounded
from depmap.tracing.linking import link, merge
from depmap.tracing.links import MAX_OPERATIONS, Link, Links, TracedService, most_frequent
from depmap.tracing.operations import FOLDED
from tests.tracing.traces import S, found, linked, table

PRODUCER = S("a", "1", "", "producer", {"kafka.topic": "t"}, trace="1")
CONSUMER = S("b", "2", "", "consumer", trace="2", links=(("1", "1"),))


def test_a_span_link_is_tied_when_its_sender_comes_in_another_part() -> None:
    apart = [linked(CONSUMER), linked(PRODUCER)]
    assert found(apart[0]) == {}
    assert merge(apart) == linked(PRODUCER, CONSUMER)
    assert found(merge(apart))["a", "b", "event"] == 1
    assert merge(apart).gaps == ()


def test_a_part_that_saw_the_server_makes_a_provider_real() -> None:
    caller = linked(S("a", "1", "", "client", remote="b"))
    assert caller.rows[0].virtual == "provider"
    assert merge([caller, linked(S("b", "1", "", "server", trace="2"))]).rows[0].virtual is None


def test_a_part_that_observed_a_pair_drops_the_guesses_of_another() -> None:
    guess = linked(S("a", "1", "", "server"), S("b", "2", "77", "server"))
    seen = linked(S("a", "1", "", "client", trace="2"), S("b", "2", "1", "server", trace="2"))
    merged = merge([guess, seen])
    assert (len(merged.rows), merged.rows[0].observed, merged.rows[0].calls) == (1, True, 1)
    assert "a guessed call a -> b" in [gap.what for gap in merged.gaps]


def test_spellings_of_a_name_become_one_across_parts() -> None:
    parts = [
        linked(S(name, "1", "", "client", remote=f"{name}-db", trace=name[0]))
        for name in ("cart", "Cart")
    ]
    merged = merge(parts)
    assert found(merged) == {("Cart", "Cart-db", "rpc"): 2}
    assert merged.services == (TracedService(name="Cart", spans=2),)


def test_nothing_merged_is_nothing() -> None:
    assert merge([]) == Links()


def many_operations(start: int, count: int) -> list[S]:
    words = ["".join(chr(97 + int(digit)) for digit in str(at)) for at in range(600)]
    return [
        S(
            "a", "1", "", "client", {"http.method": "GET", "http.route": words[at]},
            trace=f"{at + 1:x}", remote="b",
        )
        for at in range(start, start + count)
    ]  # fmt: skip


@pytest.mark.parametrize("by_operation", [False, True])
def test_operations_beyond_the_bound_are_folded_and_counted_alike_in_parts(
    *, by_operation: bool
) -> None:
    one, two = many_operations(0, 300), many_operations(300, 300)
    whole = link(table(*one, *two), by_operation=by_operation)
    parts = [link(table(*part), by_operation=by_operation) for part in (one, two)]
    assert merge(parts) == whole
    assert sum(row.calls for row in whole.rows) == 600
    folded = dict(item for row in whole.rows for item in row.operations)
    assert (len(folded), folded[FOLDED]) == (MAX_OPERATIONS + 1, 100)


def test_bounds_keep_the_first_operations_by_name() -> None:
    told = [(f"op{at:04}", 1) for at in range(MAX_OPERATIONS + 3)]
    kept = bounded(reversed(told))
    assert kept[:-1] == tuple(told[:MAX_OPERATIONS])
    assert kept[-1] == (FOLDED, 3)
    assert bounded([*kept, ("zz", 1)])[-1] == (FOLDED, 4)


def test_rows_can_be_split_by_operation() -> None:
    links = link(
        table(
            S("a", "1", "", "client", {"db.operation.name": "get", "db.system": "redis"}),
            S("a", "2", "", "client", {"db.operation.name": "set", "db.system": "redis"}),
        ),
        by_operation=True,
    )
    assert [(row.provider, row.operation) for row in links.rows] == [
        ("redis", "GET"), ("redis", "SET"),
    ]  # fmt: skip


def test_the_most_frequent_word_is_told_and_the_first_of_equals() -> None:
    assert most_frequent((("", 9), ("a", 1), ("b", 1))) == "a"
    assert most_frequent((("", 9),)) == ""


def test_a_link_without_calls_has_no_share() -> None:
    empty = Link(consumer="a", provider="b", kind=linked(PRODUCER).rows[0].kind, calls=0)
    assert (empty.non_blocking, empty.p95_ms, empty.incidents) == (0.0, None, 0)
