"""Dependencies: what the claims add up to."""

from __future__ import annotations

from dataclasses import dataclass

from depmap.model.evidence import Evidence
from depmap.model.words import Impact, Kind, Layer, Source, Strength


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationStrength:
    """How strongly one operation of the consumer depends on one operation of the provider.

    Attributes:
        consumer_operation: what the consumer does; empty when unknown.
        operation: what it asks the provider for.
        share: share (0-1) of the consumer's units with this provider that are of this kind.
        strength: the word.
        probability: P(the consumer's operation fails more often than not with the provider's).
        units: clean single-failure units it rests on (n1).
        failed_too: of those, the ones in which the consumer failed as well (k1).
        expected: failure strength, with what the pair's other operations and sources tell.
        quantiles: of that, at the levels of ``StrengthView.quantiles``.
    """

    consumer_operation: str
    operation: str
    share: float
    strength: Strength
    probability: float
    units: int
    failed_too: int
    expected: float
    quantiles: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StrengthView:
    """A strength and the numbers it is a view on.

    Attributes:
        strength: the word.
        probability: P(the consumer's work stops with the provider), 0-1, over all sources.
        delta: failure strength P(consumer fails because provider failed) from traces, 0-1; None
            when no clean unit was seen.
        low: lower end of its 90 % interval; None likewise.
        high: upper end.
        units: clean single-failure units it rests on.
        expected: delta as all sources together have it; None where none says anything.
        expected_low: lower end of its 90 % interval; None likewise.
        expected_high: upper end.
        quantiles: of that delta, at the levels 0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95 and
            0.975; empty likewise.
        said: what each source says by itself, as (source, log-odds of strong).
        critical: share (0-1) of the requests' time that passes in the calls; None when unknown.
        latency_blocking: whether it delays its consumer though it does not fail it.
        load_dependent: whether it is surely stronger, or weaker, in the busiest hours.
        by_operation: the same by operation, most used first; empty where there is one operation
            on either side, or none of it was seen to fail.
        differs: P(the operations do not behave alike), 0-1; 0 without ``by_operation``.
        basis: one sentence for each source that had a say, strongest first.
    """

    strength: Strength = Strength.UNDETERMINED
    probability: float = 0.5
    delta: float | None = None
    low: float | None = None
    high: float | None = None
    units: int = 0
    expected: float | None = None
    expected_low: float | None = None
    expected_high: float | None = None
    quantiles: tuple[float, ...] = ()
    said: tuple[tuple[str, float], ...] = ()
    critical: float | None = None
    latency_blocking: bool = False
    load_dependent: bool = False
    by_operation: tuple[OperationStrength, ...] = ()
    differs: float = 0.0
    basis: tuple[str, ...] = ()

    @property
    def apart(self) -> bool:
        """Whether its operations rather behave each in their own way than alike."""
        return self.differs > APART


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependency:
    """Consumer depends on provider, in one way.

    Attributes:
        consumer: the depending node.
        provider: the node it depends on.
        kind: how.
        layer: where it is shown.
        confidence: probability that it exists, 0-1.
        strength: strength with its numbers and basis.
        impact: what happens to the consumer when the provider is down; None when unknown.
        users_see: what users see then, in someone's words; empty when nobody said.
        operations: the operations used, most frequent first.
        when: when it is needed; empty: always or unknown.
        asynchronous: whether the consumer does not wait; False for a message whose failed sending
            fails the consumer.
        declared_only: True where every source only declares it and none uses it.
        evidence: every claim it rests on, for and against, in a fixed order.
    """

    consumer: str
    provider: str
    kind: Kind
    layer: Layer
    confidence: float
    strength: StrengthView
    impact: Impact | None = None
    users_see: str = ""
    operations: tuple[str, ...] = ()
    when: str = ""
    asynchronous: bool = False
    declared_only: bool = False
    evidence: tuple[Evidence, ...] = ()

    @property
    def key(self) -> tuple[str, str, Kind]:
        """What makes it the same dependency as another."""
        return (self.consumer, self.provider, self.kind)

    @property
    def sources(self) -> tuple[Source, ...]:
        """The kinds of witness that support it, in a fixed order."""
        seen = {item.source for item in self.evidence if item.stance == "supports"}
        return tuple(source for source in Source if source in seen)

    @property
    def confirmed(self) -> bool:
        """Whether it is held to exist: confidence of at least one half."""
        return self.confidence >= CONFIRMED


APART = 0.5
"""P(operations differ) from which each stands for itself."""
CONFIRMED = 0.5
"""Confidence from which a dependency counts as existing."""
