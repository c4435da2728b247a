"""What one node is: its names with the reason of each, its neighbours, where it was found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from depmap.reporting import strengths
from depmap.reporting.sentences import listed, plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from depmap.model.dependency import Dependency
    from depmap.model.evidence import Node
    from depmap.model.snapshot import Snapshot


def render_node(snapshot: Snapshot, node: Node, maybe: Sequence[str] = ()) -> str:
    """Return the story of a node as text.

    Args:
        snapshot: the snapshot it is in.
        node: the node.
        maybe: what else it may be, a line each.
    """
    return "\n".join(map(plain, _lines(snapshot, node, maybe)))


def _lines(snapshot: Snapshot, node: Node, maybe: Sequence[str]) -> Iterator[str]:
    facts = [f"{node.kind.value}"]
    facts += [f"built from {node.path}"] if node.path else []
    facts += [f"owned by {node.owner}"] if node.owner else []
    facts += [node.criticality] if node.criticality else []
    facts += [f"carries {listed(node.capabilities)}"] if node.capabilities else []
    yield f"{node.name}: {', '.join(facts)}"
    if node.reasons:
        yield "  also called"
        yield from (f"    {name}: {why}" for name, why in node.reasons)
    else:
        yield "  no source calls it anything else"
    if maybe:
        yield "  may be the same as, though nobody has said so (`depmap names`)"
        yield from (f"    {line}" for line in maybe)
    confirmed = snapshot.matrix.confirmed()
    yield from _neighbours("depends on", [i for i in confirmed if i.consumer == node.name], 1)
    yield from _mixed([item for item in confirmed if item.consumer == node.name])
    yield from _neighbours("is needed by", [i for i in confirmed if i.provider == node.name], 0)
    if node.locators:
        yield f"  found in {listed(node.locators, 8)}"


def _mixed(found: Sequence[Dependency]) -> Iterator[str]:
    """Tell where the operations surely do not behave alike."""
    for item in found:
        if told := strengths.surely_differing(item.strength):
            yield f"    {item.provider}: {told}"


def _neighbours(verb: str, found: Sequence[Dependency], side: int) -> Iterator[str]:
    names = dict.fromkeys((item.consumer, item.provider)[side] for item in found)
    if names:
        yield f"  {verb} {listed(tuple(names))}"
