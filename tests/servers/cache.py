"""What is built or downloaded once for a machine, and kept."""

from __future__ import annotations

import fcntl
import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def folder() -> Path:
    """Return the folder of kept files."""
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "depmap-tests"


def keep(key: str, make: Callable[[Path], Path]) -> Path:
    """Return the file kept under a key, making it first where there is none.

    Args:
        key: the name of the file, with its version.
        make: makes the file inside the empty folder it is given and returns it.

    Returns:
        The kept file. It appears whole or not at all, and is made once however
        many processes ask for it at the same time.
    """
    kept = folder() / key
    if kept.exists():
        return kept
    kept.parent.mkdir(parents=True, exist_ok=True)
    with _locked(kept.with_name(f"{kept.name}.lock")):
        if not kept.exists():
            with tempfile.TemporaryDirectory(dir=kept.parent, prefix=".making-") as scratch:
                make(Path(scratch)).replace(kept)
    return kept


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
