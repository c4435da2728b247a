"""Laws: order and repetition change nothing, parts add up, the formats agree, the rules hold."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from depmap.tracing.linking import Links, link, merge
from depmap.tracing.reading import read_bytes
from depmap.tracing.spans import Spans
from depmap.tracing.windows import by_hour
from tests.tracing.reference import Linker
from tests.tracing.traces import S, as_jaeger, as_otlp, as_zipkin, table

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

SERVICES = st.sampled_from(["a", "b", "c", "A", ""])
KINDS = st.sampled_from(["", "internal", "client", "server", "producer", "consumer"])
TAGS = st.sampled_from([{}, {}, {"error": "true"}, {"http.method": "GET"}])
HOUR = 3_600_000_000


@st.composite
def traces(
    draw: st.DrawFn, *, services: st.SearchStrategy[str] = SERVICES, shared: bool = True
) -> list[S]:
    """Draw a few traces: lost parents, second roots, shared ids, links, skewed clocks."""
    spans: list[S] = []
    for trace in "12"[: draw(st.integers(1, 2))]:
        for at in range(1, draw(st.integers(1, 7)) + 1):
            parent = draw(st.sampled_from(["", "f", *(str(n) for n in range(1, at + 1))]))
            span = S(
                draw(services),
                str(at),
                parent,
                draw(KINDS),
                draw(TAGS),
                trace=trace,
                start=draw(st.integers(0, 3)) * 1000 + draw(st.sampled_from([0, 0, HOUR])),
                took=draw(st.integers(0, 5000)),
                remote=draw(st.sampled_from(["", "", "x", "y", "b"])),
                links=tuple(
                    draw(st.lists(st.tuples(st.sampled_from("12"), st.sampled_from("1234")),
                                  max_size=2))
                ),
            )  # fmt: skip
            spans.append(span)
            if shared and span.kind == "client" and draw(st.booleans()):
                spans.append(
                    replace(
                        span, service=draw(services.filter(bool)), kind="server", shared=True,
                        remote="", links=(), tags=draw(TAGS),
                    )
                )  # fmt: skip
            elif shared and span.kind in ("client", "server") and span.service:
                spans += draw(collisions(span))
    return spans


@st.composite
def collisions(draw: st.DrawFn, span: S) -> list[S]:
    """Draw spans that have another's id by accident: later, or with another parent."""
    if draw(st.integers(0, 3)):
        return []
    # one without a parent would be a part of the other
    later = not span.parent or draw(st.booleans())
    other = replace(
        span,
        parent=span.parent if later else draw(st.sampled_from(sorted({*"123f"} - {span.parent}))),
        start=(span.start or 0) + (20_000 if later else draw(st.integers(0, 3000))),
        tags=draw(TAGS),
        links=(),
    )
    return [other]


def everything(links: Links) -> tuple[object, ...]:
    """Return a result as a value that also shows what is left out of equality."""
    senders = links.senders
    labels = [senders.labels[code] for code in senders.code.tolist()]
    return links, links.gaps, senders.trace.tolist(), senders.span.tolist(), labels


@given(spans=traces(), seed=st.randoms(use_true_random=False))
def test_order_and_repetition_change_nothing(spans: list[S], seed: random.Random) -> None:
    again = [*spans, *seed.choices(spans, k=3)]
    seed.shuffle(again)
    assert everything(link(table(*again))) == everything(link(table(*spans)))


@given(spans=traces(), by_operation=st.booleans())
def test_parts_add_up_to_the_whole(spans: list[S], *, by_operation: bool) -> None:
    parts = [table(*(span for span in spans if span.trace == trace)) for trace in "123"]
    merged = merge(link(part, by_operation=by_operation) for part in parts)
    whole = link(table(*spans), by_operation=by_operation)
    assert everything(merged) == everything(whole)
    assert merge([merge([link(parts[1], by_operation=by_operation)]), merged]).traces > 0


@given(spans=traces())
def test_hours_add_up_to_the_whole(spans: list[S]) -> None:
    batch = table(*spans)
    windows = [part for _, part in by_hour(batch)]
    assert sum(map(len, windows)) == len(batch)
    assert merge(map(link, windows)) == link(batch)


@given(spans=traces())
def test_batches_join_and_rows_are_taken_without_loss(spans: list[S]) -> None:
    batch = Spans.concat([table(*spans[:2]), table(*spans[2:])])
    order = np.arange(len(batch))[::-1]
    assert everything(link(batch.take(order))) == everything(link(table(*spans)))


@given(spans=traces())
def test_merging_is_commutative_and_keeps_a_single_part(spans: list[S]) -> None:
    one, two = (link(table(*(s for s in spans if s.trace == trace))) for trace in "12")
    assert everything(merge([one, two])) == everything(merge([two, one]))
    assert everything(merge([one])) == everything(one)


@given(spans=traces(services=st.sampled_from(["a", "b", "c", ""])))
def test_a_slow_reference_agrees(spans: list[S]) -> None:
    links = link(table(*spans))
    got = {
        (row.consumer, row.provider, row.kind.value, row.observed): (row.calls, row.errors)
        for row in links.rows
    }
    assert got == Linker(spans).run()


def read(data: bytes) -> Links:
    return link(Spans.concat(i for i in read_bytes(data, "t") if isinstance(i, Spans)))


def same(
    spans: list[S], one: Callable[[list[S]], bytes], other: Callable[[list[S]], bytes]
) -> bool:
    return everything(read(one(spans))) == everything(read(other(spans)))


@given(spans=traces(services=st.sampled_from("abc"), shared=False))
def test_jaeger_and_otlp_give_the_same(spans: list[S]) -> None:
    assert same(spans, as_jaeger, as_otlp)


@given(spans=traces(services=st.sampled_from("abc"), shared=False))
def test_zipkin_gives_the_same_but_for_links_that_it_has_not(spans: list[S]) -> None:
    spans = [replace(span, links=()) for span in spans]
    assert same(spans, as_jaeger, as_zipkin)
    assert same(spans, as_otlp, as_zipkin)


@given(spans=traces(services=st.sampled_from("abc")))
def test_shared_ids_give_the_same_in_jaeger_and_zipkin(spans: list[S]) -> None:
    spans = [replace(span, links=()) for span in spans]
    assert same(spans, as_jaeger, as_zipkin)
