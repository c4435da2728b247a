from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from depmap.collecting.yaml_text import Document, YamlProblem, read_documents

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=12,
)


def one(text: str) -> Document:
    (found,) = read_documents(text)
    assert isinstance(found, Document)
    return found


def problem(text: str) -> YamlProblem:
    found = [item for item in read_documents(text) if isinstance(item, YamlProblem)]
    return found[0]


@given(st.dictionaries(st.text(max_size=5), PLAIN, max_size=4))
def test_what_json_can_say_is_read_as_it_was_written(data: dict[str, object]) -> None:
    text = yaml.safe_dump(data)
    (found,) = read_documents(text)
    assert isinstance(found, Document)
    assert found.value == data


def test_words_that_old_yaml_takes_for_booleans_stay_words() -> None:
    assert one("a: no\nb: on\nc: true\nd: y").value == {"a": "no", "b": "on", "c": True, "d": "y"}


def test_dates_octals_and_sexagesimals_stay_text() -> None:
    assert one("a: 2026-11-01\nb: 010\nc: 12:30:00").value == {
        "a": "2026-11-01",
        "b": "010",
        "c": "12:30:00",
    }


def test_every_value_and_key_has_its_position() -> None:
    found = one("a:\n  - b: 1\n    c: x\n")
    assert found.where(("a", 0, "c")) == (3, 8)
    assert found.key(("a", 0, "c")) == (3, 5)
    assert found.where(("a", 0, "gone")) == (2, 5)


def test_one_broken_document_does_not_lose_the_others() -> None:
    found = read_documents("a: 1\n---\nb: {c\n---\nd: 2\n")
    assert [isinstance(item, YamlProblem) for item in found] == [False, True, False]
    assert problem("a: 1\n---\nb: {c\n---\nd: 2\n").line in {3, 4}


@pytest.mark.parametrize(
    ("text", "why", "line"),
    [
        ("a: 1\na: 2\n", "a second time", 2),
        ("x: !!python/object/apply:os.system [ls]\n", "is not allowed", 1),
        ("x: !custom 1\n", "is not allowed", 1),
        ("? [a]\n: 1\n", "plain text", 1),
        ("a: [1,\n", "did not find", 2),
        ("a:\n\t- b\n", "cannot start any token", 2),
    ],
)
def test_what_cannot_be_used_is_named_with_its_line(text: str, why: str, line: int) -> None:
    found = problem(text)
    assert why in found.why
    assert found.line == line


def test_anchors_that_explode_are_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 12)]
    assert "more than it may" in problem("\n".join(lines)).why


def test_deep_nesting_is_refused() -> None:
    assert problem("[" * 50_000).why == "nested too deeply"
    assert problem("a:\n" + "".join(f"{' ' * i}b:\n" for i in range(1, 200))).line == 101


def test_merged_keys_do_not_replace_own_ones() -> None:
    assert one("a: &x {b: 1, c: 2}\nd:\n  <<: *x\n  b: 3\n").value["d"] == {"b": 3, "c": 2}
