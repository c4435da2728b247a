"""The table of calls: one row for each call, message or guess found in the trees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from depmap.model.words import Kind
from depmap.tracing.facts import Family, Role, SpanKind
from depmap.tracing.halves import fold
from depmap.tracing.parts import CALLED, CALLER, LOCAL
from depmap.tracing.peers import BY_ADDRESS, BY_NAME, BY_SYSTEM, KIND_OF, family_of, name_peer
from depmap.tracing.spans import Codes, Rows
from depmap.tracing.tree import Flags, Tree, above, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Column = NDArray[Any]

KINDS: Final = tuple(Kind)
CODE_OF: Final = {kind: code for code, kind in enumerate(KINDS)}

RULES: Final = (
    "shared-id",
    "client-server",
    "lost-client",
    "parent",
    "reference",
    "producer-consumer",
    "span-link",
    "remote-caller",
    BY_NAME,
    BY_ADDRESS,
    BY_SYSTEM,
    "publish",
    "consume",
    "orphan",
    "second-root",
)
"""Short names of the rules that make rows, the surest first."""

RULE_CODE: Final = {rule: code for code, rule in enumerate(RULES)}

_COLUMNS: Final[tuple[tuple[str, Any], ...]] = (
    ("consumer", np.int64),
    ("provider", np.int64),
    ("kind", np.int64),
    ("operation", np.int64),
    ("protocol", np.int64),
    ("rule", np.int64),
    ("observed", np.bool_),
    ("error", np.bool_),
    ("failure", np.bool_),
    ("start", np.int64),
    ("duration", np.int64),
    ("client_duration", np.int64),
    ("server_duration", np.int64),
    ("weight", np.int64),
    ("trace", np.int64),
    ("caller", np.intp),
    ("called", np.intp),
    ("within", np.intp),
)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Calls:
    """Calls, in columns, in a fixed order.

    Attributes:
        consumer: code of the consumer in ``Scene.names``.
        provider: code of the provider.
        kind: index into ``KINDS``.
        operation: index into ``Scene.operations``.
        protocol: index into ``Scene.protocols``.
        rule: index into ``RULES``.
        observed: False for a guess over a lost span.
        error: whether it failed, on either side.
        failure: whether it failed as its caller saw it, by the rules of strength.
        start: start in ns; 0: unknown.
        duration: in ns, as the caller saw it where it tells; -1: unknown.
        client_duration: in ns, as the caller's span tells it; -1: it does not.
        server_duration: in ns, as the span of the called service tells it; -1: likewise.
        weight: how many calls it stands for, in 1024ths.
        trace: code of the trace.
        caller: the caller's own span for the call; -1: lost.
        called: the first span of the provider; -1: it has none.
        within: the consumer's span that the call was made from; -1: unknown.
    """

    consumer: Column
    provider: Column
    kind: Column
    operation: Column
    protocol: Column
    rule: Column
    observed: Column
    error: Column
    failure: Column
    start: Column
    duration: Column
    client_duration: Column
    server_duration: Column
    weight: Column
    trace: Column
    caller: Column
    called: Column
    within: Column

    def __len__(self) -> int:
        """Return how many calls there are."""
        return len(self.consumer)

    @classmethod
    def of(cls, size: int, **columns: Any) -> Calls:
        """Make a table; a single value stands for a whole column, an unknown duration for none."""
        return cls(
            **{
                key: np.broadcast_to(np.asarray(columns.get(key, -1), dtype=kind), size)
                for key, kind in _COLUMNS
            }
        )

    @classmethod
    def concat(cls, parts: Sequence[Calls]) -> Calls:
        """Join tables."""
        return cls(
            **{key: np.concatenate([getattr(part, key) for part in parts]) for key, _ in _COLUMNS}
        )

    def take(self, rows: Column) -> Calls:
        """Return some of the rows."""
        return Calls(**{key: getattr(self, key)[rows] for key, _ in _COLUMNS})


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Scene:
    """The trees together with what the rules ask of each node, worked out once.

    Attributes:
        tree: the call trees.
        names: every service and peer, services first.
        operations: distinct operations, in alphabetical order.
        protocols: distinct protocols, likewise.
        operation: operation of each node, as an index.
        protocol: protocol of each node.
        family: ``Family`` of each node.
        role: ``Role`` of each node.
        peer: code of the peer each node names; -1: none.
        peer_rule: index of the rule that named it.
        told: whether the span itself gives the peer a name.
        error: whether the node tells of an error.
        failure: whether it failed by the rules of strength.
        caller: whether the node is a caller: a client or producer, or a local span that names
            whom it called.
        above: nearest ancestor that names its service; -1: none.
        turn: nearest ancestor with a service that is caller or called, not local; -1: none.
    """

    tree: Tree
    names: tuple[str, ...]
    operations: tuple[str, ...]
    protocols: tuple[str, ...]
    operation: Column
    protocol: Column
    family: Column
    role: Column
    peer: Column
    peer_rule: Column
    told: Flags
    error: Flags
    failure: Flags
    caller: Flags
    above: Rows
    turn: Rows

    @property
    def service(self) -> Codes:
        """Service of each node."""
        return self.tree.nodes.service

    def service_at(self, nodes: Rows) -> Column:
        """Return the service of some nodes, -1 for a node of -1."""
        return np.where(nodes < 0, -1, self.service[nodes])


def scene_of(tree: Tree) -> Scene:
    """Work out what the rules ask of each node: once for each distinct fact, then gathered."""
    nodes = tree.nodes
    table = nodes.fact_table

    def gather(values: Iterable[Any], kind: Any = np.int64) -> Column:
        return np.array(list(values), dtype=kind)[nodes.facts]

    peers = [name_peer(facts) for facts in table]
    names, peer = _name_codes(nodes.services, [peer.name for peer in peers])
    operations, operation = _coded([facts.operation for facts in table])
    protocols, protocol = _coded([facts.system for facts in table])
    family = gather(family_of(facts) for facts in table)
    told = gather((bool(facts.peer) for facts in table), np.bool_)
    stored = gather((facts.family.is_store and bool(facts.host) for facts in table), np.bool_)
    local = (nodes.side == LOCAL) & (told | stored) & (family != Family.MESSAGING)
    caller = (nodes.side == CALLER) | local
    named = nodes.service >= 0
    turning = named & ((nodes.side != LOCAL) | caller)
    return Scene(
        tree=tree,
        names=names,
        operations=operations,
        protocols=protocols,
        operation=gather(operation),
        protocol=gather(protocol),
        family=family,
        role=gather(facts.role for facts in table),
        peer=gather(peer),
        peer_rule=gather(RULE_CODE.get(peer.rule, -1) for peer in peers),
        told=told,
        error=gather((facts.error for facts in table), np.bool_),
        failure=gather((facts.failure for facts in table), np.bool_),
        caller=caller,
        above=above(tree.parent, nearest(tree.parent, named)),
        turn=above(tree.parent, nearest(tree.parent, turning)),
    )


def _coded(texts: Sequence[str]) -> tuple[tuple[str, ...], list[int]]:
    """Return the distinct texts in order, the empty one first, and the place of each text."""
    distinct = tuple(sorted({"", *texts}))
    place = {text: at for at, text in enumerate(distinct)}
    return distinct, [place[text] for text in texts]


def _name_codes(
    services: Sequence[str], peers: Sequence[str]
) -> tuple[tuple[str, ...], list[int]]:
    """Return all names, services first, and the code of each peer (-1: it has no name)."""
    codes = {fold(name): code for code, name in enumerate(services)}
    shown = list(services)
    for name in sorted(set(peers) - {""}):
        code = codes.setdefault(fold(name), len(shown))
        if code == len(shown):
            shown.append(name)
        elif name < shown[code]:
            shown[code] = name
    return tuple(shown), [codes[fold(name)] if name else -1 for name in peers]


def kinds_of(family: Column) -> Column:
    """Return the kind of call of each protocol family."""
    return np.array([CODE_OF[KIND_OF[Family(code)]] for code in Family])[family]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Found:
    """What the rules found.

    Attributes:
        calls: the calls.
        unnamed: client spans that nobody answered and that do not name whom they called.
    """

    calls: Calls
    unnamed: Rows


def is_publishing(scene: Scene) -> Flags:
    """Tell the nodes that send a message."""
    publishing: Flags = (scene.role == Role.PUBLISH) & (scene.tree.nodes.service >= 0)
    return publishing


def is_consumer(scene: Scene) -> Flags:
    """Tell the nodes that receive or process a message."""
    receiving: Flags = (scene.role == Role.CONSUME) & (scene.tree.nodes.side == CALLED)
    receiving |= scene.tree.nodes.kind == SpanKind.CONSUMER
    return receiving
