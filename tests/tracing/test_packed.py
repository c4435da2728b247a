"""Protobuf, messages behind their lengths, gzip and zstd: the same spans, and bounded."""

from __future__ import annotations

import gzip
import io
import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from google.protobuf.json_format import ParseDict  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, TracesData

from depmap.errors import InputError
from depmap.model.evidence import Gap
from depmap.tracing.files import STDIN, read_path
from depmap.tracing.linking import link
from depmap.tracing.reading import packing, read_bytes, read_file, read_stream
from depmap.tracing.spans import Spans
from tests.tracing.test_laws import everything, traces
from tests.tracing.test_reading import CALL, EXPECTED, links_of, otlp
from tests.tracing.traces import S, as_jaeger, as_otlp, as_zipkin, found, otlp_document

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def zstd(data: bytes) -> bytes:
    packed: bytes = pa.Codec("zstd").compress(data, asbytes=True)
    return packed


def message(document: dict[str, Any]) -> TracesData:
    """Return a document as a message; ids are hex in OTLP's JSON, bytes there."""
    message = TracesData()
    for group in document["resourceSpans"]:
        part = ParseDict({"resource": group["resource"]}, ResourceSpans())
        scope = part.scope_spans.add()
        for told in group["scopeSpans"][0]["spans"]:
            ids = {"traceId", "spanId", "parentSpanId", "links"}
            plain = {key: value for key, value in told.items() if key not in ids}
            span = ParseDict(plain, scope.spans.add())
            span.trace_id = bytes.fromhex(told["traceId"])
            span.span_id = bytes.fromhex(told["spanId"])
            span.parent_span_id = bytes.fromhex(told["parentSpanId"])
            for item in told["links"]:
                target = span.links.add()
                target.trace_id = bytes.fromhex(item["traceId"])
                target.span_id = bytes.fromhex(item["spanId"])
        message.resource_spans.append(part)
    return message


def as_proto(spans: list[S]) -> bytes:
    groups = [group for span in spans for group in otlp_document(span)["resourceSpans"]]
    data: bytes = message({"resourceSpans": groups}).SerializeToString()
    return data


def framed(*messages: bytes) -> bytes:
    return b"".join(len(data).to_bytes(4) + data for data in messages)


PROTO = message(otlp()).SerializeToString()
HALVES = [as_proto([span]) for span in CALL]
VARIANTS: dict[str, Callable[[], bytes]] = {
    "protobuf": lambda: PROTO,
    "protobuf, one message after another": lambda: b"".join(HALVES),
    "messages in protobuf": lambda: framed(*HALVES),
    "messages in protobuf, each packed": lambda: framed(*map(zstd, HALVES)),
    "messages in JSON, each packed": lambda: framed(*map(zstd, as_otlp(CALL).splitlines())),
    "messages in JSON": lambda: framed(*as_otlp(CALL).splitlines()),
    "protobuf, gzip": lambda: gzip.compress(PROTO),
    "messages, gzip": lambda: gzip.compress(framed(*HALVES)),
    "jaeger, zstd": lambda: zstd(as_jaeger(CALL)),
    "zipkin, zstd": lambda: zstd(as_zipkin(CALL)),
    "lines, zstd in two frames": lambda: b"".join(
        zstd(line + b"\n") for line in as_otlp(CALL).splitlines()
    ),
    "lines, gzip in two members": lambda: b"".join(
        gzip.compress(line + b"\n") for line in as_otlp(CALL).splitlines()
    ),
    "gzip with zeros after it": lambda: gzip.compress(as_zipkin(CALL)) + b"\0" * 20,
    "an empty line first": lambda: b"\n" + as_jaeger(CALL),
    "an empty line and an open brace": lambda: b"\n" + json.dumps(otlp(), indent=1).encode(),
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_packed_and_binary_forms_are_recognised_by_content(variant: str, tmp_path: Path) -> None:
    data = VARIANTS[variant]()
    links = links_of(data)
    assert found(links) == EXPECTED
    assert links.rows[0].operation == "GET /x/{}"
    file = tmp_path / "traces"
    file.write_bytes(data)
    spans = [item for item in read_file(file) if isinstance(item, Spans)]
    assert link(Spans.concat(spans)) == links


@given(spans=traces(services=st.sampled_from("abc"), shared=False))
def test_protobuf_gives_the_same_as_json(spans: list[S]) -> None:
    def read(data: bytes) -> object:
        items = read_bytes(data, "t")
        return everything(link(Spans.concat(i for i in items if isinstance(i, Spans))))

    assert read(as_proto(spans)) == read(as_otlp(spans))
    assert read(framed(*(as_proto([span]) for span in spans))) == read(as_otlp(spans))


def gaps_of(data: bytes, **options: int) -> tuple[int, list[str]]:
    items = list(read_bytes(data, "t", **options))
    spans = sum(len(item) for item in items if isinstance(item, Spans))
    return spans, [item.what for item in items if isinstance(item, Gap)]


def test_what_is_cut_off_keeps_what_is_there() -> None:
    assert gaps_of(PROTO[:-5]) == (1, ["the rest of the file"])
    assert gaps_of(framed(*HALVES)[:-5])[0] == 1
    assert gaps_of(framed(*HALVES)[:-5])[1][-1] == "the rest of the file"
    assert gaps_of(framed(*HALVES) + b"\0\0") == (2, ["the rest of the file"])
    assert gaps_of(framed(HALVES[0], zstd(HALVES[1])[:-4]))[0] == 1


def test_a_broken_message_costs_only_itself() -> None:
    assert gaps_of(framed(HALVES[0], b"{broken", HALVES[1])) == (2, ["a message"])
    assert gaps_of(framed(HALVES[0], b"\n\x05xxxxx", HALVES[1])) == (2, ["a block of spans"])
    assert gaps_of(framed(HALVES[0], b"", HALVES[1])) == (2, [])
    assert gaps_of(framed(HALVES[0], HALVES[1] + b"\x99")) == (2, ["the rest of a message"])


def test_a_span_without_ids_in_protobuf_is_a_gap() -> None:
    data = message(otlp())
    data.resource_spans[0].scope_spans[0].spans[0].trace_id = b"\1"
    data.resource_spans[1].scope_spans[0].spans[0].span_id = b"\0" * 8
    assert gaps_of(data.SerializeToString()) == (0, ["a span", "a span"])


def test_values_of_every_type_are_read_from_protobuf() -> None:
    data = message(otlp())
    span = data.resource_spans[0].scope_spans[0].spans[0]
    for key, value in {"bool_value": True, "int_value": 7, "double_value": 0.5}.items():
        setattr(span.attributes.add(key="error").value, key, value)
    span.attributes.add(key="error").value.array_value.values.add().string_value = "x"
    span.attributes.add(key="peer.service")
    assert found(links_of(data.SerializeToString())) == EXPECTED


def test_a_message_that_is_no_otlp_is_an_unknown_format() -> None:
    with pytest.raises(InputError, match="known format"):
        list(read_bytes(framed(b'{"a": 1}'), "t"))


def test_messages_larger_than_the_limit_are_not_read() -> None:
    assert gaps_of(framed(HALVES[0], HALVES[1] * 99), limit=len(HALVES[0]) + 40)[0] == 1


BOMB = b" " * (2 * packing.FREE_BYTES)
LINES = (b"{}" + b" " * 9997 + b"\n") * (2 * packing.FREE_BYTES // 10_000)


@pytest.mark.parametrize("pack", [gzip.compress, zstd])
def test_what_unpacks_to_too_much_is_refused(pack: Callable[[bytes], bytes]) -> None:
    with pytest.raises(InputError, match="250 times its size"):
        list(read_bytes(pack(BOMB), "bomb"))
    with pytest.raises(InputError, match="250 times its size"):
        list(read_bytes(pack(LINES), "bomb"))


def test_a_message_that_unpacks_to_too_much_is_refused() -> None:
    with pytest.raises(InputError, match="known format"):
        list(read_bytes(framed(zstd(BOMB)), "bomb"))
    assert gaps_of(framed(HALVES[0], zstd(BOMB), HALVES[1])) == (2, ["a message"])


@pytest.mark.parametrize("pack", [gzip.compress, zstd])
def test_broken_packing_is_one_clear_error(pack: Callable[[bytes], bytes]) -> None:
    with pytest.raises(InputError, match="cut off"):
        list(read_bytes(pack(as_jaeger(CALL))[:12], "t"))
    with pytest.raises(InputError, match=r"cut off|truncated"):
        list(read_bytes(pack(as_jaeger(CALL))[:-9], "t"))


def test_standard_input_is_read_as_it_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    class Standard:
        buffer = io.BytesIO(zstd(as_zipkin(CALL)))

    monkeypatch.setattr("sys.stdin", Standard)
    spans = [item for item in read_path(STDIN) if isinstance(item, Spans)]
    assert found(link(Spans.concat(spans))) == EXPECTED
    assert next(iter(read_stream(io.BytesIO(), "t"))) == Gap("spans", "the file is empty", "t")


def survives(data: bytes) -> None:
    """Any bytes give spans, gaps or one clear error, and what is read links."""
    try:
        items = list(read_bytes(data, "t", limit=1 << 20))
    except InputError as error:
        assert error.where.startswith("t")  # noqa: PT017 - it may as well not be raised
    else:
        link(Spans.concat(item for item in items if isinstance(item, Spans)))


SEEDS = [as_jaeger(CALL), as_zipkin(CALL), as_otlp(CALL), PROTO, framed(*HALVES),
         framed(*map(zstd, HALVES)), gzip.compress(as_zipkin(CALL)), zstd(PROTO),
         zstd(as_otlp(CALL))]  # fmt: skip


@given(data=st.data(), seed=st.sampled_from(SEEDS))
def test_damaged_files_never_crash_a_reader(data: st.DataObject, seed: bytes) -> None:
    text = bytearray(seed)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text)))
        new = data.draw(st.binary(max_size=4))
        gone = data.draw(st.sampled_from([0, 0, 1, 2, 40]))
        text[at : at + gone] = new
    survives(bytes(text))


@given(data=st.binary(max_size=200), head=st.sampled_from(
    [b"\n", b"\n\x10", b"\0\0\0\x09\n\x07", b"\0\0\0\x09{", b"\x28\xb5\x2f\xfd", b"\x1f\x8b\x08",
     b"\0\0\0\x20\x28\xb5\x2f\xfd", b"\x50\x2a\x4d\x18"]
))  # fmt: skip
def test_what_only_begins_like_a_binary_form_never_crashes(data: bytes, head: bytes) -> None:
    survives(head + data)


@given(
    pieces=st.lists(st.sampled_from([*HALVES, b"{}", b"[]", b"", b"\n\0", b"\x1a\0"]), max_size=5)
)
def test_any_sequence_of_messages_is_read(pieces: list[bytes]) -> None:
    survives(framed(*pieces))
    survives(framed(*map(zstd, pieces)))
    survives(b"".join(pieces))
