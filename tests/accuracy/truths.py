"""Truths read by hand, of either form: with from/to, or with consumer/provider."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FAMILIES = {
    "service": ("http", "proxy", "websocket", "external-http", "external"),
    "rpc": ("grpc", "rpc"),
    "database": ("db", "database"),
    "cache": ("cache",),
    "search": ("search",),
    "messaging": ("queue-publish", "queue-consume", "messaging-publish", "messaging-consume"),
    "event": ("event",),
    "startup": ("startup-order",),
    "monitoring": ("monitoring", "telemetry"),
    "file": ("file",),
    "secret": ("shared-secret",),
}
FAMILY = {kind: family for family, kinds in _FAMILIES.items() for kind in kinds}
_SHARED = {
    "shared-db": "shared-data",
    "shared-cache": "shared-data",
    "shared-schema": "shared-data",
    "shared-volume": "shared-data",
    "shared-broker": "shared-data",
    "copied-code": "shared-library",
    "library-version-conflict": "library-conflict",
}


def normal(name: str) -> str:
    return name.casefold().replace("_", "-")


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the truth, with both of its ends as the truth calls them."""

    consumer: str
    provider: str
    families: tuple[str, ...]
    operations: tuple[str, ...] = ()
    strengths: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    core: bool = True


@dataclass(frozen=True, slots=True)
class Coupling:
    kind: str
    members: frozenset[str]
    core: bool = True


@dataclass(slots=True)
class Truth:
    names: dict[str, str] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    couplings: list[Coupling] = field(default_factory=list)
    negatives: list[Row] = field(default_factory=list)

    def name(self, name: str) -> str:
        return self.names.get(normal(name), normal(name))


def load(path: Path, seen_by: frozenset[str] = frozenset({"code", "deployment"})) -> Truth:
    """Read a truth file of either form: with from/to, or with consumer/provider."""
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    truth = Truth()
    for node in [*document.get("services", ()), *document.get("nodes", ())]:
        for name in (node["name"], *node.get("aliases", ())):
            truth.names[normal(name)] = normal(node["name"])
    for item in document.get("dependencies", ()):
        if seen_by & set(item.get("seen_by", seen_by)):
            truth.rows.extend(_rows(item, truth))
    _add_orders(document, truth)
    for item in document.get("shared", ()):
        if seen_by & set(item.get("seen_by", seen_by)):
            members = frozenset(truth.name(name) for name in item["members"])
            kind = _SHARED.get(item["kind"], item["kind"])
            truth.couplings.append(Coupling(kind, members, item.get("tier") != "extra"))
    for item in document.get("negatives", ()):
        if "members" not in item:
            truth.negatives.extend(_rows(item, truth))
    return truth


def _add_orders(document: dict[str, Any], truth: Truth) -> None:
    """Flows of events and the order of starting, which the public truths keep apart."""
    for item in document.get("event_paths", ()):
        truth.rows.append(_row(item | {"kind": "event"}, item.get("from") or item["producer"],
                               item.get("to") or item.get("consumer"), truth))  # fmt: skip
    for item in document.get("startup", ()):
        hard = "strong" if item.get("hard") else "weak"
        also = ["strong", "weak"] if item.get("also_hard") else []
        given = item | {"kind": "startup-order", "strength": hard, "also_ok": also}
        truth.rows.append(_row(given, item["from"], item["to"], truth))


def _rows(item: dict[str, Any], truth: Truth) -> Iterator[Row]:
    consumers = item.get("from") or item["consumer"]
    provider = item.get("to") or item["provider"]
    for consumer in consumers if isinstance(consumers, list) else [consumers]:
        turned = item.get("kind") == "event" and "provider" in item
        ends = (provider, consumer) if turned else (consumer, provider)
        yield _row(item, *ends, truth)


def _row(item: dict[str, Any], consumer: str, provider: str, truth: Truth) -> Row:
    kinds = [item["kind"], *item.get("also_kind", ())] if "kind" in item else []
    operations = item.get("operations") or ([item["operation"]] if item.get("operation") else [])
    # where the code seems to say something else, a reader of code is right to say so
    strengths = [item[key] for key in ("strength", "code_says") if key in item]
    return Row(
        truth.name(consumer),
        truth.name(provider),
        tuple(dict.fromkeys(FAMILY[kind] for kind in kinds if kind in FAMILY)),
        tuple(str(one) for one in operations),
        (*strengths, *item.get("also_ok", ())),
        tuple(item.get("evidence", ())),
        item.get("tier", "core") != "extra",
    )
