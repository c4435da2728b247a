"""Uses of stores and brokers: by the methods of their clients, or by SQL alone."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from collectors.code import commands, orm, received, stores, storetables
from collectors.code.brokers import STARTS, Doing
from collectors.code.flow import Step
from collectors.code.placed import Placer, plain, values
from collectors.code.summary import HOLE, Site, argument
from collectors.code.things import Mapped, Scope, Thing, Things, seen_from, text
from depmap.model.facts import Use, Value
from depmap.model.words import Kind, Strength

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collectors.code.evaluate import Evaluator
    from collectors.code.flow import Case, Question
    from collectors.code.summary import Expr
    from depmap.model.facts import Fact

_PER_DOING = 3
"""A doing is asked for as what it is, where, and what with."""


@dataclass(slots=True)
class Storage:
    """Follows clients of stores from where they are made to where they are used."""

    placer: Placer
    _used: set[tuple[str, int, str]] = field(default_factory=set)
    _made: list[tuple[str, Site, Thing]] = field(default_factory=list)
    _read: set[tuple[str, int, str]] = field(default_factory=set)
    _handed: set[str] = field(default_factory=set)
    _columns: dict[str, Things] = field(default_factory=dict)

    def facts(self, path: str, site: Site, callee: Things) -> Iterator[Fact]:
        """Yield what a call does with a store, if it does anything with one."""
        ev = self.placer.flow.ev
        for thing in callee:
            if thing.kind == "ref" and thing.text in storetables.STORES:
                made = Thing("obj", (), thing.text, "", site.call, seen_from(path, site))
                self._made.append((path, site, made))
                return
        for thing in callee:
            root = stores.root_of(ev, thing.origin) if thing.kind == "method" else None
            if root is not None:
                if root.expr is HOLE:  # known by its type alone
                    self._handed.add(stores.system_of(root))
                yield from self._operation(path, site, root)
                return
        for thing in callee:
            kept = orm.used(ev, thing)
            if kept is not None:
                yield from self._mapped(path, site, *kept)
                return
        if all(thing.kind in {"method", "hole"} for thing in callee):
            yield from self._by_name(path, site)

    def _by_name(self, path: str, site: Site) -> Iterator[Fact]:
        """A call of something that nothing is known of but the name of the method."""
        name = site.call.args[0].text
        if site.call.args[0].op != "attr":
            return
        if name in commands.UNMISTAKABLE:
            yield from self._unmistakable(path, site, commands.UNMISTAKABLE[name])
            return
        scope = seen_from(path, site)
        for doing in commands.loose_sql(self.placer.flow.ev, name, site.call, scope):
            yield from self.placer.placed(_use(doing, "", ()), (Step(path, site),))

    def _mapped(self, path: str, site: Site, kept: Mapped, writes: bool) -> Iterator[Fact]:
        kind = Kind.SEARCH if kept.system == "elasticsearch" else Kind.DATABASE
        doing = Doing(kind, (text(kept.table),), writes)
        yield from self.placer.placed(_use(doing, kept.system, ()), (Step(path, site),))

    def _operation(self, path: str, site: Site, made: Thing) -> Iterator[Fact]:
        ev = self.placer.flow.ev

        def asked(scope: Scope) -> tuple[Things, ...]:
            found: list[Things] = []
            for thing in ev.evaluate(site.call.args[0], scope):
                root = stores.root_of(ev, thing.origin)
                if root is None:
                    continue
                system = stores.system_of(root)
                where = stores.addresses(ev, root, path)
                for doing in commands.doings(ev, system, thing, site, scope):
                    found.extend((_mark(system, doing), where, doing.names))
            return tuple(found) or received.waiting(ev, site, scope)

        maker = f"{made.scope.path}:{made.expr.line}" if made.scope and made.expr.line else ""
        for case, use in self._uses(path, site, asked):
            if use.method == STARTS:
                yield from self._started(use, case)
                continue
            self._used.add(made.identity)
            if use.kind is Kind.MESSAGING_CONSUME:
                self._read.add(made.identity)
            if use.method == "subscriber":
                why = "it works on what the broker hands over"
                use = replace(use, strength=Strength.STRONG, reason=why)  # noqa: PLW2901 - the same use
            yield from self.placer.placed(use, case.chain, *filter(None, (maker,)))

    def _started(self, use: Use, case: Case) -> Iterator[Fact]:
        """What starting a client says: that the start of its process waits for the broker."""
        for one in self.placer.placed(use, case.chain):
            if isinstance(one, Use) and one.at_start and one.strength is Strength.STRONG:
                yield self.placer.connects(one)

    def _unmistakable(self, path: str, site: Site, system: str) -> Iterator[Fact]:
        """A method that only clients of one system have, called on whatever it is."""
        ev = self.placer.flow.ev

        def asked(scope: Scope) -> tuple[Things, ...]:
            things = ev.evaluate(site.call.args[0], scope)[:1]
            doings = [one for thing in things
                      for one in commands.doings(ev, system, thing, site, scope)]  # fmt: skip
            return tuple(
                part for doing in doings for part in (_mark(system, doing), (), doing.names)
            )

        for case, use in self._uses(path, site, asked):
            yield from self.placer.placed(use, case.chain)

    def _uses(self, path: str, site: Site, asked: Question) -> Iterator[tuple[Case, Use]]:
        for case in self.placer.flow.cases(path, site, asked):
            for start in range(0, len(case.answers) - _PER_DOING + 1, _PER_DOING):
                mark, where, names = case.answers[start : start + _PER_DOING]
                yield case, _marked(mark, where, self._kept(names))

    def _kept(self, names: Things) -> Things:
        """Names, with those that rows of a table hold: an outbox says where messages go."""
        found: list[Thing] = []
        for thing in names:
            column = thing.text.rpartition(".")[2] if thing.kind == "method" else ""
            found.extend((self._column(column) or (thing,)) if column in _COLUMNS else (thing,))
        return tuple(dict.fromkeys(found))

    def _column(self, name: str) -> Things:
        """What rows are made with in a column, over all tables of the root."""
        if name not in self._columns:
            self._columns[name] = ()  # what is asked for while it is looked for
            flow = self.placer.flow
            made = [
                (path, site, given)
                for path, summary in self.placer.program.files.items()
                for site in summary.sites
                if (given := argument(site.call, -1, name)) is not None
                and any(
                    thing.kind == "class" and orm.mapped(flow.ev, thing.path, thing.text)
                    for thing in flow.callee(path, site)
                )
            ]
            self._columns[name] = tuple(
                dict.fromkeys(
                    thing
                    for path, site, given in made
                    for case in flow.cases(path, site, _asking(flow.ev, given))
                    for thing in case.answers[0]
                    if thing.kind == "str"
                )
            )
        return self._columns[name]

    def rest(self) -> Iterator[Fact]:
        """Yield clients that are made but not seen in use, those that connect, and tables."""
        for path, site, made in self._made:
            yield from self._client(path, site, made)
        for path, summary in self.placer.program.files.items():
            for held in summary.classes.values():
                kept = orm.mapped(self.placer.flow.ev, path, held.name)
                if kept is not None:
                    yield self._table(kept, f"{path}:{held.line}")
            for site in summary.sites:
                named = site.call.args[1:2]
                if site.call.args[0].text == "Table" and named and named[0].op == "text":
                    yield self._table(Mapped(named[0].text), f"{path}:{site.line}")

    def _client(self, path: str, site: Site, made: Thing) -> Iterator[Fact]:
        flow = self.placer.flow
        _, system, connects = storetables.STORES[made.text]
        if system in {"aws", "celery"}:  # said by what is done with them, or not at all
            return
        used = made.identity in self._used
        consumes = made.text.endswith("Consumer")
        if used and not connects and not consumes:
            return
        if consumes and made.identity in self._read:
            return

        def asked(scope: Scope) -> tuple[Things, ...]:
            return (stores.addresses(flow.ev, replace(made, scope=scope), path),)

        for case in flow.cases(path, site, asked):
            for doing in commands.at_making(flow.ev, made):
                yield from self._at_making(made, doing, _use(doing, system, case.answers[0]), case)

    def _at_making(self, made: Thing, doing: Doing, use: Use, case: Case) -> Iterator[Fact]:
        """What making a client says by itself: that it connects, or only that there is one."""
        _, system, connects = storetables.STORES[made.text]
        used = made.identity in self._used
        if not connects and not made.text.endswith("Consumer"):
            seen = "it is handed on" if system in self._handed else "its use was not seen"
            use = replace(use, strength=Strength.UNDETERMINED, reason=f"a client is made; {seen}")
        elif used and doing.kind.is_asynchronous and not doing.names:
            for one in self.placer.placed(use, case.chain):
                if isinstance(one, Use) and one.at_start and one.strength is Strength.STRONG:
                    yield self.placer.connects(one)
            return
        yield from self.placer.placed(use, case.chain)

    def _table(self, kept: Mapped, locator: str) -> Use:
        return Use(
            system=kept.system,
            root=self.placer.root,
            locator=locator,
            kind=Kind.DATABASE,
            operations=(Value.literal(kept.table),),
            reason="a table is declared",
        )


_COLUMNS = frozenset({"topic", "topic_name", "queue", "queue_name", "routing_key", "channel",
                      "stream", "event_topic", "destination", "event_type",
                      "event_name"})  # fmt: skip
"""Names of columns that say where a message goes."""


def _asking(ev: Evaluator, given: Expr) -> Question:
    return lambda scope: (ev.evaluate(given, scope),)


def _mark(system: str, doing: Doing) -> Things:
    """What a doing is, as an answer."""
    return (text(system), text(doing.kind), text(str(doing.writes)), text(doing.command))


def _marked(mark: Things, where: Things, names: Things) -> Use:
    """The use behind an answer to what a call does."""
    system, kind, writes, command = map(plain, mark)
    known = {"True": True, "False": False}.get(writes)
    doing = Doing(Kind(kind), names, known, command)
    return _use(doing, command if system == "aws" else system, where)


def _use(doing: Doing, system: str, where: Things) -> Use:
    return Use(
        kind=doing.kind,
        system=system,
        targets=values(where),
        method=doing.command,
        operations=tuple(value for value in values(doing.names) if value.parts),
        writes=doing.writes,
    )
