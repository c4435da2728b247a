"""Incidents, failure tests and audits: what each file says."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from depmap.model.evidence import Audit, Evidence, Gap
from depmap.model.words import Impact, Kind, Source, Strength
from tests.collectors.interviews.papers import only, read

if TYPE_CHECKING:
    from pathlib import Path

INCIDENT = """depmap: incident/1
incident: INC-7
date: 2026-10-03
title: no checkout
link: https://wiki.example/INC-7
by: anna
dependencies:
  - {service: checkout, depends_on: fraud, impact: outage, when: peak, note: cache was full}
"""
EXPERIMENT = """depmap: experiment/1
experiment: pricing off
date: 2026-09-17
broken: pricing
environment: staging
results:
  - {service: cart, impact: degraded, failed: 0, of: 400}
"""
AUDIT = """depmap: audit/1
service: cart
date: 2026-10-01
by: {name: bo, team: platform}
depends_on:
  - {resource: redis, kind: cache}
"""


def test_an_incident_names_a_dependency_on_its_day(tmp_path: Path) -> None:
    (found,) = only(read(tmp_path, "incident", INCIDENT), Evidence)
    assert (found.consumer, found.provider, found.kind) == ("checkout", "fraud", Kind.RPC)
    assert (found.source, found.strength, found.impact) == (
        Source.INCIDENTS,
        Strength.STRONG,
        Impact.OUTAGE,
    )
    assert found.locators == ("incidents/a.yaml:8", "https://wiki.example/INC-7")
    assert found.last_seen == datetime(2026, 10, 3, tzinfo=UTC)
    assert (found.reason, found.when, found.said_by) == (
        "INC-7: no checkout; cache was full",
        "peak",
        "anna",
    )


def test_a_failure_test_says_how_strong_and_with_what_counts(tmp_path: Path) -> None:
    (found,) = only(read(tmp_path, "experiment", EXPERIMENT), Evidence)
    assert (found.consumer, found.provider, found.source) == (
        "cart",
        "pricing",
        Source.EXPERIMENTS,
    )
    assert found.strength is Strength.WEAK
    assert found.reason == "pricing off: pricing down in staging; 0 of 400 requests failed"


def test_a_result_that_nobody_wrote_down_is_a_gap(tmp_path: Path) -> None:
    items = read(tmp_path, "experiment", EXPERIMENT.replace("degraded", '"?"'))
    assert only(items, Evidence) == []
    assert [gap.what for gap in only(items, Gap)] == [
        "pricing off: what became of cart without pricing"
    ]


def test_an_audit_is_a_list_and_that_it_was_made(tmp_path: Path) -> None:
    items = read(tmp_path, "audit", AUDIT)
    at = datetime(2026, 10, 1, tzinfo=UTC)
    assert only(items, Audit) == [
        Audit(service="cart", at=at, said_by="bo, platform", locators=("audits/a.yaml:2",))
    ]
    (found,) = only(items, Evidence)
    assert (found.provider, found.kind, found.source) == ("redis", Kind.CACHE, Source.AUDITS)


def test_an_audit_that_found_nothing_is_one(tmp_path: Path) -> None:
    text = AUDIT.partition("depends_on")[0] + "depends_on: []\n"
    assert len(only(read(tmp_path, "audit", text), Audit)) == 1


def test_an_audit_with_a_mistake_is_not_exhaustive(tmp_path: Path) -> None:
    items = read(tmp_path, "audit", AUDIT + "  - {servce: pricing}\n")
    assert only(items, Audit) == []
    assert len(only(items, Evidence)) == 1
    assert "not exhaustive" in only(items, Gap)[-1].why


@pytest.mark.parametrize(
    ("kind", "text", "said"),
    [
        ("incident", INCIDENT.replace("depends_on", "depend_on"),
         ('unknown key "depend_on"', 'did you mean "depends_on"?', "8:25")),
        ("incident", INCIDENT.replace("2026-10-03", "2026-10-33"),
         ("date: write the date as 2026-11-24: year, month, day, and a day that there is", "",
          "3:7")),
        ("experiment", EXPERIMENT.replace("failed: 0", "failed: 401"),
         ("more requests failed than were made", "", "7:5")),
        ("experiment", EXPERIMENT.replace("experiment/1", "interview/1"),
         ('"interview/1" is not experiment/1',
          "files of interview/1 belong to the collector interviews", "1:9")),
        ("audit", "service: cart\n",
         ('the key "depmap" is missing', "put a line   depmap: audit/1   at its head", "1:1")),
    ],
)  # fmt: skip
def test_a_mistake_is_a_gap_with_its_place(
    tmp_path: Path, kind: str, text: str, said: tuple[str, str, str]
) -> None:
    found = only(read(tmp_path, kind, text), Gap)
    what, why, place = said
    assert found[0] == Gap(what, why, f"{kind}s/a.yaml:{place}")
