"""What constrains an order of deployment, and how much: tables that a project may replace."""

from __future__ import annotations

from dataclasses import dataclass, replace

from depmap.model.words import Kind, NodeKind


@dataclass(frozen=True, slots=True)
class Rule:
    """What dependencies of one kind mean for the order.

    Attributes:
        kind: the kind.
        constrains: True: strong ones are kept at any price, weak ones where it costs little.
            False: they say nothing about the order, however strong.
        cut_cost: what it takes to do without one at start (a stub, a retry, a change of
            procedure), relative to a synchronous call (1); ``strength-and-impact.md`` §5.1.
        why: the reason, for people.
    """

    kind: Kind
    constrains: bool
    cut_cost: float
    why: str


RULES: tuple[Rule, ...] = (
    Rule(Kind.HTTP, True, 1.0, "a call that fails until the provider answers"),
    Rule(Kind.GRPC, True, 1.0, "a call that fails until the provider answers"),
    Rule(Kind.RPC, True, 1.0, "a call that fails until the provider answers"),
    Rule(Kind.DATABASE, True, 1.0, "no data without the store"),
    Rule(Kind.CACHE, True, 1.0, "a cache that must be there is strong, one that may miss is not"),
    Rule(Kind.SEARCH, True, 1.0, "no results without the index"),
    Rule(Kind.MESSAGING_PUBLISH, True, 0.2, "nothing is sent without the broker"),
    Rule(Kind.MESSAGING_CONSUME, True, 0.2, "nothing arrives without the broker"),
    Rule(Kind.EVENT, False, 0.2, "the broker holds what the other side is not there to take"),
    Rule(Kind.EXTERNAL, True, 1.0, "others run it: it is named, not placed"),
    Rule(Kind.FILE, True, 1.0, "the reader waits for the file"),
    Rule(Kind.SHARED_SECRET, True, 3.0, "nothing can be verified that was not issued"),
    Rule(Kind.SHARED_CONFIG, True, 3.0, "the reader starts from what the owner publishes"),
    Rule(Kind.SHARED_DATA, True, 3.0, "the reader needs the tables that the writer makes"),
    Rule(Kind.SHARED_LIBRARY, False, 1.0, "resolved when it is built"),
    Rule(Kind.LIBRARY_CONFLICT, False, 1.0, "a matter of versions, not of order"),
    Rule(Kind.STARTUP_ORDER, True, 3.0, "it does not start before"),
    Rule(Kind.MONITORING, False, 0.2, "a service works unobserved"),
    Rule(Kind.SCALING, False, 1.0, "a matter of size, not of order"),
    Rule(Kind.DEPLOYMENT, True, 1.0, "its deployment asks for the other"),
    Rule(Kind.BUSINESS_PROCESS, True, 3.0, "the business says that one comes first"),
)

RESOURCES = frozenset(
    {
        NodeKind.DATABASE,
        NodeKind.CACHE,
        NodeKind.SEARCH,
        NodeKind.BROKER,
        NodeKind.TOPIC,
        NodeKind.CONFIG,
    }
)
"""Placed, not deployed: in place before their first user."""

CONDUCTORS = frozenset({NodeKind.SECRET, NodeKind.CAPABILITY})
"""Not placed, but an order passes through them: whoever needs a capability needs what carries
it. Teams, external systems and libraries are there whatever is deployed, so none passes there."""

_TIERS = ("tier-", "tier ", "tier", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The choices behind a plan.

    Attributes:
        rules: one row a kind; kinds without a row do not constrain.
        weak_cost: what one weak dependency on a later phase costs, a phase; to compare with the
            costs of leaving one's role in ``roles.py`` (4 for a role by default, 16 for a kind).
        hub_dependants: strong dependants from which a service that depends strongly on no other
            is taken as foundation (and not fewer than nine tenths of the services have).
        tier_one: criticalities, in lower case, that make a service core business.
        minor: criticalities, in lower case, with which a capability alone does not.
        gate_threshold: the least availability (0-1) that passes a gate.
        gate_window_minutes: how long it is measured after the last deploy of a phase.
    """

    rules: tuple[Rule, ...] = RULES
    weak_cost: int = 1
    hub_dependants: int = 3
    tier_one: frozenset[str] = frozenset(f"{word}1" for word in _TIERS)
    minor: frozenset[str] = frozenset(f"{word}{level}" for word in _TIERS for level in "3456789")
    gate_threshold: float = 0.999
    gate_window_minutes: int = 60

    def rule(self, kind: Kind) -> Rule:
        """Return the row of a kind."""
        silent = Rule(kind, False, 1.0, "no rule")
        return next((item for item in self.rules if item.kind is kind), silent)

    def constraining(self, *kinds: Kind, constrains: bool = True) -> Policy:
        """Return a policy in which these kinds constrain the order, or do not."""
        rules = tuple(
            replace(item, constrains=constrains) if item.kind in kinds else item
            for item in self.rules
        )
        return replace(self, rules=rules)


POLICY = Policy()
"""The policy where a project says nothing else."""
