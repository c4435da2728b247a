"""What was read before: files by their content, whole folders by that of all of their files.

Entries are never changed, only added and removed, each by one rename: two runs may share a cache,
and a run that is killed leaves nothing behind that another one would read. Whatever cannot be
read or written is as good as not there.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import libcst
import msgspec

from depmap.collecting import files, secrets
from depmap.model import facts as model
from depmap.model import words
from depmap.model.evidence import Gap
from depmap.model.facts import Fact

if TYPE_CHECKING:
    from collections.abc import Iterable

    from depmap.collecting.port import Item

MAX_CACHED = 256_000_000
"""Bytes kept on disk; the oldest entries go first."""

_KEPT = 0.75
"""Share of them that is left when some have to go."""


_BESIDE = (model.__file__, words.__file__, secrets.__file__, files.__file__)
"""Further source that decides what is found."""


def home() -> Path:
    """The folder of caches: ``$XDG_CACHE_HOME/depmap``."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if os.path.isabs(base) else Path.home() / ".cache") / "depmap"  # noqa: PTH117 - on a string that may be empty


@cache
def version() -> str:
    """What tells this scanner from any other one: its own source, its parser, its Python."""
    seen = hashlib.sha256(f"{sys.version_info[:2]}{libcst.LIBCST_VERSION}".encode())
    own = Path(__file__).parent
    for path in (*sorted(own.glob("*.py")), *map(Path, _BESIDE)):
        seen.update(path.read_bytes())
    return seen.hexdigest()[:16]


def digest(data: bytes) -> str:
    """The name of some content."""
    return hashlib.sha256(data).hexdigest()


def sealed(data: bytes, content: bytes) -> bytes:
    """Bytes that only who has the content of the file can read; sealed twice, they are open.

    A file may hold secrets as literals. What is kept of it tells them to nobody who could not
    read the file itself.
    """
    stream = hashlib.shake_256(b"depmap" + content).digest(len(data))
    mixed = int.from_bytes(data, "little") ^ int.from_bytes(stream, "little")
    return mixed.to_bytes(len(data), "little")


@dataclass(slots=True)
class Cache:
    """Entries in a folder, by name.

    Attributes:
        folder: where they are; None: nowhere, nothing is kept.
        limit: bytes that are kept.
    """

    folder: Path | None
    limit: int = MAX_CACHED
    _added: int = 0

    @classmethod
    def usual(cls) -> Cache:
        """The cache of this version of the scanner."""
        try:
            return cls(home() / f"code-{version()}")
        except (OSError, RuntimeError):  # no source beside this file, or no home
            return cls(None)

    def get(self, name: str) -> bytes | None:
        """What is kept under a name."""
        if self.folder is None:
            return None
        try:
            return (self.folder / name[:2] / name).read_bytes()
        except OSError:
            return None

    def put(self, name: str, data: bytes) -> None:
        """Keep something under a name."""
        if self.folder is None:
            return
        with suppress(OSError):
            below = self.folder / name[:2]
            below.mkdir(parents=True, exist_ok=True)
            handle, part = tempfile.mkstemp(dir=below, suffix=".part")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(data)
                Path(part).replace(below / name)
                self._added += len(data)
            except OSError:
                Path(part).unlink(missing_ok=True)

    def prune(self) -> None:
        """Remove what is too much: other versions first, then what was added longest ago."""
        if self.folder is None or not self._added:
            return
        found: list[tuple[bool, float, int, Path]] = []
        for path in self.folder.parent.glob("code-*/*/*"):
            with suppress(OSError):
                state = path.stat()
                own = path.is_relative_to(self.folder)
                found.append((own, state.st_mtime, state.st_size, path))
        total = sum(size for _, _, size, _ in found)
        if total <= self.limit:
            return
        for _, _, size, path in sorted(found):
            if total <= self.limit * _KEPT:
                break
            with suppress(OSError):
                path.unlink()
                total -= size


_FACTS: dict[str, type[Fact]] = {
    one.__name__: one
    for one in vars(model).values()
    if isinstance(one, type) and issubclass(one, Fact)
}
_ROWS = msgspec.msgpack.Decoder(list[tuple[str, msgspec.Raw]])


def pack(items: Iterable[Item]) -> bytes:
    """Facts and gaps as bytes."""
    return msgspec.msgpack.encode([(type(item).__name__, item) for item in items])


def unpack(data: bytes) -> list[Fact | Gap]:
    """Facts and gaps from bytes.

    Raises:
        msgspec.MsgspecError: the bytes are something else.
        KeyError: likewise.
    """
    decoders = {name: msgspec.msgpack.Decoder(kind) for name, kind in _FACTS.items()}
    gaps = msgspec.msgpack.Decoder(Gap)
    return [
        gaps.decode(raw) if name == "Gap" else decoders[name].decode(raw)
        for name, raw in _ROWS.decode(data)
    ]
