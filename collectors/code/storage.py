"""Uses of stores and brokers: by the methods of their clients, or by SQL alone."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from collectors.code import commands, orm, stores, tables
from collectors.code.brokers import Doing
from collectors.code.flow import Step
from collectors.code.placed import Placer, plain, values
from collectors.code.summary import Site
from collectors.code.things import Mapped, Scope, Thing, text
from depmap.model.facts import Use, Value
from depmap.model.words import Kind, Strength

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collectors.code.things import Things
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

    def facts(self, path: str, site: Site) -> Iterator[Fact]:
        """Yield what a call does with a store, if it does anything with one."""
        ev = self.placer.flow.ev
        callee = self.placer.flow.callee(path, site)
        for thing in callee:
            if thing.kind == "ref" and thing.text in tables.STORES:
                made = Thing("obj", (), thing.text, "", site.call, Scope(path, site.function))
                self._made.append((path, site, made))
                return
        for thing in callee:
            root = stores.root_of(ev, thing.origin) if thing.kind == "method" else None
            if root is not None:
                self._used.add(root.identity)
                yield from self._operation(path, site, root)
                return
        for thing in callee:
            kept = orm.used(ev, thing)
            if kept is not None:
                yield from self._mapped(path, site, *kept)
                return
        if site.call.args[0].op == "attr" and all(
            thing.kind in {"method", "hole"} for thing in callee
        ):
            name = site.call.args[0].text
            for doing in commands.loose_sql(ev, name, site.call, Scope(path, site.function)):
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
                system = tables.STORES[root.text][1]
                where = stores.addresses(ev, root, path)
                for doing in commands.doings(ev, system, thing, site, scope):
                    mark = (text(doing.kind), text(str(doing.writes)), text(doing.command))
                    found.extend(((text(system), *mark), where, doing.names))
            return tuple(found)

        maker = f"{made.scope.path}:{made.expr.line}" if made.scope and made.expr.line else ""
        for case in self.placer.flow.cases(path, site, asked):
            for start in range(0, len(case.answers), _PER_DOING):
                mark, where, names = case.answers[start : start + _PER_DOING]
                use = _marked(mark, where, names)
                if use.kind is Kind.MESSAGING_CONSUME:
                    self._read.add(made.identity)
                yield from self.placer.placed(use, case.chain, *filter(None, (maker,)))

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
        _, system, connects = tables.STORES[made.text]
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
                if used and doing.kind.is_asynchronous and not doing.names:
                    continue
                use = _use(doing, system, case.answers[0])
                if not connects and not consumes:
                    unseen = "a client is made; its use was not seen"
                    use = replace(use, strength=Strength.UNDETERMINED, reason=unseen)
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
