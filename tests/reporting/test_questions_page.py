"""The questions for a meeting as a page to print: offline, escaped, by team, without a script."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from depmap.interviewing.rendering import render_page, render_questions
from depmap.reporting.assets import asset, policy_source
from tests.builders import claim, node
from tests.functional.projects import CLAIMS, NODES, snapshot
from tests.reporting.opened import Opened

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import BrowserContext

    from depmap.model.evidence import Node
    from depmap.model.snapshot import Snapshot

HOSTILE = "</h3><script>alert(1)</script>"
ORPHAN = node("ledger", path="services/ledger")


def known(*more: Node) -> Snapshot:
    return snapshot((*NODES, *more), CLAIMS)


def page(built: Snapshot) -> str:
    return render_page(built, [item for item in built.nodes if item.kind.is_service], ())


def test_teams_come_by_name_and_those_without_an_owner_last() -> None:
    text = page(known(ORPHAN))
    found = re.findall(r'<h2 id="team-\d+">(.*?)</h2>', text)
    assert found == ["team-sales", "team-web", "Nobody owns these"]
    assert text.count("Who does?") == 1


def test_each_open_dependency_has_its_evidence_and_boxes_to_tick() -> None:
    text = page(known())
    assert text.count('<th scope="row">') == 3
    assert "<li>traces: 120 calls, last on 2026-11-24</li>" in text
    assert '<th scope="row">redis <span class="soft">startup-order</span>' in text
    for word in ("strong", "weak", "optional", "not needed"):
        assert text.count(f'<i class="box" aria-hidden="true"></i>{word}</span>') == 3


def test_page_has_no_script_and_allows_its_own_style_alone() -> None:
    text = page(known())
    assert "<script" not in text
    assert f"default-src 'none'; style-src '{policy_source(asset('questions.css'))}'" in text
    assert "script-src" not in text
    assert not re.search(r"\son[a-z]+=|\sstyle=|src=|https?:", text)


@pytest.mark.parametrize(
    "odd",
    [
        node(HOSTILE),
        node("odd", owner=HOSTILE),
        node("odd", criticality=HOSTILE),
        node("odd", capabilities=(HOSTILE,)),
    ],
)
def test_what_comes_from_outside_stays_text(odd: Node) -> None:
    text = page(replace(known(odd), project=HOSTILE))
    assert "<script" not in text
    assert text.count("&lt;/h3&gt;&lt;script&gt;") >= 3  # title, head, and its own place


def test_hostile_evidence_stays_text() -> None:
    told = claim("cart", HOSTILE, locators=(HOSTILE,))
    built = snapshot((*NODES, node(HOSTILE)), (*CLAIMS, told))
    assert "<script" not in page(built)


def test_page_and_markdown_ask_the_same() -> None:
    built = known(ORPHAN)
    nodes = [item for item in built.nodes if item.kind.is_service]
    markdown, text = render_questions(built, nodes, ()), render_page(built, nodes, ())
    assert markdown.count("  - users see:") == text.count('<th scope="row">')
    assert markdown.count("Who would notice first") == text.count("Who would notice first") == 3
    assert "No source shows what it depends on." in markdown


def test_nobody_to_ask_is_said() -> None:
    assert "There is no service to ask about." in render_page(known(), (), ())


@pytest.mark.browser
def test_page_is_silent_and_fits_a_phone(browser: BrowserContext, tmp_path: Path) -> None:
    path = tmp_path / "questions.html"
    path.write_text(page(known(ORPHAN, node(f"{HOSTILE}{'x' * 90}"))), encoding="utf-8")
    opened = Opened(browser, path)
    assert opened.asked() == []
    assert opened.complaints == []
    opened.page.set_viewport_size({"width": 360, "height": 700})
    assert not opened.overflows()


@pytest.mark.browser
def test_each_team_gets_its_own_sheet(browser: BrowserContext, tmp_path: Path) -> None:
    path = tmp_path / "questions.html"
    path.write_text(page(known(ORPHAN)), encoding="utf-8")
    pdf = Opened(browser, path).page.pdf(prefer_css_page_size=True, tagged=True)
    assert pdf.count(b"/Type /Page\n") == 3
    assert b"/Subtype /Image" not in pdf
