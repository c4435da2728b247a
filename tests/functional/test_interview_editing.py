"""Files that people wrote are added to; every byte of theirs stays."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from depmap.collecting.yaml_text import Document, read_documents
from depmap.errors import InputError
from depmap.interviewing.editing import Edited

HEAD = "depmap: interview/1\nservice: cart   # ours\n"
NEW = ["# traces: 3 calls", "- service: new", '  strength: "?"']


def added(text: str) -> str:
    edited = Edited(text, "a.yaml")
    edited.add_items("depends_on", [NEW])
    return edited.text


def item(indent: int, end: str = "\n") -> str:
    return "".join(" " * indent + line + end for line in NEW)


@pytest.mark.parametrize(
    ("before", "between", "after"),
    [
        ("", "depends_on:\n" + item(2), ""),
        ("depends_on:\n", item(2), "owner: a\n"),
        ("depends_on:\n- service: a\n  note: |\n    two\n    lines\n", item(0), "owner: x\n"),
        (
            "depends_on:\n    - service: a # why\n      # its own\n",
            item(4),
            "\n# about the owner\nowner: x",
        ),
        ("depends_on:\n  - service: a\n    strength: ?\n", item(2), ""),
        ("depends_on:\n  - {service: ä, note: 'x'}\r\n", item(2, "\r\n"), "owner: x\r\n"),
        ("depends_on: [{service: a}", ', {service: new, strength: "?"}', "]\n"),
    ],
)
def test_an_item_is_put_at_the_end_of_its_list(before: str, between: str, after: str) -> None:
    assert added(HEAD + before + after) == HEAD + before + between + after


@pytest.mark.parametrize("empty", ["depends_on: []\n", "depends_on:\n", "depends_on: [ ]\n"])
def test_a_list_that_was_empty_gets_its_first_item(empty: str) -> None:
    after = HEAD + "depends_on:\n" + item(2) + "unsure:\n  - x\n"
    assert added(f"{HEAD}{empty}unsure:\n  - x\n") == after


def test_a_comment_behind_an_empty_list_stays_there() -> None:
    assert added(HEAD + "depends_on: []   # none\nowner: a\n") == (
        HEAD + "depends_on:   # none\n" + item(2) + "owner: a\n"
    )


def test_a_last_line_without_its_end_gets_one() -> None:
    assert added(HEAD + "depends_on: [] ") == HEAD + "depends_on: \n" + item(2)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x: {a: 1}\n", "x: {a: 1, day: 2026-11-24}\n"),
        ("x:\n  a: 1   # one\ny: 2\n", "x:\n  a: 1   # one\n  day: 2026-11-24\ny: 2\n"),
        ("x: {a: 1, day: 2025-01-01}  # c\n", "x: {a: 1, day: 2026-11-24}  # c\n"),
        ('x:\n  day: "2025-01-01"\n', "x:\n  day: 2026-11-24\n"),
        ("x:\n  day:\n  a: 1\n", "x:\n  day: 2026-11-24\n  a: 1\n"),
    ],
)
def test_a_key_is_set_in_its_map(before: str, after: str) -> None:
    edited = Edited(before, "a.yaml")
    edited.set(("x", "day"), "2026-11-24")
    assert edited.text == after


def test_a_key_is_set_in_an_item_of_a_list() -> None:
    edited = Edited("d:\n  - service: a\n    sure: low\n  - {service: b}\n", "a.yaml")
    edited.set(("d", 0, "confirmed"), "2026-11-24")
    edited.set(("d", 1, "confirmed"), "2026-11-24")
    assert edited.text == (
        "d:\n  - service: a\n    sure: low\n    confirmed: 2026-11-24\n"
        "  - {service: b, confirmed: 2026-11-24}\n"
    )


@pytest.mark.parametrize(
    "text", ["depends_on: {a: 1}\n", "depends_on: &x [a]\nother: *x\nthird: *x\n", "a: [\n"]
)
def test_what_cannot_be_added_to_is_left_alone(text: str) -> None:
    with pytest.raises(InputError):
        added(text)


lines = st.sampled_from(
    ["  - service: a\n", "  - {service: b}\n", "  # c\n", "    # d\n", "\n", "# e\n",
     "    note: 'it''s'\n", "    strength: ?\n", "    if_down: {impact: none}\n"]
)  # fmt: skip


@given(st.lists(lines, max_size=8), st.sampled_from(["", "owner: x\n", "unsure:\n- y\n"]))
def test_every_byte_that_was_there_is_still_there(body: list[str], tail: str) -> None:
    text = HEAD + "depends_on:\n" + "".join(body) + tail
    try:
        after = added(text)
    except InputError:
        return
    rest = iter(after)
    assert all(char in rest for char in text)
    (found,) = read_documents(after.replace(": ?", ': "?"'))
    assert isinstance(found, Document)
    assert found.value["depends_on"][-1] == {"service": "new", "strength": "?"}


@pytest.mark.parametrize("line", [2, 4])
def test_one_document_of_several_is_changed(line: int) -> None:
    parts = ["# mine\na: 1\n", "---\nb: 2\n"]
    edited = Edited("".join(parts), "a.yaml", line)
    edited.add_items("depends_on", [NEW])
    parts[0 if line == 2 else 1] += "depends_on:\n" + item(2)
    assert edited.whole == "".join(parts)


def test_a_mark_behind_comments_begins_the_first_document() -> None:
    edited = Edited("# c\n---\na: 1\n", "a.yaml", 3)
    edited.set(("a",), "x")
    assert edited.whole == "# c\n---\na: x\n"


texts = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Co", "Cn", "Zl", "Zp")),
    min_size=1,
    max_size=12,
)
given_answers = st.lists(
    st.fixed_dictionaries(
        {"service": texts},
        optional={
            "note": texts | st.just("two\nlines\n"),
            "if_down": st.fixed_dictionaries({"users_see": texts}),
            "strength": st.sampled_from(["strong", "?"]),
        },
    ),
    max_size=3,
)


@given(
    given_answers,
    st.sampled_from([None, True, False]),
    st.sampled_from([2, 4]),
    st.sampled_from([20, 80]),
    st.booleans(),
)
def test_whatever_is_well_formed_can_be_added_to(
    answers: list[dict[str, Any]], flow: bool | None, indent: int, width: int, between: bool
) -> None:
    data = {"depmap": "interview/1", "service": "cart", "depends_on": answers}
    text = yaml.safe_dump(
        {**data, "owner": "x"} if between else data,
        default_flow_style=flow,
        indent=indent,
        width=width,
        allow_unicode=True,
        sort_keys=False,
    )
    edited = Edited(text, "a.yaml")
    edited.add_items("depends_on", [NEW])
    for number in range(len(answers)):
        edited.set(("depends_on", number, "confirmed"), "2026-11-24")
    assert yaml.load(edited.text, yaml.BaseLoader) == yaml.load(  # noqa: S506 - builds texts alone
        yaml.safe_dump(
            {
                **data,
                "depends_on": [
                    *({**item, "confirmed": "2026-11-24"} for item in answers),
                    {"service": "new", "strength": "?"},
                ],
                **({"owner": "x"} if between else {}),
            }
        ),
        yaml.BaseLoader,  # noqa: S506 - likewise
    )
