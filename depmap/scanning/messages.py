"""Publishers and subscribers of one topic: the flow of events between services."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from depmap.model.evidence import Evidence
from depmap.model.finding import Finding, Severity
from depmap.model.words import Kind, Source, Strength

if TYPE_CHECKING:
    from depmap.scanning.gathering import Gathering
    from depmap.scanning.stores import Access


def join_messages(g: Gathering, accesses: list[Access]) -> None:
    """Pair those who publish with those who consume."""
    publishers = [one for one in accesses if one.kind is Kind.MESSAGING_PUBLISH and one.operation]
    consumers = [one for one in accesses if one.kind is Kind.MESSAGING_CONSUME and one.operation]
    matched: set[int] = set()
    for sender in publishers:
        for receiver in consumers:
            if _meet(sender, receiver):
                matched.update((id(sender), id(receiver)))
                if sender.consumer is not receiver.consumer:
                    _flow(g, sender, receiver)
    for one in (*publishers, *consumers):
        if id(one) not in matched and (publishers and consumers):
            _alone(g, one)


def _meet(sender: Access, receiver: Access) -> bool:
    if sender.system != receiver.system or sender.provider is not receiver.provider:
        return False
    if sender.system == "redis" and sender.use.method in {"publish", "spublish"}:
        if not receiver.use.method.endswith("subscribe"):
            return False
        if receiver.use.method == "psubscribe":
            return fnmatchcase(sender.operation, receiver.operation)
    elif sender.system == "redis" and sender.instance != receiver.instance:
        return False
    if sender.system == "amqp":
        return routed(sender.operation, receiver.operation)
    return sender.operation == receiver.operation


def routed(sent: str, bound: str) -> bool:
    """Whether a message sent to ``exchange/key`` reaches a binding ``exchange/pattern``.

    >>> routed("orders/order.created", "orders/order.*"), routed("orders/a", "other/a")
    (True, False)
    """
    sent_to, _, key = sent.rpartition("/")
    bound_to, _, pattern = bound.rpartition("/")
    if sent_to != bound_to:
        return False
    words = [{"*": r"[^.]+", "#": r".*"}.get(word, re.escape(word)) for word in pattern.split(".")]
    expression = r"\.".join(words).replace(r"\..*", r"(?:\..*)?")
    return not pattern or re.fullmatch(expression, key) is not None


def _flow(g: Gathering, sender: Access, receiver: Access) -> None:
    strength = receiver.use.strength
    g.claim(
        Evidence(
            consumer=sender.consumer.name,
            provider=receiver.consumer.name,
            kind=Kind.EVENT,
            source=Source.CODE,
            locators=(g.at(sender.use), g.at(receiver.use)),
            operation=sender.operation,
            protocol=sender.system,
            confidence=min(sender.confidence, receiver.confidence),
            strength=Strength.STRONG if strength is Strength.UNDETERMINED else strength,
            reason=f"{receiver.consumer.name} works on what {sender.consumer.name} publishes",
        )
    )


def _alone(g: Gathering, one: Access) -> None:
    publishes = one.kind is Kind.MESSAGING_PUBLISH
    does, other = ("publishes", "consumes") if publishes else ("consumes", "publishes")
    g.findings.append(
        Finding(
            rule="unmatched-topic",
            subjects=(one.consumer.name, one.operation),
            message=f"{one.consumer.name} {does} {one.operation}, and nobody seen {other} it",
            severity=Severity.LOW,
            locators=(g.at(one.use),),
        )
    )
