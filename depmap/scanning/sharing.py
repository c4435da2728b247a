"""Shared rows that say one thing: the entries of a Secret that the same services are given."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from depmap.model.dependency import CONFIRMED
from depmap.model.words import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from depmap.model.evidence import Shared

Key = tuple[str, tuple[str, ...]]
"""The Secret or file, and the services that have it in common."""


def merged(shared: Iterable[Shared]) -> list[Shared]:
    """Return rows of which none repeats another.

    Entries of one Secret, or of one file, that nobody is known to issue and that the same
    services are given become one row; what else they take of it is no row of its own.
    """
    rows: list[Shared] = []
    entries: dict[Key, list[Shared]] = defaultdict(list)
    for one in shared:
        holder = one.resource.rpartition("/")[0] or one.resource
        plain = one.kind is Kind.SHARED_SECRET and not one.owner and not one.resources
        (entries[holder, one.members] if plain else rows).append(one)
    rows.extend(_one(holder, held) for (holder, _), held in entries.items())
    secrets = {
        (one.resource.partition("/")[0], one.members)
        for one in rows
        if one.kind is Kind.SHARED_SECRET and one.confidence >= CONFIRMED
    }
    return [
        one for one in rows
        if one.kind is not Kind.SHARED_CONFIG or not _is_said(one, secrets)
    ]  # fmt: skip


def _one(holder: str, held: list[Shared]) -> Shared:
    if len(held) == 1:
        return held[0]
    keys = sorted({one.resource.removeprefix(f"{holder}/") for one in held} - {holder})
    return replace(
        held[0],
        resource=holder,
        resources=tuple(keys),
        confidence=max(one.confidence for one in held),
        locators=tuple(sorted({place for one in held for place in one.locators})),
    )


def _is_said(config: Shared, secrets: set[Key]) -> bool:
    return any(
        name == config.resource and set(config.members) <= set(members)
        for name, members in secrets
    )
