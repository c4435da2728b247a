"""From the texts of a folder to its facts, by way of what is known of them already."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from collectors.code.cache import Cache, digest, pack, sealed, unpack
from collectors.code.documents import Documents, is_document
from collectors.code.emit import facts
from collectors.code.grpcs import packages
from collectors.code.one import Entry, decode
from collectors.code.pool import read_all
from collectors.code.program import Program
from depmap.collecting import secrets

if TYPE_CHECKING:
    from collections.abc import Mapping

    from depmap.model.evidence import Gap
    from depmap.model.facts import Fact


def scanned(
    root: str,
    texts: Mapping[str, str],
    beside: Mapping[str, str],
    kept: Cache | None = None,
) -> list[Fact | Gap]:
    """Return the facts of a folder and its gaps.

    Args:
        root: the name of the folder.
        texts: its Python files, by path.
        beside: its descriptions of gRPC services and its configuration, by path.
        kept: what was read before; None: the usual place.
    """
    held = Cache.usual() if kept is None else kept
    named = {name: digest(text.encode("utf-8", "surrogatepass")) for name, text in texts.items()}
    key = secrets.digest("")  # facts hold keyed hashes: with another key they are others
    whole = digest(repr((root, key, list(named.items()), sorted(beside.items()))).encode())
    known = held.get(whole)
    if known is not None:
        try:
            return unpack(known)
        except (msgspec.MsgspecError, KeyError):
            pass  # somebody else's bytes: read anew, and written over
    contracts = [text for name, text in beside.items() if name.endswith(".proto")]
    names = {short: full for text in contracts for short, full in packages(text).items()}
    configuration = {name: beside[name] for name in beside if is_document(name)}
    entries = _entries(texts, named, held)
    files = {name: one.summary for name, one in entries.items() if one.summary is not None}
    found: list[Fact | Gap] = [one.gap for one in entries.values() if one.gap is not None]
    program = Program(files, Documents.of(configuration, texts))
    found.extend(facts(root, program, names))
    held.put(whole, pack(found))
    held.prune()
    return found


def _entries(texts: Mapping[str, str], named: Mapping[str, str], held: Cache) -> dict[str, Entry]:
    """What each file says, in their order: from the cache, or read."""
    found: dict[str, Entry | None] = {
        name: _known(held, named[name], name, texts[name]) for name in texts
    }
    missing = [(name, texts[name]) for name, entry in found.items() if entry is None]
    for (name, _), data in zip(missing, read_all(missing), strict=True):
        held.put(named[name], sealed(data, texts[name].encode()))
        found[name] = decode(data, name)
    return {name: entry for name, entry in found.items() if entry is not None}


def _known(held: Cache, name: str, path: str, text: str) -> Entry | None:
    data = held.get(name)
    if data is None:
        return None
    try:
        return decode(sealed(data, text.encode()), path)
    except msgspec.MsgspecError:
        return None
