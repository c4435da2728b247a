"""Packed files: gzip and zstd, told by their content, and bounded in what they unpack to."""

from __future__ import annotations

import io
import zlib
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, Final, cast

from depmap.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAX_RATIO: Final = 250
"""A file may unpack to so many times its size; telemetry packs to a tenth or a fiftieth."""

FREE_BYTES: Final = 64 << 20
"""What may be unpacked whatever the ratio: small files pack better than large ones."""

_GZIP: Final = b"\x1f\x8b"
ZSTD: Final = b"\x28\xb5\x2f\xfd"
_SKIPPED: Final = b"\x2a\x4d\x18"
_STEP: Final = 1 << 14
"""Bytes unpacked at once: so many at most are lost where a file is cut off."""

_WITH_HEADER: Final = 31
"""zlib: the window of 32 KB, and the header of gzip."""


@contextmanager
def opened(path: Path) -> Iterator[io.BufferedReader]:
    """Open a file for reading, unpacked.

    Raises:
        InputError: it cannot be read, or unpacks to too much.
    """
    try:
        raw = path.open("rb")
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=str(path)) from error
    with raw:
        yield unpacked(raw, str(path))


def unpacked(raw: IO[bytes], name: str) -> io.BufferedReader:
    """Return a stream's content, through gzip or zstd where it says so.

    Raises:
        InputError: on reading, when it unpacks to too much.
    """
    stream = buffered(raw)
    magic = stream.peek(4)[:4]
    if magic[:2] == _GZIP:
        counted = _Counted(stream)
        source: Any = _Gzip(counted)
    elif is_zstd(magic):
        counted = _Counted(stream)
        source = _zstd(counted)
    else:
        return stream
    return io.BufferedReader(_Unpacked(source, counted, name), _STEP)


def is_zstd(head: bytes) -> bool:
    """Whether a frame of zstd begins here, one to be skipped included."""
    return head[:4] == ZSTD or (head[1:4] == _SKIPPED and head[0] & 0xF0 == 0x50)  # noqa: PLR2004


def buffered(raw: IO[bytes]) -> io.BufferedReader:
    """Return a stream that can be looked into before it is read."""
    return raw if isinstance(raw, io.BufferedReader) else io.BufferedReader(cast("Any", raw))


def _zstd(packed: _Counted) -> Any:
    """Return a stream through zstd: Arrow's, which knows frames one after another."""
    import pyarrow as pa  # noqa: PLC0415 - loads slowly, and hardly any file is packed like this

    return pa.CompressedInputStream(pa.PythonFile(packed, mode="r"), "zstd")


class _Counted(io.RawIOBase):
    """A stream that knows how much was read from it."""

    def __init__(self, stream: io.BufferedReader) -> None:
        self._stream = stream
        self.count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._stream.read1(len(buffer))
        buffer[: len(data)] = data
        self.count += len(data)
        return len(data)


class _Gzip:
    """A stream through gzip, which gives all there is before it says that it is cut off."""

    def __init__(self, packed: _Counted) -> None:
        self._packed = packed
        self._member = zlib.decompressobj(_WITH_HEADER)
        self._left = b""

    def read(self, size: int) -> bytes:
        """Return some bytes, none at the end.

        Raises:
            EOFError: it is cut off.
            zlib.error: it is broken.
        """
        while True:
            chunk = self._left or self._packed.read(_STEP) or b""
            if self._member.eof:
                chunk = chunk.lstrip(b"\0")
                if not chunk and not self._left:
                    return b""
                self._left = chunk
                if chunk:
                    self._member = zlib.decompressobj(_WITH_HEADER)
                continue
            data = self._member.decompress(chunk, size)
            self._left = self._member.unconsumed_tail or self._member.unused_data
            if data:
                return data
            if not chunk and not self._member.eof:
                raise EOFError("it is cut off")


class _Unpacked(io.RawIOBase):
    """What a packed stream holds; it ends with EOFError where the stream is cut off or broken."""

    def __init__(self, source: Any, packed: _Counted, name: str) -> None:
        self._source, self._packed, self._name = source, packed, name
        self._count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            data = self._source.read(min(len(buffer), _STEP))
        except (OSError, zlib.error) as error:
            raise EOFError(str(error)) from error
        buffer[: len(data)] = data
        self._count += len(data)
        if self._count > max(FREE_BYTES, MAX_RATIO * self._packed.count):
            raise InputError(
                f"unpacks to more than {MAX_RATIO} times its size",
                where=self._name,
                hint="if it is no attack, unpack it first",
            )
        return len(data)
