"""Messages that are named by their class or by an annotation, not by a call's argument."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from collectors.polyglot.expressions import Context, Expr
from collectors.polyglot.https import CERTAINTY
from collectors.polyglot.messaging import WORKS
from collectors.polyglot.reaching import fate, known, origins, scope_of
from collectors.polyglot.storetables import BROKERS
from depmap.model.facts import Part, Use, Value
from depmap.model.words import Kind, Strength

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collectors.polyglot.evaluate import Evaluator
    from collectors.polyglot.expressions import Annotation, Site, Summary
    from collectors.polyglot.parts import Parts
    from collectors.polyglot.program import Program, Scope
    from collectors.polyglot.project import Project

_HANDLERS = re.compile(
    r"\b(?:IConsumer|IIntegrationEventHandler|IHandleMessages|IEventHandler|IAmStartedByMessages|"
    r"IMessageHandler)\s*<\s*(?:\w+\.)*(\w+)\s*>"
)
_NOTIFIED = re.compile(r"\bINotificationHandler\s*<\s*(?:\w+\.)*(\w+)\s*>")
"""What MediatR hands on; a message from elsewhere came over a bus."""

_BUS = re.compile(r"masstransit|nservicebus|rebus|event_?bus|easynetq|wolverine", re.IGNORECASE)
_OVER = re.compile(rf"{_BUS.pattern}|rabbitmq", re.IGNORECASE)
_RECEIVERS = re.compile(r"bus|publish|endpoint|^_?context$|session|outbox", re.IGNORECASE)
_SENDS = re.compile(
    r"(?:(?:Publish|Send|Dispatch|Raise|Emit|Enqueue)\w*|(?:Add|Save)\w*Event\w*)$"
)
_TAKES = frozenset({"Subscribe", "SubscribeAsync", "AddSubscription", "AddConsumer"})
_MAPS = frozenset({"Adapt", "Map", "MapTo", "ProjectTo"})
_CLASS = re.compile(r"(?:\w+\.)*(?!T[A-Z])([A-Z]\w+)$")
_ROLES = re.compile(r"\b\w*?(Publisher|Producer|Listener|Consumer|Subscriber)\s*<")
_TOPICS = ("subject", "topic", "queue", "queueName", "topicName", "channel", "routingKey")
_SYSTEMS = {"smallrye-kafka": "kafka", "smallrye-amqp": "amqp", "smallrye-rabbitmq": "amqp"}


def bus_uses(ev: Evaluator, root: str, file: Summary, site: Site, words: str) -> Iterator[Use]:
    """Yield what a call publishes or subscribes to on a bus whose messages are classes."""
    call = site.call
    if file.language != "csharp" or not (call.text in _TAKES or _SENDS.match(call.text)):
        return
    receiver = call.receiver.dotted() if call.receiver is not None else ""
    of_bus = _BUS.search(words) is not None or _BUS.search(receiver) is not None
    takes = call.text in _TAKES
    sure = of_bus and (takes or _RECEIVERS.search(receiver) is not None)
    known_ones = _taken(ev.program) if not sure and not takes else frozenset()
    if not sure and not known_ones:
        return
    strength, reason = fate(ev, file, site.context)
    for name in _messages(ev, call, scope_of(file, site.context), takes=takes):
        if not sure and name not in known_ones:
            continue
        yield _use(root, f"{file.path}:{call.line}", name, takes=takes, fated=(strength, reason))


def _taken(program: Program) -> frozenset[str]:
    """The messages that some class of any project consumes."""
    if program.taken is None:
        program.taken = frozenset(
            name
            for project in program.projects.values()
            for file in project.files
            for bases in file.bases.values()
            for base in bases
            for name in _handles(project, base)
        )
    return program.taken


def _handles(project: Project, base: str) -> list[str]:
    """The messages that a class takes by what it extends."""
    found = [name for name in _HANDLERS.findall(base) if _CLASS.match(name)]
    if not found and _OVER.search(project.words()):
        found = [name for name in _NOTIFIED.findall(base) if _CLASS.match(name)]
        found = [name for name in found if name not in project.classes]
    return found


def _messages(ev: Evaluator, call: Expr, scope: Scope, *, takes: bool) -> list[str]:
    """The classes of the messages that a call sends or takes."""
    if call.types:
        given = list(call.types[:1])
        handled = call.text == "AddConsumer"  # what a consumer takes, its class says
        return [] if handled else [match[1] for one in given if (match := _CLASS.match(one))]
    if takes or call.first is None or call.first.op not in {"new", "name", "attr", "call"}:
        return []
    found: list[str] = []
    for made, where in origins(ev, call.first, scope):
        del where
        if made.op == "new":
            found.append(made.text)
        elif made.text in _MAPS and made.types:
            found.append(made.types[-1])
    declared = scope.file.types.get(call.first.text, "") if not found else ""
    return [match[1] for one in (*found, declared) if (match := _CLASS.match(one))]


def handled(ev: Evaluator, root: str, file: Summary) -> Iterator[Use]:
    """Yield the messages that classes take or send by what they extend."""
    for cls, bases in file.bases.items():
        line = file.lines.get(cls, 1)
        for base in bases:
            project = ev.program.project(file)
            for name in _handles(project, base) if file.language == "csharp" else ():
                yield _use(root, f"{file.path}:{line}", name, takes=True)
            role = _ROLES.search(base) if file.language in {"typescript", "java"} else None
            if role is not None:
                sends = role[1] in {"Publisher", "Producer"}
                yield from _roles(ev, root, file, cls, takes=not sends)


def _roles(ev: Evaluator, root: str, file: Summary, cls: str, *, takes: bool) -> Iterator[Use]:
    """A class that extends ``Publisher<E>`` or ``Listener<E>``, and has the topic in a field."""
    words = ev.program.project(file).words()
    system = next((name for name, pattern in BROKERS.items() if pattern.search(words)), "")
    for name in _TOPICS if system else ():
        for one in file.assigns.get(name, ()):
            if one.context.cls != cls or not one.attribute:
                continue
            values = known(ev.values(one.value, scope_of(file, one.context)))
            topic = values[0] if values else (Part("text", one.value.text),)
            at = f"{file.path}:{one.value.line}"
            yield _use(root, at, ev.value(topic), takes=takes, system=system)


def annotated_messages(ev: Evaluator, root: str, file: Summary) -> Iterator[Use]:
    """Yield what annotated methods send and take: Micronaut, MicroProfile, Dapr, CAP."""
    classes = {(one.cls, one.name) for one in file.annotations if one.on == "class"}
    for mark in file.annotations:
        yield from _of_dapr(ev, root, file, mark)
        for given, system, takes in _marked(file, mark, classes):
            for one in given.args if given.op == "list" else (given,):
                value = ev.values(one, scope_of(file, Context()))[0]
                channel = ev.text(one, scope_of(file, Context()))
                for_topic = _channel(ev, file, mark, channel) if mark.name in _CHANNELS else None
                at = f"{file.path}:{mark.call.line}"
                topic, spoken = for_topic or (value, system)
                yield _use(root, at, ev.value(topic), takes=takes, system=spoken)


def _of_dapr(ev: Evaluator, root: str, file: Summary, mark: Annotation) -> Iterator[Use]:
    """``[Topic("component", "topic")]`` of C#, ``@Topic(pubsubName = …, name = …)`` of Java."""
    given = mark.call.positional
    bus, topic = mark.call.named("pubsubName"), mark.call.named("name")
    if file.language == "csharp" and len(given) > 1:
        bus, topic = given[:2]
    if mark.name != "Topic" or bus is None or topic is None:
        return
    scope = scope_of(file, Context(cls=mark.cls))
    at = f"{file.path}:{mark.call.line}"
    made = _use(root, at, ev.value(ev.values(topic, scope)[0]), takes=True, system="")
    name = ev.text(bus, scope)
    yield replace(made, targets=(Value((Part("env", f"dapr:{name}"),)),))


_CHANNELS = {"Channel": False, "Outgoing": False, "Incoming": True}


def _marked(
    file: Summary, mark: Annotation, classes: set[tuple[str, str]]
) -> Iterator[tuple[Expr, str, bool]]:
    """What an annotation names, on which system, and whether it is taken."""
    first = mark.call.named("value", "name") or mark.call.first
    if first is None:
        return
    if mark.name == "Topic" and file.language in {"java", "kotlin"}:
        takes = (mark.cls, "KafkaListener") in classes
        if takes or (mark.cls, "KafkaClient") in classes:
            yield first, "kafka", takes
    elif mark.name == "CapSubscribe" or (
        mark.name == "Queue" and (mark.cls, "RabbitListener") in classes
    ):
        yield first, "amqp", True
    elif mark.name == "Binding" and (mark.cls, "RabbitClient") in classes:
        yield first, "amqp", False
    elif mark.name in _CHANNELS and file.language in {"java", "kotlin"}:
        yield first, "kafka", _CHANNELS[mark.name]


def _channel(
    ev: Evaluator, file: Summary, mark: Annotation, channel: str
) -> tuple[Parts, str] | None:
    """The topic and the system that configuration gives a channel of MicroProfile."""
    way = "incoming" if _CHANNELS[mark.name] else "outgoing"
    connector, _ = ev.program.property(f"mp.messaging.{way}.{channel}.connector", file)
    system = _SYSTEMS.get(connector.text, "kafka") if connector is not None else "kafka"
    for key in ("topic", "address", "exchange.name", "queue.name"):
        name = f"mp.messaging.{way}.{channel}.{key}"
        if ev.program.property(name, file)[0] is not None:
            return ev.values(Expr("property", name), scope_of(file, Context()))[0], system
    return ((Part("text", channel),), system) if channel else None


def _use(
    root: str,
    at: str,
    topic: str | Value,
    *,
    takes: bool,
    system: str = "amqp",
    fated: tuple[Strength, str] = (Strength.UNDETERMINED, ""),
) -> Use:
    if takes and fated[0] is Strength.UNDETERMINED:
        fated = (Strength.STRONG, WORKS)
    return Use(
        root=root,
        locator=at,
        kind=Kind.MESSAGING_CONSUME if takes else Kind.MESSAGING_PUBLISH,
        system=system,
        operations=(Value.literal(topic) if isinstance(topic, str) else topic,),
        writes=not takes,
        strength=fated[0],
        reason=fated[1],
        certainty=CERTAINTY,
    )
