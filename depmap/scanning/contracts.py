"""Contracts that several services hold a copy of."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from depmap.model.evidence import Shared
from depmap.model.finding import Finding, Severity
from depmap.model.relations import Contract
from depmap.model.words import Kind, Strength

if TYPE_CHECKING:
    from depmap.scanning.gathering import Gathering

SAME = 0.9
DRIFTED = 0.7
SHORTEST = 2


def join_contracts(g: Gathering) -> None:
    """Find contracts of one name in the folders of several services, and copies that differ."""
    held: dict[tuple[str, str], dict[str, Contract]] = defaultdict(dict)
    for fact in g.further:
        if isinstance(fact, Contract):
            owners = g.owners(fact)
            if len(owners) == 1:
                held[fact.form, fact.name].setdefault(owners[0].name, fact)
    for (_, name), copies in sorted(held.items()):
        offers = {one.offers for one in copies.values()}
        digests = {one.digest for one in copies.values()}
        if len(copies) < SHORTEST or (len(digests) > 1 and len(offers) > 1):
            continue  # of several contracts with one name, none is a copy
        members = tuple(sorted(copies))
        places = tuple(g.at(copies[member]) for member in members)
        g.share(
            Shared(
                kind=Kind.SHARED_LIBRARY,
                resource=name,
                members=members,
                resources=tuple(
                    sorted({offer for one in copies.values() for offer in one.offers})
                ),
                strength=Strength.STRONG,
                confidence=SAME if len(digests) == 1 else DRIFTED,
                locators=places,
            )
        )
        if len(digests) > 1:
            g.findings.append(
                Finding(
                    rule="contract-drift",
                    subjects=(name, *members),
                    message=f"the copies of {name} in {', '.join(members)} differ",
                    severity=Severity.MEDIUM,
                    locators=places,
                )
            )
