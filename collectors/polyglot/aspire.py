"""The application model of .NET Aspire: what is deployed, and what each part is given."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from collectors.polyglot.evaluate import Evaluator
from collectors.polyglot.reaching import chain, origins, scope_of
from depmap.model.deployed import Setting, StartAfter, Unit
from depmap.model.words import NodeKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from collectors.polyglot.expressions import Expr, Site, Summary
    from collectors.polyglot.program import Scope
    from collectors.polyglot.project import Project
    from depmap.model.facts import Fact

_RESOURCES = {
    "AddRedis": ("redis", NodeKind.CACHE), "AddValkey": ("redis", NodeKind.CACHE),
    "AddGarnet": ("redis", NodeKind.CACHE), "AddRabbitMQ": ("amqp", NodeKind.BROKER),
    "AddKafka": ("kafka", NodeKind.BROKER), "AddNats": ("nats", NodeKind.BROKER),
    "AddPostgres": ("postgresql", NodeKind.DATABASE), "AddMySql": ("mysql", NodeKind.DATABASE),
    "AddSqlServer": ("sqlserver", NodeKind.DATABASE),
    "AddMongoDB": ("mongodb", NodeKind.DATABASE), "AddElasticsearch": ("http", NodeKind.SEARCH),
}  # fmt: skip
"""Calls that add a resource, with the scheme of its address and its kind."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of the model: its name, and the address by which others reach it."""

    name: str
    address: str
    key: str


@dataclass(slots=True)
class Aspire:
    """Reads the model of one project."""

    ev: Evaluator
    folders: dict[str, str] = field(default_factory=dict)

    def facts(self, root: str, project: Project) -> Iterator[Fact]:
        """Yield the units of a project's model, and what they are given."""
        if not any("CreateBuilder" in name for name in project.sites) or not any(
            site.call.dotted().startswith("DistributedApplication")
            for _, site in project.sites.get("CreateBuilder", ())
        ):
            return
        for name, (scheme, kind) in _RESOURCES.items():
            for file, site in project.sites.get(name, ()):
                made = self._part(site.call, scope_of(file, site.context))
                if made is not None:
                    at = f"{file.path}:{site.call.line}"
                    yield Unit(root=root, locator=at, name=made.name, platform="aspire",
                               kind=kind, image=scheme)  # fmt: skip
        for file, site in project.sites.get("AddProject", ()):
            yield from self._project(root, file, site)

    def _project(self, root: str, file: Summary, site: Site) -> Iterator[Fact]:
        scope = scope_of(file, site.context)
        made = self._part(site.call, scope)
        named = site.call.types[0].rpartition(".")[2] if site.call.types else ""
        if made is None:
            return
        at = f"{file.path}:{site.call.line}"
        build = self.folders.get(named.lower())
        yield Unit(root=root, locator=at, name=made.name, platform="aspire", build=build)
        call: Expr | None = site.call
        while (call := file.outer.get(id(call))) is not None:
            yield from self._given(root, f"{file.path}:{call.line}", made.name, call, scope)

    def _given(self, root: str, at: str, unit: str, call: Expr, scope: Scope) -> Iterator[Fact]:
        """What a link of the chain gives a unit."""
        given = call.positional
        other = self._part(given[-1], scope) if given else None
        if other is None:
            return
        if call.text == "WaitFor":
            yield StartAfter(root=root, locator=at, unit=unit, on=other.name, condition="healthy",
                             mechanism="it waits for it")  # fmt: skip
        key = ""
        if call.text == "WithReference":
            key = other.key
        elif call.text == "WithEnvironment" and len(given) > 1:
            key = self.ev.text(given[0], scope)
        if key:
            yield Setting(root=root, locator=at, unit=unit, key=key, value=other.address)

    def _part(self, expr: Expr, scope: Scope) -> _Part | None:
        """The part of the model that an expression stands for."""
        for made, where in [(expr, scope), *origins(self.ev, expr, scope)]:
            links = chain(made)
            name, within = "", ""
            for one in reversed(links):
                text = self.ev.text(one.first, where)
                if one.text == "AddProject" and text:
                    return _Part(text, f"http://{text}", f"services__{text}__http__0")
                if one.text in _RESOURCES and text:
                    scheme = _RESOURCES[one.text][0]
                    name, within = text, f"{scheme}://{text}"
                elif one.text == "AddDatabase" and text and one.receiver is not None:
                    held = self._part(one.receiver, where)
                    if held is not None:
                        key = f"ConnectionStrings__{text}"
                        return _Part(held.name, f"{held.address}/{text}", key)
            if name:
                return _Part(name, within, f"ConnectionStrings__{name}")
            if links and links[0].text == "GetEndpoint" and links[0].receiver is not None:
                return self._part(links[0].receiver, where)
        return None


def project_names(paths: Iterable[str]) -> dict[str, str]:
    """The folder of each .NET project, by the name that Aspire generates for it.

    >>> project_names(["src/Shop.Web/Shop.Web.csproj"])
    {'shop_web': 'src/Shop.Web'}
    """
    found: dict[str, str] = {}
    for one in sorted(paths):
        folder, _, file = one.rpartition("/")
        if file.endswith(".csproj"):
            found[re.sub(r"\W", "_", file.removesuffix(".csproj")).lower()] = folder
    return found
