"""From the files of a root to facts."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from collectors.polyglot.aspire import Aspire
from collectors.polyglot.branching import branches
from collectors.polyglot.brokers import bindings, connected
from collectors.polyglot.buses import annotated_messages, bus_uses, handled
from collectors.polyglot.contracts import Contracts
from collectors.polyglot.daprs import by_sidecar, dapr_uses
from collectors.polyglot.datastores import store_uses
from collectors.polyglot.declared import clients, exchanges, refit
from collectors.polyglot.environment import env
from collectors.polyglot.evaluate import Evaluator
from collectors.polyglot.expressions import Context
from collectors.polyglot.gateways import passed_on, proxied
from collectors.polyglot.https import http_uses
from collectors.polyglot.keys import issuers, key_uses
from collectors.polyglot.languages import LANGUAGES
from collectors.polyglot.leftovers import leftovers, of_parts
from collectors.polyglot.models import models
from collectors.polyglot.nest import Nest, nest_entry, nest_facts, nest_uses
from collectors.polyglot.prefixes import Mounts, mounted
from collectors.polyglot.project import imported_words
from collectors.polyglot.reaching import scope_of
from collectors.polyglot.rpcs import implemented, offered, rpc_uses
from collectors.polyglot.sdks import sdk_uses
from collectors.polyglot.servers import annotated, entries, resources, routes
from collectors.polyglot.settings import counting
from collectors.polyglot.springs import configured, listeners
from depmap.model.facts import Entry, EnvRead, Module, Registered, Use

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from collectors.polyglot.expressions import Expr, Summary
    from collectors.polyglot.program import Program
    from collectors.polyglot.project import Project
    from depmap.model.facts import Fact

_NAMES = ("spring.application.name", "micronaut.application.name", "quarkus.application.name")
"""Keys of the name under which a registry knows a service."""

_REFLECTS = re.compile(r"/(?:konfig|envconfig|cleanenv)\b")
"""Libraries of Go that find the variable for a field by the field's name."""

_WAYS = ("main", "index", "server", "app", "Program", "Application")


def facts(
    root: str,
    program: Program,
    contracts: Contracts,
    imports: Mapping[str, tuple[str, ...]],
    modules: Mapping[str, str],
) -> Iterator[Fact]:
    """Yield every fact of a program, project by project.

    Args:
        root: the name of the root.
        program: its files.
        contracts: the services that .proto files declare.
        imports: the files of the root that each file imports.
        modules: the folder of each Go module, by its name.
    """
    ev = Evaluator(program)
    aspire = Aspire(ev, program.names)
    used: dict[str, set[str]] = {}
    for _, project in sorted(program.projects.items()):
        beside = Beside(contracts, Nest.of(ev, project), mounted(ev, project))
        found: list[Fact] = []
        for file in project.files:
            yield _module(root, file, imports.get(file.path, ()))
            found.extend(_file(ev, beside, root, file))
        yield from branches(root, program, project, modules)
        yield from _settings(root, project)
        found.extend(configured(ev, root, project))
        found.extend(passed_on(ev, root, project))
        used[project.folder] = set(_variables(found))
        yield from aspire.facts(root, project)
        yield from connected(found, bindings(ev, project))
        yield Entry(root=root, locator=f"{_first(project.files).path}:1", way="code")
    for folder, settings in sorted(program.settings.items()):
        near = [names for one, names in used.items() if _beside(one, folder)]
        yield from leftovers(root, folder, settings, set().union(*near))
        if folder not in program.projects:
            yield from of_parts(root, settings)


def _beside(one: str, other: str) -> bool:
    """Whether one of two folders lies in the other, or is a part of it by its name."""
    short, long = sorted((one, other), key=len)
    return not short or long == short or long.startswith((f"{short}/", f"{short}."))


def _module(root: str, file: Summary, imports: tuple[str, ...]) -> Module:
    return Module(
        root=root,
        locator=f"{file.path}:1",
        imports=imports,
        shared=bool(file.functions or file.bases),
        thorough=False,
    )


def _settings(root: str, project: Project) -> Iterator[Fact]:
    """The name of a project in a registry, and the variables that its settings are read from."""
    for key in _NAMES:
        named = project.properties.get(key)
        if named is not None and re.fullmatch(r"[\w.-]+", named.text):
            yield Registered(root=root, locator=named.locator, name=named.text)
    for plain in counting(project):
        name = project.properties.variable(project.properties.keys[plain])
        at = project.properties.values[plain].locator
        yield EnvRead(root=root, locator=at, name=name)


def _variables(found: Iterable[Fact]) -> Iterator[str]:
    """The variables that lead somewhere."""
    for fact in found:
        for value in fact.targets if isinstance(fact, Use) else ():
            yield from (part.text for part in value.parts if part.kind == "env")


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


@dataclass(frozen=True, slots=True)
class Beside:
    """What holds for all files of a project: contracts, clients of Nest, mounts of routers."""

    contracts: Contracts
    nest: Nest
    mounts: Mounts


def _file(ev: Evaluator, beside: Beside, root: str, file: Summary) -> Iterator[Fact]:
    contracts, nest = beside.contracts, beside.nest
    above = beside.mounts.get(file.path, [])
    words = imported_words(file) + ev.program.project(file).everywhere()
    yield from _reads(ev, root, file)
    yield from _reflected(root, file)
    for site in file.sites:
        found = [*routes(ev, root, file, site, above), *resources(root, file, site)]
        yield from found
        yield from offered(contracts, root, file, site)
        yield from entries(ev, root, file, site)
        yield from nest_entry(nest, root, file, site)
        yield from key_uses(ev, root, file, site, words)
        yield from issuers(ev, root, file, site)
        if not found:
            uses: list[Fact] = list(nest_uses(nest, root, file, site))
            uses = uses or list(rpc_uses(contracts, nest, root, file, site))
            uses = uses or list(proxied(ev, root, file, site))
            uses = uses or list(sdk_uses(ev, root, file, site, words))
            uses = uses or list(dapr_uses(ev, root, file, site, words))
            uses = uses or list(bus_uses(ev, root, file, site, words))
            uses = uses or list(store_uses(ev, root, file, site, words))
            yield from uses or map(by_sidecar, http_uses(ev, root, file, site))
    mains = next(one.mains for one in LANGUAGES if one.name == file.language)
    for function in (one for name in mains for one in file.functions.get(name, ())):
        yield Entry(root=root, locator=f"{file.path}:{function.line}", way="code")
    yield from implemented(contracts, root, file)
    yield from annotated(ev, root, file)
    yield from nest_facts(nest, contracts, root, file)
    yield from clients(ev, root, file)
    yield from exchanges(ev, root, file)
    yield from refit(ev, root, file)
    yield from listeners(ev, root, file)
    yield from handled(ev, root, file)
    yield from models(ev, root, file)
    yield from annotated_messages(ev, root, file)


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


def _reflected(root: str, file: Summary) -> Iterator[EnvRead]:
    """The variables that a library of Go fills the fields of a struct from, by their names."""
    if file.language == "go" and _REFLECTS.search("\n".join(file.imports)):
        for name in dict.fromkeys(one for many in file.fields.values() for one in many):
            words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
            yield EnvRead(root=root, locator=f"{file.path}:1", name=words.upper())


def _within(expr: Expr, depth: int) -> Iterable[Expr]:
    yield expr
    if depth < 6:  # noqa: PLR2004 - deeper ones are calls of their own
        for one in expr.args:
            yield from _within(one, depth + 1)
