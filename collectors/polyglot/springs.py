"""Spring, JAX-RS and their like: what annotations and configuration files connect."""

from __future__ import annotations

import posixpath
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from collectors.polyglot.datastores import tables
from collectors.polyglot.expressions import Context, Expr
from collectors.polyglot.https import CERTAINTY
from collectors.polyglot.reaching import scope_of
from collectors.polyglot.servers import paths, plain_path
from collectors.polyglot.storetables import KINDS
from depmap.model.facts import Part, Use, Value
from depmap.model.words import Kind, Strength

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collectors.polyglot.evaluate import Evaluator
    from collectors.polyglot.expressions import Annotation, Summary
    from collectors.polyglot.program import Project

_CLIENTS = frozenset({"FeignClient", "RegisterRestClient", "HttpExchange"})
_VERBS = {f"{verb.title()}{end}": verb for verb in ("GET", "POST", "PUT", "DELETE", "PATCH")
          for end in ("Mapping", "Exchange")}  # fmt: skip
_JAX = frozenset({"GET", "POST", "PUT", "DELETE", "PATCH"})
_REFIT = {verb.title(): verb for verb in _JAX}
_LISTENERS = {"KafkaListener": ("kafka", ("topics", "topicPattern")),
              "RabbitListener": ("amqp", ("queues",)), "Incoming": ("kafka", ("value",)),
              "NatsListener": ("nats", ("value",)),
              "StreamListener": ("kafka", ("value",))}  # fmt: skip
_KEYS = {
    "spring.datasource.url": "", "spring.r2dbc.url": "", "spring.data.mongodb.uri": "mongodb",
    "spring.data.mongodb.host": "mongodb", "spring.redis.host": "redis",
    "spring.data.redis.host": "redis", "spring.redis.url": "redis",
    "spring.data.redis.url": "redis",
    "spring.rabbitmq.host": "amqp", "spring.rabbitmq.addresses": "amqp",
    "spring.kafka.bootstrap-servers": "kafka", "spring.elasticsearch.uris": "elasticsearch",
    "spring.cloud.stream.kafka.binder.brokers": "kafka", "quarkus.datasource.jdbc.url": "",
    "quarkus.datasource.reactive.url": "", "kafka.bootstrap.servers": "kafka",
    "spring.neo4j.uri": "neo4j", "spring.cassandra.contact-points": "cassandra",
}  # fmt: skip
_CALLED = {
    "eureka.client.serviceurl.defaultzone": "it registers there, and looks others up",
    "spring.cloud.config.uri": "it takes its configuration from there at start",
    "spring.config.import": "it takes its configuration from there at start",
    "spring.boot.admin.client.url": "it reports its state there",
    "spring.security.oauth2.resourceserver.jwt.issuer-uri": "it checks tokens with keys of there",
    "spring.security.oauth2.resourceserver.jwt.jwk-set-uri": "it checks tokens with keys of there",
    "security.oauth2.resource.user-info-uri": "it asks there who a token belongs to",
    "security.oauth2.client.accesstokenuri": "it gets its own tokens from there",
}  # fmt: skip
_TELEMETRY = ("zipkin", "otel", "jaeger", "management.")
_IMPLIED = (
    (r"spring.*\b(?:jpa|jdbc|JdbcTemplate|CrudRepository|JpaRepository)\b|jakarta\.persistence|javax\.persistence",
     "SPRING_DATASOURCE_URL", ""),
    (r"springframework\.data\.mongodb", "SPRING_DATA_MONGODB_URI", "mongodb"),
    (r"springframework\.amqp", "SPRING_RABBITMQ_HOST", "amqp"),
    (r"springframework\.kafka", "SPRING_KAFKA_BOOTSTRAP_SERVERS", "kafka"),
)  # fmt: skip
"""Imports with the variable that gives the address when no file does, and the system."""


def clients(ev: Evaluator, root: str, file: Summary) -> Iterator[Use]:
    """Yield the calls that interfaces of declared clients stand for."""
    for mark in file.annotations:
        if mark.on != "class" or mark.name not in _CLIENTS:
            continue
        base = _address(ev, file, mark)
        for one in file.annotations:
            verb = _VERBS.get(one.name) or (one.name if one.name in _JAX else "")
            if one.name == "RequestMapping":
                verb = (one.call.named("method") or Expr("hole")).text or "*"
            if one.on == "method" and one.cls == mark.cls and verb:
                for path in paths(ev, file, one):
                    yield _call(root, file, one, base, (verb, path))


def _address(ev: Evaluator, file: Summary, mark: Annotation) -> tuple[Part, ...]:
    scope = scope_of(file, Context())
    url = mark.call.named("url", "baseUri")
    if url is not None:
        return ev.values(url, scope)[0]
    name = mark.call.named("name", "value", "contextId") or mark.call.first
    held = ev.values(name, scope)[0] if name is not None else ()
    return (Part("text", "http://"), *held)


def _call(
    root: str, file: Summary, mark: Annotation, base: tuple[Part, ...], asked: tuple[str, str]
) -> Use:
    verb, path = asked
    return Use(
        root=root,
        locator=f"{file.path}:{mark.call.line}",
        kind=Kind.HTTP,
        system="http",
        targets=(Value((*base, Part("text", plain_path(path)))),),
        method=verb,
        strength=Strength.UNDETERMINED,
        reason="a declared client",
        certainty=CERTAINTY,
    )


def refit(ev: Evaluator, root: str, file: Summary) -> Iterator[Use]:
    """Yield the calls of interfaces that Refit makes clients of, where one address is known."""
    if file.language != "csharp":
        return
    scope = scope_of(file, Context())
    bases = [
        value
        for outer, one in ev.program.assigned("BaseAddress", scope, attribute=True)
        for value in ev.values(one.value, scope_of(outer, one.context))
        if value and value[0].kind in {"env", "text"}
    ]
    for one in file.annotations:
        if one.on == "method" and one.name in _REFIT and len(set(bases)) == 1:
            for path in paths(ev, file, one):
                if path.startswith("/"):
                    yield _call(root, file, one, bases[0], (_REFIT[one.name], path))


def listeners(ev: Evaluator, root: str, file: Summary) -> Iterator[Use]:
    """Yield what annotated methods consume, and the tables that classes stand for."""
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
                yield Use(
                    root=root, locator=at, kind=Kind.MESSAGING_CONSUME, system=system,
                    operations=(ev.value(ev.values(one, scope)[0]),), writes=False,
                    certainty=CERTAINTY,
                )  # fmt: skip
        elif mark.name in {"Table", "Document"} and mark.on == "class":
            given = mark.call.named("name", "collection", "value") or mark.call.first
            name = ev.text(given, scope)
            if name:
                yield _table(root, at, name, writes=None)
        elif mark.name == "Query" and mark.call.named("nativeQuery") is not None:
            given = mark.call.named("value") or mark.call.given[0]
            for name, writes in tables(ev.text(given, scope)):
                yield _table(root, at, name, writes=writes)


def _table(root: str, at: str, name: str, *, writes: bool | None) -> Use:
    return Use(
        root=root,
        locator=at,
        kind=Kind.DATABASE,
        operations=(Value.literal(name),),
        writes=writes,
        certainty=CERTAINTY,
    )


def configured(ev: Evaluator, root: str, project: Project) -> Iterator[Use]:
    """Yield what a project's configuration files connect it to."""
    files = [one for one in project.files if one.language in {"java", "kotlin", "csharp"}]
    if not files:
        return
    scope = scope_of(files[0], Context())
    told: set[str] = set()
    for plain, held in sorted(project.properties.values.items()):
        system = next((s for key, s in _KEYS.items() if key.replace("-", "") == plain), None)
        values = ev.values(Expr("property", project.properties.keys[plain]), scope)
        if system is not None:
            told.add(system)
            host = plain.endswith("host")
            found = [_store(ev, root, held.locator, system, values[0], host=host)]
        else:
            found = list(_configured_call(ev, root, plain, held.locator, values[0]))
        yield from (replace(one, unit=_unit(project, held.locator)) for one in found)
    words = "\n".join(line for one in files for line in one.imports)
    for pattern, variable, system in _IMPLIED:
        if system not in told and re.search(pattern, words):
            at = next(
                f"{one.path}:1" for one in files if re.search(pattern, "\n".join(one.imports))
            )
            yield _store(ev, root, at, system, (Part("env", variable),), host="HOST" in variable)


def _unit(project: Project, locator: str) -> str:
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


def _configured_call(
    ev: Evaluator, root: str, plain: str, at: str, value: tuple[Part, ...]
) -> Iterator[Use]:
    why = next((why for key, why in _CALLED.items() if key.replace("-", "") == plain), "")
    telemetry = any(word in plain for word in _TELEMETRY)
    head = value[0].text if value and value[0].kind == "text" else (
        (value[0].default or "") if value else "")  # fmt: skip
    addressed = "://" in head or (bool(value) and value[0].kind == "env" and bool(why))
    if head.startswith(("configserver:", "optional:configserver:")):
        head = head.partition("configserver:")[2]
        value = (Part("text", head), *value[1:]) if value[0].kind == "text" else (
            Part("env", value[0].text, head), *value[1:])  # fmt: skip
    routed = re.search(
        r"reverseproxy\.clusters\..*\.address$|gateway.*routes\[\d+\]\.uri$|zuul\.routes\..*\.(?:url|serviceid)$",
        plain,
    )
    if not addressed or not (why or telemetry or routed):
        return
    yield Use(
        root=root,
        locator=at,
        kind=Kind.MONITORING if telemetry and not why else Kind.HTTP,
        system="http",
        targets=(ev.value(value),),
        method="*",
        strength=Strength.STRONG if routed else Strength.UNDETERMINED,
        reason="requests are passed on" if routed else why,
        at_start="at start" in why,
        certainty=CERTAINTY,
    )
