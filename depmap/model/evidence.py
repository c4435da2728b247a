"""What sources say: evidence, nodes they name, what several share, and what they could not see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from depmap.model.calls import Calls
from depmap.model.words import Impact, Kind, Layer, NodeKind, Source, Stance, Strength

ONLY_AS_FALLBACK = "made only when something else failed"
"""What ``Evidence.reason`` says of a call that no healthy request makes."""


@dataclass(frozen=True, slots=True, order=True)
class Gap:
    """Something that could not be seen, and why. Gaps are normal: counted, shown, never fatal.

    Attributes:
        what: what is missing once, in words ("a span of a lost trace", "the provider of a call").
        why: the reason, with what to do where there is something to do.
        locator: where: ``path:line``, a URL or a trace id; empty when there is no place.
        collector: the collector that met it; filled in by the pipeline.
        count: how often it is missing.
    """

    what: str
    why: str
    locator: str = ""
    collector: str = ""
    count: int = 1

    @property
    def text(self) -> str:
        """What is missing, and how often."""
        return self.what if self.count == 1 else f"{self.what} ({self.count:,} times)"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Node:
    """A service or resource as one source names it, or, after identity, as it is.

    Attributes:
        name: the name that people see.
        kind: what it is.
        path: the folder it is built from, relative to its root; empty when unknown.
        aliases: all other names under which it is known (compose, DNS, container, address).
        reasons: why each of these names means it, as (name, reason); filled in by identity.
        owner: the team that answers for it; empty when unknown.
        capabilities: business capabilities that it carries.
        criticality: the tier its owner gives it ("tier-1"); empty when unknown.
        entry: whether requests reach it from outside the system.
        requests: how many of these traces show, summed over what is merged, as they were kept:
            not corrected for sampling.
        requests_failed: how many of them failed, likewise.
        locators: where it was found, as ``path:line``.
    """

    name: str
    kind: NodeKind = NodeKind.SERVICE
    path: str = ""
    aliases: tuple[str, ...] = ()
    reasons: tuple[tuple[str, str], ...] = ()
    owner: str = ""
    capabilities: tuple[str, ...] = ()
    criticality: str = ""
    entry: bool = False
    requests: int = 0
    requests_failed: int = 0
    locators: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One source's claim about one dependency.

    Attributes:
        consumer: the depending node, by the source's own name for it.
        provider: the node it depends on, likewise. In an ``event`` row the *publisher* stands as
            consumer and the subscriber as provider, as tracing tools draw it; merging turns it.
        kind: how the consumer depends on the provider.
        source: the kind of witness.
        collector: the name of the collector that brought it; filled in by the pipeline.
        locators: where a person can look it up: ``path:line``, ``trace:<id>``.
        stance: whether the claim supports or denies the dependency.
        layer: the layer, where a person says other than the kind; None: as the kind says.
        operation: ``GET /a/{}``, ``pkg.Service/Method``, topic, table; empty when unknown.
        protocol: ``http``, ``postgresql``, ``redis``; empty when unknown.
        confidence: how sure the source is that this dependency exists, 0-1.
        strength: the strength this source claims.
        reason: why it claims that strength or confidence, in words.
        impact: what happens to the consumer when the provider is down, where it is said.
        users_see: what users see then, in the words of the person asked.
        when: when it is needed ("quarter-end", "peak"); empty: always or unknown.
        observed: False where the row is inferred over a lost span.
        at_start: whether it is about what happens before the consumer serves.
        calls: call statistics, where the source counts calls.
        first_seen: first and last time the claim was true, UTC; None without a date.
        last_seen: see ``first_seen``.
        said_by: who said it, for people's evidence.
    """

    consumer: str
    provider: str
    kind: Kind
    source: Source
    collector: str = ""
    locators: tuple[str, ...] = ()
    stance: Stance = Stance.SUPPORTS
    layer: Layer | None = None
    operation: str = ""
    protocol: str = ""
    confidence: float = 1.0
    strength: Strength = Strength.UNDETERMINED
    reason: str = ""
    impact: Impact | None = None
    users_see: str = ""
    when: str = ""
    observed: bool = True
    at_start: bool = False
    calls: Calls | None = None
    first_seen: datetime | None = None
    last_seen: datetime | None = None
    said_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """That someone listed all that one service depends on; the list is evidence of ``audits``.

    Attributes:
        service: the service that was looked into.
        at: when, UTC.
        chosen: how it was chosen; only ``random`` lets it stand for the others.
        said_by: who did it.
        locators: where it is written.
    """

    service: str
    at: datetime
    chosen: str = "random"
    said_by: str = ""
    locators: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Boot:
    """That an instance of a service started while no other was ready, and when it was ready.

    Attributes:
        service: the service, by the source's own name for it.
        instance: which instance of it.
        started: when it started, UTC.
        seen: when the source saw how it went: the hour of the ledger that it belongs to.
        ready: when it was seen to be ready; None: it was not.
        within_s: it may have been ready so many seconds earlier; 0: the moment is known.
        failed: whether it ended before it was ready.
        down_since: from when on no instance of the service was ready; None: not known.
    """

    service: str
    instance: str
    started: datetime
    seen: datetime
    ready: datetime | None = None
    within_s: float = 0.0
    failed: bool = False
    down_since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """A resource that several services are coupled through.

    Attributes:
        kind: one of the coupling kinds.
        resource: the secret, key, database instance, library or file they share.
        members: the services that use it.
        owner: the issuer, writer or owner among them; empty when unknown.
        resources: what inside it is shared (tables, keys).
        strength: how strongly the members are tied to it.
        confidence: how sure the source is, 0-1.
        locators: ``path:line`` of each use.
    """

    kind: Kind
    resource: str
    members: tuple[str, ...]
    owner: str = ""
    resources: tuple[str, ...] = ()
    strength: Strength = Strength.UNDETERMINED
    confidence: float = 1.0
    locators: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """A call-tree shape of healthy traces of one business operation, with its count.

    The tree is given in pre-order: ``parents[i]`` is the index of the parent of node ``i`` and is
    smaller than ``i``; ``parents[0]`` is -1.

    Attributes:
        operation: the root's operation, as ``service: operation``.
        nodes: the service or resource that each tree node belongs to.
        parents: index of each node's parent.
        blocking: whether the parent waits for the node.
        count: how many traces had this shape.
        operations: what each node was asked for; empty: not known, as in older ledgers.
    """

    operation: str
    nodes: tuple[str, ...]
    parents: tuple[int, ...]
    blocking: tuple[bool, ...]
    count: int
    operations: tuple[str, ...] = ()

    @property
    def pairs(self) -> frozenset[tuple[str, str]]:
        """The (consumer, provider) of each call in it, but for calls of oneself."""
        return frozenset(
            (self.nodes[parent], name)
            for name, parent in zip(self.nodes, self.parents, strict=True)
            if parent >= 0 and self.nodes[parent] != name
        )
