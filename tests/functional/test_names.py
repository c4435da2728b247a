"""``names`` and ``why NAME``: which names mean a thing, which may, and joining them."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import jsonschema
import pytest

from depmap.cli.names import with_alias
from depmap.errors import InputError
from tests.builders import claim, node, seen
from tests.functional.calling import call
from tests.functional.projects import project, snapshot

if TYPE_CHECKING:
    from pathlib import Path

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    nodes = (node("counter", path="c", aliases=("counting",), locators=("compose.yml:4",)),)
    claims = (
        claim("counter", "prices"),
        claim("counter", "stock"),
        seen("statistics", "prices"),
        seen("statistics", "stock"),
    )
    return project(tmp_path, monkeypatch, snapshot(nodes, claims))


def test_names_lists_what_may_be_one_and_changes_nothing(folder: Path, capfd: Capture) -> None:
    before = (folder / "depmap.toml").read_bytes()
    answer = call(capfd, "names")
    assert answer.code == 0
    assert answer.out.splitlines()[1].startswith("1  counter  statistics   2       2 ")
    assert (folder / "depmap.toml").read_bytes() == before
    data = call(capfd, "names", "--format", "json").json()
    jsonschema.validate(data, call(capfd, "schema", "names").json())


def test_accepting_writes_an_alias_and_keeps_every_comment(folder: Path, capfd: Capture) -> None:
    before = (folder / "depmap.toml").read_text()
    answer = call(capfd, "names", "--accept", "1")
    assert (answer.code, answer.out) == (0, "statistics is counter from now on\n")
    assert (folder / "depmap.toml").read_text() == (
        before + '\n[aliases]\ncounter = ["statistics"]\n'
    )
    assert "no two names" in call(capfd, "names").out


def test_several_numbers_may_follow(folder: Path, capfd: Capture) -> None:
    answer = call(capfd, "names", "--accept", "1", "2")
    assert (answer.code, "there is no number 2" in answer.err) == (2, True)
    assert "aliases" not in (folder / "depmap.toml").read_text()
    assert call(capfd, "names", "1").code == 2


def test_why_of_one_name_tells_its_names_and_what_it_may_be(folder: Path, capfd: Capture) -> None:
    assert folder.exists()
    text = call(capfd, "why", "counting").out
    assert text.startswith("counter: service, built from c\n")
    assert "    counting: counter is also called so (compose.yml:4)\n" in text
    assert "    statistics: both are seen with prices, stock" in text
    data = call(capfd, "why", "counter", "--format", "json").json()
    jsonschema.validate(data, call(capfd, "schema", "node").json())
    assert data["node"]["reasons"] == [["counting", "counter is also called so (compose.yml:4)"]]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", '\n[aliases]\na = ["b"]\n'),
        ("[project]", '[project]\n\n[aliases]\na = ["b"]\n'),
        ("[aliases] # names\n[owners]\n", '[aliases] # names\na = ["b"]\n[owners]\n'),
        ('[aliases]\nx = ["y"]\n', '[aliases]\na = ["b"]\nx = ["y"]\n'),
        ('[aliases]\na = ["c"] # one\n', '[aliases]\na = ["b", "c"] # one\n'),
        ("[aliases]\na = []\n", '[aliases]\na = ["b"]\n'),
        ('[aliases]\n"a" = [\n  "c", # c\n]\n', '[aliases]\n"a" = ["b", \n  "c", # c\n]\n'),
        ('[aliases]\r\na = ["c"]\r\n', '[aliases]\r\na = ["b", "c"]\r\n'),
        ('[aliases]\na = ["b"]\n', '[aliases]\na = ["b"]\n'),
        ('[owners]\na = "t"\n[aliases]\n', '[owners]\na = "t"\n[aliases]\na = ["b"]\n'),
    ],
)
def test_an_alias_is_put_where_it_belongs(before: str, after: str) -> None:
    assert with_alias(before, "a", "b", "depmap.toml") == after


@pytest.mark.parametrize("name", ["a b", 'a"b', "postgresql://x:1/y", "ä"])
def test_any_name_can_be_written(name: str) -> None:
    text = with_alias("[aliases]\n", name, name + "2", "depmap.toml")
    assert tomllib.loads(text) == {"aliases": {name: [name + "2"]}}


@pytest.mark.parametrize("text", ["aliases = {a = ['c']}\n", "aliases.a = ['c']\n"])
def test_a_file_that_cannot_be_added_to_is_left_alone(text: str) -> None:
    with pytest.raises(InputError, match="cannot be added to"):
        with_alias(text, "a", "b", "depmap.toml")
