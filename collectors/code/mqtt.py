"""MQTT: clients that are told their broker when they connect, and what they send and take."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from collectors.code.placed import Placer, values
from collectors.code.strings import concatenate
from collectors.code.summary import Expr, argument
from collectors.code.things import Scope, Thing, seen_from, text
from depmap.model.facts import Use
from depmap.model.words import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collectors.code.evaluate import Evaluator
    from collectors.code.summary import Site
    from collectors.code.things import Things
    from depmap.model.facts import Fact

_CLIENTS = frozenset({"paho.mqtt.client.Client", "aiomqtt.Client", "asyncio_mqtt.Client"})
_PACKAGES = ("paho.mqtt", "aiomqtt", "asyncio_mqtt")
_METHODS = {"publish": Kind.MESSAGING_PUBLISH, "subscribe": Kind.MESSAGING_CONSUME}
_CONNECTS = ("connect", "connect_async")
_AT_ONCE = {
    "paho.mqtt.publish.single": (Kind.MESSAGING_PUBLISH, 0),
    "paho.mqtt.publish.multiple": (Kind.MESSAGING_PUBLISH, -1),
    "paho.mqtt.subscribe.simple": (Kind.MESSAGING_CONSUME, 0),
    "paho.mqtt.subscribe.callback": (Kind.MESSAGING_CONSUME, 1),
}
"""Functions that connect and send or take at once: what they do, and where the topic stands."""

_HOSTS = ("host", "hostname")


@dataclass(slots=True)
class Mqtt:
    """Finds what clients of MQTT do.

    Attributes:
        placer: where things stand.
    """

    placer: Placer
    _speaks: dict[str, bool] = field(default_factory=dict)

    def facts(self, path: str, site: Site) -> Iterator[Fact]:
        """Yield what a call sends or takes."""
        callee = self.placer.flow.callee(path, site)
        for thing in callee:
            if thing.kind == "ref" and thing.text in _AT_ONCE:
                yield from self._used(path, site, *_AT_ONCE[thing.text], None)
                return
        kind = _METHODS.get(site.call.args[0].text)
        if kind is None or site.call.args[0].op != "attr":
            return
        made = next((one for thing in callee if (one := _client(thing)) is not None), None)
        if made is not None or (self._mentions(path) and all(map(_unknown, callee))):
            yield from self._used(path, site, kind, 0, made)

    def _mentions(self, path: str) -> bool:
        """Whether a file has to do with MQTT: what its callbacks are handed is a client then."""
        if path not in self._speaks:
            modules = self.placer.program.files[path].modules
            self._speaks[path] = any(name.startswith(_PACKAGES) for name in modules)
        return self._speaks[path]

    def _used(
        self, path: str, site: Site, kind: Kind, place: int, made: Thing | None
    ) -> Iterator[Fact]:
        ev = self.placer.flow.ev
        given = argument(site.call, place, "topic", "topics")

        def asked(scope: Scope) -> tuple[Things, ...]:
            topics = _topics(ev, given, scope) if given is not None else ()
            if _METHODS.get(site.call.args[0].text) is None:
                return topics, _broker(ev, site.call, -1, scope)
            return topics, self._where(path, made, scope)

        for case in self.placer.flow.cases(path, site, asked):
            topics, where = case.answers
            use = Use(
                kind=kind,
                system="mqtt",
                targets=values(where),
                method=site.call.args[0].text,
                operations=tuple(one for one in values(topics) if one.parts),
            )
            yield from self.placer.placed(use, case.chain)

    def _where(self, path: str, made: Thing | None, scope: Scope) -> Things:
        """The broker of a client: what it is made with, else what it is told to connect to."""
        ev = self.placer.flow.ev
        if made is not None and made.scope is not None and not made.text.startswith("paho."):
            found = _broker(ev, made.expr, 0, made.scope)
            if found:
                return found
        near = made.scope.path if made is not None and made.scope is not None else path
        for name in _CONNECTS:
            for where, site in self.placer.program.calls_of(name):
                if site.call.args[0].text != name or where != near:
                    continue
                same = scope.me is not None and scope.path == where
                inside = seen_from(where, site)
                me = Scope(where, site.function, me=scope.me, at=inside.at) if same else inside
                if any(_client(one) for one in ev.evaluate(site.call.args[0], me)):
                    return _broker(ev, site.call, 0, me)
        return ()


def _client(thing: Thing) -> Thing | None:
    if thing.kind not in {"method", "obj"}:
        return None
    return next((one for one in thing.roots() if one.text in _CLIENTS and one.kind == "obj"), None)


def _unknown(thing: Thing) -> bool:
    """Whether nothing is known of an object but the parameter that it is."""
    return all(one.kind in {"method", "hole", "str"} for one in thing.roots())


def _broker(ev: Evaluator, call: Expr, place: int, scope: Scope) -> Things:
    host = argument(call, place, *_HOSTS)
    if host is None:
        return ()
    pieces: list[Things] = [(text("mqtt://"),), ev.evaluate(host, scope)]
    port = argument(call, place + 1 if place >= 0 else -1, "port")
    if port is not None:
        pieces += [(text(":"),), ev.evaluate(port, scope)]
    return concatenate(pieces)


def _topics(ev: Evaluator, given: Expr, scope: Scope) -> Things:
    """A topic, or the first of each pair of a list of topics and how well they are kept."""
    found: list[Thing] = []
    for thing in ev.evaluate(given, scope):
        if thing.kind != "seq" or thing.scope is None:
            found.append(thing)
            continue
        for one in thing.expr.args:
            named = one.args[0] if one.op == "list" and one.args else one
            found.extend(ev.evaluate(named, thing.scope))
    return tuple(one for one in found if one.kind == "str")
