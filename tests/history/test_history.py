from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from depmap.errors import InputError
from depmap.history.diff import Change, changes
from depmap.history.store import dump, latest, load, save
from depmap.model.coverage import Usage
from depmap.model.matrix import Matrix
from depmap.model.plan import Placement, Plan
from depmap.model.snapshot import Coverage, Snapshot
from depmap.model.words import Kind, Phase, Strength
from tests.builders import AS_OF, depends, node

if TYPE_CHECKING:
    from pathlib import Path


def snapshot(*dependencies: object, phase: Phase = Phase.SUPPORTING) -> Snapshot:
    place = Placement(name="a", phase=phase, preferred=phase, wave=0)
    return Snapshot(
        project="p",
        quarter="2026Q4",
        as_of=AS_OF,
        nodes=(node("a"), node("b")),
        matrix=Matrix(names=("b", "a"), dependencies=dependencies),  # type: ignore[arg-type]
        plan=Plan(placements=(place,)),
        coverage=Coverage(),
    )


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    one = snapshot(depends("a", "b"))
    path = save(one, tmp_path)
    assert path.name == "2026Q4.json"
    assert load(path) == one
    (tmp_path / "plan.json").write_text("{}")
    assert latest(tmp_path) == path
    assert path.read_bytes() == dump(one)


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"{", "not a snapshot"), (b"[]", "not a snapshot"), (None, "no such snapshot")],
)
def test_what_is_no_snapshot_is_named(tmp_path: Path, content: bytes | None, message: str) -> None:
    path = tmp_path / "x.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=message) as caught:
        load(path)
    assert caught.value.where == str(path)


def test_a_snapshot_of_another_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(dump(replace(snapshot(), schema_version=99)))
    with pytest.raises(InputError, match="schema version 99"):
        load(path)


def test_equal_snapshots_have_no_changes() -> None:
    assert changes(snapshot(depends("a", "b")), snapshot(depends("a", "b"))) == ()


def test_changes_name_what_came_went_and_moved() -> None:
    old = snapshot(depends("a", "b"), depends("b", "a"))
    new = snapshot(depends("a", "b", Strength.WEAK), depends("a", "c"), phase=Phase.FOUNDATION)
    assert changes(old, new) == (
        Change("added", "a -> c (http)", "", "strong", "confidence 0.99 from code"),
        Change("phase", "a", "supporting", "foundation"),
        Change("removed", "b -> a (http)", "strong", "", "no source names it any more"),
        Change(
            "strength",
            "a -> b (http)",
            "strong",
            "weak",
            "strong with probability 0.95 before; strong with probability 0.05 now",
        ),
    )


def test_no_longer_knowing_a_strength_is_no_change_of_the_system() -> None:
    old, new = snapshot(depends("a", "b")), snapshot(depends("a", "b", Strength.UNDETERMINED))
    assert changes(old, new) == ()


def test_what_is_not_confirmed_any_more_is_told_from_what_nobody_names() -> None:
    old, new = snapshot(depends("a", "b")), snapshot(depends("a", "b", confidence=0.3))
    (change,) = changes(old, new)
    assert (change.what, change.basis) == (
        "removed",
        "not confirmed: confidence 0.30 from code",
    )


def test_a_strength_names_who_had_a_say() -> None:
    weak = depends("a", "b", Strength.WEAK)
    told = replace(weak, strength=replace(weak.strength, said=(("traces", -3.0), ("code", -1.0))))
    (change,) = changes(snapshot(depends("a", "b")), snapshot(told))
    assert change.basis.endswith("; strong with probability 0.05 (traces, code) now")


def test_a_change_of_use_has_its_interval_its_days_and_its_chance() -> None:
    use = Usage(
        consumer="a",
        provider="b",
        kind=Kind.HTTP,
        days=20,
        calls=1000,
        work=20,
        by_work=False,
        scatter=10.0,
    )
    old = replace(snapshot(), quarter="2026Q3", usage=(use,))
    new = replace(snapshot(), usage=(replace(use, calls=2000),))
    (change,) = changes(old, new)
    assert (change.before, change.after) == ("50 calls a day", "100, 2.00 times as many")
    assert re.fullmatch(
        r"90 % interval 1\.8\d to 2\.1\d times, from 20 days before and 20 after; of changes as "
        r"striking as this, fewer than 0\.01 % are chance",
        change.basis,
    )
