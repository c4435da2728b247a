from __future__ import annotations

from dataclasses import replace

import pytest

from depmap.model.coverage import Growth, IncidentCheck, Inquiry, KindCoverage, Recall
from depmap.model.finding import Detection
from depmap.model.snapshot import Coverage, Snapshot
from depmap.reporting import unknown
from depmap.reporting.html import render_html
from depmap.reporting.markdown import render_markdown
from tests.builders import AS_OF
from tests.reporting import mixed
from tests.reporting.samples import empty

RECALL = Recall(basis="audits", found=41, of=48, low=0.728, high=0.928, missed=("a -> <b>",))
RANGE = KindCoverage(
    group="calls", found=412, between=("traces", "code, people"), both=300, alone=(60, 52),
    low=430, high=560, floor=9,
)  # fmt: skip
REFUSED = KindCoverage(group="shared secrets", found=3, why="no range: too few")
GROWN = Growth(
    unit="hour", samples=336, seen=300, once=6, twice=3, next_new=0.0179, doubled=305.2,
    low=301.0, high=312.4,
)  # fmt: skip
CHECK = IncidentCheck(
    incident="INC-31", at=AS_OF, consumer="a", provider="b", listed=False, basis="no snapshot"
)
ASKED = Inquiry(
    how="experiment", about="strength", consumer="a", provider="b", whom="team-a",
    question="Does a go on?", value=0.0123,
)  # fmt: skip


def test_what_was_measured_is_the_headline_with_its_interval() -> None:
    assert unknown.recall(RECALL) == (
        "In audits of services chosen at random, the map had 41 of 48 dependencies: 85 % "
        "(95 % interval 73 % to 93 %). It lacked a -> <b>."
    )
    assert unknown.hint(Coverage(recalls=(RECALL,), floor=3)) == (
        "the map had 41 of 48 that audits showed"
    )
    assert unknown.hint(Coverage(floor=3)) == "at least 3 more that no source found"
    assert unknown.hint(Coverage(floor=0)) == "how many are missing cannot be estimated"
    assert unknown.hint(Coverage()) == "how many are missing cannot be estimated"


def test_a_kind_has_a_range_or_the_reason_why_not() -> None:
    assert unknown.kind_row(RANGE) == (
        "calls",
        "412",
        "430 to 560",
        "9",
        "traces against code, people: 300 by both, 60 and 52 by one",
    )
    assert unknown.kind_row(REFUSED)[2:] == ("not estimable", "not estimable", "no range: too few")


def test_growth_says_what_a_flat_curve_means() -> None:
    assert unknown.growth(GROWN).startswith(
        "336 hours of traces show 300 dependencies; one more would show a new one with "
        "probability 0.02, and twice as many about 305 in all (95 % interval 301 to 312)."
    )


def test_what_was_never_seen_once_only_is_no_certainty() -> None:
    none_new = unknown.growth(replace(GROWN, samples=1, seen=1, next_new=0.0))
    assert "1 hour of traces shows 1 dependency; one more would hardly show a new one" in none_new
    assert "0 %" not in none_new


@pytest.mark.parametrize(
    ("floor", "words"),
    [
        (None, "How many are still missing cannot be estimated. Basis: Why."),
        (
            0,
            "That more are missing is not shown, which does not show that none is. Basis: Why.",
        ),
        (1, "At least 1 more is probably missing. Basis: Why."),
        (1200, "At least 1,200 more are probably missing. Basis: Why."),
    ],
)
def test_a_floor_is_a_floor(floor: int | None, words: str) -> None:
    assert unknown.floor(Coverage(floor=floor, why="Why.")) == words


HELD = mixed.item(mixed.view())
OPEN = replace(ASKED, consumer=HELD.consumer, provider=HELD.provider, kind=HELD.kind)
EXPECTED = "if stock fails, expect 20 % of this work to fail too (90 % interval 8 % to 36 %; 24"


@pytest.mark.parametrize(
    ("item", "words"),
    [
        (OPEN, EXPECTED),
        (replace(OPEN, about="conflict"), f"sources disagree; {EXPECTED}"),
        (replace(OPEN, about="candidate", because=("z = 5",)), "z = 5"),
        (replace(ASKED, because=("unsure",)), "unsure"),
        (ASKED, ""),
    ],
)
def test_a_question_says_what_is_known_so_far(item: Inquiry, words: str) -> None:
    assert unknown.known(item, {HELD.key: HELD}).startswith(words)
    assert bool(unknown.known(item, {HELD.key: HELD})) is bool(words)


def test_the_value_of_a_question_has_its_unit() -> None:
    assert (unknown.worth(ASKED), unknown.worth(replace(ASKED, value=None))) == ("1.23 %", "")


@pytest.mark.parametrize(
    ("listed", "words"),
    [(True, "was on the map"), (False, "was not on the map"), (None, "may have been on the map")],
)
def test_an_incident_says_whether_the_map_had_it(listed: bool | None, words: str) -> None:
    assert unknown.incident(replace(CHECK, listed=listed)) == (
        f"INC-31 (2026-11-24): a -> b {words}; no snapshot"
    )


def filled() -> Snapshot:
    return replace(
        empty(),
        coverage=Coverage(kinds=(RANGE, REFUSED), recalls=(RECALL,), growth=GROWN),
        detections=(Detection(detector="peak-only", tested=0, found=0, why="one hour"),),
        incidents=(CHECK,),
        inquiries=(ASKED,),
    )


@pytest.mark.parametrize("render", [render_html, render_markdown])
def test_both_reports_tell_it_all(render: object) -> None:
    page = render(filled())  # type: ignore[operator]
    for words in (
        "430 to 560",
        "not estimable",
        "336 hours",
        "was not on the map",
        "one hour",
        "Does a go on?",
        "1.23 %",
        unknown.UNSEEN,
    ):
        assert words in page, words
    assert "<b>" not in page.replace("<b>depmap", "")


def test_a_range_of_one_number_is_that_number() -> None:
    assert unknown.kind_row(replace(RANGE, low=430, high=430))[2] == "430"
