"""What narrows and names: tags, traces, identities, a sampling that is known."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from depmap.tracing.files import link_files
from depmap.tracing.linking import Links, link
from depmap.tracing.naming import Identity, mesh_names
from depmap.tracing.reading import read_bytes
from depmap.tracing.selecting import Selection
from depmap.tracing.spans import Process, Spans
from depmap.tracing.tags import TagFinder
from tests.tracing.test_packed import as_proto, framed, zstd
from tests.tracing.traces import S, as_jaeger, as_otlp, as_zipkin, found, table

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BLUE = [
    S("a", "1", "", "client", {"colour": "blue", "n": "1"}, trace="1"),
    S("b", "2", "1", "server", trace="1"),
]
RED = [
    S("a", "1", "", "client", {"colour": "red"}, trace="2"),
    S("c", "2", "1", "server", {"n": "1"}, trace="2"),
]
FORMATS: dict[str, Callable[[list[S]], bytes]] = {
    "jaeger": as_jaeger,
    "zipkin": as_zipkin,
    "otlp": as_otlp,
    "protobuf": as_proto,
    "messages": lambda spans: framed(*(zstd(as_proto([span])) for span in spans)),
    "jaeger spans": lambda spans: json.dumps(
        [
            {**span, "process": {"serviceName": span["processID"].removeprefix("p-")}}
            for trace in json.loads(as_jaeger(spans))["data"]
            for span in trace["spans"]
        ]
    ).encode(),
}


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(
    ("tags", "providers"),
    [
        ([("colour", "blue")], {"b"}),
        ([("colour", "green")], set()),
        ([("n", "1")], {"b", "c"}),
        ([("n", "1"), ("colour", "red")], {"c"}),
        ([("service.name", "c")], {"c"}),
    ],
)
def test_a_tag_keeps_whole_traces(
    form: str, tags: list[tuple[str, str]], providers: set[str], tmp_path: Path
) -> None:
    # the traces lie in two files, each of which holds a half of both
    for at in (0, 1):
        (tmp_path / f"{at}").write_bytes(FORMATS[form]([BLUE[at], RED[at]]))
    links, gaps = link_files([tmp_path], selection=Selection(tags=tuple(tags)))
    assert ({row.provider for row in links.rows}, gaps) == (providers, ())


def found_in(value: Any, key: str, wanted: str) -> set[int]:
    finder = TagFinder([(key, wanted)])
    finder.look(json.dumps(value).encode())
    return finder.traces


@pytest.mark.parametrize(
    ("value", "wanted"),
    [({"boolValue": True}, "true"), ({"intValue": "7"}, "7"), ({"doubleValue": 2.0}, "2"),
     ({"doubleValue": 2.5}, "2.5"), ({"stringValue": "x"}, "x")],
)  # fmt: skip
def test_values_are_compared_as_people_write_them(value: dict[str, object], wanted: str) -> None:
    span = {"traceId": "0" * 31 + "5", "spanId": "1", "attributes": [{"key": "k", "value": value}]}
    document = {"batches": [{"instrumentationLibrarySpans": [{"spans": [span]}]}]}
    assert found_in(document, "k", wanted) == {5}
    assert found_in({"trace": document}, "k", "other") == set()


def test_tags_of_processes_and_of_zipkin_s_first_version_are_found() -> None:
    trace = {"spans": [{"traceID": "5", "spanID": "1", "processID": "p"}],
             "processes": {"p": {"tags": [{"key": "k", "value": "v"}]}}}  # fmt: skip
    assert found_in({"data": [trace]}, "k", "v") == {5}
    endpoint = {"serviceName": "a"}
    old = {"traceId": "6", "id": "1",
           "binaryAnnotations": [{"key": "k", "value": "v", "endpoint": endpoint}]}  # fmt: skip
    assert found_in([old], "k", "v") == {6}
    assert found_in([old], "service.name", "a") == {6}


def test_a_key_that_may_be_written_otherwise_is_looked_for_all_the_same() -> None:
    span = {"traceId": "5", "id": "1", "tags": {"schlüssel": "v"}}
    assert found_in([span], "schlüssel", "v") == {5}


@pytest.mark.parametrize(
    "value",
    [
        [1],
        {"spans": [7]},
        {"data": 7},
        {"resourceSpans": [{"k": 1}]},
        [{"traceId": 5, "tags": {"k": 1}}],
        {"trace": None, "k": 1},
    ],
)
def test_what_is_broken_is_passed_over(value: object) -> None:
    assert found_in(value, "k", "1") == set()


def test_no_tags_find_nothing() -> None:
    assert TagFinder([]).traces == set()


def linked_as(selection: Selection, *spans: Spans) -> Links:
    return link(Spans.concat(selection.of(spans)))


def test_traces_are_chosen_by_id_of_either_width() -> None:
    spans = table(*BLUE, *RED)
    links = linked_as(Selection(traces=("0" * 31 + "1",)), spans)
    assert found(links) == {("a", "b", "rpc"): 1}
    assert found(linked_as(Selection(traces=("1", "2")), spans)) == found(link(spans))
    assert linked_as(Selection(traces=("77",)), spans).spans == 0


def test_a_known_sampling_weighs_traces_that_do_not_record_theirs() -> None:
    recorded = [S("a", "1", "", "server", {"SampleRate": 2}, trace="9"),
                S("a", "2", "1", "client", remote="d", trace="9")]  # fmt: skip
    links = linked_as(Selection(sampling=0.1), table(*BLUE, *recorded), table())
    assert {row.provider: row.weight for row in links.rows} == {"b": 10.0, "d": 2.0}


def placed(spans: Spans, places: dict[str, tuple[str, str]]) -> Spans:
    """Give services a namespace and an environment, told after the first letter of their names."""
    processes = [
        Process(
            p.service[2:] if p.service[:2] in places else p.service, *places.get(p.service[:2], ())
        )
        for p in spans.processes
    ]
    return type(spans)(**{
        key: getattr(spans, key) for key in spans.__dataclass_fields__ if key != "processes"
    }, processes=tuple(processes))  # fmt: skip


PLACES = {"1:": ("shop", "prod"), "2:": ("shop", "test"), "3:": ("bank", "prod")}


def estate() -> Spans:
    spans = [
        span
        for at, place in enumerate("123", 1)
        for span in (
            S(f"{place}:web", "1", "", "client", trace=f"{at}1"),
            S(f"{place}:cart", "2", "1", "server", trace=f"{at}1"),
            S(f"{place}:web", "1", "", "client", trace=f"{at}2", remote="cart"),
        )
    ]
    return placed(table(*spans, S("job", "1", "", "client", trace="7", remote="cart")), PLACES)


def test_by_name_services_of_all_namespaces_are_one() -> None:
    assert found(linked_as(Selection(), estate())) == {
        ("job", "cart", "rpc"): 1, ("web", "cart", "rpc"): 6,
    }  # fmt: skip


def test_by_namespace_and_environment_a_peer_is_the_one_nearby() -> None:
    by_namespace = linked_as(Selection(identity=Identity.NAMESPACE), estate())
    assert found(by_namespace) == {
        ("bank/web", "bank/cart", "rpc"): 2,
        ("shop/web", "shop/cart", "rpc"): 4,
        # nobody knows which one the job calls
        ("job", "cart", "rpc"): 1,
    }
    by_environment = linked_as(Selection(identity=Identity.ENVIRONMENT), estate())
    assert found(by_environment) == {
        ("bank/web@prod", "bank/cart@prod", "rpc"): 2,
        ("shop/web@prod", "shop/cart@prod", "rpc"): 2,
        ("shop/web@test", "shop/cart@test", "rpc"): 2,
        ("job", "cart", "rpc"): 1,
    }


def test_a_peer_that_there_is_once_is_that_one() -> None:
    spans = placed(
        table(
            S("1:cart", "1", "", "server"), S("job", "1", "", "client", trace="2", remote="Cart")
        ),
        PLACES,
    )
    links = linked_as(Selection(identity=Identity.NAMESPACE), spans)
    assert found(links) == {("job", "shop/cart", "rpc"): 1}


def test_a_mesh_s_name_is_folded_where_both_recorded_spans() -> None:
    links = linked_as(
        Selection(),
        table(
            S("web", "1", "", "client"),
            S("Cart.shop", "2", "1", "server"),
            S("cart", "3", "2", "server"),
            S("web", "4", "", "client", trace="2", remote="cart.shop"),
            S("pay.shop", "5", "", "client", trace="3", remote="db"),
        ),
    )
    # the sidecar and the service behind it are one, and the hop between them is none
    assert found(links) == {("pay.shop", "db", "rpc"): 1, ("web", "cart", "rpc"): 2}


def test_names_with_more_dots_are_hosts_and_stay() -> None:
    assert mesh_names(["cart", "cart.shop", "a.b", "a.b.c", ".x", "y."]) == {"cart.shop": "cart"}


def test_tags_are_found_in_what_a_backend_answered() -> None:
    finder = TagFinder([("colour", "red")])
    spans = [item for item in read_bytes(as_jaeger(RED), "t") if isinstance(item, Spans)]
    finder.look(as_jaeger(RED))
    assert found(link(Spans.concat(Selection(tags=finder.tags).of(spans, finder)))) == {
        ("a", "c", "rpc"): 1
    }
