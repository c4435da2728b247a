"""Spring and its like: what listeners, entities and configuration files connect."""

from __future__ import annotations

import posixpath
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from collectors.polyglot.datastores import table_use, tables
from collectors.polyglot.expressions import Context, Expr
from collectors.polyglot.https import CERTAINTY
from collectors.polyglot.messaging import WORKS
from collectors.polyglot.reaching import scope_of
from collectors.polyglot.settings import counting
from collectors.polyglot.storetables import KINDS
from depmap.model.facts import Part, Use, Value
from depmap.model.words import Kind, Strength

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collectors.polyglot.evaluate import Evaluator
    from collectors.polyglot.expressions import Summary
    from collectors.polyglot.parts import Parts
    from collectors.polyglot.program import Scope
    from collectors.polyglot.project import Project

_LISTENERS = {"KafkaListener": ("kafka", ("topics", "topicPattern")),
              "RabbitListener": ("amqp", ("queues", "queuesToDeclare", "bindings")),
              "NatsListener": ("nats", ("value",)),
              "StreamListener": ("kafka", ("value",)), "JmsListener": ("jms", ("destination",)),
              "SqsListener": ("sqs", ("queueNames",))}  # fmt: skip
_KEYS = {
    "spring.datasource.url": "", "spring.r2dbc.url": "", "spring.data.mongodb.uri": "mongodb",
    "spring.data.mongodb.host": "mongodb", "spring.mongodb.uri": "mongodb",
    "spring.mongodb.host": "mongodb", "spring.redis.host": "redis",
    "spring.data.redis.host": "redis", "spring.redis.url": "redis",
    "spring.data.redis.url": "redis",
    "spring.rabbitmq.host": "amqp", "spring.rabbitmq.addresses": "amqp",
    "spring.kafka.bootstrap-servers": "kafka", "spring.elasticsearch.uris": "elasticsearch",
    "spring.cloud.stream.kafka.binder.brokers": "kafka", "quarkus.datasource.jdbc.url": "",
    "quarkus.datasource.reactive.url": "", "kafka.bootstrap.servers": "kafka",
    "mongodb.uri": "mongodb", "datasources.default.url": "", "redis.uri": "redis",
    "rabbitmq.host": "amqp", "rabbitmq.uri": "amqp",
    "spring.neo4j.uri": "neo4j", "spring.cassandra.contact-points": "cassandra",
}  # fmt: skip
_EMBEDDED = ("jdbc:h2:", "jdbc:hsqldb:", "jdbc:derby:", "jdbc:sqlite:")
_CALLED = {
    "consul.client.defaultzone": "it registers there, and looks others up",
    "eureka.client.serviceurl.defaultzone": "it registers there, and looks others up",
    "spring.cloud.config.uri": "it takes its configuration from there at start",
    "spring.config.import": "it takes its configuration from there at start",
    "spring.boot.admin.client.url": "it reports its state there",
    "spring.security.oauth2.resourceserver.jwt.issuer-uri": "it checks tokens with keys of there",
    "spring.security.oauth2.resourceserver.jwt.jwk-set-uri": "it checks tokens with keys of there",
    "security.oauth2.resource.user-info-uri": "it asks there who a token belongs to",
    "security.oauth2.client.accesstokenuri": "it gets its own tokens from there",
}  # fmt: skip
_CHANNEL = re.compile(r"spring\.cloud\.stream\.bindings\.\w*?(in|out)(?:put)?\d*\w*\.destination$")
_TELEMETRY = ("zipkin", "otel", "jaeger", "management.")
_IMPLIED = (
    (r"spring.*\b(?:jpa|jdbc|JdbcTemplate|CrudRepository|JpaRepository)\b|jakarta\.persistence|javax\.persistence",
     ("SPRING_DATASOURCE_URL",), ""),
    (r"springframework\.data\.mongodb",
     ("SPRING_DATA_MONGODB_URI", "SPRING_MONGODB_URI", "SPRING_DATA_MONGODB_HOST",
      "SPRING_MONGODB_HOST"), "mongodb"),
    (r"springframework\.amqp", ("SPRING_RABBITMQ_HOST",), "amqp"),
    (r"springframework\.kafka", ("SPRING_KAFKA_BOOTSTRAP_SERVERS",), "kafka"),
)  # fmt: skip
"""Imports with the variables that give the address when no file does, and the system."""


def listeners(ev: Evaluator, root: str, file: Summary) -> Iterator[Use]:
    """Yield what annotated methods consume, and the tables of their queries."""
    scope = scope_of(file, Context())
    for mark in file.annotations:
        at = f"{file.path}:{mark.call.line}"
        if mark.name in _LISTENERS:
            system, names = _LISTENERS[mark.name]
            given = mark.call.named(*names) or mark.call.first
            many = given.args if given is not None and given.op == "list" else (given,)
            for one in many:
                if one is None:
                    continue
                value = _bound(ev, one, scope) if one.op == "new" else ev.values(one, scope)[0]
                yield Use(
                    root=root, locator=at, kind=Kind.MESSAGING_CONSUME, system=system,
                    operations=(ev.value(value),), writes=False, certainty=CERTAINTY,
                    strength=Strength.STRONG, reason=WORKS,
                )  # fmt: skip
        elif mark.name == "Query" and mark.call.named("nativeQuery") is not None:
            given = mark.call.named("value") or mark.call.given[0]
            for name, writes in tables(ev.text(given, scope)):
                yield table_use(root, at, name, writes=writes)


def _bound(ev: Evaluator, one: Expr, scope: Scope) -> Parts:
    """``exchange/key`` of a ``@QueueBinding``, and the name of a ``@Queue``."""
    queue = one.named("value", "name") or one.first
    if one.text != "QueueBinding":
        return ev.values(queue, scope)[0] if queue is not None else ()
    exchange = one.named("exchange")
    if exchange is not None and exchange.op == "new":
        exchange = exchange.named("value", "name") or exchange.first
    key = one.named("key")
    key = key.args[0] if key is not None and key.op == "list" and key.args else key
    sides = [ev.values(side, scope)[0] if side is not None else () for side in (exchange, key)]
    return (*sides[0], Part("text", "/"), *sides[1])


def configured(ev: Evaluator, root: str, project: Project) -> Iterator[Use]:
    """Yield what a project's configuration files connect it to."""
    files = [one for one in project.files if one.language in {"java", "kotlin", "csharp"}]
    if not files:
        return
    scope = scope_of(files[0], Context())
    told: set[str] = set()
    for plain in counting(project):
        held = project.properties.values[plain]
        system = next((s for key, s in _KEYS.items() if key.replace("-", "") == plain), None)
        values = ev.values(Expr("property", project.properties.keys[plain]), scope)
        found: list[Use] = []
        if system is not None and held.text.startswith(_EMBEDDED):
            told.add(system)
        elif system is not None:
            told.add(system)
            host = plain.endswith("host")
            found = [_store(ev, root, held.locator, system, values[0], host=host)]
        elif plain == "spring.mail.host":
            found = [_mailed(ev, root, held.locator, values[0])]
        elif (channel := _CHANNEL.match(plain)) is not None:
            found = [
                _streamed(ev, root, held.locator, values[0], project, takes=channel[1] == "in")
            ]
        else:
            found = list(_configured_call(ev, root, plain, held.locator, values[0]))
        yield from (replace(one, unit=unit_of(project, held.locator)) for one in found)
    words = "\n".join(line for one in files for line in one.imports)
    for pattern, variables, system in _IMPLIED:
        if system not in told and re.search(pattern, words):
            at = next(
                f"{one.path}:1" for one in files if re.search(pattern, "\n".join(one.imports))
            )
            every = [
                _store(ev, root, at, system, (Part("env", one),), host=one.endswith("HOST"))
                for one in variables
            ]
            yield replace(every[0], targets=tuple(t for one in every for t in one.targets))


def _mailed(ev: Evaluator, root: str, at: str, host: Parts) -> Use:
    """The server that Spring hands its mails to."""
    return Use(
        root=root,
        locator=at,
        kind=Kind.HTTP,
        system="smtp",
        targets=(ev.value((Part("text", "smtp://"), *host)),),
        operations=(Value.literal("send"),),
        certainty=CERTAINTY,
    )


def _streamed(
    ev: Evaluator, root: str, at: str, topic: Parts, project: Project, *, takes: bool
) -> Use:
    """A channel of Spring Cloud Stream, on the broker that the project works with."""
    of_rabbit = any(key.startswith(("spring.rabbitmq", "spring.cloud.stream.rabbit"))
                    for key in project.properties.values)  # fmt: skip
    return Use(
        root=root,
        locator=at,
        kind=Kind.MESSAGING_CONSUME if takes else Kind.MESSAGING_PUBLISH,
        system="amqp" if of_rabbit else "kafka",
        operations=(ev.value(topic),),
        writes=not takes,
        certainty=CERTAINTY,
    )


def unit_of(project: Project, locator: str) -> str:
    """The unit that a file of a configuration server is for; empty for a project's own file."""
    inside = not project.folder or locator.startswith(f"{project.folder}/")
    return "" if inside else posixpath.basename(project.folder)


def _store(
    ev: Evaluator, root: str, at: str, system: str, value: tuple[Part, ...], *, host: bool
) -> Use:
    if host and system:
        value = (Part("text", f"{system}://"), *value)
    return Use(
        root=root,
        locator=at,
        kind=KINDS.get(system, Kind.DATABASE),
        system=system,
        targets=(ev.value(value),),
        strength=Strength.STRONG if not KINDS.get(system) else Strength.UNDETERMINED,
        reason="nothing works without its data source" if not KINDS.get(system) else "",
        certainty=CERTAINTY,
    )


def _without_prefix(value: Parts) -> Parts:
    """An address without the words before it that say what is to be taken from there."""
    if not value or value[0].kind not in {"text", "env"}:
        return value
    text = value[0].text if value[0].kind == "text" else value[0].default or ""
    bare = re.sub(r"^(?:optional:)?configserver:", "", text)
    if value[0].kind == "env":
        first = replace(value[0], default=bare or None)
    else:
        first = Part("text", bare)
    return (first, *value[1:]) if bare or value[0].kind == "env" else value[1:]


def _configured_call(
    ev: Evaluator, root: str, plain: str, at: str, value: tuple[Part, ...]
) -> Iterator[Use]:
    why = next((why for key, why in _CALLED.items() if key.replace("-", "") == plain), "")
    telemetry = any(word in plain for word in _TELEMETRY)
    value = _without_prefix(value)
    head = value[0].text if value and value[0].kind == "text" else (
        (value[0].default or "") if value else "")  # fmt: skip
    addressed = "://" in head or (bool(value) and value[0].kind == "env" and bool(why))
    if "," in head:  # several, of which any will do
        first = head.partition(",")[0]
        value = (replace(value[0], text=first) if value[0].kind == "text"
                 else replace(value[0], default=first), *value[1:])  # fmt: skip
    if not addressed or not (why or telemetry):
        return
    yield Use(
        root=root,
        locator=at,
        kind=Kind.MONITORING if telemetry and not why else Kind.HTTP,
        system="http",
        targets=(ev.value(value),),
        method="*",
        reason=why,
        at_start="at start" in why,
        certainty=CERTAINTY,
    )
