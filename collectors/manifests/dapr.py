"""Dapr: which applications use which component, and what is behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collectors.manifests.maps import value_of
from collectors.manifests.objects import pod_of
from collectors.manifests.settings import address_in
from depmap.model.relations import Relation
from depmap.model.words import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collectors.manifests.maps import Maps
    from collectors.manifests.objects import Object

SCOPED = 0.7
"""Confidence where a component names the applications that may use it."""

ANYONE = 0.4
"""The same where it is there for every application."""

SUBSCRIBED = 0.85
_CACHES = frozenset({"redis", "memcached", "in-memory"})
_ADDRESSES = ("redisHost", "brokers", "host", "connectionString", "url", "natsURL", "address",
              "server", "hosts", "endpoint", "vaultAddr")  # fmt: skip


def app_id(one: Object) -> str:
    """The name under which Dapr knows a workload; empty where it does not."""
    return pod_of(one.item)["metadata"]["annotations"]["dapr.io/app-id"].text


def read(root: str, objects: list[Object], maps: Maps) -> Iterator[Relation]:
    """Yield the use of each component by its applications, and their subscriptions."""
    apps = {app_id(one): one.name for one in objects if app_id(one)}
    components = {
        one.name: one
        for one in objects
        if one.kind == "Component" and "dapr.io" in one.item["apiVersion"].text
    }
    for one in components.values():
        kind = _kind(one.spec["type"].text)
        if kind is None:
            continue
        scopes = [item.text for item in one.item["scopes"].texts]
        for app in scopes or sorted(apps):
            confidence = SCOPED if scopes else ANYONE
            yield _used(root, one, apps.get(app, app), _behind(one, maps), (kind, "", confidence))
    for one in objects:
        if one.kind == "Subscription" and "dapr.io" in one.item["apiVersion"].text:
            component = components.get(one.spec["pubsubname"].text)
            what = (Kind.MESSAGING_CONSUME, one.spec["topic"].text, SUBSCRIBED)
            if component is None:
                continue
            for item in one.item["scopes"].texts:
                app = apps.get(item.text, item.text)
                yield _used(root, one, app, _behind(component, maps), what)


def _kind(kind: str) -> Kind | None:
    block, _, system = kind.partition(".")
    if block == "pubsub":
        return Kind.MESSAGING_PUBLISH
    if block == "state":
        return Kind.CACHE if system in _CACHES else Kind.DATABASE
    return None


def _behind(one: Object, maps: Maps) -> str:
    """The address of what is behind a component; what it is where no address is given."""
    given = {item["name"].text: item for item in one.spec["metadata"].items}
    for key in _ADDRESSES:
        item = given.get(key)
        if item is None:
            continue
        ref = item["secretKeyRef"]
        held = maps.find("Secret", ref["name"].text, one) if ref else None
        text = value_of(held, ref["key"].text) if held is not None else item["value"].text
        host = text.partition(",")[0].partition(":")[0]
        address = address_in(text.partition(",")[0], {host})
        if address:
            return address
    return one.spec["type"].text.partition(".")[2]


def _used(
    root: str, one: Object, app: str, provider: str, what: tuple[Kind, str, float]
) -> Relation:
    kind, operation, confidence = what
    return Relation(
        root=root,
        locator=one.at(one.item["metadata"]["name"]),
        consumer=app,
        provider=provider,
        kind=kind,
        operation=operation,
        confidence=confidence * one.certainty,
        reason=f"the component {one.name} of Dapr gives it access",
        variant=one.variant,
    )
