"""From the files of a root to facts."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from collectors.polyglot.brokers import connected
from collectors.polyglot.datastores import store_uses
from collectors.polyglot.environment import env
from collectors.polyglot.evaluate import Evaluator
from collectors.polyglot.expressions import Context
from collectors.polyglot.https import http_uses
from collectors.polyglot.languages import LANGUAGES
from collectors.polyglot.reaching import scope_of
from collectors.polyglot.rpcs import Contracts, implemented, offered, rpc_uses
from collectors.polyglot.servers import annotated, entries, routes
from collectors.polyglot.springs import clients, configured, listeners, refit
from depmap.model.facts import Entry, EnvRead, Module

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from collectors.polyglot.expressions import Expr, Summary
    from collectors.polyglot.program import Program
    from depmap.model.facts import Fact

_WAYS = ("main", "index", "server", "app", "Program", "Application")


def facts(
    root: str, program: Program, contracts: Contracts, imports: Mapping[str, tuple[str, ...]]
) -> Iterator[Fact]:
    """Yield every fact of a program, project by project.

    Args:
        root: the name of the root.
        program: its files.
        contracts: the services that .proto files declare.
        imports: the files of the root that each file imports.
    """
    ev = Evaluator(program)
    for _, project in sorted(program.projects.items()):
        found: list[Fact] = []
        for file in project.files:
            yield Module(
                root=root,
                locator=f"{file.path}:1",
                imports=imports.get(file.path, ()),
                shared=bool(file.functions or file.bases),
                thorough=False,
            )
            found.extend(_file(ev, contracts, root, file))
        for key in project.properties.keys.values():
            held = project.properties.get(key)
            name = project.properties.variable(key)
            if held is not None:
                yield EnvRead(root=root, locator=held.locator, name=name)
        found.extend(configured(ev, root, project))
        yield from connected(found)
        yield Entry(root=root, locator=f"{_first(project.files).path}:1", way="code")


def _first(files: list[Summary]) -> Summary:
    """The file that a process of a project most likely starts with."""
    return min(
        files,
        key=lambda one: (
            posixpath.basename(one.path).rpartition(".")[0] not in _WAYS,
            one.path.count("/"),
            one.path,
        ),
    )


def _file(ev: Evaluator, contracts: Contracts, root: str, file: Summary) -> Iterator[Fact]:
    words = _imported(file)
    yield from _reads(ev, root, file)
    for site in file.sites:
        found = list(routes(ev, root, file, site))
        yield from found
        yield from offered(contracts, root, file, site)
        yield from entries(ev, root, file, site)
        if not found:
            uses: list[Fact] = list(rpc_uses(ev, contracts, root, file, site))
            uses = uses or list(store_uses(ev, root, file, site, words))
            yield from uses or http_uses(ev, root, file, site)
    mains = next(one.mains for one in LANGUAGES if one.name == file.language)
    for function in (one for name in mains for one in file.functions.get(name, ())):
        yield Entry(root=root, locator=f"{file.path}:{function.line}", way="code")
    yield from implemented(contracts, root, file)
    yield from annotated(ev, root, file)
    yield from clients(ev, root, file)
    yield from refit(ev, root, file)
    yield from listeners(ev, root, file)


def _imported(file: Summary) -> str:
    """What a file imports, as text; ``require`` is a call."""
    required = [
        one.call.positional[0].text
        for one in file.sites
        if one.call.text in {"require", "import"} and one.call.positional
    ]
    return "\n".join([*file.imports, *required])


def _reads(ev: Evaluator, root: str, file: Summary) -> Iterator[EnvRead]:
    """The variables of the environment that a file names."""
    seen: set[str] = set()
    exprs: list[tuple[Expr, Context]] = [(one.call, one.context) for one in file.sites]
    exprs += [(one.value, one.context) for many in file.assigns.values() for one in many]
    exprs += [(part, Context()) for mark in file.annotations for part in mark.call.given]
    for expr, context in exprs:
        for inner in _within(expr, 0):
            read = env(inner, file) if inner.op in {"call", "attr", "index"} else inner
            if read is None or read.op not in {"env", "property", "text"}:
                continue
            if read.op == "text" and "${" not in read.text:
                continue
            scope = scope_of(file, context)
            for parts in ev.values(read, scope):
                for part in parts:
                    if part.kind == "env" and part.text and part.text not in seen:
                        seen.add(part.text)
                        line = inner.line or 1
                        yield EnvRead(root=root, locator=f"{file.path}:{line}", name=part.text)


def _within(expr: Expr, depth: int) -> Iterable[Expr]:
    yield expr
    if depth < 6:  # noqa: PLR2004 - deeper ones are calls of their own
        for one in expr.args:
            yield from _within(one, depth + 1)
