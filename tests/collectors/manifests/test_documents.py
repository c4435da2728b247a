"""Files of several documents, some of which are broken."""

from __future__ import annotations

import time

from collectors.manifests.yamls import MAX_BROKEN, Item, documents
from depmap.model.evidence import Gap


def shown(text: str) -> list[str]:
    return [
        one.locator if isinstance(one, Gap) else f"{one['a'].text} at {one['a'].line}"
        for one in documents(text, "x.yml")
    ]


def test_what_comes_after_a_broken_document_is_read() -> None:
    assert shown("a: 1\n---\nb: [\n---\na: 2\n---\na: 3\n") == [
        "1 at 1", "x.yml:4", "2 at 5", "3 at 7",
    ]  # fmt: skip


def test_a_broken_document_at_the_start() -> None:
    assert shown("a: {{ .Values.x }}: y\n---\na: 2\n")[-1] == "2 at 3"


def test_many_broken_documents_end() -> None:
    start = time.monotonic()
    found = list(documents("b: [\n---\n" * 50_000, "x.yml"))
    assert all(isinstance(one, Gap) for one in found)
    assert len(found) == MAX_BROKEN
    assert time.monotonic() - start < 10


def test_a_line_of_dashes_in_a_text_is_no_document() -> None:
    (one,) = documents("a: |\n  x\n  ---\n  y\n", "x.yml")
    assert isinstance(one, Item)
    assert one["a"].text == "x\n---\ny\n"


def test_tags_of_compose_say_how_files_are_laid_over_each_other() -> None:
    (one,) = documents("a: !override [1, 2]\nb: !reset [3]\nc: !override {d: 4}\n", "x.yml")
    assert isinstance(one, Item)
    assert [item.text for item in one["a"].items] == ["1", "2"]
    assert (one["b"].value, one["c"]["d"].text) == (None, "4")
