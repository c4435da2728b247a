"""The page in a real browser: offline, by keyboard, at size."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from depmap.reporting.html import render_html
from tests.reporting import samples
from tests.reporting.mixed import mixed
from tests.reporting.opened import Opened

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import BrowserContext

    from depmap.model.snapshot import Snapshot

pytestmark = pytest.mark.browser


def opened_report(browser: BrowserContext, folder: Path, snapshot: Snapshot) -> Opened:
    path = folder / "index.html"
    path.write_text(render_html(snapshot), encoding="utf-8")
    return Opened(browser, path, "#cell")


@pytest.mark.parametrize("name", ["shop", "empty", "hostile"])
def test_page_asks_for_nothing_and_complains_of_nothing(
    name: str, browser: BrowserContext, tmp_path: Path
) -> None:
    opened = opened_report(browser, tmp_path, getattr(samples, name)())
    assert opened.asked() == []
    assert opened.complaints == []
    assert opened.page.evaluate("document.documentElement.className") == "script"


def test_arrow_keys_reach_each_dependency_and_enter_opens_it(
    browser: BrowserContext, tmp_path: Path
) -> None:
    snapshot = samples.shop()
    page = opened_report(browser, tmp_path, snapshot).page
    page.locator("#board").focus()
    said: list[str] = []
    for _ in range(len(snapshot.matrix.cells())):
        page.keyboard.press("ArrowRight")
        said += page.locator("#cell a").all_inner_texts()
    wanted = [item for item in snapshot.matrix.dependencies if item.confirmed]
    assert len(said) == len(set(said)) == len(wanted)
    assert "recommendation depends on payment: shared-secret, technical, strong" in said
    page.keyboard.press("Enter")
    focused = page.evaluate("document.activeElement.textContent")
    assert said[-1] in focused


def test_rows_are_reached_up_and_down(browser: BrowserContext, tmp_path: Path) -> None:
    page = opened_report(browser, tmp_path, samples.shop()).page
    page.locator("#board").focus()
    rows = []
    for key in ("ArrowDown", "ArrowDown", "ArrowDown", "ArrowUp", "End", "Home"):
        page.keyboard.press(key)
        rows.append(page.locator("#cell a").first.inner_text().split()[0])
    assert rows == ["payment", "pricing", "promotions", "pricing", "storefront", "payment"]


def test_layer_filter_changes_picture_balance_and_cursor(
    browser: BrowserContext, tmp_path: Path
) -> None:
    page = opened_report(browser, tmp_path, samples.shop()).page
    page.get_by_text("Business layer", exact=True).click()
    visible = page.locator(".balance:visible").all_inner_texts()
    assert len(visible) == 1
    assert visible[0].startswith("Business layer: 2 drawn + 0 folded + 18 filtered")
    page.locator("#board").focus()
    page.keyboard.press("End")
    assert page.locator("#cell a").all_inner_texts() == [
        "finance-close depends on order: business-process, business, strong, needed: quarter-end"
    ]


def test_link_to_a_dependency_opens_its_evidence(browser: BrowserContext, tmp_path: Path) -> None:
    page = opened_report(browser, tmp_path, samples.estate(60, 150)).page
    assert not page.locator("#d40").is_visible()
    page.goto(page.url.split("#")[0] + "#d40")
    assert page.locator("#d40").is_visible()


def test_filter_accounts_for_what_it_hides(browser: BrowserContext, tmp_path: Path) -> None:
    page = opened_report(browser, tmp_path, samples.shop()).page
    page.keyboard.press("/")
    page.keyboard.type("finance-close")
    page.locator("#found", has_text="filtered").wait_for()
    assert page.locator("#found").inner_text() == "1 shown + 19 filtered = 20"


def test_everything_is_there_without_a_script(browser: BrowserContext, tmp_path: Path) -> None:
    path = tmp_path / "plain.html"
    path.write_text(render_html(samples.shop()), encoding="utf-8")
    page = browser.new_page()
    session = browser.new_cdp_session(page)
    session.send("Emulation.setScriptExecutionDisabled", {"value": True})
    page.goto(path.as_uri())
    assert page.locator("h2").count() == 12
    assert page.locator("#dsm .in-all").is_visible()
    assert not page.locator(".needs-script").first.is_visible()
    page.get_by_text("Technical layer", exact=True).click()
    assert page.locator(".balance.in-technical").is_visible()
    assert not page.locator(".balance.in-all").is_visible()


def test_thousand_services_open_in_three_seconds(browser: BrowserContext, tmp_path: Path) -> None:
    opened = opened_report(browser, tmp_path, samples.estate(1000, 5000))
    assert opened.seconds < 3
    assert opened.complaints == []
    assert (tmp_path / "index.html").stat().st_size < 3_000_000
    opened.page.locator("#board").focus()
    opened.page.keyboard.press("ArrowRight")
    assert opened.page.locator("#cell a").count() > 0


def test_print_is_vector_and_has_no_more_pages_than_sense(
    browser: BrowserContext, tmp_path: Path
) -> None:
    pdf = opened_report(browser, tmp_path, samples.shop()).page.pdf(
        prefer_css_page_size=True, tagged=True
    )
    assert b"/Subtype /Image" not in pdf
    assert pdf.count(b"/Type /Page\n") <= 16


def test_strength_by_operation_is_folded_and_told_in_the_cell(
    browser: BrowserContext, tmp_path: Path
) -> None:
    page = opened_report(browser, tmp_path, mixed()).page
    page.locator("#board").focus()
    page.keyboard.press("ArrowRight")
    said = "strong in POST /checkout, weak in GET /cart: 0.98 sure that they differ"
    assert said in page.locator("#cell").inner_text()
    page.keyboard.press("Enter")
    row = page.get_by_text("12 of 12", exact=True)
    assert not row.is_visible()
    page.locator("details.operations summary").click()
    assert row.is_visible()


@pytest.mark.parametrize("width", [360, 1400])
@pytest.mark.parametrize("name", ["", "x" * 120])
def test_nobody_scrolls_sideways(
    name: str, width: int, browser: BrowserContext, tmp_path: Path
) -> None:
    snapshot = samples.hostile(name) if name else samples.shop()
    opened = opened_report(browser, tmp_path, snapshot)
    opened.page.set_viewport_size({"width": width, "height": 800})
    assert not opened.overflows()
