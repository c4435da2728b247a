"""Snapshots as canonical JSON: sorted keys, one value a line, made for ``git diff``."""

from __future__ import annotations

import gc
import os
import tempfile
from pathlib import Path

import msgspec

from depmap.errors import InputError
from depmap.model.snapshot import SCHEMA_VERSION, Snapshot


def dump(snapshot: Snapshot) -> bytes:
    """Return a snapshot as JSON; equal snapshots give equal bytes."""
    packed = msgspec.json.encode(snapshot, order="sorted")
    return msgspec.json.format(packed, indent=1) + b"\n"


def save(snapshot: Snapshot, folder: Path) -> Path:
    """Write a snapshot as ``<quarter>.json``, whole or not at all, and return where."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{snapshot.quarter}.json"
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=".writing-")
    with os.fdopen(handle, "wb") as file:
        file.write(dump(snapshot))
    Path(temporary).chmod(0o644)
    Path(temporary).replace(path)
    return path


def load(path: Path) -> Snapshot:
    """Read a snapshot.

    Raises:
        InputError: there is none, or it is of another version.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise InputError(
            "there is no such snapshot", where=str(path), hint="write one with `depmap build`"
        ) from None
    collects = gc.isenabled()
    gc.disable()  # a snapshot holds no circles, and looking for them takes half of the time
    try:
        snapshot = msgspec.json.decode(data, type=Snapshot)
    except msgspec.DecodeError as error:
        raise InputError(f"not a snapshot: {error}", where=str(path)) from None
    finally:
        if collects:
            gc.enable()
    if snapshot.schema_version != SCHEMA_VERSION:
        raise InputError(
            f"a snapshot of schema version {snapshot.schema_version}, not {SCHEMA_VERSION}",
            where=str(path),
            hint="build it again with this depmap",
        )
    return snapshot


def latest(folder: Path) -> Path:
    """Return the newest snapshot of a folder, by its quarter.

    Raises:
        InputError: there is none.
    """
    found = sorted(folder.glob("[0-9][0-9][0-9][0-9]Q[1-4].json"))
    if not found:
        raise InputError(
            "there is no snapshot yet", where=str(folder), hint="write one with `depmap run`"
        )
    return found[-1]
