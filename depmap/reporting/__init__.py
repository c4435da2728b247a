"""The review: one module a format, the same sentences in each."""

from __future__ import annotations

from depmap.reporting.html import render_html
from depmap.reporting.markdown import render_markdown
from depmap.reporting.neighbourhood import pictures_missing
from depmap.reporting.records import dependency_record
from depmap.reporting.story import render_impact, render_why
from depmap.reporting.terminal import render_matrix, render_plan
from depmap.reporting.write import write_report

__all__ = [
    "dependency_record",
    "pictures_missing",
    "render_html",
    "render_impact",
    "render_markdown",
    "render_matrix",
    "render_plan",
    "render_why",
    "write_report",
]
