"""The page: its sections, its safety, its bytes."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from depmap.reporting.html import render_html
from tests.reporting import samples

if TYPE_CHECKING:
    from collections.abc import Callable

    from depmap.model.snapshot import Snapshot

SECTIONS = (
    "verdict",
    "matrix",
    "phases",
    "hidden",
    "conflicts",
    "findings",
    "impact",
    "evidence",
    "shared",
    "gaps",
    "sources",
    "method",
)
VOID = {"meta", "link", "input", "br", "img", "rect", "path", "use"}


class Page(HTMLParser):
    """The elements of a page with their attributes, and the texts of scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.raw: dict[str, list[str]] = {"script": [], "style": []}
        self.text: list[str] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag in {"td", "th", "li", "p"}:
            self.text.append(" ")
        if tag not in VOID:
            self.open.append(tag)
        if tag in self.raw:
            self.raw[tag].append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in self.raw:
            self.raw[self.open[-1]][-1] += data
        else:
            self.text.append(data)

    def attributes(self, name: str) -> list[str]:
        return [attrs[name] for _, attrs in self.elements if name in attrs]

    @property
    def words(self) -> str:
        return " ".join("".join(self.text).split())


@pytest.fixture(scope="module")
def shop() -> Page:
    return Page(render_html(samples.shop()))


ALL: dict[str, Callable[[], Snapshot]] = {
    "shop": samples.shop,
    "empty": samples.empty,
    "hostile": samples.hostile,
    "folded": lambda: samples.estate(450, 900),
}


@pytest.fixture(params=ALL)
def page(request: pytest.FixtureRequest) -> Page:
    return Page(render_html(ALL[request.param]()))


def test_sections_come_in_the_order_in_which_a_reviewer_reads(page: Page) -> None:
    found = [name for name in page.attributes("id") if name in SECTIONS]
    assert found == list(SECTIONS)


def test_every_link_leads_to_a_place_on_the_page(page: Page) -> None:
    ids = page.attributes("id")
    assert len(ids) == len(set(ids))
    targets = {href[1:] for href in page.attributes("href") if href.startswith("#")}
    assert targets <= set(ids)


def test_nothing_is_loaded_from_anywhere(page: Page) -> None:
    assert {href for href in page.attributes("href") if not href.startswith("#")} == {"data:,"}
    assert not page.attributes("src")
    assert not page.attributes("action")
    assert "url(" not in page.raw["style"][0]
    assert "@import" not in page.raw["style"][0]


def test_policy_allows_the_own_script_and_style_and_nothing_else(page: Page) -> None:
    policy = next(
        attrs["content"]
        for tag, attrs in page.elements
        if tag == "meta" and attrs.get("http-equiv") == "Content-Security-Policy"
    )
    script, style = page.raw["script"][-1], page.raw["style"][0]
    assert policy.startswith("default-src 'none'; ")
    assert f"script-src 'sha256-{_digest(script)}'" in policy
    assert f"style-src 'sha256-{_digest(style)}'" in policy
    assert "unsafe" not in policy


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def test_page_has_no_inline_styles_or_handlers(page: Page) -> None:
    names = {name for _, attrs in page.elements for name in attrs}
    assert "style" not in names
    assert not [name for name in names if name.startswith("on")]


def test_script_stays_small() -> None:
    assert len(Page(render_html(samples.empty())).raw["script"][-1]) < 20_000


@pytest.mark.parametrize(
    "name",
    [
        samples.HOSTILE,
        "'\"><svg/onload=alert(1)>",
        "{{ 7 * 7 }}",
        "<!--",
        "]]>",
        "a\u202eb\x1b[2J",
    ],
)
def test_names_stay_text(name: str) -> None:
    text = render_html(samples.hostile(name))
    page = Page(text)
    assert not [tag for tag, _ in page.elements if tag in {"img", "iframe"}]
    assert len(page.raw["script"]) == 2
    assert "49" not in page.words.split()
    assert not re.search("[\x00-\x08\x0b-\x1f\u202a-\u202e]", text)


def test_hostile_name_is_shown_as_it_is() -> None:
    page = Page(render_html(samples.hostile()))
    assert samples.HOSTILE in page.words


def test_same_snapshot_gives_the_same_bytes() -> None:
    for make in ALL.values():
        assert render_html(make()) == render_html(make())


def test_front_page_shows_at_most_five_decisions() -> None:
    page = Page(render_html(samples.estate(450, 900)))
    assert "5 of 18 findings, the most urgent first" in page.words


def test_hidden_secret_is_told_with_its_files(shop: Page) -> None:
    assert "recommendation depends on payment: shared-secret, technical, strong" in shop.words
    assert "services/recommendation/app.py:31" in shop.words
    assert "token-signing" in shop.words


def test_both_sides_of_a_disagreement_stand_together(shop: Page) -> None:
    words = shop.words
    start = words.index("Disagreements Where sources contradict")
    section = words[start : words.index("Other findings", start)]
    assert "people (storefront tech lead): strong" in section
    assert "code: the failure is swallowed" in section
    assert "DM-conflict-8e18d1c9" in section


def test_what_is_not_confirmed_is_told_and_not_drawn(shop: Page) -> None:
    assert "declared, not used, not confirmed" in shop.words
    assert "19 drawn + 0 folded + 1 filtered (1 not confirmed) = 20 in total" in shop.words


def test_each_phase_has_its_services_reasons_and_gate(shop: Page) -> None:
    words = shop.words
    assert "its role is service; storefront depends on it, strong moved from user-facing" in words
    assert "availability of config-service at least 99.9 % over 60 minutes" in words
    assert "pricing + promotions" in words
    assert "storefront → finance-close → shipping" in words


def test_failure_shares_come_with_their_band(shop: Page) -> None:
    assert "storefront: POST /orders 1,800 70 % 41 % to 93 %" in shop.words


def test_source_that_could_not_be_read_makes_the_review_partial(shop: Page) -> None:
    assert "This review is partial. Source zipkin-old could not be read" in shop.words


def test_floor_of_what_is_missing_is_never_a_bare_percentage(shop: Page) -> None:
    assert "At least 4 more are probably missing." in shop.words
    assert "cannot be estimated" in Page(render_html(samples.empty())).words


def test_ages_are_counted_back_from_the_review(shop: Page) -> None:
    assert "last seen 2026-12-29, 2 days before" in shop.words


def test_every_layer_has_its_view_without_a_script(shop: Page) -> None:
    radios = [attrs["value"] for tag, attrs in shop.elements if attrs.get("type") == "radio"]
    assert radios == ["all", "technical", "operational", "business"]
    classes = set(shop.attributes("class"))
    assert {"in-all", "in-technical", "in-operational", "in-business"} <= classes


def test_marks_are_one_path_a_class(shop: Page) -> None:
    strong = [
        attrs for tag, attrs in shop.elements if tag == "path" and attrs.get("class") == "strong"
    ]
    assert len(strong) == 5  # the legend's, and one a view
    assert sum(attrs["d"].count("M") for attrs in strong[1:2]) == 10


def test_data_for_the_cursor_covers_each_dependency_drawn() -> None:
    snapshot = samples.shop()
    data = json.loads(Page(render_html(snapshot)).raw["script"][0])
    indices = sorted(index for cell in data["cells"] for index in cell[2:])
    wanted = [i for i, item in enumerate(snapshot.matrix.dependencies) if item.confirmed]
    assert indices == wanted
    assert len(data["layers"]) == len(snapshot.matrix.dependencies)


def test_thousand_services_stay_under_three_megabytes() -> None:
    assert len(render_html(samples.estate(1000, 5000)).encode()) < 3_000_000
