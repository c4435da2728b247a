"""What the terminal shows: why, impact, matrix, plan."""

from __future__ import annotations

import csv
import dataclasses
import io

import pytest

from depmap.errors import InputError
from depmap.model.coverage import Inquiry
from depmap.model.snapshot import ImpactOf, TimeOut, Wait
from depmap.model.words import Kind, Layer, Strength
from depmap.reporting.losses import hang
from depmap.reporting.sentences import age, percent, plain, probability
from depmap.reporting.story import render_impact, render_why
from depmap.reporting.terminal import render_matrix, render_plan
from tests.reporting import mixed, samples


def test_why_tells_the_story_with_its_file_lines() -> None:
    story = render_why(samples.shop(), "recommendation", "payment")
    assert story.startswith(
        "recommendation depends on payment: shared-secret, technical, strong\n"
        "  confidence 0.97 from code, deployment\n"
    )
    assert "        services/recommendation/app.py:31\n" in story
    assert "        docker-compose.yml:41\n" in story
    assert "not seen by: traces, people" in story
    assert "Shared: payment, recommendation share token-signing" in story


def test_why_names_every_kind_of_a_pair() -> None:
    story = render_why(samples.shop(), "ORDER", "inventory")
    assert "order depends on inventory: http" in story
    assert "order depends on inventory: business-process" in story
    assert "“we never sell what is not in stock”" in story


def test_why_shows_both_sides_of_a_disagreement() -> None:
    story = render_why(samples.shop(), "storefront", "ads")
    assert "claims optional; the failure is swallowed" in story
    assert "said by storefront tech lead; claims strong" in story
    assert "Finding DM-conflict-8e18d1c9 (high)" in story


def test_why_not_names_the_chain_through_others() -> None:
    story = render_why(samples.shop(), "storefront", "inventory")
    assert "No source says that storefront depends on inventory." in story
    assert "storefront -> order -> inventory" in story


def test_why_names_the_other_direction() -> None:
    story = render_why(samples.shop(), "inventory", "order")
    assert "The other way round: order depends on inventory" in story


@pytest.mark.parametrize(
    ("about", "strength", "told"),
    [
        ("conflict", Strength.WEAK, True),
        ("strength", Strength.UNDETERMINED, True),
        ("strength", Strength.STRONG, False),
    ],
)
def test_why_says_what_would_decide_what_is_open(
    about: str, strength: Strength, told: bool
) -> None:
    asked = Inquiry(
        how="experiment",
        about=about,
        consumer="order",
        provider="stock",
        kind=Kind.HTTP,
        whom="commerce",
        question="Does order go on?",
        value=0.0123,
    )
    snapshot = mixed.snapshot(mixed.item(mixed.view(strength=strength)))
    story = render_why(dataclasses.replace(snapshot, inquiries=(asked,)), "order", "stock")
    line = (
        "  to find out: Does order go on? (experiment, ask commerce, may shift what fails by"
        " 1.23 % of all requests)\n"
    )
    assert (line in story) is told


def test_unknown_name_gets_the_nearest_known_one() -> None:
    with pytest.raises(InputError, match='nothing is called "paymnt"') as caught:
        render_why(samples.shop(), "paymnt", "order")
    assert caught.value.hint == 'did you mean "payment"?'


def test_impact_lists_operations_and_who_stops() -> None:
    snapshot = samples.shop()
    text = render_impact(snapshot.impacts[1], snapshot)
    assert text.splitlines() == [
        "If inventory is down (replayed over healthy call trees):",
        "  16 % (15 % at best, 17 % at worst) of all requests fail",
        "    storefront: POST /orders: 97 % (92 % at best, 100 % at worst) of 1,800 requests fail",
        "  stops:",
        "    order (commerce)",
        "    storefront (web)",
        "  goes on with less:",
        "    shipping (logistics)",
    ]


def hanging() -> ImpactOf:
    """A node of whose two users one is known to give up."""
    limits = [("order", 990.0, 1.5, 3, "9 calls ended"), ("cart", None, 1.0, 1, "none known")]
    return dataclasses.replace(
        samples.shop().impacts[1],
        waits=(
            Wait(
                operation="storefront: POST /orders", mean_ms=1485.0, most_ms=2970.0, unlimited=0.2
            ),
        ),
        time_outs=tuple(
            TimeOut(
                consumer=consumer,
                provider="inventory",
                after_ms=after,
                tries=tries,
                most_tries=most,
                calls=1.0,
                basis=why,
            )
            for consumer, after, tries, most, why in limits
        ),
    )


def test_impact_tells_how_long_requests_wait_when_it_hangs() -> None:
    text = render_impact(hanging(), samples.shop())
    assert (
        "      if it hangs, they wait about 1.49 s on average, up to 2.97 s;"
        " 20 % without a known end\n"
    ) in text
    assert (
        "  if inventory takes calls and does not answer:\n"
        "    order gives up on inventory after about 990 ms, tried 1.5 to 3 times: 9 calls ended\n"
        "    none known: cart\n"
    ) in text


def test_the_report_tells_in_a_sentence_how_long_requests_wait() -> None:
    assert hang(hanging()) == (
        "requests wait up to about 2.97 s (storefront: POST /orders); no time-out is known of cart"
    )
    assert hang(samples.shop().impacts[1]) == ""


def test_impact_without_traces_says_what_it_rests_on() -> None:
    snapshot = samples.shop()
    assert "an upper bound from strong dependencies" in render_impact(
        snapshot.impacts[4], snapshot
    )
    assert "nothing else is known to fail" in render_impact(snapshot.impacts[5], snapshot)


def test_table_marks_what_lies_above_the_diagonal() -> None:
    table = render_matrix(samples.shop()).splitlines()
    assert table[0] == "A row depends on a column. Providers come first."
    row = next(line for line in table if " payment " in line)
    assert row.split() == ["5", "payment", *"····\\·····", "!w", *"····"]


def test_wide_table_becomes_a_list() -> None:
    table = render_matrix(samples.estate(100, 200))
    assert "100 columns do not fit; the dependencies as a list:" in table
    assert table.count(" depends on ") == 132 + 1  # and the convention


def test_matrix_has_a_layer() -> None:
    rows = list(csv.reader(io.StringIO(render_matrix(samples.shop(), Layer.BUSINESS, "csv"))))
    assert sorted(row[0] for row in rows if "strong" in row) == ["finance-close", "order"]


def test_matrix_as_csv_and_markdown() -> None:
    rows = list(csv.reader(io.StringIO(render_matrix(samples.shop(), None, "csv"))))
    assert len(rows) == 16
    assert {len(row) for row in rows} == {16}
    assert "| ■ |" in render_matrix(samples.shop(), None, "markdown")


def test_unknown_format_is_an_error_with_a_hint() -> None:
    with pytest.raises(InputError) as caught:
        render_matrix(samples.shop(), None, "cvs")
    assert caught.value.hint == 'did you mean "csv"?'


def test_plan_reads_phase_by_phase() -> None:
    text = render_plan(samples.shop().plan)
    assert text.index("Foundation") < text.index("wave 0") < text.index("Supporting")
    assert "    pricing + promotions\n        pricing: its role is service\n" in text
    assert "rollback: storefront -> finance-close" in text
    assert render_plan(samples.empty().plan) == "Nothing is placed.\n"


def test_hostile_names_do_not_steer_the_terminal() -> None:
    snapshot = samples.hostile("a\x1b[2Jb\u202ec")
    texts = [
        render_why(snapshot, "a\x1b[2Jb\u202ec", "b|\n`c`"),
        render_impact(snapshot.impacts[0], snapshot),
        render_matrix(snapshot),
        render_plan(snapshot.plan),
    ]
    for text in texts:
        assert "\x1b" not in text
        assert "\u202e" not in text


def test_shares_never_round_to_a_certainty() -> None:
    assert [percent(x) for x in (0.0, 0.001, 0.5, 0.999, 1.0)] == [
        "0 %",
        "<1 %",
        "50 %",
        ">99 %",
        "100 %",
    ]
    assert [probability(x) for x in (0.0, 0.001, 0.5, 0.999, 1.0)] == [
        "<0.01",
        "<0.01",
        "0.50",
        ">0.99",
        ">0.99",
    ]


def test_ages_know_a_naive_date_and_a_later_one() -> None:
    naive = samples.AS_OF.replace(tzinfo=None)
    assert age(naive, samples.AS_OF) == "the same day"
    assert age(samples.AS_OF, naive.replace(year=2025)) == "after the review"
    assert age(None, naive) == ""


def test_plain_text_is_left_alone() -> None:
    assert plain("naïve “é” 東京") == "naïve “é” 東京"
    assert plain("a\nb\tc\x00") == "a b c\N{REPLACEMENT CHARACTER}"
