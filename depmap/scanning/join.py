"""The join: facts of any number of roots in, evidence out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from depmap.scanning.calls import join_calls
from depmap.scanning.contracts import join_contracts
from depmap.scanning.given import join_declared, join_named
from depmap.scanning.libraries import join_libraries
from depmap.scanning.messages import join_messages
from depmap.scanning.preparing import gather
from depmap.scanning.relating import join_owners, join_relations
from depmap.scanning.rpcs import join_rpcs
from depmap.scanning.scan import Scan
from depmap.scanning.secrets import join_secrets
from depmap.scanning.sharing import merged
from depmap.scanning.starting import join_order, join_waits
from depmap.scanning.stores import join_stores

if TYPE_CHECKING:
    from collections.abc import Iterable

    from depmap.model.evidence import Evidence, Gap, Node
    from depmap.model.facts import Fact


def join(facts: Iterable[Fact], nodes: Iterable[Node] = (), gaps: Iterable[Gap] = ()) -> Scan:
    """Join facts into a scan; the order in which they come does not matter.

    Args:
        facts: what code and deployment files state, of all roots.
        nodes: nodes that are known from elsewhere, with their names.
        gaps: what the collectors could not read, passed on.
    """
    g = gather(facts, nodes)
    join_calls(g)
    join_rpcs(g)
    accesses = join_stores(g)
    join_messages(g, accesses)
    join_waits(g)
    join_secrets(g)
    join_named(g)
    join_declared(g)
    join_order(g)
    join_libraries(g)
    join_relations(g)
    join_contracts(g)
    join_owners(g)
    return Scan(
        services=g.estate.nodes(),
        evidence=tuple(sorted(dict.fromkeys(g.evidence), key=_place)),
        shared=tuple(
            sorted(merged(g.shared), key=lambda one: (one.kind, one.resource, one.members))
        ),
        findings=tuple(
            sorted(
                dict.fromkeys(g.findings), key=lambda one: (one.rule, one.subjects, one.locators)
            )
        ),
        gaps=tuple(sorted({*g.gaps, *gaps})),
    )


def _place(item: Evidence) -> tuple[str, ...]:
    return (item.consumer, item.provider, item.kind, item.operation, *item.locators)
