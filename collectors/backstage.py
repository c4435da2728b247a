"""Backstage: what catalogue files declare; a declaration says nothing about strength.

The descriptor format is that of Backstage's documentation ("Descriptor Format of Catalog
Entities"): references are ``[kind:][namespace/]name``; kind and namespace fall back to what the
place of the reference implies.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from depmap.collecting.files import SourceFile, read_text, walk
from depmap.collecting.port import Collector, Item, Window, option
from depmap.collecting.yaml_text import Document, YamlProblem, read_documents
from depmap.errors import InputError, did_you_mean
from depmap.model.evidence import Evidence, Gap, Node
from depmap.model.words import Kind, NodeKind, Source

if TYPE_CHECKING:
    from collections.abc import Iterator

DECLARED = 0.6
"""How sure a catalogue makes it that a dependency is there, 0-1: nobody is made to keep it up."""

Ref = tuple[str, str, str]
"""Kind, namespace and name of an entity, in small letters."""

_RESOURCES = {
    "database": (NodeKind.DATABASE, Kind.DATABASE),
    "cache": (NodeKind.CACHE, Kind.CACHE),
    "search": (NodeKind.SEARCH, Kind.SEARCH),
    "queue": (NodeKind.BROKER, Kind.RPC),
    "topic": (NodeKind.TOPIC, Kind.RPC),
    "secret": (NodeKind.SECRET, Kind.SHARED_SECRET),
}
_API_KINDS = {"openapi": Kind.HTTP, "graphql": Kind.HTTP, "grpc": Kind.GRPC}
_DEPENDED_ON = frozenset({"component", "resource"})
_NOTHING = Document(None, {}, 1)
_LISTS = ("dependsOn", "dependencyOf", "consumesApis", "providesApis")


@dataclass(frozen=True)
class Backstage(Collector):
    """Catalogue files of Backstage: components, resources, APIs and what they depend on."""

    name: ClassVar[str] = "backstage"
    source: ClassVar[Source] = Source.PEOPLE

    paths: tuple[Path, ...] = option("catalogue files, or folders that hold them")

    def collect(self, window: Window) -> Iterator[Item]:  # noqa: ARG002 - catalogues have no time
        """Yield nodes and declared dependencies; references to nothing are gaps."""
        entities: dict[Ref, _Entity] = {}
        for path in self.paths:
            for file in _files(path):
                for found in [file] if isinstance(file, Gap) else _read(file):
                    if isinstance(found, _Entity):
                        entities.setdefault(found.ref, found)
                    else:
                        yield found
        yield from _Catalogue(entities).items()


@dataclass(frozen=True, slots=True)
class _Entity:
    """One document of a catalogue."""

    ref: Ref
    name: str
    spec: dict[str, Any]
    document: Document
    file: str

    @property
    def type(self) -> str:
        return str(self.spec.get("type", "")).casefold()

    def place(self, *path: str | int) -> str:
        return f"{self.file}:{self.document.where(('spec', *path))[0]}"

    def refs(self, key: str, kind: str) -> Iterator[tuple[Ref, str, str]]:
        """Yield each reference of a list: what it means, how it is written, and where."""
        listed = self.spec.get(key)
        for i, text in enumerate(listed if isinstance(listed, list) else ()):
            yield _ref(str(text), kind, self.ref[1]), str(text), self.place(key, i)


def _files(path: Path) -> Iterator[SourceFile | Gap]:
    if path.is_dir():
        yield from walk(path, lambda name: name.startswith("catalog") and name.endswith("yaml"))
    elif path.is_file():
        yield SourceFile(path, path.name)
    else:
        raise InputError("there is no such file or folder", where=str(path))


def _read(file: SourceFile) -> Iterator[_Entity | Gap]:
    text = read_text(file)
    if isinstance(text, Gap):
        yield text
        return
    for document in read_documents(text):
        if isinstance(document, YamlProblem):
            place = f"{file.name}:{document.line}:{document.column}"
            yield Gap("an entity that cannot be read", document.why, place)
        elif document.value is not None:
            yield _entity(document, file.name)


def _entity(document: Document, file: str) -> _Entity | Gap:
    data = document.value if isinstance(document.value, dict) else {}
    metadata, spec = data.get("metadata"), data.get("spec") or {}
    name = metadata.get("name") if isinstance(metadata, dict) else None
    known = str(data.get("apiVersion", "")).startswith("backstage.io/")
    if not known or not isinstance(name, str) or not isinstance(spec, dict):
        why = "it needs apiVersion: backstage.io/..., kind, and metadata with a name"
        return Gap("this is no entity of a Backstage catalogue", why, f"{file}:{document.line}:1")
    namespace = str(metadata.get("namespace") or "default") if isinstance(metadata, dict) else ""
    ref = (str(data.get("kind", "")).casefold(), namespace.casefold(), name.casefold())
    return _Entity(ref, name, spec, document, file)


def _ref(text: str, kind: str, namespace: str) -> Ref:
    head, colon, rest = text.partition(":")
    kind, rest = (head, rest) if colon else (kind, text)
    space, slash, name = rest.partition("/")
    namespace, name = (space, name) if slash else (namespace, rest)
    return kind.casefold(), namespace.casefold(), name.casefold()


class _Catalogue:
    """All entities, so that references can be followed."""

    def __init__(self, entities: dict[Ref, _Entity]) -> None:
        self._entities = entities
        self._providers: dict[Ref, list[_Entity]] = defaultdict(list)
        for entity in entities.values():
            for ref, _, _ in entity.refs("providesApis", "api"):
                self._providers[ref].append(entity)

    def items(self) -> Iterator[Item]:
        """Yield what the catalogue says, by entity."""
        for _, entity in sorted(self._entities.items()):
            if entity.ref[0] in {"component", "resource"}:
                yield self._node(entity)
                for key in _LISTS:
                    for ref, text, place in entity.refs(key, _implied(key)):
                        yield from self._claims(entity, key, (ref, text, place))

    def _node(self, entity: _Entity) -> Node:
        kind = NodeKind.SERVICE
        if entity.ref[0] == "resource":
            kind = _RESOURCES.get(entity.type, (NodeKind.EXTERNAL, Kind.RPC))[0]
        return Node(
            name=entity.name,
            kind=kind,
            owner=_ref(str(entity.spec.get("owner", "")), "group", "default")[2],
            locators=(entity.place("owner"),),
        )

    def _claims(self, entity: _Entity, key: str, cited: tuple[Ref, str, str]) -> Iterator[Item]:
        ref, text, place = cited
        if key in {"consumesApis", "providesApis"}:
            api = self._entities.get(ref)
            kind = _API_KINDS.get(api.type if api else "", Kind.RPC)
            if api is None and not self._providers[ref]:
                yield self._dangling(text, place, "api")
            elif key == "consumesApis":
                others = self._providers[ref]
                if not others:
                    why = "no component of the catalogue provides it"
                    yield Gap(f"who answers for the API {text}", why, place)
                yield from (_claim(entity, other, kind, place) for other in others)
            return
        other = self._entities.get(ref)
        if other is None:
            yield self._dangling(text, place, ref[0])
            if self._near(text, ref[0]) or ref[0] not in _DEPENDED_ON:
                return
            # Catalogues lie in many repositories: what is not read here is still named.
            other = _Entity(ref, text.rpartition("/")[2].rpartition(":")[2], {}, _NOTHING, "")
        consumer, provider = (entity, other) if key == "dependsOn" else (other, entity)
        yield _claim(consumer, provider, _kind_of(provider), place)

    def _near(self, text: str, kind: str) -> str:
        names = [entity.name for ref, entity in self._entities.items() if ref[0] == kind]
        return did_you_mean(text.rpartition("/")[2].rpartition(":")[2], names)

    def _dangling(self, text: str, place: str, kind: str) -> Gap:
        why = self._near(text, kind) or "it is in none of the catalogue files that were read"
        return Gap(f"the reference {text}", why, place)


def _implied(key: str) -> str:
    return "api" if key.endswith("Apis") else "component"


def _kind_of(provider: _Entity) -> Kind:
    if provider.ref[0] != "resource":
        return Kind.RPC
    return _RESOURCES.get(provider.type, (NodeKind.EXTERNAL, Kind.RPC))[1]


def _claim(consumer: _Entity, provider: _Entity, kind: Kind, place: str) -> Evidence:
    return Evidence(
        consumer=consumer.name,
        provider=provider.name,
        kind=kind,
        source=Source.PEOPLE,
        locators=(place,),
        confidence=DECLARED,
        reason="declared in the catalogue",
    )
