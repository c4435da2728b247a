from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from depmap.config import find_config, load
from depmap.errors import InputError
from depmap.model.sampling import Policy
from depmap.model.words import Phase

if TYPE_CHECKING:
    from pathlib import Path

GOOD = """\
[project]
name = "shop"

[sources.recorded]
collector = "spans"
paths = ["traces"]

[aliases]
postgres = ["postgresql://127.0.0.1:5432"]

[phases]
cart = "core-business"
"""


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "depmap.toml"
    path.write_text(text)
    return path


def test_a_project_is_read_with_paths_relative_to_its_file(tmp_path: Path) -> None:
    project = load(write(tmp_path, GOOD))
    (source,) = project.sources
    assert (project.name, source.name, source.collector.name) == ("shop", "recorded", "spans")
    assert getattr(source.collector, "paths", None) == (tmp_path / "traces",)
    assert project.ledger == tmp_path / "ledger"
    assert project.aliases == {"postgres": ("postgresql://127.0.0.1:5432",)}
    assert project.pins == {"cart": Phase.CORE_BUSINESS}


def test_how_traces_were_sampled_can_be_told(tmp_path: Path) -> None:
    told = load(write(tmp_path, '[sampling]\nhead = 0.01\nerrors = "root"\n')).sampling
    assert told == Policy(head=0.01, errors="root")
    assert load(write(tmp_path, GOOD)).sampling is None


def test_the_nearest_file_above_is_used(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD)
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    assert find_config(below) == path


def test_no_file_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        find_config(tmp_path)
    assert "depmap init" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "line", "message", "hint"),
    [
        ("[projct]\n", 1, "unknown key 'projct'", 'did you mean "project"?'),
        ('[project]\nnam = "x"\n', 2, "unknown key 'nam'", 'did you mean "name"?'),
        ("[project]\nname = 1\n", 2, "project.name: Expected `str`, got `int`", ""),
        (
            '[sources.x]\ncollector = "spans"\npath = ["a"]\n',
            3,
            "unknown key 'path'",
            'did you mean "paths"?',
        ),
        ('[sources.x]\ncollector = "jager"\n', 2, "no collector 'jager'", "jaeger"),
        ("[sources.x]\npaths = []\n", 1, "does not say which collector", "collector ="),
        ('[sources.x]\ncollector = "spans"\n', 1, "lacks 'paths'", ""),
        ('[phases]\ncart = "first"\n', 2, "phases.cart: Invalid enum value 'first'", ""),
        ("[sampling]\nhed = 0.01\n", 2, "unknown key 'hed'", 'did you mean "head"?'),
        ("[sampling]\nhead = 0\n", 2, "sampling.head is a share above 0 and up to 1", ""),
        ('[sampling]\nerrors = "all"\n', 2, "sampling.errors: Invalid enum value 'all'", ""),
        ("[project\n", 1, "not TOML", ""),
        ('[project]\nname = "a"\nname = "b"\n', 3, "not TOML", ""),
    ],
)
def test_a_mistake_is_named_with_its_line_and_a_hint(
    tmp_path: Path, text: str, line: int, message: str, hint: str
) -> None:
    path = write(tmp_path, text)
    with pytest.raises(InputError) as caught:
        load(path)
    assert caught.value.where.startswith(f"{path}:{line}:")
    assert message in caught.value.message
    assert hint in caught.value.hint
