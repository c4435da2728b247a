"""Connections to brokers, joined with what is done over them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from depmap.model.facts import Use, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from depmap.model.facts import Fact


def connected(facts: list[Fact]) -> Iterator[Fact]:
    """Yield facts with each message sent over the connections of its project.

    A connection alone does not say whether something is published or consumed: it is left out
    where a use says it.
    """
    targets: dict[str, dict[Value, None]] = defaultdict(dict)
    used: set[str] = set()
    for fact in facts:
        if isinstance(fact, Use) and fact.kind.is_asynchronous:
            targets[fact.system].update(dict.fromkeys(fact.targets))
            if not fact.targets:
                used.add(fact.system)
    for fact in facts:
        if not isinstance(fact, Use) or not fact.kind.is_asynchronous:
            yield fact
        elif not fact.targets:
            yield replace(fact, targets=tuple(targets[fact.system]))
        elif fact.system not in used:
            yield fact
