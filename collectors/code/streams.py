"""faust: topics of an application, agents that work on them, and what is sent to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from collectors.code.placed import Placer, values
from collectors.code.summary import argument
from collectors.code.things import Scope, Thing
from depmap.model.facts import Entry, Use
from depmap.model.words import Kind, Strength

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collectors.code.summary import Expr, Site
    from collectors.code.things import Things
    from depmap.model.facts import Fact

_APPS = frozenset({"faust.App", "faust.app.App", "faust.app.base.App"})
_SENDS = frozenset({"send", "send_soon", "cast", "ask"})


@dataclass(frozen=True, slots=True)
class Streams:
    """The agents of a root's faust applications, and those who send to topics.

    Attributes:
        placer: where things stand.
    """

    placer: Placer

    def offered(self, path: str) -> Iterator[Fact]:
        """Yield what the agents of a file work on."""
        ev = self.placer.flow.ev
        for function in self.placer.program.files[path].functions.values():
            for item in function.decorators:
                made = item.args[0] if item.op == "call" else item
                app = self._app(made.args[0], path) if made.text == "agent" and made.args else None
                if app is None:
                    continue
                given = argument(item, 0, "channel") if item.op == "call" else None
                topics = ev.ask(given, Scope(path)) if given is not None else ()
                where = f"{path}:{function.line}"
                yield Entry(root=self.placer.root, locator=where, way="worker")
                yield Use(
                    root=self.placer.root,
                    locator=where,
                    kind=Kind.MESSAGING_CONSUME,
                    system="kafka",
                    targets=values(self._broker(app)),
                    operations=values(
                        tuple(one for thing in topics for one in self._names(thing))
                    ),
                    strength=Strength.STRONG,
                    reason="it works on what the broker hands over",
                )

    def facts(self, path: str, site: Site) -> Iterator[Fact]:
        """Yield the message that a call sends."""
        if site.call.args[0].text not in _SENDS:
            return
        ev = self.placer.flow.ev
        for thing in self.placer.flow.callee(path, site):
            app = next((one for one in thing.roots() if one.text in _APPS), None)
            if app is None or thing.kind != "method" or thing.origin is None:
                continue
            names = self._names(thing.origin)
            if not names and thing.origin.text in _APPS:
                given = argument(site.call, 0, "channel")
                names = ev.ask(given, Scope(path, site.function)) if given is not None else ()
            (case, *_) = self.placer.flow.cases(path, site, lambda _: ())
            use = Use(
                kind=Kind.MESSAGING_PUBLISH,
                system="kafka",
                targets=values(self._broker(app)),
                operations=tuple(one for one in values(names) if one.parts),
            )
            yield from self.placer.placed(use, case.chain)

    def _app(self, expr: Expr, path: str) -> Thing | None:
        found = self.placer.flow.ev.ask(expr, Scope(path))
        return next((one for one in found if one.text in _APPS and one.kind == "obj"), None)

    def _broker(self, app: Thing) -> Things:
        given = argument(app.expr, -1, "broker", "broker_url")
        if given is None or app.scope is None:
            return ()
        return self.placer.flow.ev.evaluate(given, app.scope)

    def _names(self, thing: Thing) -> Things:
        """The names of ``app.topic("a", "b")``, or of a topic that is a name by itself."""
        if thing.kind == "str":
            return (thing,)
        if thing.kind != "obj" or not thing.text.endswith(".topic") or thing.scope is None:
            return ()
        placed = thing.expr.args[1 : len(thing.expr.args) - len(thing.expr.keys)]
        ev = self.placer.flow.ev
        return tuple(one for part in placed for one in ev.evaluate(part, thing.scope))
