"""docker-compose files: units with their environment, order, mounts and networks."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from collectors.manifests.images import kind_of
from collectors.manifests.interpolation import env_file, interpolate
from collectors.manifests.settings import setting
from collectors.manifests.yamls import EMPTY, Item
from depmap.model.evidence import Gap
from depmap.model.facts import Mount, StartAfter, Unit
from depmap.model.words import NodeKind

if TYPE_CHECKING:
    from collections.abc import Iterator

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
    """

    root: str
    folder: str
    documents: list[tuple[str, Item]]
    texts: Mapping[str, str]
    outer: dict[str, str] = field(default_factory=dict)

    def facts(self) -> Iterator[Fact | Gap]:
        """Yield the facts of the project."""
        dotenv = self.texts.get(self._path(".env"), "")
        self.outer = {name: value for name, (value, _) in env_file(dotenv, {}).items()}
        names = list(
            dict.fromkeys(name for _, doc in self.documents for name in doc["services"].pairs)
        )
        for name in names:
            yield from self._unit(name)

    def _path(self, name: str) -> str:
        return posixpath.normpath(posixpath.join(self.folder, name))

    def _unit(self, name: str) -> Iterator[Fact | Gap]:
        layers = [
            (path, doc["services"][name])
            for path, doc in self.documents
            if name in doc["services"].pairs
        ]
        yield self._declared(name, layers)
        yield from self._environment(name, layers)
        yield from self._order(name, layers)
        yield from self._mounts(name, layers)

    def _declared(self, name: str, layers: list[tuple[str, Item]]) -> Unit:
        image = self._text(_last(layers, "image"))
        build = _last(layers, "build")
        context = self._text(build["context"]) or "." if build.pairs else self._text(build)
        networks = {network for _, unit in layers for network in _names_in(unit["networks"])}
        return Unit(
            root=self.root,
            locator=f"{layers[0][0]}:{layers[0][1].line}",
            name=name,
            kind=(None if context else kind_of(image)) or NodeKind.SERVICE,
            image=image,
            build=self._path(context) if context else None,
            dockerfile=self._text(build["dockerfile"]),
            names=tuple(dict.fromkeys(self._names(layers))),
            ports=tuple(self._ports(layers)),
            command=self._command(layers),
            networks=tuple(sorted(networks)),
            profiles=tuple(item.text for item in _last(layers, "profiles").texts),
        )

    def _text(self, item: Item) -> str:
        return interpolate(item.text, self.outer)[0]

    def _names(self, layers: list[tuple[str, Item]]) -> Iterator[str]:
        for _, unit in layers:
            for key in ("container_name", "hostname"):
                if unit[key].text:
                    yield self._text(unit[key])
            for network in unit["networks"].pairs.values():
                yield from (self._text(item) for item in network["aliases"].texts)

    def _ports(self, layers: list[tuple[str, Item]]) -> Iterator[str]:
        for _, unit in layers:
            for item in unit["ports"].items:
                if item.pairs:
                    published, target = self._text(item["published"]), self._text(item["target"])
                    yield f"{published}:{target}" if published else target
                elif item.text:
                    yield _port(self._text(item))
            yield from (_port(self._text(item)) for item in unit["expose"].texts)

    def _command(self, layers: list[tuple[str, Item]]) -> str:
        words = [
            " ".join(self._text(one) for one in _last(layers, key).texts)
            for key in ("entrypoint", "command")
        ]
        return " ".join(filter(None, words))

    def _environment(self, name: str, layers: list[tuple[str, Item]]) -> Iterator[Fact | Gap]:
        given: dict[str, tuple[str, str, str]] = {}
        for path, unit in layers:
            for item in _files(unit["env_file"]):
                target = self._path(self._text(item))
                text = self.texts.get(target)
                if text is None:
                    what = f"the variables that {name} gets of {target}"
                    yield Gap(what, "the file is not in this folder", f"{path}:{item.line}")
                    continue
                for key, (value, line) in env_file(text, self.outer).items():
                    given[key] = (value, f"{target}:{line}", f"{target}/{key}")
        for path, unit in layers:
            for key, item in _entries(unit["environment"]):
                at = f"{path}:{item.line}"
                value, source, unknown = self._value(key, item)
                given[key] = (value, at, source)
                if unknown and not value:
                    del given[key]
                    why = f"nothing gives {', '.join(unknown)} a value"
                    yield Gap(f"what {name} gets as {key}", why, at)
        for key, (value, locator, source) in given.items():
            yield setting(self.root, locator, name, (key, value), source)

    def _value(self, key: str, item: Item) -> tuple[str, str, list[str]]:
        """The value of a variable, what it is named where it comes from, and what is missing."""
        raw = item.text if item.value is not None else f"${{{key}}}"
        value, unknown = interpolate(raw, self.outer)
        whole = raw.startswith("${") and raw.find("}") == len(raw) - 1
        return value, raw[2:-1] if whole else "", unknown

    def _order(self, name: str, layers: list[tuple[str, Item]]) -> Iterator[Fact]:
        for path, unit in layers:
            wanted = unit["depends_on"]
            for item in wanted.texts:
                yield self._after(name, self._text(item), "started", f"{path}:{item.line}")
            for on, how in wanted.pairs.items():
                condition = CONDITIONS.get(how["condition"].text, "started")
                yield self._after(name, on, condition, f"{path}:{how.line}")
            for item in unit["links"].texts:
                on = self._text(item).partition(":")[0]
                yield self._after(name, on, "started", f"{path}:{item.line}")

    def _after(self, name: str, on: str, condition: str, at: str) -> StartAfter:
        return StartAfter(
            root=self.root,
            locator=at,
            unit=name,
            on=on,
            condition=condition,
            mechanism=f"depends_on, condition {condition}",
        )

    def _mounts(self, name: str, layers: list[tuple[str, Item]]) -> Iterator[Fact]:
        for path, unit in layers:
            for item in unit["volumes"].items:
                source, target = self._text(item["source"]), self._text(item["target"])
                if item.text:
                    source, _, rest = self._text(item).partition(":")
                    target = rest.partition(":")[0]
                if target:
                    local = source.startswith((".", "/", "~"))
                    kind = "file" if local else "volume"
                    source = self._path(source) if local else source
                    yield self._mount(name, f"{path}:{item.line}", source, (target, kind))
            for kind in ("secret", "config"):
                for item in unit[f"{kind}s"].items:
                    source = self._text(item) or self._text(item["source"])
                    target = self._text(item["target"]) or f"/run/secrets/{source}"
                    yield self._mount(name, f"{path}:{item.line}", source, (target, kind))

    def _mount(self, name: str, at: str, source: str, to: tuple[str, str]) -> Mount:
        target, kind = to
        return Mount(
            root=self.root, locator=at, unit=name, source=source, target=target, kind=kind
        )


def _last(layers: list[tuple[str, Item]], key: str) -> Item:
    return next((unit[key] for _, unit in reversed(layers) if unit[key].value is not None), EMPTY)


def _names_in(item: Item) -> list[str]:
    return [one.text for one in item.texts] or list(item.pairs)


def _files(item: Item) -> list[Item]:
    return [one["path"] if one.pairs else one for one in (item.items or [item]) if one]


def _entries(item: Item) -> Iterator[tuple[str, Item]]:
    yield from item.pairs.items()
    for one in item.texts:
        key, mark, value = one.text.partition("=")
        yield key.strip(), Item(value if mark else None, one.line)


def _port(text: str) -> str:
    parts = text.partition("/")[0].split(":")
    if len(parts) == 1:
        return parts[0]
    return f"{parts[-2]}:{parts[-1]}"
