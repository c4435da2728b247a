"""What identity leaves to people: names that could mean several things, and owners that differ."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from depmap.merging.names import NOT_DEPLOYED, namespace_of
from depmap.model.evidence import Gap, Node

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from depmap.merging.identity import Identity
    from depmap.model.words import NodeKind


def unclear(nodes: Sequence[Node], names: Iterable[str], known: Identity) -> Iterator[Gap]:
    """Yield what people should say in ``depmap.toml``.

    Args:
        nodes: what the sources found, each with its own names.
        names: every name that a source uses.
        known: what the names mean as far as it was decided.
    """
    yield from _apart(names, known)
    yield from _clashes(nodes, known)
    yield from _owners(nodes, known)


def _apart(names: Iterable[str], known: Identity) -> Iterator[Gap]:
    """Name what was kept apart only because its label stands in several namespaces."""
    for name in names:
        found = namespace_of(name)
        if found and found[0] in known.apart and found[0] in known.meaning:
            canonical = known.name(name)
            if canonical == name and known.meaning[found[0]][0] != name:
                why = f"{found[0]!r} stands in several namespaces; say in [aliases] which it is"
                yield Gap(f"the name {name!r}", why)


def _clashes(nodes: Iterable[Node], known: Identity) -> Iterator[Gap]:
    """Name what is called alike and cannot be one: a team and a service, a topic and a job."""
    kinds: dict[str, set[NodeKind]] = defaultdict(set)
    for node in nodes:
        kinds[known.name(node.name)].add(node.kind)
    for name, found in sorted(kinds.items()):
        words = sorted(found & NOT_DEPLOYED)
        if words and found - NOT_DEPLOYED:
            why = "both are shown as one node: give one of them another name"
            other = min(found - NOT_DEPLOYED)
            yield Gap(f"{name!r} is called a {words[0]} and a {other}", why)


def _owners(nodes: Iterable[Node], known: Identity) -> Iterator[Gap]:
    """Name nodes of which the sources say different owners, where depmap.toml says none."""
    said: dict[str, dict[str, Node]] = defaultdict(dict)
    for node in nodes:
        if node.owner:
            kept = said[known.name(node.name)].setdefault(node.owner, node)
            said[known.name(node.name)][node.owner] = min(kept, node)
    for name, found in sorted(said.items()):
        if len(found) > 1 and all(node.locators for node in found.values()):
            sides = [f"{owner} ({node.locators[0]})" for owner, node in sorted(found.items())]
            why = f"the sources disagree: {', '.join(sides)}; say which under [owners]"
            yield Gap(f"who owns {name}", why)
