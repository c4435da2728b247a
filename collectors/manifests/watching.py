"""Telemetry: what Prometheus scrapes, and where collectors and dashboards look."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from collectors.manifests import yamls
from collectors.manifests.objects import labels, pod_of, selector
from collectors.manifests.settings import address_in
from collectors.manifests.yamls import Item
from depmap.model.relations import Relation
from depmap.model.words import Kind, Strength

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from collectors.manifests.objects import Object

WATCHER = "prometheus"
_LOCAL = frozenset({"localhost", "127.0.0.1", "0.0.0.0"})  # noqa: S104 - names of the machine
_WORD = re.compile(r"[\"'\s=]((?:https?://)?[a-z][\w.-]*:\d{2,5}|https?://[a-z][\w.:-]*)")
MAX_FOUND = 200
Place = tuple[str, int]
"""A file, and the line of it at which a text starts."""


def read(root: str, path: str, document: Item) -> Iterator[Relation]:
    """Yield one relation for each target that a configuration of Prometheus names."""
    yield from _scraped(root, (path, 1), WATCHER, document)


def _scraped(root: str, at: Place, watcher: str, document: Item) -> Iterator[Relation]:
    path, first = at
    for job in document["scrape_configs"].items:
        shown = f"GET /{job['metrics_path'].text.lstrip('/') or 'metrics'}"
        targets = [one for group in job["static_configs"].items for one in group["targets"].texts]
        for group in job["dns_sd_configs"].items:
            targets += [_with_port(one, group["port"].text) for one in group["names"].texts]
        for target in targets:
            address = target.text.partition("://")[2] or target.text
            host = address.partition(":")[0]
            if host and host not in _LOCAL and "$" not in host:
                line = first + target.line - 1
                pair = (watcher, f"http://{address.partition('/')[0]}")
                yield _watched(root, f"{path}:{line}", pair, shown, "it is scraped")


def _with_port(item: Item, port: str) -> Item:
    return Item(f"{item.text}:{port}" if port else item.text, item.line)


def told(root: str, at: Place, unit: str, text: str, known: Container[str]) -> Iterator[Relation]:
    """Yield what a configuration of a telemetry tool has it look at or send to.

    Args:
        root: the name of the root.
        at: where the configuration starts.
        unit: the tool.
        text: the configuration.
        known: names of what is deployed; addresses of others are left out.
    """
    path, first = at
    if "scrape_configs" in text:
        for document in yamls.documents(text, path):
            if isinstance(document, Item):
                yield from _scraped(root, at, unit, document)
        return
    seen: dict[str, int] = {}
    for number, line in enumerate(text.splitlines()):
        for match in _WORD.finditer(line.partition("#")[0] if "#" in line else line):
            host = re.sub(r"^https?://", "", match[1]).partition(":")[0].partition(".")[0]
            if host in known and host != unit and address_in(match[1], known):
                seen.setdefault(match[1], number)
    for address, number in list(seen.items())[:MAX_FOUND]:
        target = address if "://" in address else f"http://{address}"
        why = "its configuration names it"
        yield _watched(root, f"{path}:{first + number}", (unit, target), "", why)


def _watched(root: str, at: str, pair: tuple[str, str], operation: str, reason: str) -> Relation:
    return Relation(
        root=root,
        locator=at,
        consumer=pair[0],
        provider=pair[1],
        kind=Kind.MONITORING,
        operation=operation,
        strength=Strength.OPTIONAL,
        confidence=0.9,
        reason=reason,
    )


def monitors(root: str, objects: list[Object], workloads: Container[str]) -> Iterator[Relation]:
    """Yield what Prometheus is told to scrape by objects of a cluster and by annotations.

    Args:
        root: the name of the root.
        objects: the objects.
        workloads: the kinds of objects that run something.
    """
    told_by = [one for one in objects if one.kind in {"ServiceMonitor", "PodMonitor"}]
    for one in told_by:
        wanted = set(selector(one.spec["selector"]))
        key = "endpoints" if one.kind == "ServiceMonitor" else "podMetricsEndpoints"
        paths = [item["path"].text for item in one.spec[key].items]
        for other in objects:
            fits = other.kind == "Service" if key == "endpoints" else other.kind in workloads
            held = labels(other.item if key == "endpoints" else pod_of(other.item))
            if fits and wanted and wanted <= {f"{k}={v}" for k, v in held.items()}:
                yield _told(root, one, one.item, other.name, next(filter(None, paths), ""))
    watchers = [one for one in objects if one.kind in workloads and _is_watcher(one)]
    for one in objects if watchers or told_by else ():
        scraped = pod_of(one.item) if one.kind in workloads else one.item
        notes = scraped["metadata"]["annotations"]
        if notes["prometheus.io/scrape"].text.lower() == "true" and one not in watchers:
            where = notes["prometheus.io/scrape"]
            yield _told(root, one, where, one.name, notes["prometheus.io/path"].text)


def _is_watcher(one: Object) -> bool:
    images = [item["image"].text for item in pod_of(one.item)["spec"]["containers"].items]
    return any(re.search(r"(?:^|/)(?:prom/)?prometheus(?::|@|$)", image) for image in images)


def _told(root: str, one: Object, item: Item, unit: str, path: str) -> Relation:
    made = _watched(root, one.at(item), (WATCHER, unit), f"GET /{path.lstrip('/') or 'metrics'}",
                    f"{one.name} has it scraped")  # fmt: skip
    return replace(made, confidence=0.9 * one.certainty, variant=one.variant)
