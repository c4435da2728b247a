"""What makes a workload grow: queues, metrics and other workloads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collectors.manifests.maps import value_of
from collectors.manifests.settings import address_in
from depmap.model.relations import Relation
from depmap.model.words import Kind, Strength

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collectors.manifests.maps import Maps
    from collectors.manifests.objects import Object
    from collectors.manifests.yamls import Item

_WHAT = {"kafka": "topic", "rabbitmq": "queueName", "redis": "listName",
         "redis-streams": "stream", "nats-jetstream": "stream", "aws-sqs-queue": "queueURL",
         "gcp-pubsub": "subscriptionName", "azure-servicebus": "queueName",
         "apache-kafka": "topic", "prometheus": "metricName", "postgresql": "query",
         "mysql": "query", "mongodb": "collection"}  # fmt: skip
_ADDRESSES = ("bootstrapServers", "host", "hostFromEnv", "address", "addressFromEnv",
              "natsServerMonitoringEndpoint", "queueURL", "serverAddress", "connection",
              "connectionFromEnv", "connectionStringFromEnv", "connectionString",
              "bootstrapServersFromEnv", "queueURLFromEnv")  # fmt: skip
MAX_SHOWN = 80


def read(root: str, objects: list[Object], maps: Maps) -> Iterator[Relation]:
    """Yield what scalers watch."""
    for one in objects:
        if one.kind in {"ScaledObject", "ScaledJob"}:
            yield from _scaled(root, one, objects, maps)
        elif one.kind == "HorizontalPodAutoscaler":
            yield from _metrics(root, one)


def _scaled(root: str, one: Object, objects: list[Object], maps: Maps) -> Iterator[Relation]:
    unit = one.spec["scaleTargetRef"]["name"].text or one.name
    for trigger in one.spec["triggers"].items:
        kind, given = trigger["type"].text, trigger["metadata"]
        if kind not in _WHAT:
            continue
        address = next((given[key].text for key in _ADDRESSES if given[key].text), "")
        address = address or _secret(trigger["authenticationRef"]["name"].text, objects, maps)
        if not address:
            continue
        what = given[_WHAT[kind]].text or given["query"].text
        yield Relation(
            root=root,
            locator=one.at(trigger),
            consumer=unit,
            provider=address.partition(",")[0],
            kind=Kind.SCALING,
            operation=" ".join(what.split())[:MAX_SHOWN],
            strength=Strength.WEAK,
            confidence=0.8 * one.certainty,
            reason=f"it is scaled by what {kind} says",
            variant=one.variant,
        )


def _secret(name: str, objects: list[Object], maps: Maps) -> str:
    """The address that a trigger is given by a Secret; empty where none is known."""
    for one in objects:
        if one.kind in {"TriggerAuthentication", "ClusterTriggerAuthentication"} and (
            one.name == name
        ):
            for ref in one.spec["secretTargetRef"].items:
                held = maps.find("Secret", ref["name"].text, one)
                address = address_in(value_of(held, ref["key"].text), ()) if held else ""
                if address:
                    return address
    return ""


def _metrics(root: str, one: Object) -> Iterator[Relation]:
    """Other objects whose load a workload follows."""
    for metric in one.spec["metrics"].items:
        item: Item = metric["object"]
        other = item["describedObject"] or item["target"]
        if other["kind"].text in {"Service", "Deployment"} and other["name"].text:
            yield Relation(
                root=root,
                locator=one.at(metric),
                consumer=one.spec["scaleTargetRef"]["name"].text,
                provider=other["name"].text,
                kind=Kind.SCALING,
                operation=item["metric"]["name"].text or item["metricName"].text,
                strength=Strength.WEAK,
                confidence=0.6 * one.certainty,
                reason=f"it grows with the load of {other['name'].text}",
                variant=one.variant,
            )
