"""Messages that calls publish and consume."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from collectors.polyglot.expressions import HOLE, Expr
from collectors.polyglot.https import CERTAINTY
from collectors.polyglot.parts import PARAM
from collectors.polyglot.reaching import fate, known, origins, reach, scope_of
from collectors.polyglot.storetables import ASKS, BROKERS, CONSUMES, PUBLISHES
from depmap.model.facts import Part, Use
from depmap.model.words import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collectors.polyglot.evaluate import Evaluator
    from collectors.polyglot.expressions import Site, Summary
    from collectors.polyglot.parts import Parts
    from collectors.polyglot.program import Scope

_QUEUED = frozenset({"Consume", "ConsumeWithContext", "consume", "basicConsume", "BasicConsume",
                     "BasicConsumeAsync", "basic_consume"})  # fmt: skip
"""Ways to take messages of a queue, whose name the broker may have made up."""

WORKS = "what it handles comes from there"
"""Why a handler is nothing without the broker that hands it its messages."""

_RECORDS = frozenset({"Message", "ProducerMessage"})
_BOTH = frozenset({"publish", "subscribe", "psubscribe", "Publish", "Subscribe", "PSubscribe"})
_REDIS = frozenset({"Redis", "createClient", "NewClient", "IORedis", "duplicate", "Jedis",
                    "GetSubscriber"})  # fmt: skip
"""What publishes both in Redis and elsewhere, and what makes its clients."""

_TOPICS = ("topic", "Topic", "topics", "queue", "QueueName", "subject", "routingKey")


def messages(ev: Evaluator, root: str, file: Summary, site: Site, words: str) -> Iterator[Use]:
    """What is published or consumed, where the file works with one broker."""
    call = site.call
    if call.op == "new" and call.text in _RECORDS:
        yield from _record(ev, root, file, site, words)
        return
    asks = call.text in ASKS and BROKERS["nats"].search(words) is not None
    publishes = asks or call.text in PUBLISHES
    if not publishes and call.text not in CONSUMES:
        return
    scope = scope_of(file, site.context)
    system = _broker(ev, call, scope, words)
    if not system:
        return
    strength, reason = fate(ev, file, site.context)

    def ask(place: Scope) -> list[Parts]:
        return _topics(ev, call, place, system, publishes=publishes)

    for case in reach(ev, file, site, ask):
        if not case.values and not (system == "amqp" and call.text in _QUEUED):
            continue
        yield Use(
            root=root,
            locator=case.locator,
            kind=Kind.MESSAGING_PUBLISH if publishes else Kind.MESSAGING_CONSUME,
            system=system,
            operations=tuple(map(ev.value, case.values)),
            writes=publishes,
            strength=strength,
            reason=reason,
            method=call.text.lower() if system == "redis" else call.text,
            further=case.further,
            certainty=CERTAINTY,
        )


def _record(ev: Evaluator, root: str, file: Summary, site: Site, words: str) -> Iterator[Use]:
    """A message of Kafka that names its topic: it is made to be sent."""
    topic = site.call.named("Topic")
    if topic is None or BROKERS["kafka"].search(words) is None:
        return
    values = known(ev.values(topic, scope_of(file, site.context)))
    strength, reason = fate(ev, file, site.context)
    if values:
        yield Use(
            root=root,
            locator=f"{file.path}:{topic.line or site.call.line}",
            kind=Kind.MESSAGING_PUBLISH,
            system="kafka",
            operations=tuple(map(ev.value, values)),
            writes=True,
            strength=strength,
            reason=reason,
            certainty=CERTAINTY,
        )


def _broker(ev: Evaluator, call: Expr, scope: Scope, words: str) -> str:
    """The broker that a call speaks to: the one that its file, else its project, works with."""
    beside = call.text in _BOTH and call.receiver is not None
    if beside and any(one.text in _REDIS for one, _ in origins(ev, call.receiver or HOLE, scope)):
        return "redis"
    found = [name for name, pattern in BROKERS.items() if pattern.search(words)]
    plain = call.text.lower().startswith(("publish", "subscribe", "sendtoqueue"))
    recorded = call.first is not None and _records(ev, call.first, scope).named("topic")
    if not found and (plain or recorded):
        every = ev.program.project(scope.file).words()
        found = [name for name, pattern in BROKERS.items() if pattern.search(every)]
    usual = [name for name in found if name != "redis" or call.text in _BOTH]
    return usual[0] if usual else ""


def _topics(
    ev: Evaluator, call: Expr, scope: Scope, system: str, *, publishes: bool
) -> list[Parts]:
    named = call.named(*_TOPICS)
    exchange = call.named("exchange") if publishes and system == "amqp" else None
    if named is not None:
        one = named.args[0] if named.op == "list" and named.args else named
        before = ev.values(exchange, scope)[0] if exchange is not None else ()
        before = (*before, Part("text", "/")) if known([before]) and before[0].text else ()
        return [(*before, *value) for value in known(ev.values(one, scope)) if _is_topic(value)]
    record = _records(ev, call.first, scope).named(*_TOPICS) if call.first is not None else None
    if record is not None:
        return [value for value in known(ev.values(record, scope)) if _is_topic(value)]
    given = [
        one
        for one in call.positional
        if one.op in {"text", "name", "attr", "join", "call", "list"}
        or one.text in {"ProducerRecord", "Message"}
    ]
    texts: list[list[Parts]] = []
    for one in given[:4]:
        inner = one.args[0] if one.op in {"list", "new"} and one.args else one
        values = [value for value in ev.values(inner, scope) if _is_topic(value)]
        texts.append(values)
    worded = [values for values in texts if values]
    exchanged = system == "amqp" and publishes and call.text != "sendToQueue"
    first = next((place for place, values in enumerate(texts) if values), len(texts))
    after = texts[first + 1 : first + 2]
    keyed = exchanged and after == [[]] and len(call.positional) > first + 2
    if keyed and given[first + 1].op != "call":
        key = ev.values(given[first + 1], scope)[0]  # it is decided later, or by a caller
        decided = key if len(key) == 1 and key[0].kind == PARAM else (Part("hole"),)
        return [(*texts[first][0], Part("text", "/"), *decided)]
    if exchanged and len(worded) > 1 and all(one[0] for one in worded[:2]):
        return [(*worded[0][0], Part("text", "/"), *worded[1][0])]
    return worded[0] if worded else []


def _records(ev: Evaluator, given: Expr, scope: Scope) -> Expr:
    """The messages that a name holds, as a call that is given them."""
    held = ev.program.assigned(given.text, scope, attribute=False) if given.op == "name" else []
    lists = [one.value for _, one in held if one.value.op in {"list", "new"}]
    return Expr("new", "", tuple(lists))


def _is_topic(value: Parts) -> bool:
    if not value or value[0].kind not in {"text", "env"}:
        return False
    if re.match(r"(?:text|application|multipart)/", value[0].text):
        return False
    return value[0].kind == "env" or re.fullmatch(r"[\w.\-/#*:]+", value[0].text) is not None
