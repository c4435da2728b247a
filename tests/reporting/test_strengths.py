"""How sure a strength is, what to expect, and where operations do not behave alike."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING, Any

import jsonschema
import msgspec
import pytest

from depmap.cli.schemas import SCHEMAS
from depmap.frames import dependencies_frame
from depmap.model.words import Kind, Strength
from depmap.reporting import strengths
from depmap.reporting.html import render_html
from depmap.reporting.markdown import render_markdown
from depmap.reporting.node import render_node
from depmap.reporting.records import dependency_record
from depmap.reporting.story import render_why
from tests.reporting.estate import estate
from tests.reporting.mixed import CART, CHECKOUT, item, mixed, operation, snapshot, view

if TYPE_CHECKING:
    from depmap.model.dependency import OperationStrength

TRACES_CODE = (("traces", 4.0), ("code", 1.0))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (
            {"strength": Strength.STRONG, "probability": 0.98, "said": TRACES_CODE},
            "0.98 sure that it is strong, from traces, code",
        ),
        (
            {"strength": Strength.OPTIONAL, "probability": 0.02, "said": TRACES_CODE},
            "0.98 sure that it is not strong, from traces, code",
        ),
        (
            {"strength": Strength.UNDETERMINED, "probability": 0.36, "said": TRACES_CODE},
            "0.64 sure that it is not strong, from traces, code; it is decided from 0.90 on",
        ),
        (
            {"strength": Strength.UNDETERMINED, "probability": 0.97, "said": (("traces", 3.5),)},
            (
                "0.97 sure that it is strong, from traces, which may not decide it: too few"
                " failures, or chosen ones"
            ),
        ),
        (
            {"strength": Strength.STRONG, "probability": 0.88, "said": (("code", 2.0),)},
            "0.88 sure that it is strong, from code alone, since no other source could tell",
        ),
        (
            {"strength": Strength.UNDETERMINED, "probability": 0.5, "said": ()},
            "no source tells how strong it is",
        ),
    ],
)
def test_a_strength_says_how_sure_it_is_and_who_had_a_say(
    fields: dict[str, Any], words: str
) -> None:
    assert strengths.sure(item(view(**fields))) == words


def test_what_to_expect_has_its_interval_and_its_failures() -> None:
    found = item(view())
    assert strengths.expected(found) == (
        "if stock fails, expect 20 % of this work to fail too"
        " (90 % interval 8 % to 36 %; 24 lone failures seen)"
    )
    one = item(view(units=1))
    assert strengths.expected(one).endswith("; 1 lone failure seen)")
    none = item(view(units=0))
    assert strengths.expected(none).endswith("; no lone failure seen)")


def test_where_nothing_was_seen_nor_decided_it_says_first_that_it_is_not_known() -> None:
    guess = view(strength=Strength.UNDETERMINED, units=0)
    assert strengths.expected(item(guess)) == (
        "it is not known how much of this work fails if stock fails, since no lone failure was"
        " seen; guessed at 20 % (90 % interval 8 % to 36 %)"
    )
    assert strengths.brief(item(guess)) == "not known how much fails too (guess 8 % to 36 %)"
    seen_some = view(strength=Strength.UNDETERMINED, units=2)
    assert strengths.expected(item(seen_some)).startswith("if stock fails, expect 20 %")


def test_nothing_is_expected_where_no_source_tells_or_nothing_is_called() -> None:
    silent = view(expected=None, expected_low=None, expected_high=None)
    assert strengths.expected(item(silent)) == ""
    secret = dataclasses.replace(item(view()), kind=Kind.SHARED_SECRET)
    assert strengths.expected(secret) == ""


SAME_WORD = dataclasses.replace(CART, strength=Strength.STRONG)
NAMELESS = operation("", "GET /stock", Strength.WEAK)
UNKNOWN = operation("", "", Strength.UNDETERMINED)
TWICE = operation("POST /checkout", "GET /stock", Strength.WEAK)


@pytest.mark.parametrize(
    ("operations", "differs", "words"),
    [
        (
            (CHECKOUT, CART),
            0.98,
            "strong in POST /checkout, weak in GET /cart: 0.98 sure that they differ",
        ),
        (
            (CHECKOUT, CART),
            0.4,
            (
                "strong in POST /checkout, weak in GET /cart, which may be chance:"
                " 0.40 sure that they differ"
            ),
        ),
        ((CHECKOUT, SAME_WORD), 0.93, "strong in each operation: 0.93 sure that they differ"),
        ((CHECKOUT, SAME_WORD), 0.12, "strong in each operation: 0.12 sure that they differ"),
        (
            (CHECKOUT, TWICE),
            0.99,
            "strong in POST /holds, weak in GET /stock: 0.99 sure that they differ",
        ),
        (
            (CHECKOUT, TWICE, NAMELESS),
            0.999,
            (
                "strong in POST /checkout -> POST /holds, weak in POST /checkout -> GET /stock,"
                " GET /stock: >0.99 sure that they differ"
            ),
        ),
        (
            (CHECKOUT, UNKNOWN),
            0.95,
            (
                "strong in POST /checkout -> POST /holds, undetermined in unknown:"
                " 0.95 sure that they differ"
            ),
        ),
        ((CHECKOUT,), 0.0, ""),
        ((), 0.0, ""),
    ],
)
def test_operations_are_named_by_what_tells_them_apart(
    operations: tuple[OperationStrength, ...], differs: float, words: str
) -> None:
    assert strengths.differing(view(*operations, differs=differs)) == words


def test_why_shows_a_table_by_operation() -> None:
    lines = render_why(mixed(), "order", "stock").splitlines()
    at = lines.index(
        "  by operation: strong in POST /checkout, weak in GET /cart: 0.98 sure that they differ"
    )
    cells = [
        [cell.strip() for cell in line.split("  ") if cell] for line in lines[at + 1 : at + 4]
    ]
    assert cells == [
        list(strengths.OPERATIONS),
        ["POST /checkout", "POST /holds", "<1 %", "strong", "12 of 12", "95 % (80 % to 99 %)"],
        ["GET /cart", "GET /stock", ">99 %", "weak", "0 of 12", "4 % (<1 % to 14 %)"],
    ]


def test_an_operation_that_was_not_seen_to_fail_says_so() -> None:
    unseen = dataclasses.replace(CART, units=0, consumer_operation="")
    rows = strengths.operation_rows(view(CHECKOUT, unseen))
    assert (rows[1][0], rows[1][4]) == ("unknown", "no lone failure")


def test_many_operations_are_cut_and_counted() -> None:
    many = [operation(f"GET /{number}", "GET /stock", Strength.WEAK) for number in range(22)]
    story = render_why(snapshot(item(view(*many))), "order", "stock")
    assert "GET /19" in story
    assert "GET /20" not in story
    assert "    and 2 more operations in the snapshot\n" in story
    assert "weak in each operation" in story


@pytest.mark.parametrize("render", [render_html, render_markdown])
def test_both_reports_fold_the_table_away(render: Any) -> None:
    page = render(mixed())
    assert "<details" in page
    for words in (
        "strong in POST /checkout, weak in GET /cart: 0.98 sure that they differ",
        "12 of 12",
        "95 % (80 % to 99 %)",
    ):
        assert words in page, words


@pytest.mark.parametrize("render", [render_html, render_markdown])
def test_one_operation_is_no_table(render: Any) -> None:
    page = render(snapshot(item(view(CHECKOUT, differs=0.0))))
    assert "by operation" not in page.lower()


def test_hostile_operations_stay_text() -> None:
    bad = operation("</details><script>", "a|b\n# c", Strength.WEAK)
    found = snapshot(item(view(CHECKOUT, bad)))
    assert "<script>\n" not in render_html(found)
    assert "</details><script>" not in render_html(found)
    page = render_markdown(found)
    assert r"| \</details\>\<script\> |" in page
    assert "&lt;/details&gt;&lt;script&gt;: 0.98" in page
    assert "\n# c" not in page


def test_records_hold_what_each_estimate_rests_on() -> None:
    record = dependency_record(item(view(CHECKOUT, CART)))
    assert [record[name] for name in ("expected", "expected_low", "expected_high", "units")] == [
        0.2, 0.08, 0.36, 24,
    ]  # fmt: skip
    first = record["by_operation"][0]
    assert [first[name] for name in ("failed_too", "units", "expected_low", "expected_high")] == [
        12, 12, 0.8, 0.99,
    ]  # fmt: skip
    assert record["differs"] == 0.98
    alone = dependency_record(item(view(CHECKOUT)))
    assert (alone["by_operation"], alone["differs"]) == ([], 0.0)


def read(rows: list[dict[str, Any]]) -> Any:
    """Return rows as those who read the JSON have them."""
    return msgspec.json.decode(msgspec.json.encode(rows))


@pytest.mark.parametrize(("command", "more"), [("matrix", {}), ("why", {"evidence": []})])
def test_records_keep_the_schema_of_their_command(command: str, more: dict[str, Any]) -> None:
    record = {**dependency_record(item(view(CHECKOUT, CART))), **more}
    schema = SCHEMAS[command]()
    rows = schema["properties"]["dependencies"]
    jsonschema.validate(read([record]), {**rows, "$defs": schema["$defs"]})
    lacking = read([{**record, "by_operation": [{"share": 2}]}])
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(lacking, {**rows, "$defs": schema["$defs"]})


def test_the_list_of_dependencies_has_the_interval() -> None:
    frame = dependencies_frame(mixed())
    assert frame[["expected", "expected_low", "expected_high", "units"]].iloc[0].tolist() == [
        0.2, 0.08, 0.36, 24,
    ]  # fmt: skip


def test_a_page_of_thousands_is_brief_and_says_how_to_read_it() -> None:
    page = render_html(estate(1000, 5000))
    assert re.search(r"expect \d\d % to fail too \(\d\d % to \d\d %\)", page)
    assert "has its 90 % interval in brackets" in page
    assert "interval in brackets" not in render_html(estate(30, 60))
    assert strengths.brief(item(view())) == "expect 20 % to fail too (8 % to 36 %)"
    assert strengths.brief(item(view(expected=None))) == ""


def test_a_node_tells_where_its_operations_differ() -> None:
    built = mixed()
    order, stock = (next(i for i in built.nodes if i.name == name) for name in ("order", "stock"))
    said = "    stock: strong in POST /checkout, weak in GET /cart: 0.98 sure that they differ"
    assert said in render_node(built, order).splitlines()
    assert "sure that they differ" not in render_node(built, stock)
    alike = snapshot(item(view(CHECKOUT, CART, differs=0.5)))
    assert "sure that they differ" not in render_node(alike, order)


@pytest.mark.parametrize(
    ("differs", "words"),
    [
        ((0.12,), "1 dependency serves several operations; of none it is sure that these differ"),
        ((0.95, 0.5), "2 dependencies serve several operations; of 1 of them it is sure that"),
    ],
)
def test_the_short_form_folds_only_what_is_likely_to_differ(
    differs: tuple[float, ...], words: str
) -> None:
    items = tuple(
        dataclasses.replace(item(view(CHECKOUT, CART, differs=one)), kind=kind)
        for one, kind in zip(differs, (Kind.HTTP, Kind.GRPC), strict=False)
    )
    page = render_markdown(snapshot(*items))
    assert words in page
    assert page.count("<details>") == sum(one >= 0.5 for one in differs)


def test_the_cell_tells_only_of_operations_that_surely_differ() -> None:
    said = "strong in POST /checkout, weak in GET /cart"
    sure, unsure = (
        render_html(snapshot(item(view(CHECKOUT, CART, differs=differs)))).count(said)
        for differs in (0.95, 0.6)
    )
    assert (sure, unsure) == (2, 1)


def test_a_large_page_shows_operations_only_where_they_are_likely_to_differ() -> None:
    def page(differs: float, amount: int) -> str:
        many = view(*(CHECKOUT, CART) * 10, differs=differs)
        items = tuple(
            dataclasses.replace(item(many), consumer=f"order-{at}") for at in range(amount)
        )
        return render_html(snapshot(*items))

    assert page(0.2, 100).count('<details class="operations">') == 100
    assert page(0.2, 101).count('<details class="operations">') == 0
    assert page(0.7, 101).count('<details class="operations">') == 101
