"""JSON text as it comes: compressed, cut off, broken, and where it is broken."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Final, TypeVar

import msgspec

from depmap.errors import InputError
from depmap.model.evidence import Gap

T = TypeVar("T")
Buffer = bytes | msgspec.Raw
"""JSON text: bytes of their own, or a slice of a larger text that is not copied."""

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_BYTES: Final = 2 << 30
"""Greatest document or line read, in bytes after decompression."""

AT_ONCE: Final = 32 << 20
"""Greatest text that is turned into objects as a whole, in bytes."""

NOTHING: Final = msgspec.Raw(b"null")
"""What stands for a value that is not there and would have been left as text."""

UNEXPECTED: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What a quick reader may meet; a patient one then says what and where it is."""

FORMATS_HINT: Final = (
    "depmap reads Jaeger JSON, Zipkin v1 and v2 JSON, and OTLP as JSON (a document or lines) or "
    "protobuf, each also packed with gzip or zstd"
)
_BOM = b"\xef\xbb\xbf"
_AT_BYTE = re.compile(r"\(byte (\d+)\)")
_TRAILING = re.compile(r"trailing characters \(byte (\d+)\)")
_ANY = msgspec.json.Decoder(msgspec.Raw)
_LOOK: Final = 64
_HALF_PAIR = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])"
    r"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)
_BLANK = b" \t\r\n"


class UnknownFormat(InputError):  # noqa: N818 - as the errors it is one of
    """It is JSON, but of no known format."""

    def __init__(self, name: str) -> None:
        """Say so, and name the formats."""
        super().__init__("holds no traces of a known format", where=name, hint=FORMATS_HINT)


class Truncated(InputError):  # noqa: N818 - likewise
    """The text ends before its JSON does."""


@dataclass(slots=True)
class Place:
    """Where a piece of text lies in its file; asked for in reading order.

    Attributes:
        name: the file's name.
        data: the text.
        line: line number of the text's first byte.
    """

    name: str
    data: bytes
    line: int = 1
    _at: int = 0
    _lost: bool = False

    def of(self, piece: bytes) -> str:
        """Return ``file:line`` of a piece; pieces must be asked for in the order of the text.

        Going on where the last search ended keeps many broken pieces linear.
        """
        found = -1 if self._lost else self.data.find(piece, self._at)
        self._lost = found < 0
        if found >= 0:
            self.line += self.data.count(b"\n", self._at, found)
            self._at = found
        return f"{self.name}:{self.line}"


def read_some(stream: IO[bytes], limit: int, where: str, *, line: bool) -> tuple[bytes, bool]:
    """Return a line or the rest of a stream, and whether the stream is cut off there.

    Raises:
        InputError: there is more than ``limit`` bytes of it.
    """
    parts: list[bytes] = []
    size = 0
    cut = False
    while size <= limit:
        step = min(1 << 20, limit + 1 - size)
        try:
            part = stream.readline(step) if line else stream.read(step)
        except EOFError:
            part, cut = b"", True
        parts.append(part)
        size += len(part)
        if not part or (line and part.endswith(b"\n")):
            return b"".join(parts), cut
    raise InputError(
        f"more than {limit:,} bytes in one {'line' if line else 'document'}",
        where=where,
        hint="split it into smaller files",
    )


def unmarked(data: bytes) -> bytes:
    """Take a byte order mark and surrounding blanks off the front."""
    return data.removeprefix(_BOM)


def is_blank(data: bytes) -> bool:
    """Whether there is nothing but white space."""
    return not data.strip(_BLANK)


def decoded(decoder: msgspec.json.Decoder[T], data: Buffer, place: Place) -> T:
    """Decode JSON, mending what writers are known to break inside strings.

    Raises:
        Truncated: the text ends in the middle.
        InputError: it is no JSON; with line and column.
        msgspec.ValidationError: it is JSON of another shape.
    """
    try:
        try:
            return decoder.decode(data)
        except msgspec.ValidationError:
            raise
        except (UnicodeDecodeError, msgspec.DecodeError):
            return decoder.decode(_mended(bytes(data)))
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError as error:
        raise _json_error(str(error), bytes(data), place) from error
    except RecursionError as error:
        raise InputError("nested too deeply", where=place.name, hint=FORMATS_HINT) from error


def values_of(data: bytes, line: int) -> Iterator[tuple[bytes, int]]:
    """Cut documents that were written one after the other; yields each with its line.

    The decoder itself says where a value ends: what follows it is "trailing". What is broken is
    yielded as it is, for its reader to say where.
    """
    view = memoryview(data)
    while not is_blank(bytes(view[:_LOOK])) or len(view) > _LOOK:
        end = len(view)
        try:
            _ANY.decode(view)
        except (msgspec.DecodeError, RecursionError) as error:
            found = _TRAILING.search(str(error))
            end = int(found[1]) - 1 if found else end
        piece = bytes(view[:end])
        yield piece, line
        line += piece.count(b"\n")
        view = view[end:]


def _mended(data: bytes) -> bytes:
    """Replace bytes that are no UTF-8, and halves of surrogate pairs (text cut at an emoji)."""
    text = data.decode("utf-8", "replace")
    return _HALF_PAIR.sub(r"\\ufffd", text).encode()


def _json_error(message: str, data: bytes, place: Place) -> InputError:
    """Return the error with the line and column at which the JSON breaks."""
    found = _AT_BYTE.search(message)
    if found is None:
        return Truncated(
            "the file ends in the middle of a JSON value; is it truncated?",
            where=_where(data.rstrip(_BLANK), place),
            hint="write or download it again",
        )
    at = int(found[1])
    reason = _AT_BYTE.sub("", message).removeprefix("JSON is malformed: ").strip()
    return InputError(
        f"no valid JSON: {reason}", where=_where(data[:at], place), hint=FORMATS_HINT
    )


def _where(before: bytes, place: Place) -> str:
    """Return ``file:line:column`` of the byte after ``before``."""
    line = place.line + before.count(b"\n")
    column = len(before) - before.rfind(b"\n")
    return f"{place.name}:{line}:{column}"


def broken_item(place: Place, piece: bytes, what: str, error: Exception) -> Gap:
    """Return the gap for one item that could not be read while the rest is kept."""
    return Gap(what=what, why=f"it cannot be read: {error}", locator=place.of(piece))
