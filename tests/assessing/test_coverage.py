from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depmap.assessing.coverage import coverage
from depmap.assessing.growth import extrapolated, growth, rarefied
from depmap.assessing.overlap import asked_for_missing, floor, missing
from depmap.assessing.recalls import incident_checks, recalls
from depmap.model.evidence import Audit, Flow
from depmap.model.words import Kind, Source
from depmap.tracing.activity import activity
from tests.assessing.timeline import days, hourly
from tests.builders import AS_OF, claim, depends, seen

if TYPE_CHECKING:
    from depmap.model.dependency import Dependency

COUNT = st.integers(0, 300)


def found_by(many: int, *sources: Source, kind: Kind = Kind.HTTP) -> list[Dependency]:
    """So many dependencies that these sources found."""
    name = "+".join(sources)
    return [
        depends(
            f"{name}{i}",
            "x",
            kind=kind,
            evidence=tuple(
                seen(f"{name}{i}", "x", kind)
                if source is Source.TRACES
                else claim(f"{name}{i}", "x", kind, source)
                for source in sources
            ),
        )
        for i in range(many)
    ]


TRACES, CODE, PEOPLE = Source.TRACES, Source.CODE, Source.PEOPLE


def test_coverage_counts_who_found_what() -> None:
    items = [*found_by(1, TRACES, CODE), *found_by(1, CODE), depends("c", "d", confidence=0.1)]
    found = coverage(items)
    assert found.combinations == (("code", 1), ("traces+code", 1))
    assert (found.floor, found.kinds[0].found) == (None, 2)


def test_a_range_holds_what_independent_sources_miss() -> None:
    # 80 % and 75 % of 400: 240 + 80 + 60 seen, 20 missed.
    items = [*found_by(240, TRACES, CODE), *found_by(80, TRACES), *found_by(60, CODE)]
    (found,) = coverage(items).kinds
    assert (found.both, found.alone, found.found) == (240, (80, 60), 380)
    assert found.between == ("traces", "code")
    assert found.low is not None
    assert found.high is not None
    assert 380 <= found.low < 400 < found.high < 520


def test_the_range_covers_what_sources_have_in_common() -> None:
    """From half of what independent sources would miss to four times as much, and some more."""
    independent = 400.5 * 400.5 / 1000.5
    low, high = missing(1000, 400, 400)
    assert low < 0.5 * independent < 4 * independent < high
    assert low > 0.25 * independent
    assert high < 8 * independent


@given(COUNT, COUNT, COUNT)
def test_what_is_missing_is_a_range_above_nothing(both: int, first: int, second: int) -> None:
    low, high = missing(both, first, second)
    assert 0 <= low < high


@given(st.integers(1, 300), COUNT, COUNT)
def test_more_overlap_means_less_is_missing(both: int, first: int, second: int) -> None:
    assert missing(both, first, second)[1] >= missing(both + 50, first, second)[1]


@pytest.mark.parametrize(
    ("items", "why"),
    [
        (found_by(20, TRACES, CODE), "20 dependencies are too few"),
        (
            [*found_by(9, TRACES, CODE), *found_by(9, TRACES), *found_by(29, CODE, PEOPLE)],
            "only 9 were found by both",
        ),
        (found_by(40, TRACES), "code, deployment, people show none of these"),
        (
            [*found_by(40, TRACES, CODE), *found_by(20, PEOPLE)],
            "people found 20, and only 0 of them were found by any other source",
        ),
        (found_by(40, PEOPLE, kind=Kind.BUSINESS_PROCESS), "only people can know these"),
    ],
)
def test_no_range_is_given_without_the_reason(items: list[Dependency], why: str) -> None:
    (found,) = coverage(items).kinds
    assert (found.low, found.high) == (None, None)
    assert why in found.why


def test_people_who_were_asked_for_what_is_missing_raise_no_lower_end() -> None:
    """Traces and code miss about 20 of 300 by chance; all that people name is among these."""
    seen_or_read = [*found_by(180, TRACES, CODE), *found_by(60, TRACES), *found_by(40, CODE)]
    asked = [*seen_or_read, *found_by(9, PEOPLE)]
    (found,) = coverage(asked).kinds
    assert (found.low, found.floor) == (289, None)
    assert (
        "people name more of what the others miss than chance would have it (9 of 9)" in found.why
    )
    assert found.high is not None
    assert found.high >= 300


def test_a_source_that_found_next_to_nothing_gives_no_floor() -> None:
    """Chao's bound of two lists that see unlike amounts is too high; a third must speak."""
    items = [*found_by(40, TRACES, CODE), *found_by(20, TRACES), *found_by(60, CODE)]
    (found,) = coverage([*items, *found_by(1, TRACES, PEOPLE)]).kinds
    assert found.floor is None
    assert "2 kinds of source found 10 or more, and 41 dependencies were found by" in found.why
    (found,) = coverage([*items, *found_by(10, TRACES, PEOPLE)]).kinds
    assert found.floor is not None


def test_people_who_name_what_the_others_know_as_well_do_raise_it() -> None:
    seen_or_read = [*found_by(60, TRACES, CODE), *found_by(60, TRACES), *found_by(40, CODE)]
    named = [*seen_or_read, *found_by(120, TRACES, CODE, PEOPLE), *found_by(9, PEOPLE)]
    (found,) = coverage(named).kinds
    assert found.why == ""
    assert found.low is not None
    assert found.low > 289


@given(COUNT, COUNT, COUNT, st.floats(0.1, 300))
def test_the_more_of_it_others_know_the_less_a_list_is_made_of_gaps(
    known: int, alone: int, others: int, unseen: float
) -> None:
    if not asked_for_missing(known + alone, alone, others, unseen):
        assert not asked_for_missing(known + alone + 1, alone, others, unseen)
    assert not asked_for_missing(known, 0, others, unseen)


def test_what_traces_cannot_see_is_not_counted_against_them() -> None:
    """Only code and people can show a shared secret, so their overlap alone counts."""
    secrets = [
        *found_by(40, CODE, PEOPLE, kind=Kind.SHARED_SECRET),
        *found_by(10, CODE, kind=Kind.SHARED_SECRET),
    ]
    (found,) = coverage(secrets).kinds
    assert (found.group, found.between, found.both) == ("shared secrets", ("code", "people"), 40)


def test_kinds_are_kept_apart() -> None:
    items = [*found_by(2, CODE), *found_by(3, CODE, kind=Kind.EVENT)]
    assert [(kind.group, kind.found) for kind in coverage(items).kinds] == [
        ("calls", 2),
        ("messages", 3),
    ]


def test_the_floor_is_the_lower_limit_of_chao_s_bound() -> None:
    times = [1] * 60 + [2] * 40 + [3] * 30
    bound = 2 / 3 * 60 * 59 / (2 * 41)
    found = floor(times, 3)
    assert found is not None
    assert 0.3 * bound < found < bound
    assert floor([1] * 60 + [2] * 9, 3) is None
    assert floor(times, 2) is None
    assert floor([2] * 40, 3) == 0


@given(st.integers(0, 80), st.integers(10, 80), st.integers(3, 5))
def test_the_floor_is_never_above_chao_s_bound(once: int, twice: int, sources: int) -> None:
    found = floor([1] * once + [2] * twice, sources)
    assert found is not None
    assert 0 <= found <= (sources - 1) / sources * once * (once - 1) / (2 * (twice + 1))


def test_what_every_sample_shows_grows_no_more() -> None:
    found = extrapolated("hour", [100] * 50, 100)
    assert (found.next_new, found.doubled, found.once) == (0.0, 50.0, 0)


def test_what_is_seen_once_promises_more() -> None:
    found = extrapolated("hour", [1] * 20 + [2] * 10 + [50] * 70, 100)
    assert found.next_new == 0.2
    assert 105 < found.doubled < 120
    assert found.low < found.doubled < found.high


@given(st.lists(st.integers(1, 40), min_size=1, max_size=60))
def test_twice_the_samples_show_at_least_what_is_seen(times: list[int]) -> None:
    found = extrapolated("hour", times, 40)
    assert len(times) <= found.low <= found.doubled <= found.high
    assert found.doubled <= len(times) + found.once + 1e-6


@given(st.lists(st.integers(1, 40), min_size=1, max_size=60), st.integers(0, 39))
def test_fewer_samples_show_less_and_all_show_all(times: list[int], fewer: int) -> None:
    assert rarefied(times, 40, fewer) <= rarefied(times, 40, fewer + 1) + 1e-6
    assert rarefied(times, 40, 40) == pytest.approx(len(times))


def test_hours_are_the_samples_where_there_are_enough_else_traces() -> None:
    items = [hourly("a", "b", days(2, [(float(hour), 1) for hour in range(24)]))]
    grown = growth(activity(items), [])
    assert grown is not None
    assert (grown.unit, grown.samples, grown.seen) == ("hour", 48, 1)
    flow = Flow(
        operation="a: GET /", nodes=("a", "b"), parents=(-1, 0), blocking=(True, True), count=7
    )
    grown = growth(activity([]), [flow])
    assert grown is not None
    assert (grown.unit, grown.samples, grown.seen, grown.once) == ("trace", 7, 1, 0)
    assert growth(activity([]), []) is None


def _audited(provider: str, *others: Source) -> Dependency:
    evidence = [claim("a", provider, source=source) for source in (Source.AUDITS, *others)]
    return depends("a", provider, evidence=tuple(evidence))


def test_an_audit_of_a_random_service_measures_what_the_map_has() -> None:
    items = [_audited("b", TRACES), _audited("c", CODE), _audited("d")]
    (found,) = recalls(items, [Audit(service="a", at=AS_OF)], [])
    assert (found.basis, found.found, found.of, found.missed) == ("audits", 2, 3, ("a -> d",))
    assert found.low < 2 / 3 < found.high


def test_an_audit_of_a_chosen_service_measures_nothing() -> None:
    assert (
        recalls([_audited("b")], [Audit(service="a", at=AS_OF, chosen="by its owner")], []) == ()
    )


def test_what_is_only_declared_is_not_on_the_map() -> None:
    doubted = claim("a", "b", source=Source.DEPLOYMENT, confidence=0.2)
    item = depends("a", "b", evidence=(claim("a", "b", source=Source.AUDITS), doubted))
    (found,) = recalls([item], [Audit(service="a", at=AS_OF)], [])
    assert (found.found, found.of) == (0, 1)


DAY = datetime(2026, 10, 17, tzinfo=UTC)
INCIDENT = claim(
    source=Source.INCIDENTS, first_seen=DAY, last_seen=DAY, reason="INC-31: films; late"
)


def test_the_last_snapshot_from_before_an_incident_tells_whether_it_was_listed() -> None:
    item = depends("a", "b", evidence=(INCIDENT,))
    before = (DAY - timedelta(days=9), frozenset({("a", "b")}))
    older = (DAY - timedelta(days=99), frozenset({("a", "c")}))
    after = (DAY + timedelta(days=9), frozenset({("a", "b")}))
    (found,) = incident_checks([item], [older, before, after])
    assert (found.listed, found.incident) == (True, "INC-31: films")
    assert found.basis == "the snapshot of 2026-10-08 lists it"
    (found,) = incident_checks([item], [older, after])
    assert found.listed is False


@pytest.mark.parametrize(
    ("other", "listed"),
    [
        (claim(source=TRACES, first_seen=DAY - timedelta(days=1)), True),
        (claim(source=TRACES, first_seen=DAY + timedelta(days=1)), False),
        (claim(source=CODE), None),
        (claim(source=Source.AUDITS, first_seen=DAY - timedelta(days=1)), False),
    ],
)
def test_without_a_snapshot_the_dates_of_the_evidence_have_to_do(
    other: object, listed: bool | None
) -> None:
    item = depends("a", "b", evidence=(INCIDENT, other))
    (found,) = incident_checks([item])
    assert found.listed is listed
    assert found.basis.startswith("no snapshot is from before")


def test_what_cannot_be_told_is_not_counted() -> None:
    checks = incident_checks([depends("a", "b", evidence=(INCIDENT, claim(source=CODE)))])
    assert recalls([], [], checks) == ()
    listed = incident_checks([depends("a", "b", evidence=(INCIDENT,))])
    (found,) = recalls([], [], listed)
    assert (found.basis, found.found, found.of) == ("incidents", 0, 1)
