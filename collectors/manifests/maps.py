"""ConfigMaps and Secrets of a cluster, with those that other objects have it make."""

from __future__ import annotations

import base64
import binascii
import posixpath
import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from collectors.manifests.objects import Object
from collectors.manifests.yamls import EMPTY, Item, documents
from depmap.collecting.secrets import digest

if TYPE_CHECKING:
    from collections.abc import Iterator

_KINDS = frozenset({"ConfigMap", "Secret"})
_SHORT = 3
_ENCRYPTED = "ENC["
_ALIKE = re.compile(r"pass|pwd|user|login|name$|host|port", re.IGNORECASE)
"""Entries whose values are often the same in Secrets that have nothing to do with each other."""

_TELLING = re.compile(r"secret|key|token|jwt|sign|salt|pem|cert|cred|ur[li]$|dsn", re.IGNORECASE)
"""Entries whose values, where they are equal, are one thing."""

MAX_SECRET = 100_000


@dataclass(slots=True)
class Maps:
    """What workloads may take their environment and their files from.

    Attributes:
        held: the ConfigMaps and Secrets of each name.
        origins: where a keeper has an entry of a Secret that is made of it, by (Secret, entry).
        stores: what keeps the origin of a Secret, by the Secret's name: the object that says so.
    """

    held: dict[tuple[str, str], list[Object]] = field(default_factory=lambda: defaultdict(list))
    origins: dict[tuple[str, str], str] = field(default_factory=dict)
    stores: dict[str, Object] = field(default_factory=dict)

    @classmethod
    def of(cls, objects: list[Object]) -> Maps:
        """Collect the maps among some objects, and those that others stand for."""
        found = cls()
        for one in objects:
            if one.kind in _KINDS:
                found.held[one.kind, one.name].append(one)
            for name, entries in _made(one):
                found.stores.setdefault(name, one)
                found.held["Secret", name].append(_secret(one, name, entries))
                for entry, (origin, _) in entries.items():
                    if origin:
                        found.origins.setdefault((name, entry), origin)
        return found

    def find(self, kind: str, name: str, user: Object) -> Object | None:
        """The map of that name that is nearest to its user: beside it, in the base, anywhere."""
        return min(
            self.held.get((kind, name), []),
            key=lambda one: (
                one.namespace != user.namespace and bool(one.namespace and user.namespace),
                one.folder != user.folder,
                bool(one.variant),
                -len(posixpath.commonprefix([one.path, user.path])),
                one.path,
            ),
            default=None,
        )

    def identity(self, name: str, entry: str) -> tuple[str, str]:
        """What an entry of a Secret is called, and the keyed hash by which it is compared.

        Where it is kept elsewhere, that place counts; else its value, when there is only one;
        else its name.
        """
        whole = self.origins.get((name, ""))
        origin = self.origins.get((name, entry)) or (f"{whole}/{entry}" if whole else "")
        if origin:
            return origin, digest(origin)
        values = {value_of(one, entry) for one in self.held.get(("Secret", name), ())}
        value = values.pop() if len(values) == 1 else ""
        known = len(value) > _SHORT and not value.startswith(_ENCRYPTED)
        known = known and _TELLING.search(entry) is not None and not _ALIKE.search(entry)
        source = f"{name}/{entry}"
        return source, digest(value if known else source)


def entries(held: Object | None) -> dict[str, Item]:
    """The entries of a map; nothing where there is none."""
    if held is None:
        return {}
    return {**held.item["data"].pairs, **held.item["stringData"].pairs}


def value_of(held: Object, entry: str) -> str:
    """The text of an entry; empty where it is not known, or no text."""
    plain = held.item["stringData"][entry].text
    text = plain or held.item["data"][entry].text
    if plain or held.kind != "Secret" or len(text) > MAX_SECRET:
        return text
    try:
        return base64.b64decode("".join(text.split()), validate=True).decode()
    except (binascii.Error, ValueError):
        return ""


_Entries = dict[str, tuple[str, Item]]
"""Entries of a Secret that is to be made: where each comes from, and the place that says so."""


def _made(one: Object) -> Iterator[tuple[str, _Entries]]:
    """The Secrets that an object has made, with their entries."""
    match one.kind:
        case "ExternalSecret":
            name = one.spec["target"]["name"].text or one.name
            yield name, _external(one)
        case "SealedSecret":
            name = one.spec["template"]["metadata"]["name"].text or one.name
            sealed = one.spec["encryptedData"].pairs
            yield name, {key: ("", item) for key, item in sealed.items()}
        case "SecretProviderClass":
            paths = provided(one)
            for made in one.spec["secretObjects"].items:
                given: _Entries = {}
                for item in made["data"].items:
                    named = item["objectName"].text
                    given[item["key"].text] = (_joined(*paths.get(named, (named, ""))), item)
                yield made["secretName"].text, given
        case "VaultStaticSecret" | "VaultDynamicSecret":
            name = one.spec["destination"]["name"].text
            path = "/".join(filter(None, (one.spec["mount"].text, one.spec["path"].text)))
            yield name, {"": (path, one.spec["path"])}


def provided(one: Object) -> dict[str, tuple[str, str]]:
    """What a SecretProviderClass takes from a keeper: path and part of it, by its own names."""
    text = one.spec["parameters"]["objects"].text
    listed = next((item for item in documents(text, one.path) if isinstance(item, Item)), EMPTY)
    items = listed.items or listed["array"].items
    held = [
        next((inner for inner in documents(item.text, one.path) if isinstance(inner, Item)), EMPTY)
        if item.text else item
        for item in items
    ]  # fmt: skip
    found: dict[str, tuple[str, str]] = {}
    for item in held:
        name = item["objectName"].text or item["objectAlias"].text
        path = item["secretPath"].text or name or item["resourceName"].text
        if path:
            found[name or path] = (path, item["secretKey"].text)
    return found


def _external(one: Object) -> _Entries:
    found: _Entries = {}
    for item in one.spec["data"].items:
        ref = item["remoteRef"]
        found[item["secretKey"].text] = (_joined(ref["key"].text, ref["property"].text), item)
    for item in one.spec["dataFrom"].items:
        whole = item["extract"]["key"] or item["key"]
        if whole.text:
            found[""] = (whole.text, whole)  # every entry of it, whatever they are called
    for entry, item in one.spec["target"]["template"]["data"].pairs.items():
        found.setdefault(entry, ("", item))
    return found


def _joined(key: str, part: str) -> str:
    return f"{key}/{part}" if part and key else key


def _secret(one: Object, name: str, given: _Entries) -> Object:
    line = one.item.line
    meta = {"name": Item(name, line), "namespace": one.item["metadata"]["namespace"]}
    data = {key: Item(None, item.line) for key, (_, item) in given.items() if key}
    body = {
        "kind": Item("Secret", line),
        "metadata": Item(meta, line),
        "data": Item(data, line),
    }
    return Object(one.path, Item(body, line), one.certainty, one.variant, one.chart)
