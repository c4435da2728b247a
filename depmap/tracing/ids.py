"""Trace and span ids as numbers: hex of any width, base64, and ids that are neither."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

Ids = NDArray[np.uint64]
"""A column of 64-bit ids; 0 stands for "none"."""

_HEX = re.compile(r"[0-9a-fA-F]+\Z")
_LOW = (1 << 64) - 1
_BASE64_TRACE = frozenset({22, 24})
_BASE64_SPAN = frozenset({11, 12})


def trace_number(text: str) -> tuple[int, int]:
    """Return the high and low 64 bits of a trace id; an id that is no hex gets a stable hash."""
    if _HEX.match(text):
        value = int(text[-32:], 16)
        return value >> 64, value & _LOW
    if not text:
        return 0, 0
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
    return int.from_bytes(digest[:8]), int.from_bytes(digest[8:])


def span_number(text: str) -> int:
    """Return a span id as 64 bits, 0 for an empty one; no hex: a stable hash."""
    if _HEX.match(text):
        return int(text[-16:], 16)
    if not text:
        return 0
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest)


def trace_text(high: int, low: int) -> str:
    """Return a trace id as people look it up: 16 hex digits, or 32 where it is longer."""
    return f"{high:016x}{low:016x}" if high else f"{low:016x}"


def trace_columns(texts: Sequence[str]) -> tuple[Ids, Ids, dict[tuple[int, int], str]]:
    """Turn trace ids into two columns; also return what each id that is no hex was called."""
    raw = _unhex(texts, 32)
    if raw is not None:
        pairs = np.frombuffer(raw, dtype=">u8").reshape(-1, 2).astype(np.uint64)
        return pairs[:, 0].copy(), pairs[:, 1].copy(), {}
    numbers = [trace_number(text) for text in texts]
    odd = {
        number: text
        for number, text in zip(numbers, texts, strict=True)
        if text and not _HEX.match(text)
    }
    pairs = np.array(numbers, dtype=np.uint64).reshape(-1, 2)
    return pairs[:, 0].copy(), pairs[:, 1].copy(), odd


def span_column(texts: Sequence[str]) -> Ids:
    """Turn span ids into a column; empty ones become 0."""
    raw = _unhex(texts, 16)
    if raw is not None:
        return np.frombuffer(raw, dtype=">u8").astype(np.uint64)
    return np.array([span_number(text) for text in texts], dtype=np.uint64)


def _unhex(texts: Sequence[str], width: int) -> bytes | None:
    """Decode a whole column at once: the common case, where every id is hex and short enough.

    One call for the column instead of one for each id is worth a factor of ten here.
    """
    if set(map(len, texts)) == {width}:
        joined = "".join(texts)
    else:
        joined = "".join([text if len(text) == width else text.zfill(width) for text in texts])
    if len(joined) != width * len(texts):
        return None
    try:
        raw = bytes.fromhex(joined)
    except ValueError:
        return None
    # fromhex skips white space, which would shift every later id
    return raw if len(raw) * 2 == len(joined) else None


def unbase64_trace(text: str) -> str:
    """Return an OTLP trace id in hex; older JSON writers emit base64 (22 or 24 characters)."""
    return _unbase64(text, 16) if len(text) in _BASE64_TRACE else text


def unbase64_span(text: str) -> str:
    """Return an OTLP span id in hex; older JSON writers emit base64 (11 or 12 characters)."""
    return _unbase64(text, 8) if len(text) in _BASE64_SPAN else text


def _unbase64(text: str, width: int) -> str:
    """Decode base64 of exactly ``width`` bytes, or return the text as it is."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return text
    return raw.hex() if len(raw) == width else text
