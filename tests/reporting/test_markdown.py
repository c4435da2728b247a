"""The short form: the same story, safe to paste."""

from __future__ import annotations

import dataclasses
import re

import pytest

from depmap.model.finding import Finding, Severity
from depmap.reporting.markdown import code, matrix_markdown, render_markdown, table, text
from tests.reporting import samples


def test_sections_follow_the_page() -> None:
    headings = re.findall("^## (.*)$", render_markdown(samples.shop()), re.MULTILINE)
    assert headings == [
        "Decisions wanted",
        "Matrix",
        "Phases and waves",
        "Hidden dependencies",
        "Disagreements",
        "Other findings",
        "What fails when",
        "Gaps",
        "Sources",
    ]


def test_every_row_of_a_table_has_the_columns_of_its_header() -> None:
    for snapshot in (samples.shop(), samples.hostile(), samples.empty()):
        lines = render_markdown(snapshot).splitlines()
        for index, line in enumerate(lines):
            if not re.fullmatch(r"\|( :?-+:? \|)+", line):
                continue
            rows = [lines[index - 1]]
            for row in lines[index + 1 :]:
                if not row.startswith("|"):
                    break
                rows.append(row)
            assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {line.count("|")}


def test_names_mean_nothing_to_markdown() -> None:
    assert text("a|b\n*c* <img> [x](y) `z`") == r"a\|b \*c\* \<img\> \[x\](y) \`z\`"
    assert code("a|`b`\nc") == "`a\\|'b' c`"


def test_hostile_names_stay_on_their_line() -> None:
    page = render_markdown(samples.hostile("x\n\n# owned\n<script>"))
    assert "\n# owned" not in page
    assert not re.search(r"(?<![\\`])<script>", re.sub("`[^`]*`", "", page))


def test_table_has_a_rule_under_its_header() -> None:
    assert table(["a", "b"], [["1", "2"]]) == ["| a | b |", "| --- | --- |", "| 1 | 2 |"]


def test_matrix_says_its_direction_and_its_balance() -> None:
    matrix = matrix_markdown(samples.shop())
    assert matrix.startswith("A row depends on a column. Providers come first.")
    assert "19 drawn + 0 folded + 1 filtered" in matrix


def test_long_lists_say_what_they_leave_out() -> None:
    page = render_markdown(samples.estate(450, 900))
    assert "20 of 450 gaps are shown; all are in `index.html`." in page
    assert "450 rows: see `index.html` or `matrix.csv`." in page


def test_same_snapshot_gives_the_same_text() -> None:
    assert render_markdown(samples.shop()) == render_markdown(samples.shop())


@pytest.mark.parametrize(
    ("severities", "words"),
    [
        ([Severity.HIGH], "1 finding wants a decision, urgently."),
        ([Severity.LOW], "1 finding wants a decision."),
        ([Severity.HIGH, Severity.LOW], "2 findings want a decision, 1 of them urgently."),
        ([], "No finding wants a decision."),
    ],
)
def test_the_verdict_counts_as_people_do(severities: list[Severity], words: str) -> None:
    findings = tuple(
        Finding(rule="x", subjects=(str(at),), message="m", severity=severity)
        for at, severity in enumerate(severities)
    )
    assert words in render_markdown(dataclasses.replace(samples.empty(), findings=findings))
