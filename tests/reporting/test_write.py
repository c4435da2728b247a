"""The folder of a review, and the pictures that lie apart."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from depmap.model.matrix import Matrix
from depmap.model.words import Kind, Source, Strength
from depmap.reporting import neighbourhood
from depmap.reporting.matrix_file import render_matrix_svg
from depmap.reporting.neighbourhood import (
    MOST_NODES,
    draw_neighbourhoods,
    file_stem,
    pictures_missing,
)
from depmap.reporting.write import write_report
from tests.reporting import samples
from tests.reporting.machine import need

if TYPE_CHECKING:
    from pathlib import Path

FILES = ["index.html", "review.md", "matrix.svg", "matrix.csv", "dependencies.csv"]


@pytest.fixture
def no_dot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")


@pytest.mark.usefixtures("no_dot")
def test_without_graphviz_the_pictures_are_left_out_and_it_is_said(tmp_path: Path) -> None:
    written = write_report(samples.shop(), tmp_path / "deep" / "folder")
    assert [path.name for path in written] == FILES
    assert sorted(path.name for path in (tmp_path / "deep" / "folder").iterdir()) == sorted(FILES)
    assert "dot is not installed" in pictures_missing()


def test_page_does_not_depend_on_graphviz(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_report(samples.shop(), tmp_path / "a")
    monkeypatch.setenv("PATH", "")
    write_report(samples.shop(), tmp_path / "b")
    for name in FILES:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_pictures_are_drawn_and_former_ones_go(tmp_path: Path) -> None:
    need("dot")
    (tmp_path / "neighbourhood").mkdir()
    (tmp_path / "neighbourhood" / "gone.svg").write_text("old", encoding="utf-8")
    written = write_report(samples.shop(), tmp_path)
    pictures = sorted(path.name for path in written if path.parent.name == "neighbourhood")
    assert pictures == sorted(path.name for path in (tmp_path / "neighbourhood").iterdir())
    assert "recommendation.svg" in pictures
    assert pictures_missing() == ""


@pytest.mark.parametrize("name", [samples.HOSTILE, "<b>x</b>", "a\\Nb\\", '"', "\x00"])
def test_hostile_names_are_drawn_as_text(name: str) -> None:
    need("dot")
    pictures = draw_neighbourhoods(samples.hostile(name))
    assert len(pictures) == 2
    for file, picture in pictures.items():
        assert "/" not in file
        root = ET.fromstring(picture)  # noqa: S314 - written by dot just now
        tags = {element.tag.rpartition("}")[2] for element in root.iter()}
        assert tags <= {"svg", "g", "title", "polygon", "path", "text"}


def test_a_picture_has_at_most_eighty_nodes_and_counts_the_others() -> None:
    users = tuple(f"user-{number:03}" for number in range(100))
    items = tuple(
        samples.dependency(samples.claim(name, "hub", Kind.HTTP, Source.CODE)) for name in users
    )
    matrix = Matrix(names=("hub", *users), dependencies=items)
    source = neighbourhood.neighbourhood(
        dataclasses.replace(samples.empty(), matrix=matrix), "hub"
    )
    assert source.count(" -> ") == MOST_NODES - 1
    assert 'label="and 21 more"' in source


def test_a_pair_is_one_arrow_and_telemetry_of_others_is_none() -> None:
    told = [
        ("cart", "redis", Kind.STARTUP_ORDER, Strength.WEAK),
        ("cart", "redis", Kind.CACHE, Strength.STRONG),
        ("cart", "jaeger", Kind.MONITORING, Strength.OPTIONAL),
        ("redis", "jaeger", Kind.MONITORING, Strength.OPTIONAL),
    ]
    items = tuple(
        samples.dependency(samples.claim(one, other, kind, Source.CODE), strength=strength)
        for one, other, kind, strength in told
    )
    matrix = Matrix(names=("jaeger", "redis", "cart"), dependencies=items)
    snapshot = dataclasses.replace(samples.empty(), matrix=matrix)
    source = neighbourhood.neighbourhood(snapshot, "cart")
    assert source.count(" -> ") == 2
    assert 'label="cache, startup-order" color="#0072B2" penwidth=2.2 style=solid' in source
    assert "thick: strong, dashed: weak" in source
    assert neighbourhood.neighbourhood(snapshot, "jaeger").count(" -> ") == 3


def test_the_picture_of_the_matrix_has_room_for_its_legend() -> None:
    root = ET.fromstring(render_matrix_svg(samples.empty()))  # noqa: S314 - made just now
    words = " ".join(root.itertext())
    assert "above the diagonal" in words
    assert "sources disagree" in words
    assert float(root.attrib["width"]) >= 790


def test_file_names_are_safe_and_differ() -> None:
    names = ["cart", "Cart", "../cart", "a/b", "a:b", "", ".", "ä"]
    stems = [file_stem(name) for name in names]
    assert len({stem.lower() for stem in stems}) == len(names)
    assert all(stem.replace("-", "").replace(".", "").isalnum() for stem in stems)
    assert stems[0] == "cart"


@pytest.mark.usefixtures("no_network", "no_dot")
def test_lone_surrogates_do_not_lose_the_review(tmp_path: Path) -> None:
    snapshot = dataclasses.replace(samples.hostile("a\ud800b"), findings=())
    assert len(write_report(snapshot, tmp_path)) == len(FILES)


@pytest.mark.usefixtures("no_dot")
def test_same_snapshot_gives_the_same_bytes(tmp_path: Path) -> None:
    for folder in ("a", "b", "a"):
        write_report(samples.shop(), tmp_path / folder)
    for name in FILES:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
