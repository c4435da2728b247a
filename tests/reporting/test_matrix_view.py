"""The balance of every view: nothing is dropped silently."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depmap.model.matrix import Matrix
from depmap.model.plan import Placement, Plan
from depmap.model.words import PHASES, Kind, Layer, Source, Strength
from depmap.reporting.matrix_svg import draw
from depmap.reporting.matrix_view import MAX_BLOCKS, look
from tests.reporting import samples

if TYPE_CHECKING:
    from depmap.model.dependency import Dependency
    from depmap.model.snapshot import Snapshot

NAMES = tuple("abcdefgh")


@st.composite
def snapshots(pick: st.DrawFn) -> Snapshot:
    names = tuple(pick(st.lists(st.sampled_from(NAMES), unique=True)))
    keys = st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES), st.sampled_from(Kind))
    items = [_dependency(pick, *key) for key in pick(st.lists(keys, unique=True))]
    placed = pick(st.lists(st.sampled_from(NAMES), unique=True))
    placements = []
    for name in placed:
        phase = pick(st.sampled_from(PHASES))
        placements.append(Placement(name=name, phase=phase, preferred=phase, wave=0))
    return dataclasses.replace(
        samples.empty(),
        matrix=Matrix(names=names, dependencies=tuple(items)),
        plan=Plan(placements=tuple(placements)),
    )


def _dependency(pick: st.DrawFn, consumer: str, provider: str, kind: Kind) -> Dependency:
    return samples.dependency(
        samples.claim(consumer, provider, kind, Source.CODE),
        strength=pick(st.sampled_from(Strength)),
        confidence=pick(st.sampled_from((0.1, 0.5, 0.9))),
    )


@given(snapshots(), st.sampled_from((None, *Layer)), st.sampled_from((0, 3, 400)))
def test_drawn_and_folded_and_filtered_are_all(
    snapshot: Snapshot, layer: Layer | None, fold_above: int
) -> None:
    view = look(snapshot, layer, fold_above=fold_above)
    assert view.drawn + view.folded + view.filtered == len(snapshot.matrix.dependencies)
    marked = [index for cell in view.cells for index in cell.items]
    assert len(marked) == len(set(marked)) == view.drawn + view.folded
    assert f"= {len(snapshot.matrix.dependencies):,} in total" in view.balance


@given(snapshots(), st.sampled_from((None, *Layer)))
def test_a_cell_holds_what_its_row_and_column_say(snapshot: Snapshot, layer: Layer | None) -> None:
    view = look(snapshot, layer, fold_above=0)
    for cell in view.cells:
        for index in cell.items:
            item = snapshot.matrix.dependencies[index]
            assert item.consumer in view.blocks[cell.row].members
            assert item.provider in view.blocks[cell.column].members
            assert layer in (None, item.layer)
            assert item.confirmed


@given(snapshots())
def test_every_mark_of_an_unfolded_view_is_in_the_picture(snapshot: Snapshot) -> None:
    view = look(snapshot)
    paths = dict(draw((view,)).marks[0].paths)
    marks = sum(paths.get(strength.value, "").count("M") for strength in Strength)
    assert marks == len(view.cells)
    assert paths.get("back", "").count("M") == sum(cell.backward for cell in view.cells)


@pytest.mark.parametrize("services", [401, 1000])
def test_large_estates_fold_into_few_blocks(services: int) -> None:
    view = look(samples.estate(services, 900))
    assert view.is_folded
    assert len(view.blocks) <= MAX_BLOCKS
    assert sum(len(block.members) for block in view.blocks) == services


def test_many_teams_are_put_together_by_phase() -> None:
    snapshot = samples.estate(500, 900)
    nodes = tuple(dataclasses.replace(node, owner=node.name) for node in snapshot.nodes)
    view = look(dataclasses.replace(snapshot, nodes=nodes))
    assert len(view.blocks) <= MAX_BLOCKS
    assert sum(len(block.members) for block in view.blocks) == 500


def test_unknown_strength_stands_for_a_cell_before_an_optional_one() -> None:
    items = tuple(
        samples.dependency(samples.claim("b", "a", kind, Source.CODE), strength=strength)
        for kind, strength in (
            (Kind.HTTP, Strength.OPTIONAL),
            (Kind.SHARED_DATA, Strength.UNDETERMINED),
        )
    )
    matrix = Matrix(names=("a", "b"), dependencies=items)
    view = look(dataclasses.replace(samples.empty(), matrix=matrix))
    assert [cell.strength for cell in view.cells] == [Strength.UNDETERMINED]
    assert not view.cells[0].backward


def test_bands_are_runs_of_one_phase() -> None:
    picture = draw((look(samples.shop()),))
    assert [band.title for band in picture.bands] == [
        "Foundation",
        "Supporting",
        "Core business",
        "User-facing",
    ]
    assert sum(band.side for band in picture.bands) == picture.rows * picture.cell
