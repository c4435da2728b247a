"""Rows that say one thing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depmap.model.evidence import Shared
from depmap.model.words import Kind
from depmap.scanning.sharing import merged


def row(resource: str, members: str = "ab", owner: str = "", kind: str = "secret") -> Shared:
    return Shared(kind=Kind(f"shared-{kind}"), resource=resource, members=tuple(members),
                  owner=owner, confidence=0.6, locators=(f"{resource}:1",))  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "wanted"),
    [
        ([row("s/A"), row("s/B")], [("s", ("A", "B"))]),
        ([row("s/A")], [("s/A", ())]),
        ([row("s/A"), row("s")], [("s", ("A",))]),
        ([row("A"), row("B")], [("A", ()), ("B", ())]),
        ([row("s/A"), row("s/B", "abc")], [("s/A", ()), ("s/B", ())]),
        ([row("s/A", owner="a"), row("s/B")], [("s/A", ()), ("s/B", ())]),
        ([row("s/A"), row("s", kind="config")], [("s/A", ())]),
        ([row("s/A"), row("s", "abc", kind="config")], [("s/A", ()), ("s", ())]),
        ([row("s/A"), row("t", kind="config")], [("s/A", ()), ("t", ())]),
    ],
)
def test_entries_of_one_secret_are_one_row(
    rows: list[Shared], wanted: list[tuple[str, tuple[str, ...]]]
) -> None:
    assert sorted((one.resource, one.resources) for one in merged(rows)) == sorted(wanted)


ROWS = st.lists(st.builds(row, st.sampled_from(["s/A", "s/B", "t/A", "s", "A"]),
                          st.sampled_from(["ab", "bc"]), st.sampled_from(["", "a"]),
                          st.sampled_from(["secret", "config"])), max_size=6)  # fmt: skip


@given(ROWS)
def test_no_place_and_no_member_of_a_secret_is_lost(rows: list[Shared]) -> None:
    secrets = [one for one in rows if one.kind is Kind.SHARED_SECRET]
    kept = [one for one in merged(rows) if one.kind is Kind.SHARED_SECRET]
    assert {p for one in secrets for p in one.locators} == {
        p for one in kept for p in one.locators
    }
    assert {one.members for one in secrets} == {one.members for one in kept}


@given(ROWS)
def test_what_is_merged_stays_as_it_is(rows: list[Shared]) -> None:
    once = merged(rows)
    assert sorted(merged(once), key=repr) == sorted(once, key=repr)
