from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depmap.errors import InputError
from depmap.model.evidence import Gap
from depmap.tracing.linking import Links, link
from depmap.tracing.reading import read_bytes, read_file
from depmap.tracing.reading.documents import MAX_GAPS
from depmap.tracing.spans import Spans
from tests.tracing.traces import S, as_jaeger, as_otlp, as_zipkin, found, otlp_document

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CALL = (
    S("a", "1", "", "client", {"http.url": "http://b/x/1", "http.method": "GET"}, name="GET"),
    S("b", "2", "1", "server", {"http.route": "/x/{id}", "http.method": "GET"}, name="GET /x"),
)
EXPECTED = {("a", "b", "http"): 1}


def read(data: bytes, name: str = "t.json") -> tuple[Spans, list[Gap]]:
    """Read everything."""
    items = list(read_bytes(data, name))
    spans = Spans.concat(item for item in items if isinstance(item, Spans))
    return spans, [item for item in items if isinstance(item, Gap)]


def links_of(data: bytes) -> Links:
    spans, gaps = read(data)
    assert gaps == []
    return link(spans)


def dumped(value: Any) -> bytes:
    return json.dumps(value).encode()


def jaeger() -> Any:
    return json.loads(as_jaeger(CALL))


def otlp() -> Any:
    one, two = (otlp_document(span) for span in CALL)
    return {"resourceSpans": one["resourceSpans"] + two["resourceSpans"]}


def zipkin() -> Any:
    return json.loads(as_zipkin(CALL))


VARIANTS: dict[str, Callable[[], bytes]] = {
    "jaeger answer": lambda: as_jaeger(CALL),
    "jaeger answer, pretty": lambda: json.dumps(jaeger(), indent=2).encode(),
    "jaeger answer, other keys first": lambda: dumped({"total": 0, "data": jaeger()["data"]}),
    "jaeger trace": lambda: dumped(jaeger()["data"][0]),
    "jaeger list of traces": lambda: dumped(jaeger()["data"]),
    "jaeger traces as lines": lambda: dumped(jaeger()["data"][0]) + b"\n",
    "zipkin traces": lambda: as_zipkin(CALL),
    "zipkin trace": lambda: dumped(zipkin()[0]),
    "zipkin trace, pretty": lambda: json.dumps(zipkin()[0], indent=1).encode(),
    "zipkin spans as lines": lambda: b"\n".join(map(dumped, zipkin()[0])),
    "otlp lines": lambda: as_otlp(CALL),
    "otlp document": lambda: dumped(otlp()),
    "otlp documents, pretty": lambda: b"".join(
        json.dumps(otlp_document(span), indent=2).encode() for span in CALL
    ),
    "otlp of jaeger v3": lambda: dumped({"result": otlp()}),
    "otlp batches": lambda: dumped({"batches": otlp()["resourceSpans"]}),
    "otlp trace": lambda: dumped({"trace": otlp()}),
    "otlp list": lambda: dumped([otlp()]),
    "with a byte order mark": lambda: b"\xef\xbb\xbf" + as_jaeger(CALL),
    "compressed": lambda: gzip.compress(as_zipkin(CALL)),
    "compressed lines": lambda: gzip.compress(as_otlp(CALL)),
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_formats_are_recognised_by_content(variant: str) -> None:
    links = links_of(VARIANTS[variant]())
    assert found(links) == EXPECTED
    assert links.rows[0].operation == "GET /x/{}"


@pytest.mark.parametrize(
    "data",
    [b"[]", b"[[]]", b"{}", b'{"data": []}', b'{"data": null}', b'{"resourceSpans": []}',
     b'{"result": {}}', b'{"resourceLogs": []}\n{"resourceMetrics": [{"a": 1}]}\n'],
)  # fmt: skip
def test_zero_spans_are_a_valid_input(data: bytes) -> None:
    spans, gaps = read(data)
    assert (len(spans), gaps) == (0, [])


def test_an_empty_file_is_a_gap() -> None:
    spans, gaps = read(b"")
    assert (len(spans), [gap.what for gap in gaps]) == (0, ["spans"])


def test_logs_and_metrics_between_the_spans_are_skipped_silently() -> None:
    first, second = as_otlp(CALL).splitlines()
    data = b"\n".join([b'{"resourceLogs": [{}]}', first, b'{"resourceMetrics": []}', b"", second])
    assert found(links_of(data)) == EXPECTED


def test_otlp_spells_kinds_ids_and_numbers_in_many_ways() -> None:
    document = otlp_document(CALL[0])
    span = document["resourceSpans"][0]["scopeSpans"][0]["spans"][0]
    span |= {
        "kind": "SPAN_KIND_CLIENT",
        "traceId": "AAAAAAAAAAAAAAAAAAAAAQ==",
        "spanId": "AAAAAAAAAAE=",
        "startTimeUnixNano": int(span["startTimeUnixNano"]),
        "status": {"code": "STATUS_CODE_ERROR"},
    }
    older = otlp_document(CALL[1])
    older["resourceSpans"][0]["instrumentationLibrarySpans"] = older["resourceSpans"][0].pop(
        "scopeSpans"
    )
    links = links_of(dumped(document) + b"\n" + dumped(older))
    assert found(links) == EXPECTED
    assert links.rows[0].errors == 1


def test_the_sampling_threshold_is_read_from_otlp_and_jaeger() -> None:
    document = otlp()
    for group in document["resourceSpans"]:
        group["scopeSpans"][0]["spans"][0]["traceState"] = "ot=th:c"
    assert links_of(dumped(document)).rows[0].weight == 4.0
    trace = jaeger()
    for span in trace["data"][0]["spans"]:
        span["tags"].append({"key": "w3c.tracestate", "type": "string", "value": "ot=th:8"})
    assert links_of(dumped(trace)).rows[0].weight == 2.0


def test_a_reference_into_another_trace_is_a_link() -> None:
    spans = (
        S("a", "1", "", "producer", trace="1"),
        S("b", "2", "", "consumer", trace="2", links=(("1", "1"),)),
    )
    document = json.loads(as_jaeger(spans))
    document["data"][1]["spans"][0]["references"][0]["refType"] = "CHILD_OF"
    assert found(links_of(dumped(document))) == {("a", "b", "event"): 1}


def test_a_whole_span_nested_in_a_reference_does_no_harm() -> None:
    document = jaeger()
    spans = document["data"][0]["spans"]
    spans[1]["references"][0]["span"] = {**spans[0], "processID": 7, "references": [1, 2]}
    assert found(links_of(dumped(document))) == EXPECTED


def test_a_process_inside_of_a_span_and_a_deprecated_parent_are_read() -> None:
    document = jaeger()
    for span in document["data"][0]["spans"]:
        span["process"] = {"serviceName": span.pop("processID").removeprefix("p-")}
        if span["references"]:
            span["parentSpanID"] = span.pop("references")[0]["spanID"]
    document["data"][0]["processes"] = None
    assert found(links_of(dumped(document))) == EXPECTED


def test_namespace_and_environment_are_kept() -> None:
    document = otlp_document(CALL[0])
    document["resourceSpans"][0]["resource"]["attributes"] += [
        {"key": "service.namespace", "value": {"stringValue": "shop"}},
        {"key": "deployment.environment", "value": {"stringValue": "prod"}},
    ]
    (service,) = links_of(dumped(document)).services
    assert (service.name, service.namespaces, service.environments) == ("a", ("shop",), ("prod",))


def test_version_1_of_zipkin_holds_both_halves_in_one_span() -> None:
    a, b = ({"serviceName": name, "ipv4": "1.2.3.4"} for name in "ab")
    span = {
        "traceId": "1", "id": "1", "name": "get",
        "annotations": [
            {"value": "cs", "timestamp": 1000, "endpoint": a},
            {"value": "sr", "timestamp": 1100, "endpoint": b},
            {"value": "ss", "timestamp": 1900, "endpoint": b},
            {"value": "cr", "timestamp": 2000, "endpoint": a},
        ],
        "binaryAnnotations": [{"key": "http.method", "value": "GET", "endpoint": a}],
    }  # fmt: skip
    local = {"traceId": "1", "id": "2", "parentId": "1", "timestamp": 5, "duration": 6,
             "binaryAnnotations": [{"key": "lc", "value": "x", "endpoint": b}]}  # fmt: skip
    peer = {"traceId": "1", "id": "3", "parentId": "2",
            "annotations": [{"value": "cs", "timestamp": 1, "endpoint": b}],
            "binaryAnnotations": [
                {"key": "sa", "value": True, "endpoint": {"serviceName": "mysql"}}
            ]}  # fmt: skip
    links = links_of(dumped([span, local, peer]))
    assert found(links) == {("a", "b", "http"): 1, ("b", "mysql", "database"): 1}
    assert links.rows[0].p50_ms == pytest.approx(1, rel=0.05)


def test_one_unreadable_span_is_a_gap_and_the_rest_is_kept() -> None:
    trace = jaeger()
    trace["data"][0]["spans"].insert(1, {"traceID": 7})
    document = json.dumps(trace, indent=1).encode()
    spans, gaps = read(document)
    assert found(link(spans)) == EXPECTED
    line = document[: document.index(b'"traceID": 7')].count(b"\n")
    assert [(gap.what, gap.locator) for gap in gaps] == [("a span", f"t.json:{line}")]

    spans, gaps = read(dumped([[*zipkin()[0], {"traceId": []}]]))
    assert (found(link(spans)), [gap.what for gap in gaps]) == (EXPECTED, ["a span"])

    document_ = otlp()
    document_["resourceSpans"][0]["scopeSpans"][0]["spans"].append({"traceId": 1})
    spans, gaps = read(dumped(document_))
    assert (found(link(spans)), [gap.what for gap in gaps]) == (EXPECTED, ["a span"])


@pytest.mark.parametrize(
    "data",
    [b'{"data": [{"spans": [{"spanID": "1"}]}]}', b'[{"traceId": "", "id": "1"}]',
     b'{"resourceSpans": [{"scopeSpans": [{"spans": [{"name": "x"}]}]}]}'],
)  # fmt: skip
def test_a_span_without_ids_is_a_gap(data: bytes) -> None:
    spans, gaps = read(data)
    assert (len(spans), [gap.what for gap in gaps]) == (0, ["a span"])


def test_a_broken_line_is_a_gap_with_its_number() -> None:
    first, second = as_otlp(CALL).splitlines()
    broken = second[: len(second) // 2]
    spans, gaps = read(b"\n".join([first, broken, second, b'{"level": "info"}']))
    assert found(link(spans)) == EXPECTED
    assert [gap.locator for gap in gaps] == ["t.json:2", "t.json:4"]


def test_the_first_line_may_be_the_broken_one() -> None:
    first, second = as_otlp(CALL).splitlines()
    for broken in (first[:40], b'{"level": "info"}'):
        spans, gaps = read(b"\n".join([broken, first, second]))
        assert found(link(spans)) == EXPECTED
        assert [gap.locator for gap in gaps] == ["t.json:1"]


def test_a_truncated_document_is_an_error_with_line_and_column() -> None:
    document = json.dumps(jaeger(), indent=1).encode()
    cut = document[: len(document) // 2]
    with pytest.raises(InputError, match="truncated") as error:
        read(cut)
    where = cut.rstrip()
    line, column = where.count(b"\n") + 1, len(where) - where.rfind(b"\n")
    assert error.value.where == f"t.json:{line}:{column}"


def test_a_truncated_one_line_document_is_an_error() -> None:
    with pytest.raises(InputError, match="truncated") as error:
        read(as_zipkin(CALL)[:-30])
    assert error.value.where.startswith("t.json:1:")


def test_broken_json_names_the_place() -> None:
    with pytest.raises(InputError, match="no valid JSON") as error:
        read(b'{\n "data": [\n  nonsense\n ]\n}')
    assert error.value.where.startswith("t.json:3:")


@pytest.mark.parametrize(
    "data",
    [b"hello", b"<html></html>", b"\x00\x01\x02", b'{"a": 1}', b"[1, 2]", b'[{"a": 1}]', b"7",
     b'{"data": "x"}', b'{"data": 7, "b": 8}', b'{"level":"info"}\n{"level":"warn"}\n',
     b"name: a\nlist:\n  - b\n", b'{"spans": 7}'],
)  # fmt: skip
def test_another_kind_of_file_is_an_error_that_names_the_formats(data: bytes) -> None:
    with pytest.raises(InputError) as error:
        read(data)
    assert "Zipkin" in error.value.hint
    assert error.value.where.startswith("t.json")


def test_an_error_of_the_backend_is_told() -> None:
    with pytest.raises(InputError, match="no such tenant"):
        read(b'{"data": null, "errors": [{"code": 500, "msg": "no such tenant"}]}')


def test_compressed_lines_that_are_cut_off_keep_what_is_there(tmp_path: Path) -> None:
    many = [S("a", f"{at:x}", "", "client", remote="b", trace=f"{at:x}") for at in range(1, 500)]
    file = tmp_path / "cut.gz"
    file.write_bytes(gzip.compress(as_otlp(many))[:-200])
    items = list(read_file(file))
    assert sum(len(item) for item in items if isinstance(item, Spans)) > 0
    assert "the rest of the file" in [item.what for item in items if isinstance(item, Gap)]


def test_a_compressed_document_that_is_cut_off_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "cut.gz"
    file.write_bytes(gzip.compress(as_jaeger(CALL))[:-20])
    with pytest.raises(InputError, match=r"truncated|cut off"):
        list(read_file(file))


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        list(read_file(tmp_path / "none.json"))


def test_half_of_an_emoji_and_bytes_that_are_no_text_are_mended() -> None:
    document = as_jaeger(CALL).replace(b'"GET"', b'"GET \\ud83d"', 1)
    assert found(links_of(document)) == EXPECTED
    assert found(links_of(as_jaeger(CALL).replace(b'"GET"', b'"G\xff"', 1))) == EXPECTED


@pytest.mark.parametrize("encode", [as_jaeger, as_zipkin, as_otlp])
def test_bytes_that_are_no_text_are_mended_beside_a_broken_span(
    encode: Callable[[Any], bytes],
) -> None:
    document = encode(CALL).replace(b'"GET"', b'"G\xff"')
    first = document.index(b'{"trace', document.index(b'"spans"') if b'"spans"' in document else 0)
    spans, gaps = read(document[:first] + b'{"traceId":[],"traceID":[]},' + document[first:])
    assert (found(link(spans)), [gap.what for gap in gaps]) == (EXPECTED, ["a span"])


def test_deep_nesting_is_an_error_and_no_crash() -> None:
    with pytest.raises(InputError, match=r"deep|valid"):
        read(b'{"data":' + b"[" * 100_000)


def test_wrappers_in_wrappers_are_no_danger() -> None:
    deep = b'{"trace":' * 400 + dumped(otlp()) + b"}" * 400
    assert found(links_of(deep)) == EXPECTED


def test_lists_and_maps_as_values_tell_nothing() -> None:
    trace = jaeger()
    trace["data"][0]["spans"][1]["tags"] += [
        {"key": "error", "value": [1, {"a": 2}]},
        {"key": "peer.service", "value": {"b": 3}},
    ]
    links = links_of(dumped(trace))
    assert (found(links), links.rows[0].errors) == (EXPECTED, 0)


@pytest.mark.parametrize("number", [-1, 0, 1 << 62, 1 << 63, 10**30, "x", 1.5, None])
def test_absurd_times_are_unknown_and_link_all_the_same(number: object) -> None:
    trace = jaeger()
    for span in trace["data"][0]["spans"]:
        span["startTime"] = span["duration"] = number
    document = otlp()
    for group in document["resourceSpans"]:
        span = group["scopeSpans"][0]["spans"][0]
        span["startTimeUnixNano"] = span["endTimeUnixNano"] = number
    spans = zipkin()
    for span in spans[0]:
        span["timestamp"] = span["duration"] = number
    for value in (trace, document, spans):
        assert found(links_of(dumped(value))) == EXPECTED


def test_size_is_bounded() -> None:
    with pytest.raises(InputError, match="more than 100 bytes"):
        list(read_bytes(as_jaeger(CALL), "t.json", limit=100))
    with pytest.raises(InputError, match="more than 1,000 bytes"):
        list(read_bytes(gzip.compress(b" " * 50_000_000), "bomb", limit=1000))


def test_many_unreadable_items_are_counted() -> None:
    spans, gaps = read(b"[" + b'{"traceId":1},' * 1000 + dumped(zipkin()[0])[1:])
    assert found(link(spans)) == EXPECTED
    assert len(gaps) == MAX_GAPS + 1
    assert gaps[-1].what == "900 more items"


@given(data=st.binary(max_size=300))
def test_any_bytes_give_spans_gaps_or_one_clear_error(data: bytes) -> None:
    try:
        read(data)
    except InputError as error:
        assert error.where.startswith("t.json")  # noqa: PT017 - it may as well not be raised


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["data", "spans", "traceID", "spanID", "tags", "key", "value", "references",
             "processes",
             "traceId", "id", "resourceSpans", "scopeSpans", "attributes", "kind", "duration",
             "resource", "localEndpoint", "annotations", "result", "links", "status", "code"]
        ),
        inner,
        max_size=4,
    ),
    max_leaves=20,
)  # fmt: skip


@given(value=JSON)
def test_any_json_gives_spans_gaps_or_one_clear_error(value: Any) -> None:
    try:
        spans, _ = read(dumped(value))
    except InputError as error:
        assert error.where.startswith("t.json")  # noqa: PT017 - it may as well not be raised
    else:
        link(spans)
