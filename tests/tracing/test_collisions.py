"""Ids that come twice: told apart by parents, times, services."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from depmap.tracing.collisions import _apart
from tests.tracing.traces import S, found, linked

if TYPE_CHECKING:
    import random


def test_spans_of_one_id_that_lie_apart_in_time_are_two() -> None:
    links = linked(
        S("a", "1", "", "server", took=100_000),
        S("a", "2", "1", "client", start=0, took=10, remote="b"),
        S("a", "2", "1", "client", start=50, took=10, remote="b"),
    )
    assert found(links) == {("a", "b", "rpc"): 2}


def test_spans_of_one_id_with_different_parents_are_two() -> None:
    links = linked(
        S("a", "1", "", "server", took=100),
        S("a", "3", "", "server", took=100),
        S("a", "2", "1", "client", took=10, remote="b"),
        S("a", "2", "3", "client", took=10, remote="b"),
    )
    assert found(links) == {("a", "b", "rpc"): 2}


def test_a_call_that_a_proxy_tried_again_under_one_id_is_answered_twice() -> None:
    links = linked(
        S("a", "1", "", "client", took=100),
        S("b", "1", "", "server", start=10, took=20, shared=True),
        S("b", "1", "", "server", start=50, took=20, shared=True),
    )
    assert found(links) == {("a", "b", "rpc"): 2}


def test_a_child_belongs_to_the_one_that_was_running() -> None:
    links = linked(
        S("a", "1", "", "server", took=1000),
        S("a", "2", "1", "client", start=10, took=10),
        S("a", "2", "1", "client", start=500, took=10, remote="x"),
        S("b", "3", "2", "server", start=12, took=5),
    )
    assert found(links) == {("a", "b", "rpc"): 1, ("a", "x", "rpc"): 1}


def test_halves_with_different_parents_and_no_flag_are_no_halves() -> None:
    links = linked(
        S("a", "1", "", "server", took=1000),
        S("a", "9", "1", "client", took=10, remote="x"),
        S("c", "5", "1", "client", took=500),
        S("b", "9", "5", "server", took=400),
    )
    assert found(links)["c", "b", "rpc"] == 1
    assert found(links)["a", "x", "rpc"] == 1
    assert ("a", "b", "rpc") not in found(links)


def test_a_server_s_half_goes_to_the_client_of_its_own_parent() -> None:
    links = linked(
        S("a", "1", "", "server", took=1000),
        S("a", "9", "1", "client", took=10, remote="x"),
        S("c", "5", "1", "server", took=500),
        S("c", "9", "5", "client", start=3, took=300),
        S("b", "9", "5", "server", start=4, took=200, shared=True),
    )
    assert found(links) == {("a", "c", "rpc"): 1, ("a", "x", "rpc"): 1, ("c", "b", "rpc"): 1}


def test_parts_go_to_the_span_that_was_running() -> None:
    # parent, start, duration; a duration of -1 is not known
    members = [(1, 100, 10), (1, 500, 10), (1, 505, -1), (0, 0, -1), (2, 100, 10), (2, 600, -1)]
    assert _apart(members) == [0, 1, 1, 0, 2, 2]


MEMBERS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 30), st.integers(-1, 5)), max_size=12
)


@given(members=MEMBERS, seed=st.randoms(use_true_random=False))
def test_what_is_apart_does_not_depend_on_order(
    members: list[tuple[int, int, int]], seed: random.Random
) -> None:
    shuffled = sorted(members, key=lambda _: seed.random())
    one = sorted(zip(members, _apart(members), strict=True))
    other = sorted(zip(shuffled, _apart(shuffled), strict=True))
    assert one == other


def test_a_child_of_colliding_ids_belongs_to_the_span_that_it_lies_in() -> None:
    links = linked(
        S("a", "1", "", "server", took=100_000),
        S("a", "2", "1", "client", start=1_000, took=10_000),
        S("c", "2", "9", "client", start=50_000, took=10_000),
        S("d", "3", "2", "server", start=51_000),
        S("e", "4", "2", "server", start=2_000),
    )
    assert found(links) == {("c", "d", "rpc"): 1, ("a", "e", "rpc"): 1}


def test_a_child_lies_in_the_longer_span_once_the_shorter_one_has_ended() -> None:
    links = linked(
        S("z", "2", "", "internal", took=100_000),
        S("c", "2", "9", "internal", start=50_000, took=10_000),
        S("d", "3", "2", "server", start=70_000),
    )
    assert found(links) == {("z", "d", "rpc"): 1}


def test_a_child_of_a_caller_and_a_server_that_collide_belongs_to_the_one_it_lies_in() -> None:
    links = linked(
        S("a", "2", "8", "client", start=1_000, took=10_000),
        S("c", "2", "9", "server", start=50_000, took=10_000),
        S("d", "3", "2", "server", start=2_000),
        S("e", "4", "2", "server", start=51_000),
    )
    assert found(links) == {("a", "d", "rpc"): 1, ("c", "e", "rpc"): 1}


def test_a_child_of_two_servers_of_one_shared_id_was_called_by_the_one_it_lies_in() -> None:
    links = linked(
        S("a", "1", "", "client", took=100_000),
        S("c", "1", "", "server", start=1_000, took=10_000, shared=True),
        S("b", "1", "", "server", start=50_000, took=10_000, shared=True),
        S("d", "2", "1", "server", start=2_000),
    )
    assert found(links) == {
        ("a", "b", "rpc"): 1, ("a", "c", "rpc"): 1, ("c", "d", "rpc"): 1,
    }  # fmt: skip


def test_a_child_of_a_shared_id_that_begins_before_it_was_called_by_the_server() -> None:
    links = linked(
        S("a", "1", "", "client", start=1_000, took=100_000),
        S("b", "1", "", "server", start=50_000, took=10_000, shared=True),
        S("d", "2", "1", "server", start=2_000),
    )
    assert found(links) == {("a", "b", "rpc"): 1, ("b", "d", "rpc"): 1}
