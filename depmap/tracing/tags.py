"""Finding the traces in which a span or its resource has given attributes.

Readers keep of a span what linking needs; a tag asked for can be any. So the text of each document
is looked at once more, only when tags are asked for, and only where it holds their keys at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from depmap.tracing.ids import trace_number, unbase64_trace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

Tag = tuple[str, str]
"""Key and value of an attribute, the value as text."""

_SERVICE: Final = "service.name"
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_WRAPPERS: Final = ("data", "batches", "resourceSpans", "result", "trace")
_SCOPES: Final = ("scopeSpans", "instrumentationLibrarySpans", "instrumentationScopeSpans")
_BROKEN: Final = (
    msgspec.DecodeError, UnicodeDecodeError, RecursionError, AttributeError, TypeError, ValueError,
)  # fmt: skip


class TagFinder:
    """Collects the traces that have the tags; given to the readers, which show it what they read.

    Attributes:
        tags: what is asked for.
    """

    def __init__(self, tags: Iterable[Tag]) -> None:
        """Start with no traces."""
        self.tags = tuple(dict.fromkeys(tags))
        self._traces: dict[Tag, set[int]] = {tag: set() for tag in self.tags}
        self._keys = tuple(_literal(key) for key, _ in self.tags)

    @property
    def traces(self) -> set[int]:
        """The keys of traces that have all tags, on whatever spans."""
        return set.intersection(*self._traces.values()) if self._traces else set()

    def look(self, data: bytes) -> None:
        """Look at one JSON document; what is broken in it its reader has told."""
        if not any(key in data for key in self._keys):
            return
        left: list[Any] = [data]
        while left:
            piece = bytes(left.pop())
            try:
                left += self._opened(piece)
            except _BROKEN:
                continue

    def look_at_group(self, group: Any) -> None:
        """Look at the spans of one resource, decoded from protobuf."""
        resource = _of_messages(group.resource.attributes)
        for scope in group.scope_spans:
            for span in scope.spans:
                self._found(span.trace_id.hex(), resource, _of_messages(span.attributes))

    def _opened(self, piece: bytes) -> Iterable[Any]:
        """Look at one value, and return those in it that are left to look at."""
        if piece.lstrip().startswith(b"["):
            return _LIST.decode(piece)
        item = _OBJECT.decode(piece)
        if "traceId" in item:
            self._zipkin(msgspec.json.decode(piece))
        elif "spans" in item or "traceID" in item:
            self._jaeger(msgspec.json.decode(piece))
        elif any(key in item for key in _SCOPES):
            self._otlp(msgspec.json.decode(piece))
        return [item[key] for key in _WRAPPERS if key in item]

    def _zipkin(self, span: Mapping[str, Any]) -> None:
        endpoint = span.get("localEndpoint") or {}
        tags = dict(span.get("tags") or {})
        for item in span.get("binaryAnnotations") or ():
            tags[item.get("key")] = item.get("value")
            endpoint = endpoint or item.get("endpoint") or {}
        self._found(span["traceId"], {_SERVICE: endpoint.get("serviceName")}, tags)

    def _jaeger(self, trace: Mapping[str, Any]) -> None:
        processes = trace.get("processes") or {}
        for span in trace.get("spans") or (trace,):
            process = span.get("process") or processes.get(span.get("processID")) or {}
            resource = _of_tags(process.get("tags"))
            resource.setdefault(_SERVICE, process.get("serviceName"))
            self._found(span["traceID"], resource, _of_tags(span.get("tags")))

    def _otlp(self, group: Mapping[str, Any]) -> None:
        resource = _of_attributes((group.get("resource") or {}).get("attributes"))
        for scope in (scope for key in _SCOPES for scope in group.get(key) or ()):
            for span in scope.get("spans") or ():
                trace = unbase64_trace(span["traceId"])
                self._found(trace, resource, _of_attributes(span.get("attributes")))

    def _found(self, trace: str, *attributes: Mapping[Any, Any]) -> None:
        """Note a span's trace for each tag that it or its resource has."""
        for tag in self.tags:
            if any(_text(told.get(tag[0])) == tag[1] for told in attributes):
                high, low = trace_number(trace)
                self._traces[tag].add(low or high)


def _literal(key: str) -> bytes:
    """Return what stands in a text with the key; nothing where it may be written otherwise."""
    odd = key == _SERVICE or not key.isascii() or not key.isprintable()
    plain = not odd and not set(key) & set('"\\/<>&')
    return key.encode() if plain else b""


def _text(value: object) -> str | None:
    """Return a value as people write it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value) if isinstance(value, str | int | float) else None


def _of_tags(tags: Sequence[Mapping[str, Any]] | None) -> dict[Any, Any]:
    """Return Jaeger's tags by key."""
    return {tag.get("key"): tag.get("value") for tag in tags or ()}


def _of_attributes(attributes: Sequence[Mapping[str, Any]] | None) -> dict[Any, Any]:
    """Return OTLP's attributes by key."""
    found = {}
    for item in attributes or ():
        value = item.get("value") or {}
        found[item.get("key")] = next(iter(value.values()), None)
    return found


def _of_messages(attributes: Iterable[Any]) -> dict[Any, Any]:
    """Return OTLP's attributes by key, decoded from protobuf."""
    return dict(_pairs(attributes))


def _pairs(attributes: Iterable[Any]) -> Iterator[tuple[str, Any]]:
    for item in attributes:
        which = item.value.WhichOneof("value")
        yield item.key, getattr(item.value, which) if which else None
