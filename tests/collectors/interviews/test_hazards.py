"""YAML's own traps, and files that nobody vouches for: handled, or refused in clear words."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from depmap.interviewing.forms import FORMS
from depmap.model.evidence import Audit, Evidence, Gap, Node
from depmap.model.words import Strength
from tests.collectors.interviews.papers import only, read

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "depmap: interview/1\nservice: cart\ninterview: {date: 2026-11-18}\n"


def test_dates_are_dates_quoted_or_not(tmp_path: Path) -> None:
    for date in ("2026-11-18", '"2026-11-18"'):
        text = HEAD.replace("2026-11-18", date) + "depends_on: [{service: a, tested: 2026-03-05}]"
        items = read(tmp_path, "interview", text)
        assert only(items, Gap) == []
        assert only(items, Evidence)[0].reason == "tried out on 2026-03-05"


@pytest.mark.parametrize("word", ["no", "NO", "off", "y", "on"])
def test_norway_is_a_name(tmp_path: Path, word: str) -> None:
    (found,) = only(
        read(tmp_path, "interview", f"{HEAD}depends_on: [{{service: {word}}}]"), Evidence
    )
    assert found.provider == word


@pytest.mark.parametrize(("value", "shown"), [("true", "true"), ("12", "12"), ("1.5", "1.5")])
def test_a_name_that_yaml_takes_for_a_value_wants_quotes(
    tmp_path: Path, value: str, shown: str
) -> None:
    items = read(tmp_path, "interview", f"{HEAD}depends_on: [{{service: {value}}}]")
    (gap,) = only(items, Gap)
    assert gap.what == f"service must be text, and {shown} is not"
    assert gap.why == f'write it in quotes: "{shown}"'


@pytest.mark.parametrize(
    "line",
    [
        "  - service: a\n    strength: ?\n    sure: low\n",
        "  - service: a\n    strength:   ?   # nobody knows\n    sure: low\n",
        "  - {service: a, strength: ?, sure: low}\n",
        "  - {service: a, sure: low, strength: ? }\n",
        '  - {service: a, sure: low, strength: "?"}\n',
    ],
)
def test_a_bare_question_mark_is_an_open_question(tmp_path: Path, line: str) -> None:
    items = read(tmp_path, "interview", f"{HEAD}depends_on:\n{line}  - service: b\n")
    claims = only(items, Evidence)
    assert [(item.provider, item.strength) for item in claims] == [
        ("a", Strength.UNDETERMINED),
        ("b", Strength.UNDETERMINED),
    ]
    assert claims[0].confidence == 0.5
    (gap,) = only(items, Gap)
    assert gap.what == "cart depends on a: how strongly"
    column = line.splitlines()[-2 if "\n    " in line else 0].index(
        "?" if '"' not in line else '"'
    )
    assert gap.locator.endswith(f":{column + 1}")


def test_aliases_that_explode_are_refused(tmp_path: Path) -> None:
    bomb = "x-a: &a [1,1,1,1,1,1,1,1,1,1]\n" + "".join(
        f"x-{name}: &{name} [{', '.join([f'*{former}'] * 10)}]\n"
        for former, name in zip("abcdefg", "bcdefgh", strict=True)
    )
    (gap,) = only(read(tmp_path, "interview", HEAD + bomb), Gap)
    assert "expands to more than it may" in gap.what
    assert gap.why == "write out what the aliases (*name) stand for"


def test_an_alias_that_does_not_is_fine(tmp_path: Path) -> None:
    text = HEAD + "x-down: &down {impact: outage}\ndepends_on: [{service: a, if_down: *down}]\n"
    assert only(read(tmp_path, "interview", text), Evidence)[0].impact == "outage"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("\t- x\n", "found character"),
        ("depmap: interview/1\nservice: a: b\n", "mapping values are not allowed"),
        ("- a\n- b\n", "this is no interview"),
        ("[" * 200, "nested too deeply"),
        (HEAD + "depends_on: {service: a}\n", "depends_on must be a list"),
        (HEAD + "depends_on: 5\n", "depends_on must be a list"),
        (HEAD + "depends_on: [a]\n", "depends_on must hold keys with values"),
        (HEAD.replace("2026-11-18", "soon"), "date: write the date as 2026-11-24"),
        (HEAD.replace("2026-11-18", "20261118"), "date must be text"),
        (HEAD + f"owner: {'x' * 3000}\n", "owner: String should have at most 2000 characters"),
    ],
)
def test_what_cannot_be_used_is_said_with_its_place(tmp_path: Path, text: str, what: str) -> None:
    (gap,) = only(read(tmp_path, "interview", text), Gap)
    assert what in gap.what
    assert gap.locator.startswith("interviews/a.yaml:")


def test_a_mistake_beside_the_answers_loses_none_of_them(tmp_path: Path) -> None:
    items = read(tmp_path, "interview", HEAD + "onwer: a\ndepends_on: [{service: a}]\n")
    assert [gap.what for gap in only(items, Gap)] == ['unknown key "onwer"']
    assert [item.provider for item in only(items, Evidence)] == ["a"]


def test_a_misspelt_required_key_is_one_mistake(tmp_path: Path) -> None:
    items = read(tmp_path, "interview", HEAD.replace("service:", "servise:"))
    assert [gap.what for gap in only(items, Gap)] == ['unknown key "servise"']


def test_one_broken_document_does_not_lose_the_next(tmp_path: Path) -> None:
    items = read(tmp_path, "interview", "depmap: [\n---\n" + HEAD)
    assert len(only(items, Gap)) == 1
    assert [node.name for node in only(items, Node)] == ["cart"]


def test_an_empty_file_says_nothing(tmp_path: Path) -> None:
    assert read(tmp_path, "interview", "# later\n") == []


leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9)
values = st.recursive(
    leaves | st.sampled_from(["?", "strong", "2026-11-18", "no", "x"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)
KEYS = (
    *("depends_on", "used_by", "not_dependencies", "unsure", "service", "interview", "owner"),
    *("dependencies", "results", "date", "by", "broken", "failed", "of", "x-a", "impact"),
)
ITEMS = ("service", "team", "strength", "if_down", "when", "depends_on", "impact", "failed", "of")
answers = st.lists(st.dictionaries(st.sampled_from(ITEMS), values, max_size=5), max_size=3)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(["interview", "incident", "experiment", "audit"]),
    st.dictionaries(st.sampled_from(KEYS), values | answers, max_size=6),
)
def test_whatever_stands_in_a_file_is_an_answer_or_a_gap(
    tmp_path: Path, kind: str, data: dict[str, Any]
) -> None:
    head = {"depmap": f"{kind}/1", "service": "a", "interview": {"date": "2026-01-01"}}
    more = {"date": "2026-01-01", "incident": "i", "experiment": "e", "broken": "b"}
    whole = {**head, **more, **data}
    form = FORMS[kind].model_fields
    text = json.dumps({key: value for key, value in whole.items() if key in form})
    for item in read(tmp_path, kind, text):
        assert isinstance(item, Evidence | Gap | Node | Audit)
        if isinstance(item, Gap):
            assert re.match(rf"{kind}s/a\.yaml:\d+", item.locator)
        elif isinstance(item, Evidence):
            assert item.consumer
            assert item.provider
