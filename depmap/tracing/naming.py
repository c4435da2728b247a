"""Which service a span is of: by name, by namespace and name, or by environment as well.

Applied to spans before they are linked, so that what is one service is one in every rule.
"""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from depmap.tracing.halves import fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from depmap.tracing.facts import Facts
    from depmap.tracing.spans import Process, Spans


class Identity(StrEnum):
    """What tells services apart."""

    NAME = "name"
    NAMESPACE = "namespace"
    ENVIRONMENT = "environment"


def identified(batches: Sequence[Spans], identity: Identity = Identity.NAME) -> list[Spans]:
    """Return spans whose services are called by their identity.

    By name, services of one name are one, and a mesh's name for a service (``cart.shop``) is
    folded into the service (``cart``) where both recorded spans. By namespace the service is
    ``shop/cart``, by environment ``shop/cart@prod``; a peer that a span calls by its bare name is
    the one of its own namespace and environment, or the only one of that name.

    Args:
        batches: all spans there are: what names stand for depends on what there is.
        identity: what tells services apart.
    """
    processes = {process for batch in batches for process in batch.processes if process.service}
    if identity is Identity.NAME:
        meshed = mesh_names(process.service for process in processes)
        return [_renamed(batch, meshed) for batch in batches] if meshed else list(batches)
    known: dict[str, set[str]] = {}
    for process in processes:
        known.setdefault(fold(process.service), set()).add(_identity(process, identity))
    return [_qualified(batch, identity, known) for batch in batches]


def mesh_names(services: Iterable[str]) -> dict[str, str]:
    """Return what names of a mesh (``cart.shop``) are folded into: a name that is there as well.

    Names are compared without case; a suffix is a namespace, so it has no dot of its own.
    """
    shown: dict[str, str] = {}
    for name in services:
        shown[fold(name)] = min(name, shown.get(fold(name), name))
    return {
        key: shown[bare]
        for key in shown
        for bare, dot, suffix in [key.rpartition(".")]
        if dot and suffix and bare in shown and "." not in bare
    }


def _renamed(batch: Spans, names: Mapping[str, str]) -> Spans:
    """Return a batch with services and peers renamed."""
    return replace(
        batch,
        processes=tuple(
            process._replace(service=names.get(fold(process.service), process.service))
            for process in batch.processes
        ),
        fact_table=tuple(
            facts._replace(peer=names.get(fold(facts.peer), facts.peer)) if facts.peer else facts
            for facts in batch.fact_table
        ),
    )


def _identity(process: Process, identity: Identity) -> str:
    """Return what a service is called."""
    name = f"{process.namespace}/{process.service}" if process.namespace else process.service
    told = identity is Identity.ENVIRONMENT and process.environment
    return f"{name}@{process.environment}" if told else name


def _qualified(batch: Spans, identity: Identity, known: Mapping[str, set[str]]) -> Spans:
    """Return a batch with full names, also of the peers that spans call by a bare one."""
    processes = tuple(
        process._replace(service=_identity(process, identity)) if process.service else process
        for process in batch.processes
    )
    bare = np.array([bool(f.peer) and fold(f.peer) in known for f in batch.fact_table], np.bool_)
    rows = np.flatnonzero(bare[batch.facts]) if len(bare) else np.zeros(0, np.intp)
    table: dict[Facts, int] = {facts: code for code, facts in enumerate(batch.fact_table)}
    facts = batch.facts.copy()
    width = len(batch.fact_table)
    pair, of_pair = np.unique(
        batch.process[rows].astype(np.int64) * width + batch.facts[rows], return_inverse=True
    )
    found = np.zeros(len(pair), dtype=facts.dtype)
    for at, (caller, code) in enumerate(zip(*divmod(pair, max(width, 1)), strict=True)):
        told = batch.fact_table[int(code)]
        peer = _peer(batch.processes[int(caller)], told.peer, identity, known)
        found[at] = table.setdefault(told._replace(peer=peer), len(table))
    facts[rows] = found[of_pair]
    return replace(batch, processes=processes, facts=facts, fact_table=tuple(table))


def _peer(caller: Process, name: str, identity: Identity, known: Mapping[str, set[str]]) -> str:
    """Return the identity of a peer called by its bare name."""
    own = _identity(caller._replace(service=name), identity)
    there = known[fold(name)]
    near = [full for full in sorted(there) if fold(full) == fold(own)]
    if near or len(there) == 1:
        return near[0] if near else min(there)
    return name
