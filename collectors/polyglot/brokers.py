"""Connections to brokers, and bindings of queues, joined with what is done over them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from collectors.polyglot.reaching import chain, origins, scope_of
from depmap.model.facts import Part, Use, Value
from depmap.model.words import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collectors.polyglot.evaluate import Evaluator
    from collectors.polyglot.expressions import Expr, Summary
    from collectors.polyglot.program import Scope
    from collectors.polyglot.project import Project
    from depmap.model.facts import Fact

Bindings = dict[str, dict[Value, None]]
"""``exchange/key`` of each queue; of a queue whose name is not known under the empty name."""

_BUILDERS = frozenset({"durable", "nonDurable", "directExchange", "topicExchange",
                       "fanoutExchange", "headersExchange"})  # fmt: skip
"""What Spring's builders of queues and exchanges start with, and are given the name."""

_DECLARES = frozenset({"QueueDeclare", "assertQueue", "queueDeclare", "QueueDeclareAsync"})
_BINDS = {"bindQueue": (0, 1, 2), "queueBind": (0, 1, 2), "QueueBind": (0, 2, 1),
          "QueueBindAsync": (0, 1, 2), "queue_bind": (0, 1, 2)}  # fmt: skip
"""Calls that bind a queue, with the places of the queue, the exchange and the key."""


def bindings(ev: Evaluator, project: Project) -> Bindings:
    """The bindings that the code of a project declares."""
    found: Bindings = defaultdict(dict)
    for name, places in _BINDS.items():
        for file, site in project.sites.get(name, ()):
            given = site.call.positional
            order = (0, 1, 2) if file.language == "csharp" else places
            held = [given[place] if place < len(given) else None for place in order]
            held = [
                site.call.named(word) or one
                for word, one in zip(("queue", "exchange", "routingKey"), held, strict=True)
            ]
            scope = scope_of(file, site.context)
            held[0] = _queue(ev, held[0], scope)
            _bind(ev, found, held, scope)
    for file, site in project.sites.get("with", ()):
        links = {one.text: one.first for one in chain(site.call)}
        if "bind" in links and "to" in links:  # Spring
            scope = scope_of(file, site.context)
            held = [_bean(ev, links[word], file) for word in ("bind", "to")]
            _bind(ev, found, [*held, links["with"]], scope)
    return found


def _queue(ev: Evaluator, given: Expr | None, scope: Scope) -> Expr | None:
    """The name under which a queue was declared that is bound as ``q.Name``."""
    base = given.args[0] if given is not None and given.op == "attr" else None
    for made, _ in origins(ev, base, scope) if base is not None else ():
        if made.text in _DECLARES and made.first is not None and made.first.text:
            return made.first
    return given


def _bean(ev: Evaluator, given: Expr | None, file: Summary) -> Expr | None:
    """What names a queue or exchange that a bean makes, which a method is given or calls."""
    held = ev.program.functions(given.text, file) if given is not None else []
    made = given
    returns = held[0][1].returns if len(held) == 1 else []
    if given is not None and given.op in {"name", "call"} and returns:
        made = returns[0]
    built = [one.first for one in chain(made) if one.text in _BUILDERS] if made is not None else []
    return built[0] if built else made


def _bind(ev: Evaluator, found: Bindings, held: list[Expr | None], scope: Scope) -> None:
    queue, exchange, key = (ev.value(ev.values(one, scope)[0]) if one else Value() for one in held)
    if exchange.parts and _is_told(exchange):
        whole = Value((*exchange.parts, Part("text", "/"), *key.parts))
        found[str(queue) if _is_told(queue) else ""].setdefault(whole)


def _is_told(value: Value) -> bool:
    return all(part.kind != "hole" for part in value.parts)


def connected(facts: list[Fact], bound: Bindings) -> Iterator[Fact]:
    """Yield facts with each message sent over the connections of its project.

    A connection alone does not say whether something is published or consumed: it is left out
    where a use says it.
    """
    targets: dict[str, dict[Value, None]] = defaultdict(dict)
    used: set[str] = set()
    for fact in facts:
        if isinstance(fact, Use) and fact.kind.is_asynchronous:
            targets[fact.system].update(dict.fromkeys(fact.targets))
            if not fact.targets:
                used.add(fact.system)
    for fact in facts:
        if not isinstance(fact, Use) or not fact.kind.is_asynchronous:
            yield fact
        elif not fact.targets:
            yield replace(
                fact,
                targets=tuple(targets[fact.system]),
                operations=_bound(fact, bound) or fact.operations,
            )
        elif fact.operations or fact.system not in used:
            yield fact


def _bound(use: Use, bound: Bindings) -> tuple[Value, ...]:
    """What comes to the queue that a use takes from: by its bindings, where there are any."""
    if use.system != "amqp" or use.kind is not Kind.MESSAGING_CONSUME:
        return ()
    queue = use.operations[0] if use.operations else Value()
    return tuple(bound.get(str(queue) if _is_told(queue) else "", ()))
