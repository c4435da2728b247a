"""What methods of clients of brokers do: with which topic, queue or exchange and key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from collectors.code.items import elements
from collectors.code.summary import argument
from collectors.code.things import UNKNOWN, Thing, Things, literal, text
from depmap.model.facts import Part
from depmap.model.words import Kind

if TYPE_CHECKING:
    from collectors.code.evaluate import Evaluator
    from collectors.code.summary import Expr
    from collectors.code.things import Scope

_EXCHANGES = frozenset({"declare_exchange", "get_exchange", "Exchange"})
_QUEUES = frozenset({"declare_queue", "get_queue", "Queue"})
_KAFKA_READS = frozenset({"__iter__", "poll", "consume", "getone", "getmany"})
STARTS = "start"
"""What connects a client that is made without."""

METHODS = frozenset(
    {"basic_publish", "publish", "basic_consume", "consume", "queue_bind", "bind", "send",
     "send_and_wait", "produce", "subscribe", "assign", "poll", "send_message", "receive_message"}
)  # fmt: skip
"""Methods of clients of brokers."""


@dataclass(frozen=True, slots=True)
class Doing:
    """What a call does with a store.

    Attributes:
        kind: how the store is used.
        names: tables, keys or topics, once for each alternative.
        writes: whether it changes them; None when unknown.
        command: the command, where readers need it to tell queues from keys.
    """

    kind: Kind
    names: Things = ()
    writes: bool | None = None
    command: str = ""


def first(ev: Evaluator, call: Expr, scope: Scope, *names: str) -> Things:
    """What the first argument stands for, or the one of these names."""
    given = argument(call, 0, *(names or ("name", "key", "topic", "channel", "subject", "index")))
    return ev.evaluate(given, scope) if given is not None else ()


def flat(ev: Evaluator, things: Things) -> Things:
    """Things, with lists taken apart."""
    return tuple(
        one
        for thing in things
        for one in (elements(ev, thing) if thing.kind == "seq" else (thing,))
    )


def amqp(ev: Evaluator, thing: Thing, call: Expr, scope: Scope) -> list[Doing]:
    """Clients of RabbitMQ: pika, aio-pika, kombu."""
    last = thing.text.rpartition(".")[2]
    if last in {"basic_publish", "publish"}:
        given = argument(call, 0 if last == "basic_publish" else -1, "exchange")
        exchange = _value(ev, given, scope, text(""))
        if given is None and last == "publish":
            exchange = _exchange_of(ev, thing)
        key = _value(ev, argument(call, 1, "routing_key"), scope, text(""))
        return [Doing(Kind.MESSAGING_PUBLISH, _routed(exchange, key), command=last)]
    if last in {"basic_consume", "consume", "basic_get", "iterator"}:
        given = argument(call, 0, "queue")
        named = ev.evaluate(given, scope) if given is not None else ()
        plain = tuple(one for one in named if one.kind == "str")
        return [Doing(Kind.MESSAGING_CONSUME, plain or _made(ev, thing, _QUEUES), command=last)]
    if last in {"queue_bind", "bind"}:
        place = 1 if last == "queue_bind" else 0
        exchange = _exchanges(ev, argument(call, place, "exchange"), scope)
        key = _value(ev, argument(call, place + 1, "routing_key"), scope, text(""))
        return [Doing(Kind.MESSAGING_CONSUME, _routed(exchange, key), command=last)]
    return []


def _value(ev: Evaluator, given: Expr | None, scope: Scope, missing: Thing) -> Things:
    return ev.evaluate(given, scope) if given is not None else (missing,)


def _made(ev: Evaluator, thing: Thing, makers: frozenset[str]) -> Things:
    """The name that an exchange or queue was declared with."""
    for root in thing.roots():
        if root.kind == "obj" and root.text.rpartition(".")[2] in makers and root.scope:
            return first(ev, root.expr, root.scope, "name", "exchange", "queue")
    return ()


def _exchange_of(ev: Evaluator, thing: Thing) -> Things:
    if any(root.text.endswith("default_exchange") for root in thing.roots()):
        return (text(""),)
    return _made(ev, thing, _EXCHANGES) or (UNKNOWN,)


def _exchanges(ev: Evaluator, given: Expr | None, scope: Scope) -> Things:
    found: list[Thing] = []
    for one in _value(ev, given, scope, text("")):
        found.extend((one,) if one.kind == "str" else _exchange_of(ev, one))
    return tuple(found)


def _routed(exchanges: Things, keys: Things) -> Things:
    """``exchange/key`` for each combination; the default exchange is the queue's name alone."""
    found: list[Thing] = []
    for exchange in exchanges:
        for key in keys:
            parts = key.parts or UNKNOWN.parts
            if literal(exchange) != "":
                parts = (*(exchange.parts or UNKNOWN.parts), Part("text", "/"), *parts)
            found.append(Thing("str", parts))
    return tuple(found)


def kafka(ev: Evaluator, thing: Thing, call: Expr, scope: Scope) -> list[Doing]:
    """Clients of Kafka: kafka-python, aiokafka, confluent."""
    last = thing.text.rpartition(".")[2]
    if last in {"send", "send_and_wait", "produce"}:
        names = first(ev, call, scope, "topic")
        return [Doing(Kind.MESSAGING_PUBLISH, names, command=last)]
    if last in {"subscribe", "assign"}:
        given = flat(ev, first(ev, call, scope, "topics", "pattern", "partitions"))
        names = tuple(name for one in given for name in _of_partition(ev, one))
        return [Doing(Kind.MESSAGING_CONSUME, names, command=last)]
    if last == STARTS and any(one.text.startswith("aiokafka.") for one in thing.roots()):
        return [Doing(Kind.MESSAGING_PUBLISH, command=STARTS)]
    if last in _KAFKA_READS:
        made = next((one for one in thing.roots() if one.kind == "obj" and one.scope), None)
        names = topics(ev, made) if made is not None else ()
        return [Doing(Kind.MESSAGING_CONSUME, names, command=last)] if names else []
    return []


def _of_partition(ev: Evaluator, thing: Thing) -> Things:
    """The topic of ``TopicPartition(topic, number)``, or of what is a topic by itself."""
    if thing.kind == "obj" and thing.scope is not None:
        return first(ev, thing.expr, thing.scope, "topic")
    return (thing,)


def topics(ev: Evaluator, made: Thing) -> Things:
    """The topics that a consumer is made with."""
    if made.scope is None or not made.text.endswith("Consumer"):
        return ()
    placed = made.expr.args[1 : len(made.expr.args) - len(made.expr.keys)]
    things = [one for arg in placed for one in flat(ev, ev.evaluate(arg, made.scope))]
    return tuple(one for one in things if one.kind == "str")


def by_client(ev: Evaluator, thing: Thing, call: Expr, scope: Scope) -> list[Doing] | None:
    """What is said by the library around a client: FastStream, RQ, arq; None for others."""
    last = thing.text.rpartition(".")[2]
    for root in thing.roots():
        if root.kind == "obj" and root.text.startswith("faststream."):
            return _faststream(ev, last, call, scope)
        if root.kind == "obj" and root.text == "rq.Queue" and last.startswith("enqueue"):
            names = first(ev, root.expr, root.scope or scope, "name") or (text("default"),)
            return [Doing(Kind.MESSAGING_PUBLISH, names, command=last)]
    if last == "enqueue_job":
        names = first(ev, call, scope, "function")
        return [Doing(Kind.MESSAGING_PUBLISH, names, command="task")]
    return None


_FLOWS = {"subscriber": Kind.MESSAGING_CONSUME, "publisher": Kind.MESSAGING_PUBLISH,
          "publish": Kind.MESSAGING_PUBLISH, "request": Kind.MESSAGING_PUBLISH}  # fmt: skip


def _faststream(ev: Evaluator, last: str, call: Expr, scope: Scope) -> list[Doing]:
    """Decorators and methods of FastStream's brokers; the message comes before the topic."""
    if last not in _FLOWS:
        return []
    place = 1 if last in {"publish", "request"} else 0
    kinds = ("queue", "topic", "subject", "channel", "list", "stream", "routing_key")
    given = argument(call, place, *kinds)
    names = _called(ev, given, scope) if given is not None else ()
    exchange = argument(call, place + 1, "exchange")
    if exchange is not None:
        names = _routed(_called(ev, exchange, scope), names or (text(""),))
    return [Doing(_FLOWS[last], names, command=last)]


def _called(ev: Evaluator, given: Expr, scope: Scope) -> Things:
    """The name of a queue, or of an object that describes one."""
    return tuple(
        name
        for one in flat(ev, ev.evaluate(given, scope))
        for name in (first(ev, one.expr, one.scope, "name") if one.kind == "obj" and one.scope
                     else (one,))
    )  # fmt: skip


def nats(ev: Evaluator, thing: Thing, call: Expr, scope: Scope) -> list[Doing]:
    """Clients of NATS, JetStream included."""
    last = thing.text.rpartition(".")[2]
    kinds = {
        "publish": Kind.MESSAGING_PUBLISH,
        "request": Kind.MESSAGING_PUBLISH,
        "subscribe": Kind.MESSAGING_CONSUME,
        "pull_subscribe": Kind.MESSAGING_CONSUME,
    }
    return [Doing(kinds[last], first(ev, call, scope))] if last in kinds else []


def pubsub(ev: Evaluator, thing: Thing, call: Expr, scope: Scope) -> list[Doing]:
    """Google Pub/Sub: topics and subscriptions by the last part of their path."""
    last = thing.text.rpartition(".")[2]
    kinds = {"publish": Kind.MESSAGING_PUBLISH, "subscribe": Kind.MESSAGING_CONSUME,
             "pull": Kind.MESSAGING_CONSUME}  # fmt: skip
    if last not in kinds:
        return []
    found: list[Thing] = []
    for one in first(ev, call, scope, "topic", "subscription"):
        path = one.kind == "obj" and one.text.endswith(("topic_path", "subscription_path"))
        if path and one.scope is not None and len(one.expr.args) > 2:  # noqa: PLR2004 - two names
            found.extend(ev.evaluate(one.expr.args[2], one.scope))
        elif one.kind == "str":
            found.append(one)
    return [Doing(kinds[last], tuple(found))]
