"""Cutting large trace files into parts that can be read by themselves, in any order, anywhere.

Lines are cut at line ends. A document is cut between two elements of its list, at places that only
look like it; the decoder proves them: if every part is a list by itself, then so are all of them
together, and that is the only way to read the text. Where a part is none, the file is read whole.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, NamedTuple

import msgspec

from depmap.errors import InputError
from depmap.model.evidence import Gap
from depmap.tracing.building import SpanBuilder
from depmap.tracing.reading import jaeger, otlp, zipkin
from depmap.tracing.reading.documents import MAX_GAPS, PROTOBUF, File, read_value
from depmap.tracing.reading.framing import LOOK, is_framed
from depmap.tracing.reading.recognising import PEEK, reader_of
from depmap.tracing.reading.text import MAX_BYTES, UNEXPECTED, Place, is_blank

if TYPE_CHECKING:
    from collections.abc import Iterator

    from depmap.tracing.reading.recognising import Reader

PART: Final = 1 << 20
"""Usual size of a part, in bytes: what is read from it stays in a processor's cache."""

LEAST: Final = 1 << 20
"""Smaller files are not cut, and no part is smaller."""

_SEARCHED: Final = (1 << 16, 1 << 22)
_TAIL: Final = 512
_LINE: Final = 1 << 24
_PACKED: Final = (b"\x1f\x8b", b"\x28\xb5")


class _Form(NamedTuple):
    """A kind of document: its reader and that of a part, how it begins and ends, and so on."""

    whole: Reader
    head: re.Pattern[bytes]
    tail: re.Pattern[bytes]
    between: re.Pattern[bytes]
    wrap: tuple[bytes, bytes]
    read: Reader


_LIST_END: Final = re.compile(rb"\]\s*\Z")
_ANSWER_END: Final = re.compile(
    rb'\]\s*(?:,\s*"(?:total|limit|offset)"\s*:\s*\d+\s*|,\s*"errors"\s*:\s*null\s*)*\}\s*\Z'
)
_OF_ZIPKIN: Final = rb'\{\s*"(?:traceId|id|parentId|kind)"'
_OF_JAEGER: Final = rb'\{\s*"traceID"\s*:\s*"[^"]{1,64}"\s*,\s*"(?:spans|processes)"'
_BETWEEN_SPANS: Final = re.compile(rb"\}\s*,\s*(?=" + _OF_ZIPKIN + rb")")
_BETWEEN_TRACES: Final = re.compile(rb"\]\s*,\s*(?=\[\s*" + _OF_ZIPKIN + rb")")
_BETWEEN_JAEGER: Final = re.compile(rb"\}\s*,\s*(?=" + _OF_JAEGER + rb")")
_BETWEEN_GROUPS: Final = re.compile(rb'\}\s*,\s*(?=\{\s*"resource"\s*:)')
_LIST: Final = (b"[", b"]")

FORMS: Final = {
    "zipkin": _Form(
        zipkin.read_list,
        re.compile(rb"\s*\[(?=\s*" + _OF_ZIPKIN + rb")"),
        _LIST_END, _BETWEEN_SPANS, _LIST, zipkin.read_list,
    ),
    "zipkin traces": _Form(
        zipkin.read_list,
        re.compile(rb"\s*\[(?=\s*\[\s*" + _OF_ZIPKIN + rb")"),
        _LIST_END, _BETWEEN_TRACES, _LIST, zipkin.read_list,
    ),
    "jaeger": _Form(
        jaeger.read_list,
        re.compile(rb"\s*\[(?=\s*" + _OF_JAEGER + rb")"),
        _LIST_END, _BETWEEN_JAEGER, _LIST, jaeger.read_list,
    ),
    "jaeger answer": _Form(
        jaeger.read_document,
        re.compile(rb'\s*\{\s*"data"\s*:\s*\[(?=\s*' + _OF_JAEGER + rb")"),
        _ANSWER_END, _BETWEEN_JAEGER, _LIST, jaeger.read_list,
    ),
    "otlp": _Form(
        otlp.read_document,
        re.compile(rb'\s*\{\s*"resourceSpans"\s*:\s*\[(?=\s*\{\s*"resource"\s*:)'),
        re.compile(rb"\]\s*\}\s*\Z"),
        _BETWEEN_GROUPS, (b'{"resourceSpans":[', b"]}"), otlp.read_document,
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a file.

    Attributes:
        path: the file.
        first: its first byte.
        last: the byte after its last one.
        form: a key of ``FORMS``; empty for lines.
    """

    path: str
    first: int
    last: int
    form: str = ""


class NotAPart(Exception):  # noqa: N818 - a finding, not a failure
    """What was cut off is no list by itself, or holds a gap: the file is to be read whole."""


def cut(path: Path, part: int = PART, least: int = LEAST) -> list[Part]:
    """Cut a file into parts; none where it is small, packed, or of no form that can be cut.

    Args:
        path: the file.
        part: wanted size of a part, in bytes.
        least: smaller files are not cut.
    """
    try:
        size = path.stat().st_size
        if size < max(least, 2 * part):
            return []
        with path.open("rb") as stream:
            return _cut(stream, str(path), size, part)
    except OSError:
        return []


def _cut(stream: IO[bytes], name: str, size: int, part: int) -> list[Part]:
    """Cut an open file."""
    head = stream.read(PEEK)
    if head.startswith((*_PACKED, PROTOBUF)) or is_framed(head[:LOOK]) or is_blank(head):
        return []
    stream.seek(0)
    if _are_lines(stream.readline(_LINE), size):
        places = list(_line_ends(stream, size, part))
        return _parts(name, [(0, 0), *places, (size, size)], "")
    stream.seek(max(0, size - _TAIL))
    tail = stream.read(_TAIL)
    for form, rules in FORMS.items():
        begin, end = rules.head.match(head), rules.tail.search(tail)
        if begin and end and _reader_of(head) is rules.whole:
            last = max(0, size - _TAIL) + end.start()
            places = list(_breaks(stream, begin.end(), last, part, rules.between))
            return _parts(name, [(0, begin.end()), *places, (last, last)], form)
    return []


def _parts(name: str, places: list[tuple[int, int]], form: str) -> list[Part]:
    """Return what lies between the places, each given by where it begins and ends."""
    return [Part(name, before[1], after[0], form) for before, after in pairwise(places)]


def _reader_of(head: bytes) -> Reader | None:
    """Return what reads the document, as far as its beginning tells."""
    try:
        return reader_of(head, Place("", head))
    except (InputError, msgspec.ValidationError):
        return None


def _are_lines(line: bytes, size: int) -> bool:
    """Whether a file's first line is a value by itself, of a known format, and not all of it."""
    if not line.endswith(b"\n") or len(line) == size:
        return False
    try:
        read_value(line, 1, SpanBuilder(), File("", MAX_BYTES))
    except InputError:
        return False
    return True


def _line_ends(stream: IO[bytes], size: int, part: int) -> Iterator[tuple[int, int]]:
    """Yield where lines end, about a part from each other."""
    at = part
    while at < size:
        stream.seek(at)
        stream.readline()
        at = stream.tell()
        if at < size:
            yield at, at
        at += part


def _breaks(
    stream: IO[bytes], first: int, last: int, part: int, between: re.Pattern[bytes]
) -> Iterator[tuple[int, int]]:
    """Yield what looks like a break between elements, about a part from each other."""
    at = first + part
    while at < last:
        for size in _SEARCHED:
            stream.seek(at)
            found = between.search(stream.read(min(size, last - at)))
            if found:
                yield at + found.start() + 1, at + found.end()
                at += found.end()
                break
        at += part


def read_part(part: Part, builder: SpanBuilder, line: int = 1) -> tuple[list[Gap], int]:
    """Read a part; return its first gaps, and how many more gaps there are.

    Args:
        part: the part; only parts of lines have gaps.
        builder: where its spans go.
        line: number of its first line.

    Raises:
        NotAPart: see there; what the builder holds is not to be used then.
    """
    with Path(part.path).open("rb") as stream:
        stream.seek(part.first)
        data = stream.read(part.last - part.first)
    if part.form:
        _read_elements(data, part, builder)
        return [], 0
    return _read_lines(data, part.path, line, builder)


def _read_lines(data: bytes, name: str, line: int, builder: SpanBuilder) -> tuple[list[Gap], int]:
    """Read whole lines, each a value of its own, as they are read one after the other."""
    file = File(name, MAX_BYTES)
    gaps: list[Gap] = []
    for at, text in enumerate(data.split(b"\n")):
        if is_blank(text):
            continue
        try:
            gaps += read_value(text, line + at, builder, file)
        except InputError as error:
            gaps.append(Gap("a line", error.message, f"{name}:{line + at}"))
        file.more += max(0, len(gaps) - MAX_GAPS)
        del gaps[MAX_GAPS:]
    return gaps, file.more


def bounded_gaps(gaps: list[Gap], more: int, name: str) -> list[Gap]:
    """Return the first gaps of a file, and how many more there are as the last one."""
    more += max(0, len(gaps) - MAX_GAPS)
    if not more:
        return gaps
    why = "they cannot be read, like the ones above"
    return [*gaps[:MAX_GAPS], Gap(f"{more} more items", why, name)]


def lines_before(part: Part) -> int:
    """Return how many lines of the file end before a part."""
    count, left = 0, part.first
    with Path(part.path).open("rb") as stream:
        while left and (data := stream.read(min(left, PART))):
            count += data.count(b"\n")
            left -= len(data)
    return count


def _read_elements(data: bytes, part: Part, builder: SpanBuilder) -> None:
    """Read a stretch of a document's list."""
    form = FORMS[part.form]
    data = form.wrap[0] + data + form.wrap[1]
    try:
        gaps = list(form.read(data, builder, Place(part.path, data)))
    except (InputError, *UNEXPECTED) as error:
        raise NotAPart from error
    if gaps:
        raise NotAPart
