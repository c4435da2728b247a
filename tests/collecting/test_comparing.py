from __future__ import annotations

from depmap.collecting.comparing import MAX_GAPS, Ours, compare
from depmap.collecting.port import Drawn
from depmap.model.words import Kind
from depmap.tracing.links import Link, Links, TracedService


def ours(*rows: tuple[str, str, Kind], observed: bool = True) -> Ours:
    """Edges; who is written in small letters records spans."""
    found = Ours()
    names = {name for row in rows for name in row[:2] if name.islower()}
    found.add(
        Links(
            rows=tuple(
                Link(consumer=a, provider=b, kind=kind, calls=1, errors=0, observed=observed)
                for a, b, kind in rows
            ),
            services=tuple(TracedService(name=name, spans=1) for name in sorted(names)),
        )
    )
    return found


def drawn(*edges: tuple[str, str], wider: bool = False) -> Drawn:
    return Drawn(tuple((a, b, 3) for a, b in edges), "http://x", wider=wider)


HTTP = ("cart", "stock", Kind.HTTP)
START = "compared with its own dependencies: "


def test_what_agrees_is_counted_whatever_its_spelling() -> None:
    found = compare(drawn(("CART", "stock")), ours(HTTP))
    assert (found.text, found.gaps) == (f"{START}1 edges agree", ())


def test_an_edge_that_only_the_server_draws_is_a_gap() -> None:
    found = compare(drawn(("stock", "cart")), ours(HTTP))
    assert found.text == (
        f"{START}0 edges agree; only it draws 1 that no trace read here shows; "
        "only the traces show 1 that it draws not, though the traces hold them"
    )
    [gap] = found.gaps
    assert (gap.what, gap.locator) == ("calls from stock to cart", "http://x")
    assert "have 3 of them" in gap.why


def test_known_reasons_are_told_and_are_no_gaps() -> None:
    found = compare(drawn(("cart", "cart"), ("cart", "postgres"), ("cart", "stock")), ours(HTTP))
    assert found.gaps == ()
    assert "1 calls of a service to itself" in found.text
    assert "1 with peers that record no spans" in found.text


def test_what_only_the_traces_show_is_told_by_reason() -> None:
    edges = (
        ("cart", "POSTGRES", Kind.DATABASE),
        ("order", "ship", Kind.EVENT),
        ("cart", "stock", Kind.HTTP),
    )
    text = compare(drawn(("cart", "stock")), ours(*edges)).text
    assert "only the traces show 1 messages tied by span links, 1 with peers" in text
    guessed = compare(drawn(("a", "a")), ours(HTTP, observed=False)).text
    assert "1 inferred over lost spans" in guessed


def test_a_broker_that_is_drawn_to_its_consumer_agrees() -> None:
    row = ("ship", "KAFKA", Kind.MESSAGING_CONSUME)
    assert compare(drawn(("kafka", "ship")), ours(row)).text == f"{START}1 edges agree"


def test_whole_days_may_hold_edges_of_another_time() -> None:
    found = compare(drawn(("stock", "cart"), wider=True), ours(HTTP))
    assert found.gaps == ()
    assert "perhaps of another time" in found.text


def test_edges_of_services_that_were_not_asked_for_are_left_out() -> None:
    theirs = drawn(("a", "b"), ("cart", "stock"))
    assert compare(theirs, ours(HTTP, ("a", "c", Kind.HTTP)), ("cart",)).gaps == ()


def test_a_server_that_draws_none_says_why() -> None:
    assert "a separate job" in compare(drawn(), ours(HTTP)).text
    failed = compare(Drawn((), "http://x", failed="HTTP 500"), ours(HTTP))
    assert failed.text == "not compared with its own dependencies: HTTP 500"


def test_gaps_are_bounded() -> None:
    rows = ours(*((f"s{n}", "x", Kind.HTTP) for n in range(MAX_GAPS + 9)))
    found = compare(drawn(*(("x", f"s{n}") for n in range(MAX_GAPS + 9))), rows)
    assert len(found.gaps) == MAX_GAPS + 1
    assert found.gaps[-1].what == "9 more edges"
