"""The examples of docs/people.md are read without a mistake."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from collectors.tables.headers import read_map
from depmap.cli.lazy import COMMANDS
from depmap.interviewing.checking import kind_of
from depmap.interviewing.mistakes import Weight
from depmap.interviewing.reading import Paper, read_papers
from depmap.interviewing.reviewing import doubtful, open_questions

TEXT = (Path(__file__).parents[2] / "docs" / "people.md").read_text()
EXAMPLES = re.findall(r"^```yaml\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES, ids=kind_of)
def test_an_example_is_read_whole(example: str) -> None:
    (paper,) = read_papers(example, "a.yaml", kind_of(example))
    assert isinstance(paper, Paper)
    assert paper.whole
    assert not list(doubtful(paper))
    assert all(problem.weight is Weight.OPEN for problem in open_questions(paper))


def test_there_is_one_of_each_kind() -> None:
    assert [kind_of(example) for example in EXAMPLES] == [
        "interview",
        "incident",
        "experiment",
        "audit",
    ]


def test_the_map_is_one(tmp_path: Path) -> None:
    (example,) = re.findall(r"^```toml\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
    (tmp_path / "map.toml").write_text(example)
    assert set(read_map(tmp_path / "map.toml").columns.values()) == set(
        tomllib.loads(example)["columns"]
    )


def test_it_names_no_command_that_is_not_there() -> None:
    assert set(re.findall(r"`depmap ([a-z]+)", TEXT)) <= set(COMMANDS)
