"""Messages one after another, each behind its length: the collector's file exporter.

With ``format: proto`` or ``compression: zstd`` every message is preceded by its length in four
bytes, the highest first; with zstd each message is packed by itself.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final

from depmap.tracing.reading.packing import is_zstd, unpacked
from depmap.tracing.reading.text import read_some

if TYPE_CHECKING:
    from collections.abc import Iterator

WIDTH: Final = 4
"""Bytes of a length."""

LOOK: Final = 16
"""Bytes to look at to tell a file of messages."""

_FIRST_BYTES: Final = (b"{", b"\n")
"""How JSON and OTLP in protobuf (its first field) begin."""

_LARGEST_BYTE: Final = 9
"""A length whose highest byte is that of text is none; messages are smaller than 150 MB."""


def is_framed(head: bytes) -> bool:
    """Whether a file that begins like this is one of messages behind their lengths."""
    length, message = int.from_bytes(head[:WIDTH]), head[WIDTH:]
    if len(head) <= WIDTH or head[0] >= _LARGEST_BYTE or not length:
        return False
    return is_zstd(message) or message.startswith(_FIRST_BYTES)


def messages(stream: io.BufferedReader, limit: int) -> Iterator[tuple[bytes, bool]]:
    """Yield each message, as it is, and whether it is cut off, as one beyond the limit is."""
    while True:
        head, cut = _exactly(stream, WIDTH, limit)
        if not head and not cut:
            return
        data, cut_too = (b"", True) if cut else _exactly(stream, int.from_bytes(head), limit)
        yield data, cut_too
        if cut_too:
            return


def unpacked_message(data: bytes, limit: int, name: str) -> tuple[bytes, bool]:
    """Return what a message holds, through zstd where it says so, and whether it is cut off.

    Raises:
        InputError: it unpacks to too much.
    """
    if not is_zstd(data):
        return data, False
    return read_some(unpacked(io.BytesIO(data), name), limit, name, line=False)


def _exactly(stream: io.BufferedReader, size: int, limit: int) -> tuple[bytes, bool]:
    """Return so many bytes, and whether there are fewer; no bytes at all are not cut off."""
    parts: list[bytes] = []
    left = size
    if size > max(limit, WIDTH):
        return b"", True
    while left > 0:
        try:
            part = stream.read(min(left, 1 << 20))
        except EOFError:
            part = b""
        if not part:
            return b"".join(parts), bool(parts) or size > WIDTH
        parts.append(part)
        left -= len(part)
    return b"".join(parts), False
