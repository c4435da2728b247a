"""What was said of full outages, what the drill measured, and what depmap infers from traces."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from fixtures.drill import callers, load, writing
from fixtures.drill.load import Answer, Tally
from fixtures.recording import processes
from tests.shop.truth import names, truth

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from depmap.model.snapshot import Snapshot

PAGES = {
    "see the home page": "GET /",
    "see own picks": "GET /",
    "see a product": "GET /products/{}",
    "see the deals": "GET /deals",
    "see the cart": "GET /cart/{}",
    "fill the cart": "POST /cart/{}/items",
    "buy": "POST /checkout/{}",
    "see an order": "GET /orders/{}",
    "see a film": "GET /watch/{}",
    "see what is trending": "GET /trending",
    "watch": "POST /watch/{}/{}",
    "watch at peak": "POST /watch/{}/{}",
}
"""The page of the storefront that each operation asks for."""

CALM = "as on a good day"
NOISE = 0.2
"""On a busy machine single requests are slow without a reason."""

NEAR = 0.05
"""Inferred and measured shares may differ by so much."""


def outages(part: str) -> dict[str, dict[str, Any]]:
    return {row["down"]: row["operations"] for row in truth()[part]["outages"]}


def word(counts: dict[str, int]) -> str:
    worst = max(("failed", "degraded", "slow"), key=lambda name: counts.get(name, 0))
    return worst if counts[worst] > NOISE * counts["of"] else CALM


def differences() -> Iterator[tuple[str, str, str, str]]:
    declared = outages("declared")
    for down, operations in outages("measured").items():
        for name in sorted({*operations, *declared[down]}):
            measured = word(operations[name]) if name in operations else CALM
            said = declared[down].get(name, CALM)
            if measured != said:
                yield down, name, said, measured


def test_everything_that_runs_was_taken_away() -> None:
    parts = {*processes.LISTENING, *processes.WORKERS, "postgres", "redis"}
    assert set(outages("measured")) == set(outages("declared")) == parts


def test_where_declared_and_measured_differ_both_stand_with_the_reason() -> None:
    keys = ("down", "operation", "declared", "measured")
    written = [tuple(row[key] for key in keys) for row in truth()["differences"]]
    assert sorted(written) == sorted(differences())
    assert all(len(row["why"]) > 40 for row in truth()["differences"])


def test_a_good_day_was_good() -> None:
    assert {tuple(counts) for counts in truth()["measured"]["healthy"].values()} == {("of",)}


def test_callers_that_failed_depend_on_what_was_away() -> None:
    known = {
        (one, row["provider"])
        for row in truth()["dependencies"]
        for one in (row["consumer"] if isinstance(row["consumer"], list) else [row["consumer"]])
    }
    for outage in truth()["measured"]["outages"]:
        reached = {names(outage["down"])[0]}
        while more := {one for one, other in known if other in reached} - reached:
            reached |= more
        assert {names(one)[0] for one in outage["callers"]} <= reached, outage["down"]


def measured_shares(down: str) -> dict[str, float]:
    """Return the share of failed requests of each page."""
    operations, of = outages("measured")[down], truth()["measured"]["healthy"]
    failed: dict[str, int] = {}
    asked: dict[str, int] = {}
    for name, page in PAGES.items():
        asked[page] = asked.get(page, 0) + of[name]["of"]
        failed[page] = failed.get(page, 0) + operations.get(name, {}).get("failed", 0)
    return {page: failed[page] / asked[page] for page in asked}


def inferred_shares(shop: Snapshot, down: str) -> dict[str, float]:
    """Return what depmap expects to fail of each page, from partial failures alone."""
    return {
        page: max(
            (
                expected
                for impact in shop.impacts
                if impact.node in names(down)
                for operation, expected, _, _, _ in impact.operations
                if operation == f"storefront: {page}"
            ),
            default=0.0,
        )
        for page in PAGES.values()
    }


def test_impact_inferred_from_partial_failures_is_what_the_drill_measured(
    shop: Snapshot, capsys: pytest.CaptureFixture[str]
) -> None:
    far, total, lines = set(), 0.0, []
    pairs = [
        (down, page, share, inferred_shares(shop, down)[page])
        for down in outages("measured")
        if down != "storefront"
        for page, share in measured_shares(down).items()
    ]
    for down, page, measured, inferred in pairs:
        total += abs(measured - inferred)
        if abs(measured - inferred) > NEAR:
            far.add((down, page))
        if measured or inferred > NEAR:
            lines.append(f"{down:15} {page:20} measured {measured:4.0%}  inferred {inferred:4.0%}")
    with capsys.disabled():
        print("\n" + "\n".join(lines))  # noqa: T201 - the figures that this test is about
        print(f"mean difference {total / len(pairs):.3f} over {len(pairs)} pages")  # noqa: T201
    assert far == set()


def test_a_failed_request_is_not_counted_as_slow_too() -> None:
    answers = [Answer(True, False, 9.0), Answer(False, True, 0.1), Answer(False, False, 9.0)]
    assert load.tally(answers, 1.0) == Tally(of=3, failed=1, degraded=1, slow=1)


def test_slow_is_three_times_the_slowest_of_a_good_day_and_a_second_at_least() -> None:
    healthy = {"quick": [Answer(False, False, 0.01)], "long": [Answer(False, False, 0.4)]}
    assert load.limits(healthy) == pytest.approx({"quick": 1.0, "long": 1.2})


def test_nothing_received_is_nobody_failed() -> None:
    assert callers.failed([]) == {}


def test_measuring_again_replaces_and_keeps_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "truth.yaml"
    path.write_text("nodes: []\n# by hand\n")
    day = truth()["measured"]["date"]
    for count in (3, 4):
        tally = {"buy": Tally(of=count, failed=count)}
        writing.write(path, day, {"buy": Tally(of=count)}, {"order": (tally, {})})
    text = path.read_text()
    assert text.startswith("nodes: []\n# by hand\n\n# What the drill measured")
    assert text.count("measured:\n") == 1
    assert "buy: {of: 4, failed: 4}" in text
    assert "of: 3" not in text
