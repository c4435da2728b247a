"""Publishers and subscribers of one topic: the flow of events between services."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from depmap.model.evidence import Evidence
from depmap.model.finding import Finding, Severity
from depmap.model.words import Kind, Source, Strength

if TYPE_CHECKING:
    from depmap.scanning.access import Access
    from depmap.scanning.gathering import Gathering


_ANY = frozenset({"", "TOPIC", "QUEUE", "NAME", "CHANNEL", "EXCHANGE", "KAFKA", "RABBITMQ", "AMQP",
                  "ROUTING", "KEY", "STREAM", "MQ", "REDIS", "SQS", "SUBJECT", "NATS", "URL",
                  "CONSUMER", "PRODUCER", "INPUT", "OUTPUT", "IN", "OUT", "EVENTS",
                  "EVENT"})  # fmt: skip
"""Words of variables' names that do not say which topic is meant."""

_BINDS = frozenset({"queue_bind", "bind"})

UNSET = 0.55
"""Confidence where two take the topic from a variable of one name, which nothing sets."""


def join_messages(g: Gathering, accesses: list[Access]) -> None:
    """Pair those who publish with those who consume."""
    named = [one for one in accesses if one.operation and one.use.method != "rpc"]
    publishers = [one for one in named if one.kind is Kind.MESSAGING_PUBLISH]
    consumers = [one for one in named if one.kind is Kind.MESSAGING_CONSUME]
    matched: set[int] = set()
    for sender in publishers:
        for receiver in consumers:
            if _meet(sender, receiver):
                matched.update((id(sender), id(receiver)))
                if sender.consumer is not receiver.consumer:
                    _flow(g, sender, receiver)
    reached = {(one.consumer.name, one.provider.name) for one in consumers
               if id(one) in matched and one.use.method in _BINDS}  # fmt: skip
    for one in (*publishers, *consumers):
        if id(one) not in matched and (publishers and consumers) and not _is_bound(one, reached):
            _alone(g, one)


def _is_bound(one: Access, reached: set[tuple[str, str]]) -> bool:
    """Whether it takes from a queue that a binding of its service may fill.

    A binding is known by its exchange and key alone: which of the queues it fills is not.
    """
    takes = one.kind is Kind.MESSAGING_CONSUME and one.use.method not in _BINDS
    queue = one.system == "amqp" and "/" not in one.operation
    return takes and queue and (one.consumer.name, one.provider.name) in reached


def _meet(sender: Access, receiver: Access) -> bool:
    one_broker = sender.system == receiver.system and sender.provider is receiver.provider
    if not one_broker or not (telling(sender.operation) and telling(receiver.operation)):
        return False
    if "task" in {sender.use.method, receiver.use.method}:
        return sender.use.method == receiver.use.method and _same_task(sender, receiver)
    if sender.system == "redis":
        return _meet_in_redis(sender, receiver)
    if sender.system == "amqp":
        return routed(sender.operation, receiver.operation)
    return sender.operation == receiver.operation


def _meet_in_redis(sender: Access, receiver: Access) -> bool:
    """Channels are common to all databases of a server; streams and lists belong to one."""
    if sender.use.method not in {"publish", "spublish"}:
        return sender.instance == receiver.instance and sender.operation == receiver.operation
    if receiver.use.method == "psubscribe":
        return fnmatchcase(sender.operation, receiver.operation)
    subscribes = receiver.use.method.endswith("subscribe")
    return subscribes and sender.operation == receiver.operation


def _same_task(sender: Access, receiver: Access) -> bool:
    """Whether a task is the one that is run; its module may be spelled from higher up."""
    names = sorted((sender.operation, receiver.operation), key=len)
    return names[1] == names[0] or names[1].endswith(f".{names[0]}")


def telling(topic: str) -> bool:
    """Whether two that name this topic mean one: not where it is any topic, or any variable's.

    >>> telling("orders.{}"), telling("{KAFKA_ORDER_TOPIC}"), telling("{QUEUE_NAME}")
    (True, True, False)
    """
    literal = re.sub(r"\{[^{}]*\}", "", topic).strip("/.:-_")
    words = {word for name in re.findall(r"\{(\w+)\}", topic) for word in name.upper().split("_")}
    return bool(literal or words - _ANY)


def routed(sent: str, bound: str) -> bool:
    """Whether a message sent to ``exchange/key`` reaches a binding ``exchange/pattern``.

    >>> routed("orders/order.created", "orders/order.*"), routed("orders/a", "other/a")
    (True, False)
    """
    sent_to, _, key = sent.rpartition("/")
    bound_to, _, pattern = bound.rpartition("/")
    if sent_to != bound_to and "{}" not in {sent_to, bound_to}:
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
            confidence=_sureness(sender, receiver),
            strength=Strength.STRONG if strength is Strength.UNDETERMINED else strength,
            reason=f"{receiver.consumer.name} works on what {sender.consumer.name} publishes",
        )
    )


def _sureness(sender: Access, receiver: Access) -> float:
    both = min(sender.confidence, receiver.confidence)
    return min(both, UNSET) if re.search(r"\{\w+\}", sender.operation) else both


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
