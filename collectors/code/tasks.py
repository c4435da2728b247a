"""Task queues: functions that run elsewhere, who hands them over, and by which broker."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from collectors.code import stores
from collectors.code.items import elements
from collectors.code.placed import Placer, values
from collectors.code.program import Place
from collectors.code.summary import argument
from collectors.code.things import Scope, Thing, Things, literal, seen_from, text
from depmap.model.facts import Entry, Use
from depmap.model.words import Kind, Strength

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collectors.code.summary import Expr, Site
    from depmap.model.facts import Fact

_APPS = frozenset({"celery.Celery", "huey.RedisHuey", "huey.Huey", "taskiq_redis.ListQueueBroker"})
_SHARED = frozenset({"celery.shared_task", "celery.task", "celery.decorators.task",
                     "dramatiq.actor", "celery.app.shared_task"})  # fmt: skip
_HANDS = frozenset({"delay", "apply_async", "send", "send_with_options", "kiq", "s", "si",
                    "signature", "schedule"})  # fmt: skip
_NAMED = frozenset({"send_task", "signature"})
_BROKER_KEYS = ("broker_url", "BROKER_URL", "CELERY_BROKER_URL")
_RESULT_KEYS = ("result_backend", "CELERY_RESULT_BACKEND")
_DRAMATIQ = ("RabbitmqBroker", "RedisBroker")
_SIGNATURES = frozenset({"celery.signature", "celery.canvas.signature"})
SYSTEM = "celery"


@dataclass(slots=True)
class Tasks:
    """The tasks of a root."""

    placer: Placer
    _named: dict[Place, Things] = field(default_factory=dict)

    def offered(self, path: str) -> Iterator[Fact]:
        """Yield the tasks that a file defines: a worker takes them from the broker."""
        summary = self.placer.program.files[path]
        for function in summary.functions.values():
            for deco in function.decorators:
                made = self._decorator(deco, path)
                if made is None:
                    continue
                where = f"{path}:{function.line}"
                yield Entry(root=self.placer.root, locator=where, way="worker")
                yield Use(
                    root=self.placer.root,
                    locator=where,
                    kind=Kind.MESSAGING_CONSUME,
                    system=SYSTEM,
                    targets=values(self._broker(made, path)),
                    operations=values(self._task(Place(path, function.name))),
                    method="task",
                    strength=Strength.STRONG,
                    reason="a worker runs it when the broker hands it over",
                )

    def workers(self, path: str) -> Iterator[Fact]:
        """Yield what a class of settings of arq has its worker run."""
        for held in self.placer.program.files[path].classes.values():
            if not {"functions", "redis_settings"} <= held.names.keys():
                continue
            me = Thing("class", text=held.name, path=path)
            ev = self.placer.flow.ev
            ev.reset()
            listed = [one for thing in ev.attribute(me, "functions")
                      for one in elements(ev, thing) if one.kind == "func"]  # fmt: skip
            made = next((one for one in ev.attribute(me, "redis_settings")), None)
            where = f"{path}:{held.line}"
            yield Entry(root=self.placer.root, locator=where, way="worker")
            yield Use(
                root=self.placer.root,
                locator=where,
                kind=Kind.MESSAGING_CONSUME,
                system="redis",
                targets=values(stores.described(ev, made)) if made is not None else (),
                operations=values(tuple(text(one.text) for one in listed)),
                method="task",
                strength=Strength.STRONG,
                reason="a worker runs it when the broker hands it over",
            )

    def _decorator(self, expr: Expr, path: str) -> Thing | None:
        """The application, or the decorator without one, that makes a function a task."""
        inner = expr.args[0] if expr.op == "call" else expr
        if inner.text not in {"task", "shared_task", "actor", "periodic_task"}:
            return None
        for thing in self.placer.flow.ev.ask(inner, Scope(path)):
            if thing.text in _SHARED:
                return thing
            app = next((one for one in thing.roots() if one.text in _APPS), None)
            if app is not None and thing.kind == "method":
                return app
        return None

    def _task(self, place: Place) -> Things:
        """The name of a task: the one it is given, else that of its module and function."""
        if place not in self._named:
            function = self.placer.program.function(place)
            given = [
                one
                for deco in (function.decorators if function else ())
                if deco.op == "call" and "name" in deco.keys
                for one in self.placer.flow.ev.ask(
                    argument(deco, -1, "name") or deco, Scope(place.path)
                )
                if one.kind == "str" and one.parts
            ]
            short = place.name.rpartition(".")[2]
            module = posixpath.splitext(posixpath.basename(place.path))[0]
            self._named[place] = tuple(given) or (text(f"{module}.{short}"),)
        return self._named[place]

    def facts(self, path: str, site: Site) -> Iterator[Fact]:
        """Yield the handing over of a task that a call is, and where results are kept."""
        called = site.call.args[0]
        if called.op == "attr" and called.text in _HANDS | _NAMED:
            yield from self._handed(path, site)
        elif called.text == "signature" and any(
            thing.text in _SIGNATURES for thing in self.placer.flow.callee(path, site)
        ):
            broker = self._configured(path, _BROKER_KEYS) or self._of_an_app()
            names = self.placer.flow.ev.ask(site.call.args[1], seen_from(path, site))
            yield from self._use(path, site, names, broker)
        elif called.text in {"Celery", "make_celery"}:
            for thing in self.placer.flow.callee(path, site):
                if thing.kind == "ref" and thing.text in _APPS:
                    yield from self._results(path, site)

    def _handed(self, path: str, site: Site) -> Iterator[Fact]:
        for thing in self.placer.flow.callee(path, site):
            origin = thing.origin
            if thing.kind != "method" or origin is None:
                continue
            last = thing.text.rpartition(".")[2]
            app = next((one for one in thing.roots() if one.text in _APPS), None)
            if origin.kind == "func" and last in _HANDS:
                made = self._made(origin)
                if made is not None:
                    name = self._task(Place(origin.path, origin.text))
                    yield from self._use(path, site, name, self._broker(made, origin.path))
            elif app is not None and last in _NAMED:
                given = argument(site.call, 0, "name")
                for named in (
                    self.placer.flow.ev.ask(given, seen_from(path, site)) if given else ()
                ):
                    yield from self._use(path, site, (named,), self._broker(app, path))

    def _made(self, func: Thing) -> Thing | None:
        function = self.placer.program.function(Place(func.path, func.text))
        decorators = function.decorators if function is not None else ()
        found = (self._decorator(one, func.path) for one in decorators)
        return next((one for one in found if one is not None), None)

    def _use(self, path: str, site: Site, name: Things, broker: Things) -> Iterator[Fact]:
        use = Use(
            kind=Kind.MESSAGING_PUBLISH,
            system=SYSTEM,
            targets=values(broker),
            operations=values(name),
            method="task",
        )
        direct = replace(site, within="")  # handing over is no work in the background
        (case, *_) = self.placer.flow.cases(path, direct, lambda _: ())
        yield from self.placer.placed(use, case.chain)

    def _results(self, path: str, site: Site) -> Iterator[Fact]:
        ev = self.placer.flow.ev
        given = argument(site.call, 2, "backend", "result_backend")
        found = ev.ask(given, seen_from(path, site)) if given is not None else ()
        found = found or self._configured(path, _RESULT_KEYS)
        kept = tuple(one for one in found if one.kind == "str" and literal(one) != "rpc://")
        if kept:
            yield Use(
                root=self.placer.root,
                locator=f"{path}:{site.line}",
                kind=Kind.CACHE,
                system="redis",
                targets=values(kept),
                strength=Strength.WEAK,
                reason="results of tasks are kept there",
            )

    def _broker(self, app: Thing, near: str) -> Things:
        """Where the messages of a task queue go; nothing when no file says so."""
        for name in _DRAMATIQ if app.text.startswith("dramatiq") else ():
            for path, site in self.placer.flow.ev.program.calls_of(name):
                made = Thing("obj", (), name, "", site.call, seen_from(path, site))
                return stores.described(self.placer.flow.ev, made)
        if app.kind == "obj" and app.scope is not None:
            place = 3 if app.text == "celery.Celery" else -1
            given = argument(app.expr, place, "broker", "url", "broker_url")
            if given is not None:
                return self.placer.flow.ev.ask(given, app.scope)
        return self._configured(near, _BROKER_KEYS)

    def _of_an_app(self) -> Things:
        """The broker of the only application there is."""
        ev = self.placer.flow.ev
        made = [
            Thing("obj", (), "celery.Celery", "", site.call, seen_from(path, site))
            for path, site in ev.program.calls_of("Celery")
        ]
        return (
            self._broker(made[0], made[0].scope.path) if len(made) == 1 and made[0].scope else ()
        )

    def _configured(self, near: str, keys: tuple[str, ...]) -> Things:
        """A setting of the queue: in its ``conf``, in its configuration, in Django's settings."""
        ev = self.placer.flow.ev
        for key in keys:
            held = ev.program.set_items("conf", key, near)
            found = [one for path, expr in held for one in ev.ask(expr, Scope(path))]
            found = found or [
                one
                for path in ev.program.configuring(key, near)
                for one in ev.name(key, Scope(path))
            ]
            known = tuple(one for one in found if one.kind == "str")
            if known:
                return known
        return ()
