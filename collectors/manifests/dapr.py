"""Dapr: which applications use which component, and what is behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collectors.manifests.maps import value_of
from collectors.manifests.objects import pod_of
from collectors.manifests.settings import address_in, setting
from collectors.manifests.variants import is_aside, is_staged
from depmap.model.relations import Relation
from depmap.model.words import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collectors.manifests.maps import Maps
    from collectors.manifests.objects import Object
    from depmap.model.deployed import Setting

SCOPED = 0.7
"""Confidence where a component names the applications that may use it."""

ANYONE = 0.4
"""The same where it is there for every application."""

SUBSCRIBED = 0.85
_CACHES = frozenset({"redis", "memcached", "in-memory"})
_SCHEMES = {
    "redis": "redis", "rabbitmq": "amqp", "azure.servicebus": "amqp", "kafka": "kafka",
    "azure.servicebus.topics": "amqp", "azure.servicebus.queues": "amqp", "jetstream": "nats",
    "mongodb": "mongodb", "postgresql": "postgresql", "mysql": "mysql", "memcached": "memcached",
    "azure.eventhubs": "kafka",
}  # fmt: skip
"""What the types of components speak."""

_ADDRESSES = ("redisHost", "brokers", "host", "connectionString", "url", "natsURL", "address",
              "server", "hosts", "endpoint", "vaultAddr")  # fmt: skip


def app_id(one: Object) -> str:
    """The name under which Dapr knows a workload; empty where it does not."""
    return pod_of(one.item)["metadata"]["annotations"]["dapr.io/app-id"].text


def read(root: str, objects: list[Object], maps: Maps) -> Iterator[Relation | Setting]:
    """Yield the use of each component by its applications, and their subscriptions.

    Applications know a component by its name; what is behind it is a setting of theirs, called
    ``dapr:`` and that name. Of components of one name one is the system's.
    """
    apps = {app_id(one): one.name for one in objects if app_id(one)}
    components: dict[str, Object] = {}
    for one in sorted(filter(_is_component, objects), key=_rank):
        first = components.setdefault(one.name, one)
        kind = _kind(one.spec["type"].text)
        if kind is None:
            continue
        scopes = [item.text for item in one.item["scopes"].texts]
        behind = _behind(one, maps)
        variant = _variant(one) if first is one else one.variant or one.folder
        for app in scopes or sorted(apps):
            confidence = SCOPED if scopes else ANYONE
            unit = apps.get(app, app)
            yield _used(root, one, (unit, behind), (kind, "", confidence), variant)
            if first is one and app in apps and "://" in behind:
                given = (f"dapr:{one.name}", behind)
                yield setting(root, _place(one), unit, given, one.name, variant=variant)
    for one in objects:
        if one.kind == "Subscription" and "dapr.io" in one.item["apiVersion"].text:
            component = components.get(one.spec["pubsubname"].text)
            what = (Kind.MESSAGING_CONSUME, one.spec["topic"].text, SUBSCRIBED)
            if component is None:
                continue
            for item in one.item["scopes"].texts:
                app = apps.get(item.text, item.text)
                yield _used(root, one, (app, _behind(component, maps)), what, one.variant)


def _is_component(one: Object) -> bool:
    return one.kind == "Component" and "dapr.io" in one.item["apiVersion"].text


def _rank(one: Object) -> tuple[bool, bool, str]:
    return is_staged(one.path), bool(_variant(one)), one.path


def _variant(one: Object) -> str:
    """The variant that it is limited to: a folder called ``components`` is none, of Dapr's."""
    above, _, last = one.variant.rpartition("/")
    return "" if last == "components" and not is_aside(above) else one.variant


def _kind(kind: str) -> Kind | None:
    block, _, system = kind.partition(".")
    if block == "pubsub":
        return Kind.MESSAGING_PUBLISH
    if block == "state":
        return Kind.CACHE if system in _CACHES else Kind.DATABASE
    return None


def _behind(one: Object, maps: Maps) -> str:
    """The address of what is behind a component; its own name where no file gives one."""
    given = {item["name"].text: item for item in one.spec["metadata"].items}
    kind = one.spec["type"].text.partition(".")[2]
    scheme = _SCHEMES.get(kind, "")
    for key in _ADDRESSES:
        item = given.get(key)
        if item is None:
            continue
        ref = item["secretKeyRef"]
        held = maps.find("Secret", ref["name"].text, one) if ref else None
        text = value_of(held, ref["key"].text) if held is not None else item["value"].text
        host = text.partition(",")[0].partition(":")[0].partition(".")[0]
        address = address_in(text.partition(",")[0], {host})
        if address:
            return address if "://" in address or not scheme else f"{scheme}://{address}"
    return f"{scheme}://{one.name}" if scheme else kind


def _place(one: Object) -> str:
    return one.at(one.item["metadata"]["name"])


def _used(
    root: str, one: Object, ends: tuple[str, str], what: tuple[Kind, str, float], variant: str
) -> Relation:
    (app, provider), (kind, operation, confidence) = ends, what
    return Relation(
        root=root,
        locator=_place(one),
        consumer=app,
        provider=provider,
        kind=kind,
        operation=operation,
        confidence=confidence * one.certainty,
        reason=f"the component {one.name} of Dapr gives it access",
        variant=variant,
    )
