"""After how long calls give up, as their durations tell."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from depmap.assessing.impact_timeouts import LEAST, MOST_TRIES, time_outs
from depmap.model.words import Kind
from depmap.tracing.latency import bucket_of
from tests.builders import depends, seen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from depmap.model.evidence import Evidence
    from depmap.model.snapshot import TimeOut

USUAL = [2.0 + at / 10 for at in range(100)]
"""Milliseconds on a good day."""


def buckets(ms: Sequence[float]) -> tuple[tuple[int, int], ...]:
    codes = bucket_of((np.array(ms) * 1e6).astype(np.int64)).tolist()
    return tuple(sorted(Counter(codes).items()))


def told(
    client: Sequence[float],
    server: Sequence[float] = (),
    *,
    errors: int,
    retries: int = 0,
    finally_failed: int | None = None,
    kind: Kind = Kind.HTTP,
) -> Evidence:
    item = seen(kind=kind, calls=len(client))
    assert item.calls is not None
    calls = replace(
        item.calls,
        errors=errors,
        retries=retries,
        failed_finally=errors if finally_failed is None else finally_failed,
        client_buckets=buckets(client),
        server_buckets=buckets(server),
    )
    return replace(item, calls=calls)


def time_out(*evidence: Evidence) -> TimeOut | None:
    return time_outs([depends("a", "b", evidence=evidence)]).get(("a", "b"))


def known(*evidence: Evidence) -> TimeOut:
    found = time_out(*evidence)
    assert found is not None
    return found


HUNG = [*USUAL, *[1003.0] * 30]


def test_calls_that_end_together_without_an_answer_tell_the_time_out() -> None:
    found = known(told([*USUAL, *[1003.0] * 8], [*USUAL, *[1500.0] * 8], errors=8))
    assert found.after_ms == pytest.approx(1000, rel=0.035)
    assert found.basis == "8 calls ended after about 990 ms without an answer"
    silent = known(told([*USUAL, *[1003.0] * 8], USUAL, errors=8))
    assert silent.after_ms == found.after_ms


def test_a_store_without_spans_of_its_own_is_told_by_its_callers_alone() -> None:
    found = known(told([*USUAL, *[30_010.0] * 8], errors=8))
    assert found.after_ms == pytest.approx(30_000, rel=0.035)
    assert found.basis == "8 failed calls ended after about 30000 ms, and none later"


def test_several_files_of_one_source_are_one() -> None:
    parts = [told([*USUAL, *[1003.0] * 4], USUAL, errors=4) for _ in range(2)]
    assert time_out(parts[0]) is None
    assert time_out(*parts) is not None


@pytest.mark.parametrize(
    ("client", "server", "errors"),
    [
        # its provider answered then, as it waited for another itself
        ([*USUAL, *[1003.0] * 8], [*USUAL, *[1002.0] * 8], 8),
        # they did not fail
        ([*USUAL, *[1003.0] * 8], USUAL, LEAST),
        # too few
        ([*USUAL, *[1003.0] * (LEAST - 1)], USUAL, LEAST),
        ([*USUAL, *[1003.0] * LEAST], USUAL, LEAST - 1),
        # slow calls, and slower ones
        ([*USUAL, *[50.0 * 1.2**at for at in range(20)]], USUAL, 20),
        # failures are refused at once
        (USUAL, USUAL, 8),
        ([], [], 0),
    ],
)
def test_other_slow_calls_tell_none(client: list[float], server: list[float], errors: int) -> None:
    assert time_out(told(client, server, errors=errors)) is None


def test_some_calls_that_were_even_slower_do_not_hide_it() -> None:
    calls = [*USUAL, *[1003.0] * 22, 1110.0]
    assert known(told(calls, [*USUAL, *[1500.0] * 23], errors=24)).after_ms == 990


def test_calls_that_failed_at_once_as_well_do_not_hide_it() -> None:
    calls = [*USUAL, *[1003.0] * 9]
    assert known(told(calls, USUAL, errors=80)).after_ms == 990


def test_ordinary_failures_are_hardly_ever_taken_for_a_time_out() -> None:
    rng = np.random.default_rng(7)
    wrong = 0
    for _ in range(400):
        calls = rng.lognormal(3, rng.uniform(0.2, 1.5), rng.integers(20, 2000))
        errors = int(rng.integers(0, len(calls) // 4))
        wrong += time_out(told(calls.tolist(), errors=errors)) is not None
    assert wrong <= 4


@pytest.mark.parametrize(
    ("retries", "finally_failed", "tries", "most_tries"),
    [
        (0, 30, 1.0, 1),
        (20, 10, 2.0, 3),
        # half of the calls are not tried again, or some did well after all: one cannot tell
        (5, 10, 1.5, 2),
        (900, 1, 2.0, MOST_TRIES),
    ],
)
def test_retries_tell_how_often_it_is_tried(
    retries: int, finally_failed: int, tries: float, most_tries: int
) -> None:
    found = known(told(HUNG, USUAL, errors=30, retries=retries, finally_failed=finally_failed))
    assert (found.tries, found.most_tries) == (tries, most_tries)


@pytest.mark.parametrize(("units", "calls"), [((10, 5, 55, 0), 2.0), ((0, 0, 0, 0), 1.0)])
def test_units_tell_how_many_calls_a_visit_makes(
    units: tuple[int, int, int, int], calls: float
) -> None:
    item = told(HUNG, USUAL, errors=30)
    assert item.calls is not None
    n1, k1, n0, k0 = units
    counted = replace(
        item.calls,
        units_failed=n1,
        units_failed_too=k1,
        units_clean=n0,
        units_clean_failed=k0,
    )
    assert known(replace(item, calls=counted)).calls == calls


def test_what_is_not_waited_for_has_no_time_out() -> None:
    sent = depends("a", "b", kind=Kind.MESSAGING_PUBLISH, asynchronous=True)
    assert time_outs([sent]) == {}


def test_of_two_ways_to_call_the_longer_time_out_counts() -> None:
    short, long = (
        depends(
            "a",
            "b",
            kind=kind,
            evidence=(told([*USUAL, *[ms] * 8], errors=8, kind=kind),),
        )
        for kind, ms in ((Kind.CACHE, 250.0), (Kind.DATABASE, 2000.0))
    )
    for both in ([short, long], [long, short]):
        after = time_outs(both)["a", "b"].after_ms
        assert after == pytest.approx(2000, rel=0.035)
