"""A run that is killed at any instant, and two at once."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

import pytest

from depmap.model.evidence import Evidence
from depmap.model.words import Kind
from tests.faults.backend import HOURS, all_traces, serving
from tests.faults.collecting import run, started, stored

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from depmap.ledger.records import Record
    from tests.collecting.answering import Served

KILLS = 50


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    with serving(all_traces()) as served:
        yield served


@pytest.fixture(scope="module")
def undisturbed(
    server: Served, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, tuple[Record, ...]]:
    folder = tmp_path_factory.mktemp("undisturbed")
    run(str(folder), server.url)
    return stored(folder)


def events(records: tuple[Record, ...]) -> set[str]:
    return {
        item.provider for item in records if isinstance(item, Evidence) and item.kind is Kind.EVENT
    }


def test_an_undisturbed_run_has_every_hour_with_its_messages(
    undisturbed: dict[str, tuple[Record, ...]],
) -> None:
    assert len(undisturbed) == HOURS
    first, *_, last = (events(records) for _, records in sorted(undisturbed.items()))
    assert first == {"ship62"}
    assert last == {"ship60", "ship61"}
    calls = [
        item.calls.calls
        for records in undisturbed.values()
        for item in records
        if isinstance(item, Evidence) and item.kind is Kind.RPC and item.calls
    ]
    assert sum(calls) == HOURS * 8


def test_a_run_that_is_killed_leaves_whole_hours_and_is_gone_on_with(
    server: Served, undisturbed: dict[str, tuple[Record, ...]], tmp_path: Path
) -> None:
    chance = random.Random(4)
    folder, rounds = tmp_path / "0", 0
    for _ in range(KILLS):
        before = stored(folder)
        process = started(folder, server.url)
        process.join(chance.uniform(0.02, 0.3))
        process.kill()
        process.join()
        after = stored(folder)
        assert before.keys() <= after.keys()
        # An hour may still wait for a message of the next one; it is as it was at some instant.
        assert all(_like(after[hour], undisturbed[hour]) for hour in after)
        if process.exitcode == 0:
            assert after == undisturbed
            rounds += 1
            folder = tmp_path / str(rounds)
    run(str(folder), server.url)
    assert stored(folder) == undisturbed
    assert not list(folder.rglob(".writing-*"))


def _like(found: tuple[Record, ...], whole: tuple[Record, ...]) -> bool:
    """Whether nothing but a message that is not tied yet tells the two apart."""

    def calls(records: tuple[Record, ...]) -> list[Record]:
        return [
            item for item in records if isinstance(item, Evidence) and item.kind is not Kind.EVENT
        ]

    return calls(found) == calls(whole) and events(found) <= events(whole)


def test_a_killed_run_is_not_begun_again(server: Served, tmp_path: Path) -> None:
    process = started(tmp_path, server.url)
    while len(stored(tmp_path)) < HOURS // 2:
        time.sleep(0.01)
    process.kill()
    process.join()
    asked = len(server.asked)
    run(str(tmp_path), server.url)
    starts = sorted(
        one.query["query.start_time_min"]
        for one in server.asked[asked:]
        if "query.start_time_min" in one.query
    )
    assert starts[0] > "2026-11-20T12"


def test_two_runs_at_once_do_not_spoil_each_other(
    server: Served, undisturbed: dict[str, tuple[Record, ...]], tmp_path: Path
) -> None:
    both = [started(tmp_path, server.url) for _ in range(2)]
    for process in both:
        process.join()
    assert [process.exitcode for process in both] == [0, 0]
    assert stored(tmp_path) == undisturbed
