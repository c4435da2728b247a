"""The page in a real browser: offline, by keyboard, at size."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from depmap.reporting import render_html
from tests.reporting import samples

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import BrowserContext, Page

    from depmap.model.snapshot import Snapshot

pytestmark = pytest.mark.browser


class Opened:
    """A page in the browser, with all that it asked for and complained about."""

    def __init__(self, browser: BrowserContext, folder: Path, snapshot: Snapshot) -> None:
        path = folder / "index.html"
        path.write_text(render_html(snapshot), encoding="utf-8")
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.page: Page = browser.new_page()
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        start = time.perf_counter()
        self.page.goto(path.as_uri())
        self.page.locator("#cell").wait_for()
        self.seconds = time.perf_counter() - start

    def asked(self) -> list[str]:
        """What was asked for beside the page itself."""
        return [url for url in self.requests[1:] if not url.startswith("data:")]


@pytest.mark.parametrize("name", ["shop", "empty", "hostile"])
def test_page_asks_for_nothing_and_complains_of_nothing(
    name: str, browser: BrowserContext, tmp_path: Path
) -> None:
    opened = Opened(browser, tmp_path, getattr(samples, name)())
    assert opened.asked() == []
    assert opened.complaints == []
    assert opened.page.evaluate("document.documentElement.className") == "script"


def test_arrow_keys_reach_each_dependency_and_enter_opens_it(
    browser: BrowserContext, tmp_path: Path
) -> None:
    snapshot = samples.shop()
    page = Opened(browser, tmp_path, snapshot).page
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
    page = Opened(browser, tmp_path, samples.shop()).page
    page.locator("#board").focus()
    rows = []
    for key in ("ArrowDown", "ArrowDown", "ArrowDown", "ArrowUp", "End", "Home"):
        page.keyboard.press(key)
        rows.append(page.locator("#cell a").first.inner_text().split()[0])
    assert rows == ["payment", "pricing", "promotions", "pricing", "storefront", "payment"]


def test_layer_filter_changes_picture_balance_and_cursor(
    browser: BrowserContext, tmp_path: Path
) -> None:
    page = Opened(browser, tmp_path, samples.shop()).page
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
    page = Opened(browser, tmp_path, samples.estate(60, 150)).page
    assert not page.locator("#d40").is_visible()
    page.goto(page.url.split("#")[0] + "#d40")
    assert page.locator("#d40").is_visible()


def test_filter_accounts_for_what_it_hides(browser: BrowserContext, tmp_path: Path) -> None:
    page = Opened(browser, tmp_path, samples.shop()).page
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
    opened = Opened(browser, tmp_path, samples.estate(1000, 5000))
    assert opened.seconds < 3
    assert opened.complaints == []
    assert (tmp_path / "index.html").stat().st_size < 3_000_000
    opened.page.locator("#board").focus()
    opened.page.keyboard.press("ArrowRight")
    assert opened.page.locator("#cell a").count() > 0


def test_print_is_vector_and_has_no_more_pages_than_sense(
    browser: BrowserContext, tmp_path: Path
) -> None:
    pdf = Opened(browser, tmp_path, samples.shop()).page.pdf(
        prefer_css_page_size=True, tagged=True
    )
    assert b"/Subtype /Image" not in pdf
    assert pdf.count(b"/Type /Page\n") <= 16
