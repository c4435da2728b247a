"""Statistics beside the counts: outcomes, critical paths, load, sampling, both latencies."""

from __future__ import annotations

import pytest

from depmap.tracing import critical
from depmap.tracing.linking import link, merge
from depmap.tracing.links import MAX_OPERATIONS
from depmap.tracing.operations import FOLDED
from depmap.tracing.samples import (
    MAX_MINUTES,
    MAX_TRACES,
    drawn_minutes,
    load_quantile,
    load_ranks,
)
from tests.tracing.test_units import BAD, row
from tests.tracing.traces import S, linked, table

MINUTE = 60_000_000


def test_a_retry_that_succeeds_is_a_retry_and_no_final_failure() -> None:
    links = linked(
        S("a", "1", "", "server", took=100),
        S("a", "2", "1", "client", BAD, start=10, took=10, remote="b"),
        S("a", "3", "1", "client", start=30, took=10, remote="b"),
        S("a", "4", "1", "client", BAD, start=50, took=10, remote="c"),
    )
    assert (row(links, "b").retries, row(links, "b").failed_finally) == (1, 0)
    assert (row(links, "c").retries, row(links, "c").failed_finally) == (0, 1)
    assert row(links, "b").errors == 1


def test_calls_that_outlive_their_consumer_are_counted_failed_or_not() -> None:
    links = linked(
        S("a", "1", "", "server", took=1000),
        S("a", "2", "1", "client", start=10, took=10_000, remote="b"),
        S("a", "3", "1", "client", BAD, start=10, took=10_000, remote="b"),
    )
    assert (row(links, "b").outlived, row(links, "b").unwaited) == (2, 1)


def test_what_the_consumer_was_doing_is_kept() -> None:
    route = {"http.route": "/x", "http.method": "GET"}
    links = linked(
        S("a", "1", "", "server", route), S("a", "2", "1", "client", remote="b", name="save")
    )
    assert links.rows[0].consumer_operations == (("GET /x", 1),)
    assert links.rows[0].operations == (("save", 1),)


def share(links: object, provider: str) -> float | None:
    return row(links, provider).critical_share  # type: ignore[arg-type]


def request(*calls: S, took: int = 100_000) -> object:
    return linked(S("a", "1", "", "server", took=took), *calls)


def call(id_: str, provider: str, start: int, took: int) -> S:
    return S("a", id_, "1", "client", start=start, took=took, remote=provider)


def test_calls_one_after_another_share_the_critical_path() -> None:
    links = request(call("2", "b", 10_000, 20_000), call("3", "c", 40_000, 50_000))
    assert (share(links, "b"), share(links, "c")) == (0.2, 0.5)


def test_of_parallel_calls_the_last_one_to_end_is_waited_for() -> None:
    links = request(call("2", "b", 10_000, 60_000), call("3", "c", 10_000, 80_000))
    assert (share(links, "b"), share(links, "c")) == (0.0, 0.8)


def test_an_overlap_within_the_clocks_skew_is_none() -> None:
    links = request(call("2", "b", 10_000, 30_500), call("3", "c", 40_000, 50_000))
    assert (share(links, "b"), share(links, "c")) == (0.3, 0.5)


def test_an_overlap_of_less_than_a_hundredth_of_the_parent_is_none() -> None:
    links = request(
        call("2", "b", 10_000, 200_000),
        call("3", "c", 205_000, 100_000),
        call("4", "d", 300_000, 300_000),
        took=600_000,
    )
    assert share(links, "b") == pytest.approx(195 / 600)
    assert share(links, "c") == pytest.approx(95 / 600)
    assert share(links, "d") == pytest.approx(300 / 600)


def test_a_call_that_overflows_its_parent_is_cut_and_one_outside_of_it_left_out() -> None:
    links = request(call("2", "b", 60_000, 90_000), call("3", "c", 200_000, 10_000))
    assert (share(links, "b"), share(links, "c")) == (0.4, 0.0)


def test_the_path_goes_on_inside_of_calls() -> None:
    links = linked(
        S("a", "1", "", "server", took=100_000),
        S("a", "2", "1", "client", start=10_000, took=80_000),
        S("b", "3", "2", "server", start=15_000, took=70_000),
        S("b", "4", "3", "client", start=20_000, took=50_000, remote="c"),
    )
    assert (share(links, "b"), share(links, "c")) == (0.8, 0.5)


def test_a_server_on_another_clock_is_laid_into_the_middle_of_its_client() -> None:
    hour = 3_600_000_000
    links = linked(
        S("a", "1", "", "server", took=100_000),
        S("a", "2", "1", "client", start=10_000, took=80_000),
        S("b", "3", "2", "server", start=hour + 15_000, took=70_000),
        S("b", "4", "3", "client", start=hour + 20_000, took=50_000, remote="c"),
    )
    assert (share(links, "b"), share(links, "c")) == (0.8, 0.5)


def test_messages_and_traces_without_times_have_no_share() -> None:
    links = linked(S("a", "1", "", "producer", took=10), S("b", "2", "1", "consumer", took=5))
    assert share(links, "b") is None
    assert share(linked(S("a", "1", "", "client", remote="b", start=None, took=None)), "b") is None


def test_a_path_is_followed_so_far_and_no_further() -> None:
    deep = critical.MAX_LEVELS + 10
    chain = [
        S("a", f"{at:x}", f"{at - 1:x}" if at > 1 else "", "server", took=1000)
        for at in range(1, deep)
    ]
    inner = S("a", "fffff", f"{deep - 1:x}", "client", took=1000, remote="b")
    assert share(linked(*chain, inner), "b") == 0.0


def many(traces: int) -> list[S]:
    return [
        span
        for at in range(1, traces + 1)
        for span in (
            S("a", "1", "", "server", took=1000, trace=f"{at:x}", start=at * MINUTE),
            S("a", "2", "1", "client", took=at, trace=f"{at:x}", start=at * MINUTE, remote="b"),
        )
    ]


def test_samples_are_bounded_and_the_same_in_parts() -> None:
    spans = many(3 * MAX_TRACES)
    whole = linked(*spans)
    parts = merge([linked(*spans[:100]), merge([linked(*spans[100:]), linked()])])
    assert parts == whole
    assert len(whole.rows[0].critical) == MAX_TRACES
    assert len(whole.load) == len(whole.rows[0].seen) == MAX_MINUTES


def test_what_is_seen_at_peaks_only_has_a_high_load_quantile() -> None:
    quiet = [S("a", "1", "", "client", remote="b", trace=f"{at:x}", start=at * MINUTE)
             for at in range(1, 10)]  # fmt: skip
    peak = [S("a", "1", "", "client", remote="b", trace=f"{at:x}", start=20 * MINUTE)
            for at in range(100, 120)]  # fmt: skip
    rare = S("a", "1", "", "client", remote="c", trace="999", start=20 * MINUTE)
    links = linked(*quiet, *peak, rare)
    assert row(links, "c").load_quantile == 0.95
    assert row(links, "b").load_quantile == 0.5


def test_one_minute_has_no_rank() -> None:
    assert load_quantile([1], load_ranks(((1, 9),))) is None
    assert load_quantile([], load_ranks(((1, 9), (2, 9)))) is None
    assert drawn_minutes([(2, 1), (1, 1), (2, 1)]) == ((1, 1), (2, 2))


@pytest.mark.parametrize(
    ("tags", "weight"),
    [
        ({"sampling.probability": "0.25"}, 4.0),
        ({"sampler.type": "probabilistic", "sampler.param": 0.1}, 10.0),
        ({"sampler.type": "const", "sampler.param": 1}, 1.0),
        ({"sampler.type": "ratelimiting", "sampler.param": 0.5}, 1.0),
        ({"SampleRate": 20}, 20.0),
        ({"SampleRate": "0"}, 1.0),
        ({"sampling.probability": "2"}, 1.0),
        ({"sampling.probability": "nan"}, 1.0),
        ({"sampling.probability": "x"}, 1.0),
        ({"sampling.probability": 1e-30}, float(1 << 24)),
    ],
)
def test_recorded_sampling_weighs_the_whole_trace(tags: dict[str, object], weight: float) -> None:
    links = linked(
        S("a", "1", "", "server", tags),
        S("a", "2", "1", "client", remote="b"),
    )
    assert links.rows[0].weight == weight
    assert links.rows[0].calls == 1


def test_each_side_s_latency_is_kept_where_only_one_is_there() -> None:
    answered = linked(S("a", "1", "", "server"), S("b", "2", "1", "server", took=1000)).rows[0]
    called = linked(S("a", "1", "", "client", took=1000, remote="b")).rows[0]
    assert (answered.client_buckets, bool(answered.server_buckets)) == ((), True)
    assert (bool(called.client_buckets), called.server_buckets) == (True, ())
    assert answered.buckets == answered.server_buckets == called.client_buckets


def test_operations_are_bounded_for_each_service_over_all_its_callers() -> None:
    words = ["".join(chr(97 + int(digit)) for digit in f"{at:03}") for at in range(600)]
    spans = [
        S(f"c{at % 2}", "1", "", "client", {"http.method": "GET", "http.route": word},
          trace=f"{at + 1:x}", remote="b")
        for at, word in enumerate(words)
    ]  # fmt: skip
    links = link(table(*spans))
    kept = {word for item in links.rows for word, _ in item.operations} - {FOLDED}
    assert len(kept) == MAX_OPERATIONS
    assert sum(item.calls for item in links.rows) == 600
    gaps = [(gap.what, gap.count) for gap in links.gaps]
    assert ("the operation of a call of b", 600 - MAX_OPERATIONS) in gaps
