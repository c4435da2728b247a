"""docker-compose files: units with their names, order, mounts and networks."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from collectors.manifests import traefik
from collectors.manifests.compose_commands import asked, command, options, words
from collectors.manifests.compose_includes import Inclusions
from collectors.manifests.compose_layers import (
    Layer,
    entries,
    extended,
    last,
    last_of,
    names_in,
)
from collectors.manifests.compose_mounts import mounted
from collectors.manifests.images import kind_of
from collectors.manifests.interpolation import interpolate
from collectors.manifests.settings import setting
from collectors.manifests.variables import Variables
from collectors.manifests.yamls import EMPTY, Item
from depmap.model.deployed import Mount, StartAfter, Unit
from depmap.model.facts import WaitFor
from depmap.model.words import NodeKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from depmap.model.evidence import Gap
    from depmap.model.facts import Fact

CONDITIONS = {
    "service_started": "started",
    "service_healthy": "healthy",
    "service_completed_successfully": "completed",
}


@dataclass(slots=True)
class Compose:
    """One project: the files of a folder that belong together, in the order they apply.

    Attributes:
        root: the name of the root.
        folder: the folder, relative to the root; empty for the root itself.
        documents: (path, document), the base file first.
        texts: every other file of the root that may be named, by path.
        others: documents of the root by path, for ``extends``.
        variant: what the files are a variant of the base by; empty for the base.
        project: the project whose names these are, where others have the same.
        included: which of the documents others include.
    """

    root: str
    folder: str
    documents: list[tuple[str, Item]]
    texts: Mapping[str, str]
    others: Mapping[str, Item] = field(default_factory=dict)
    variant: str = ""
    project: str = ""
    included: Inclusions = field(default_factory=Inclusions)
    outer: Variables = field(init=False)
    _links: dict[str, list[str]] = field(default_factory=dict)
    _known: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        """Read the variables that the files may use."""
        self.outer = Variables.of(self.root, self.folder, self.texts, self.included.files)

    def facts(self) -> Iterator[Fact | Gap]:
        """Yield the facts of the project."""
        yield from self.included.gaps
        units = self.units()
        self._known = frozenset(units)
        for layers in units.values():
            for _, unit in layers:
                for item in unit["links"].texts:
                    on, mark, alias = self._text(item).partition(":")
                    if mark:
                        self._links.setdefault(on, []).append(alias)
        for name, layers in units.items():
            yield from self._unit(name, layers)
        yield from traefik.labelled(
            {name: self._declared(name, layers) for name, layers in units.items()},
            {name: self._labels(layers) for name, layers in units.items()},
        )

    def units(self) -> dict[str, list[Layer]]:
        """The layers of each unit, by its name."""
        names = dict.fromkeys(name for _, doc in self.documents for name in doc["services"].pairs)
        found: dict[str, list[Layer]] = {}
        for name in names:
            held = [
                (path, doc["services"][name])
                for path, doc in self.documents
                if name in doc["services"].pairs
            ]
            found[name] = [
                layer
                for path, unit in held
                for layer in extended(path, unit, self.others)
            ]  # fmt: skip
        return found

    def identity(self, layers: list[Layer]) -> tuple[str, bool]:
        """What tells a unit from another of its name, and whether it is built."""
        context = self._context(layers)
        dockerfile = self._text(last(layers, "build")["dockerfile"])
        if context is not None:
            return posixpath.normpath(posixpath.join(context, dockerfile)), True
        return self._text(last(layers, "image")).partition(":")[0], False

    def taken(self) -> dict[str, frozenset[str]]:
        """The ports of the machine that each unit publishes."""
        return {
            name: frozenset(
                port.partition(":")[0] for port in self._ports(layers) if ":" in port
            )
            for name, layers in self.units().items()
        }  # fmt: skip

    def _name(self, name: str) -> str:
        project = self.project.rpartition("/")[2]
        return f"{project}-{name}" if self.project and project else name

    def _unit(self, name: str, layers: list[Layer]) -> Iterator[Fact | Gap]:
        yield self._declared(name, layers)
        yield from self._environment(name, layers)
        yield from self._order(name, layers)
        yield from self._mounts(name, layers)
        yield from self._health(name, layers)

    def _context(self, layers: list[Layer]) -> str | None:
        file, build = last_of(layers, "build")
        context = self._text(build["context"]) or "." if build.pairs else self._text(build)
        if not context or "://" in context or context.startswith("git@"):
            return None
        return self.outer.path(context, file)

    def _declared(self, name: str, layers: list[Layer]) -> Unit:
        image = self._text(last(layers, "image"))
        context = self._context(layers)
        kind = None if context is not None else kind_of(image)
        return Unit(
            root=self.root,
            locator=f"{layers[0][0]}:{layers[0][1].line}",
            name=self._name(name),
            kind=kind or NodeKind.SERVICE,
            image=image,
            build=context,
            dockerfile=self._text(last(layers, "build")["dockerfile"]),
            stage=self._text(last(layers, "build")["target"]),
            names=tuple(dict.fromkeys(self._names(name, layers))),
            ports=tuple(self._ports(layers)),
            entrypoint=words(last(layers, "entrypoint"), self.outer.values),
            command=command(layers, self.outer.values),
            folder=self._text(last(layers, "working_dir")),
            networks=self._networks(layers),
            profiles=tuple(item.text for item in last(layers, "profiles").texts),
            variant=self.variant or self._switched_off(layers),
            project=self.project,
        )

    def _switched_off(self, layers: list[Layer]) -> str:
        replicas = last(layers, "deploy")["replicas"]
        for item in (replicas, last(layers, "scale")):
            if self._text(item) == "0":
                return "no replica"
        return ""

    def _networks(self, layers: list[Layer]) -> tuple[str, ...]:
        if last(layers, "network_mode"):
            return ()
        networks = {network for _, unit in layers for network in names_in(unit["networks"])}
        return tuple(sorted(map(self._network, networks or {"default"})))

    def _network(self, name: str) -> str:
        """A network by the name that it has outside of the project, where it has one."""
        declared = next((d["networks"][name] for _, d in self.documents if d["networks"]), EMPTY)
        outer = self._text(declared["name"]) or self._text(declared["external"]["name"])
        if outer or self._text(declared["external"]) == "true":
            return outer or name
        return f"{self.folder}/{name}" if self.folder else name

    def _text(self, item: Item) -> str:
        return interpolate(item.text, self.outer.values)[0]

    def _names(self, name: str, layers: list[Layer]) -> Iterator[str]:
        if self.project:
            yield name
        yield from self._links.get(name, ())
        for _, unit in layers:
            for key in ("container_name", "hostname"):
                if unit[key].text:
                    yield self._text(unit[key])
            for network in unit["networks"].pairs.values():
                yield from (self._text(item) for item in network["aliases"].texts)
                if network["ipv4_address"].text:
                    yield self._text(network["ipv4_address"])

    def _ports(self, layers: list[Layer]) -> Iterator[str]:
        for _, unit in layers:
            for item in unit["ports"].items:
                if item.pairs:
                    published, target = self._text(item["published"]), self._text(item["target"])
                    yield f"{published}:{target}" if published else target
                elif item.text:
                    yield _port(self._text(item))
            yield from (_port(self._text(item)) for item in unit["expose"].texts)

    def _labels(self, layers: list[Layer]) -> dict[str, tuple[str, str]]:
        """Labels of a unit with their places."""
        return {
            key: (self._text(item), f"{path}:{item.line}")
            for path, unit in layers
            for source in (unit["labels"], unit["deploy"]["labels"])
            for key, item in entries(source)
        }

    def _environment(self, name: str, layers: list[Layer]) -> Iterator[Fact | Gap]:
        given, gaps = self.outer.given(name, layers)
        yield from gaps
        for key, (value, locator, source) in given.items():
            yield setting(
                self.root, locator, self._name(name), (key, value), source, variant=self.variant
            )
        for at, option in options(layers, self.outer.values, self._known):
            yield setting(self.root, at, self._name(name), option, variant=self.variant)

    def _order(self, name: str, layers: list[Layer]) -> Iterator[Fact]:
        for path, unit in layers:
            wanted = unit["depends_on"]
            for item in wanted.texts:
                yield self._after(name, self._text(item), EMPTY, f"{path}:{item.line}")
            for on, how in wanted.pairs.items():
                yield self._after(name, on, how, f"{path}:{how.line}")
            for item in unit["links"].texts:
                on = self._text(item).partition(":")[0]
                yield self._after(name, on, EMPTY, f"{path}:{item.line}")

    def _after(self, name: str, on: str, how: Item, at: str) -> StartAfter:
        condition = CONDITIONS.get(how["condition"].text, "started")
        return StartAfter(
            root=self.root,
            locator=at,
            unit=self._name(name),
            on=self._name(on),
            condition=condition,
            mechanism=f"depends_on, condition {condition}",
            required=self._text(how["required"]).lower() != "false",
            variant=self.variant,
        )

    def _health(self, name: str, layers: list[Layer]) -> Iterator[Fact]:
        """What a unit's health check asks, other than the unit itself."""
        others = self._known - {name}
        for at, target in asked(layers, self.outer.values, others):
            yield WaitFor(
                root=self.root,
                locator=at,
                targets=(target,),
                mechanism="its health check asks it",
                hard=False,
                unit=self._name(name),
            )

    def _mounts(self, name: str, layers: list[Layer]) -> Iterator[Fact]:
        for at, source, target, kind in mounted(layers, self.outer):
            yield Mount(
                root=self.root,
                locator=at,
                unit=self._name(name),
                source=source,
                target=target,
                kind=kind,
            )


def _port(text: str) -> str:
    return ":".join(text.partition("/")[0].split(":")[-2:])
