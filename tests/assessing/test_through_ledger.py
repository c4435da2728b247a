"""From the rows of a ledger, one file an hour, to what a build says: nothing is lost."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from depmap.config import Project
from depmap.history.diff import changes
from depmap.history.store import dump, load, save
from depmap.ledger.ledger import Ledger
from depmap.pipeline import build
from tests.assessing.timeline import MONDAY, days, hourly

if TYPE_CHECKING:
    from pathlib import Path

    from depmap.model.evidence import Evidence
    from depmap.model.snapshot import Snapshot

HOURS = [(float(hour), 100 + 10 * hour) for hour in range(24)]
DAYS = 40
BEFORE = 40
START = MONDAY + timedelta(days=BEFORE)
"""Twenty days before a quarter ends."""


def later(calls: list[tuple[float, int]]) -> list[tuple[float, int]]:
    return [(24 * BEFORE + hour, many) for hour, many in calls]


def used_more() -> list[tuple[float, int]]:
    """Three calls an hour, and after 20 days twice as many."""
    return [(24.0 * day + hour, 3 if day < 20 else 6) for day in range(DAYS) for hour in range(24)]


def write(folder: Path, until: int) -> Project:
    items = [
        hourly("web", "a", later(days(DAYS, HOURS))),
        hourly("a", "auth", later(days(DAYS, [(22, 1), (23, 1)]))),
        hourly("a", "ledger", later(days(DAYS, [(2.2, 40)]))),
        hourly("a", "b", later(used_more())),
        hourly("a", "old", later(days(10, [(float(hour), 2) for hour in range(0, 24, 2)]))),
    ]
    windows: dict[str, list[Evidence]] = {}
    for item in items:
        for claim in item.evidence:
            assert claim.first_seen is not None
            if claim.first_seen < START + timedelta(days=until):
                windows.setdefault(f"{claim.first_seen:%Y-%m-%dT%H}", []).append(claim)
    project = Project(
        folder=folder,
        name="tiny",
        ledger=folder / "ledger",
        snapshots=folder / "snapshots",
        reports=folder / "reports",
    )
    Ledger(project.ledger).replace("traces", windows, whole=True)
    return project


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Snapshot, Snapshot]:
    """A snapshot after 20 days, written and read again, and one after 40."""
    found = []
    for until, quarter in ((20, "2026Q4"), (DAYS, "2027Q1")):
        folder = tmp_path_factory.mktemp("project")
        moment = START + timedelta(days=until)
        snapshot = build(write(folder, until), as_of=moment, quarter=quarter)
        found.append(load(save(snapshot, folder / "snapshots")))
        assert dump(found[-1]) == dump(snapshot)
    return found[0], found[1]


def test_what_is_used_at_its_time_is_found(built: tuple[Snapshot, Snapshot]) -> None:
    _, new = built
    found = {(item.detector, item.provider) for item in new.candidates}
    assert found == {("peak-only", "auth"), ("batch-only", "ledger"), ("gone", "old")}
    tested = {run.detector: run.tested for run in new.detections}
    assert tested["peak-only"] == 5


def test_hours_are_what_more_traces_would_add(built: tuple[Snapshot, Snapshot]) -> None:
    growth = built[1].coverage.growth
    assert growth is not None
    assert (growth.unit, growth.samples, growth.seen) == ("hour", 24 * DAYS, 5)


def test_use_that_doubled_is_a_change_between_the_quarters(
    built: tuple[Snapshot, Snapshot],
) -> None:
    rates = [item for item in changes(*built) if item.what == "rate"]
    assert [item.subject for item in rates] == ["a -> b (http)"]
    assert rates[0].after.endswith("2.00 times as many")
