from __future__ import annotations

from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from depmap.tracing.linking import link, merge
from depmap.tracing.links import UNITS_1024
from depmap.tracing.operations import FOLDED
from depmap.tracing.spans import WEIGHT_ONE, Spans
from depmap.tracing.splits import MAX_SPLITS
from tests.tracing.traces import S, linked, table

if TYPE_CHECKING:
    from depmap.tracing.links import Link, Links

BAD = {"error": "true"}


def row(links: Links, provider: str) -> Link:
    return next(link for link in links.rows if link.provider == provider)


def units(link: Link) -> tuple[int, int, int, int]:
    return link.units_failed, link.units_failed_too, link.units_clean, link.units_clean_failed


def request(trace: str, *, own: bool = False, b: str = "ok", c: str = "ok") -> list[S]:
    """A request to ``a``, which calls ``b`` and ``c``."""
    states = {"ok": {}, "bad": BAD}
    return [
        S("a", "1", "", "server", BAD if own else {}, took=100, trace=trace),
        S("a", "2", "1", "client", states[b], start=10, took=10, trace=trace, remote="b"),
        S("a", "3", "1", "client", states[c], start=30, took=10, trace=trace, remote="c"),
    ]


def test_units_tell_who_failed_with_whom() -> None:
    links = linked(
        *request("1"),
        *request("2", own=True),
        *request("3", b="bad", own=True),
        *request("4", b="bad"),
        *request("5", b="bad", c="bad", own=True),
    )
    assert units(row(links, "b")) == (2, 1, 2, 1)
    assert units(row(links, "c")) == (0, 0, 2, 1)


def test_units_are_counted_and_weighed_by_their_consumers_spans() -> None:
    spans = table(*request("1"), *request("2", b="bad", own=True), *request("3", b="bad"))
    first = spans.trace_low == spans.trace_low.min()
    weighed = replace(spans, weight=np.where(first, 100 * WEIGHT_ONE, WEIGHT_ONE))
    found = row(link(weighed), "b")
    assert units(found) == (2, 1, 1, 0)
    weights = [getattr(found, name) / WEIGHT_ONE for name in UNITS_1024]
    assert weights == [2, 1, 100, 0]


def asked(trace: str, doing: str, state: str, *wants: str, own: bool = False) -> list[S]:
    """A request to ``a`` that asks ``b`` for things, the first of which may fail."""
    root = {"http.route": f"/{doing}", **(BAD if own else {})}
    told: list[dict[str, str]] = [{"http.route": f"/{want}"} for want in wants]
    if state == "bad":
        told[0] |= BAD
    calls = [
        S("a", f"2{at}", "1", "client", tags, start=10 + 20 * at, took=10, trace=trace, remote="b")
        for at, tags in enumerate(told)
    ]
    return [S("a", "1", "", "server", root, took=100, trace=trace), *calls]


def test_units_are_split_by_what_the_consumer_does_and_asks_for() -> None:
    links = linked(
        *asked("1", "cart", "ok", "Get"),
        *asked("2", "cart", "bad", "Get"),
        *asked("3", "pay", "bad", "Get", own=True),
        *asked("4", "pay", "bad", "Put", "Get", own=True),
        *asked("5", "pay", "ok", "Put"),
    )
    found = row(links, "b")
    assert units(found) == (3, 2, 2, 0)
    assert [split[:6] for split in found.splits] == [
        ("* /cart", "* /Get", 1, 0, 1, 0),
        ("* /pay", "* /Get", 1, 1, 0, 0),
        ("* /pay", "* /Put", 1, 1, 1, 0),
    ]


def test_a_unit_in_which_two_operations_of_a_provider_failed_tells_of_neither() -> None:
    both = [
        S("a", "1", "", "server", {"http.route": "/pay", **BAD}, took=100),
        S("a", "2", "1", "client", {"http.route": "/p", **BAD}, start=10, took=10, remote="b"),
        S("a", "3", "1", "client", {"http.route": "/q", **BAD}, start=30, took=10, remote="b"),
    ]
    found = row(linked(*both), "b")
    assert units(found) == (1, 1, 0, 0)
    assert found.splits == ()


def test_splits_of_parts_add_up_to_those_of_the_whole() -> None:
    spans = [
        table(*asked(str(at), "pay" if at % 3 else "cart", "bad", "Get", own=at % 2 == 0))
        for at in range(1, 9)
    ]
    whole = row(link(Spans.concat(spans)), "b")
    parts = row(merge([link(item) for item in spans]), "b")
    assert parts.splits == whole.splits
    assert sum(split.failed for split in whole.splits) == whole.units_failed


def test_splits_beyond_the_bound_are_one() -> None:
    many = MAX_SPLITS + 3
    requests = [asked(f"{at:x}", f"{at:03}x", "ok", "Get") for at in range(1, many + 1)]
    found = row(linked(*chain(*requests)), "b").splits
    assert len(found) == MAX_SPLITS + 1
    assert sum(split.clean for split in found) == many
    assert (FOLDED, FOLDED, 0, 0, 3, 0, ()) in found


def test_units_of_parts_add_up_to_those_of_the_whole() -> None:
    spans = [table(*request(str(at), b="bad", own=at % 2 == 0)) for at in range(1, 7)]
    whole = row(link(Spans.concat(spans)), "b")
    parts = row(merge([link(item) for item in spans]), "b")
    assert [getattr(parts, name) for name in UNITS_1024] == [
        getattr(whole, name) for name in UNITS_1024
    ]


def test_a_retry_that_succeeds_is_no_failure() -> None:
    links = linked(
        S("a", "1", "", "server", took=100),
        S("a", "2", "1", "client", BAD, start=10, took=10, remote="b"),
        S("a", "3", "1", "client", start=30, took=10, remote="b"),
    )
    assert units(row(links, "b")) == (0, 0, 1, 0)
    assert (row(links, "b").calls, row(links, "b").errors) == (2, 1)


def test_a_parallel_call_is_no_retry() -> None:
    links = linked(
        S("a", "1", "", "server", took=100),
        S("a", "2", "1", "client", BAD, start=10, took=30, remote="b"),
        S("a", "3", "1", "client", start=20, took=10, remote="b"),
    )
    assert units(row(links, "b")) == (1, 0, 0, 0)


def test_a_client_error_of_http_is_a_failure_only_for_timeouts_and_throttling() -> None:
    def call(trace: str, status: int) -> list[S]:
        return [
            S("a", "1", "", "server", trace=trace),
            S("a", "2", "1", "client", {"http.status_code": status, "error": "true"},
              trace=trace, remote="b"),
        ]  # fmt: skip

    links = linked(*call("1", 404), *call("2", 429), *call("3", 408))
    assert units(row(links, "b")) == (2, 0, 1, 0)
    assert row(links, "b").errors == 3


def test_the_caller_s_view_decides_whether_a_call_failed() -> None:
    links = linked(
        S("a", "1", "", "server"),
        S("a", "2", "1", "client"),
        S("b", "3", "2", "server", BAD),
    )
    assert units(row(links, "b")) == (0, 0, 1, 0)
    assert row(links, "b").errors == 1


def test_a_root_client_has_no_unit_around_it() -> None:
    links = linked(S("a", "1", "", "client", BAD), S("b", "2", "1", "server", BAD))
    assert units(row(links, "b")) == (0, 0, 0, 0)


def test_incidents_are_distinct_minutes() -> None:
    minute = 60_000_000
    links = linked(
        S("a", "1", "", "server", trace="1"),
        S("a", "2", "1", "client", BAD, trace="1", remote="b"),
        S("a", "1", "", "server", start=1, trace="2"),
        S("a", "2", "1", "client", BAD, start=1, trace="2", remote="b"),
        S("a", "1", "", "server", start=minute, trace="3"),
        S("a", "2", "1", "client", BAD, start=minute, trace="3", remote="b"),
    )
    assert (row(links, "b").units_failed, row(links, "b").incidents) == (3, 2)


def test_a_call_that_outlives_its_consumer_was_not_waited_for() -> None:
    links = linked(
        S("a", "1", "", "server", took=1000),
        S("a", "2", "1", "client", start=10, took=10, remote="b"),
        S("a", "3", "1", "client", start=10, took=10_000, remote="c"),
        S("a", "4", "1", "client", start=2000, took=10, remote="d"),
        S("a", "5", "1", "client", BAD, start=10, took=10_000, remote="e"),
    )
    assert [row(links, name).non_blocking for name in "bcde"] == [0.0, 1.0, 1.0, 0.0]


def test_events_have_no_units_and_are_not_waited_for() -> None:
    links = linked(S("a", "1", "", "producer"), S("b", "2", "1", "consumer", BAD))
    assert units(row(links, "b")) == (0, 0, 0, 0)
    assert row(links, "b").non_blocking == 1.0
