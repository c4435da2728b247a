"""What compose files include and extend, and the folders that paths in it start at."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from depmap.model.deployed import Mount, Setting, Unit
from depmap.model.evidence import Gap
from tests.collectors.manifests.reading import only, read

CHILD = """
    services:
      b:
        build: .
        env_file: b.env
        volumes: ["./conf:/conf"]
"""


def usual(units: list[Unit]) -> dict[str, str | None]:
    """The folder that each unit is built from, without those of variants."""
    return {one.name: one.build for one in units if not one.variant}


@pytest.mark.parametrize(
    ("include", "folder"),
    [
        ("[sub/compose.yml]", "sub"),
        ("[{path: sub/compose.yml}]", "sub"),
        ("[{path: [sub/compose.yml]}]", "sub"),
        ("[{path: sub/compose.yml, project_directory: .}]", "."),
        ("[{path: sub/compose.yml, project_directory: other}]", "other"),
    ],
)
def test_what_is_included_is_built_from_its_own_folder(
    tmp_path: Path, include: str, folder: str
) -> None:
    files = {
        "compose.yml": f"include: {include}\nservices: {{a: {{build: .}}}}",
        "sub/compose.yml": CHILD,
        "sub/b.env": "B=own",
        "b.env": "B=top",
        "other/b.env": "B=other",
    }
    items = read(tmp_path, files)
    assert usual(only(Unit, items)) == {"a": ".", "b": folder}
    prefix = "" if folder == "." else f"{folder}/"
    base = {one.source for one in only(Mount, items)}
    assert f"{prefix}conf" in base
    values = {one.value for one in only(Setting, items) if one.key == "B" and not one.variant}
    assert values == {{"sub": "own", ".": "top", "other": "other"}[folder]}


def test_of_several_files_the_first_says_the_folder(tmp_path: Path) -> None:
    files = {
        "compose.yml": "include: [{path: [one/compose.yml, two/more.yml]}]",
        "one/compose.yml": "services: {b: {image: x}}",
        "two/more.yml": "services: {b: {build: .}}",
    }
    assert usual(only(Unit, read(tmp_path, files)))["b"] == "one"


def test_what_is_included_includes_further(tmp_path: Path) -> None:
    files = {
        "compose.yml": "include: [one/compose.yml]\nservices: {a: {build: a}}",
        "one/compose.yml": "include: [two/compose.yml, ../compose.yml]\nservices: {b: {build: .}}",
        "one/two/compose.yml": "services: {c: {build: .}}",
    }
    units = [one for one in only(Unit, read(tmp_path, files)) if not one.variant]
    assert usual(units) == {"a": "a", "b": "one", "c": "one/two"}


def test_included_files_have_variables_of_their_own(tmp_path: Path) -> None:
    files = {
        "compose.yml": "include: [one/compose.yml, two/compose.yml]\nservices: {a: {image: x}}",
        ".env": "SHARED=top",
        "one/compose.yml": """
            services:
              b: {image: x, environment: {U: "${B_URL}", S: "${SHARED}", P: "${P}"}}
        """,
        "one/.env": "B_URL=http://c\nSHARED=one\nP=1",
        "two/compose.yml": "services: {c: {image: y, environment: {P: '${P}'}}}",
        "two/.env": "P=2",
    }  # fmt: skip
    items = [one for one in read(tmp_path, files) if isinstance(one, Setting) and not one.variant]
    assert {(one.unit, one.key, one.value) for one in items} == {
        ("b", "U", "http://c"),
        ("b", "S", "top"),
        ("b", "P", "1"),
        ("c", "P", "2"),
    }


def test_the_file_of_variables_that_is_named(tmp_path: Path) -> None:
    files = {
        "compose.yml": "include: [{path: one/c.yml, env_file: x.env}]\nservices: {a: {image: x}}",
        "one/c.yml": "services: {b: {image: x, environment: {U: '${B_URL}'}}}",
        "x.env": "B_URL=http://c",
        "one/.env": "B_URL=http://other",
    }
    values = {one.value for one in only(Setting, read(tmp_path, files))
              if one.unit == "b" and one.key == "U" and not one.variant}  # fmt: skip
    assert values == {"http://c"}


def test_what_is_included_and_not_there_is_a_gap(tmp_path: Path) -> None:
    files = {"compose.yml": "services: {a: {build: a}}\ninclude:\n  - ../other/compose.yml"}
    (gap,) = (one for one in read(tmp_path, files) if isinstance(one, Gap))
    assert (gap.locator, "../other/compose.yml" in gap.what) == ("compose.yml:3", True)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sets(st.sampled_from("abcd")), min_size=4, max_size=4))
def test_no_unit_is_lost_or_there_twice_in_what_includes_what(included: list[set[str]]) -> None:
    names = "abcd"
    files = {
        f"{name}/compose.yml": f"include: {[f'../{one}/compose.yml' for one in sorted(inner)]}\n"
        f"services: {{{name}: {{build: .}}}}"
        for name, inner in zip(names, included, strict=True)
    }
    with TemporaryDirectory() as folder:
        units = only(Unit, read(Path(folder), files))
    assert {one.name: one.build for one in units} == {name: name for name in names}
    for name in names:
        assert len({one.locator for one in units if one.name == name}) == 1


def test_what_is_extended_is_built_from_its_own_folder(tmp_path: Path) -> None:
    files = {
        "compose.yml": "services: {a: {extends: {file: common/base.yml, service: base}}}",
        "common/base.yml": "services: {base: {build: ./app, env_file: base.env}}",
        "common/base.env": "A=1",
    }
    items = read(tmp_path, files)
    assert usual(only(Unit, items))["a"] == "common/app"
    assert {one.value for one in only(Setting, items) if one.unit == "a"} == {"1"}


def test_what_a_test_includes_stays_a_project_of_its_own(tmp_path: Path) -> None:
    files = {
        "compose.yml": "services: {a: {build: a}}",
        "tests/compose.yml": "include: [../compose.yml]\nservices: {t: {image: x}}",
    }
    units = only(Unit, read(tmp_path, files))
    assert [(one.name, one.build, one.variant) for one in units if one.name == "a"] == [
        ("a", "a", ""),
        ("a", "a", "tests"),
    ]
