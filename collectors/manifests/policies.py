"""What a cluster's objects say of two units at once: allowed, scaled by, watched by."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from collectors.manifests.objects import selector
from depmap.model.relations import Allowed, Relation
from depmap.model.words import Kind, Strength

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collectors.manifests.objects import Object
    from collectors.manifests.yamls import Item
    from depmap.model.facts import Fact

NETWORK = 0.45
"""Confidence that one unit depends on another when a network policy lets it reach that."""

IDENTITY = 0.75
"""The same where the policy names the caller's identity."""

CLIENTS = 0.7
"""The same for Linkerd, whose policies name clients of a server."""

_ACCOUNT = re.compile(r"(?:^|/)ns/([^/]+)/sa/([^/]+)$")
_QUEUES = {"kafka": "topic", "rabbitmq": "queueName", "redis": "listName",
           "redis-streams": "stream", "nats-jetstream": "stream", "aws-sqs-queue": "queueURL",
           "gcp-pubsub": "subscriptionName", "azure-servicebus": "queueName",
           "apache-kafka": "topic"}  # fmt: skip
_ADDRESSES = ("bootstrapServers", "host", "hostFromEnv", "address", "natsServerMonitoringEndpoint",
              "queueURL", "serverAddress")  # fmt: skip


def read(root: str, objects: list[Object]) -> Iterator[Fact]:
    """Yield what policies, scalers and monitors say."""
    for one in objects:
        match one.kind:
            case "NetworkPolicy" if not one.variant:
                yield from _network(root, one)
            case "AuthorizationPolicy" if "istio" in one.item["apiVersion"].text:
                yield from _principals(root, one)
            case "RequestAuthentication":
                yield from _issuers(root, one)
            case "ServerAuthorization":
                yield from _linkerd(root, one, objects)
            case "ScaledObject" | "ScaledJob":
                yield from _scaled(root, one)
            case "ServiceMonitor" | "PodMonitor":
                yield from _watched(root, one, objects)


def _network(root: str, one: Object) -> Iterator[Allowed]:
    chosen = selector(one.spec["podSelector"])
    types = {item.text for item in one.spec["policyTypes"].texts} or {"Ingress"}
    for inward, key, side in ((True, "ingress", "from"), (False, "egress", "to")):
        rules = one.spec[key].items
        declared = key.capitalize() in types or bool(rules)
        peers = [peer for rule in rules for peer in rule[side].items]
        open_rule = any(not rule[side].items for rule in rules)
        vague = any(not peer["podSelector"].pairs for peer in peers)
        if not declared or open_rule or vague or not rules or not chosen:
            continue  # everything is allowed, or it cannot be told who is
        yield Allowed(
            root=root,
            locator=one.at(one.item["metadata"]["name"]),
            selector=chosen,
            peers=tuple(selector(peer["podSelector"]) for peer in peers),
            inward=inward,
            confidence=NETWORK,
            reason="a NetworkPolicy lets it through",
        )


def _principals(root: str, one: Object) -> Iterator[Allowed]:
    if one.spec["action"].text not in {"", "ALLOW"}:
        return
    chosen = selector(one.spec["selector"])
    sources = [
        source["source"] for rule in one.spec["rules"].items for source in rule["from"].items
    ]
    names = [
        _account(item.text)
        for source in sources
        for item in (*source["principals"].texts, *source["serviceAccounts"].texts)
    ]
    if chosen and names and all(names) and not one.variant:
        yield Allowed(
            root=root,
            locator=one.at(one.item["metadata"]["name"]),
            selector=chosen,
            peers=tuple((f"account:{name}",) for name in names),
            confidence=IDENTITY,
            reason="an AuthorizationPolicy names it as a caller",
        )


def _account(principal: str) -> str:
    """``namespace/account`` of an identity; empty for a pattern.

    >>> _account("cluster.local/ns/shop/sa/web"), _account("*")
    ('shop/web', '')
    """
    found = _ACCOUNT.search(principal)
    return f"{found[1]}/{found[2]}" if found is not None and "*" not in principal else ""


def _linkerd(root: str, one: Object, objects: list[Object]) -> Iterator[Allowed]:
    name = one.spec["server"]["name"].text
    servers = [other for other in objects if other.kind == "Server" and other.name == name]
    clients = one.spec["client"]["meshTLS"]["serviceAccounts"].items
    space = one.namespace or "default"
    peers = tuple(
        (f"account:{client['namespace'].text or space}/{client['name'].text}",)
        for client in clients
    )
    for server in servers if peers else []:
        yield Allowed(
            root=root,
            locator=one.at(one.item["metadata"]["name"]),
            selector=selector(server.spec["podSelector"]),
            peers=peers,
            confidence=CLIENTS,
            reason="a ServerAuthorization names it as a client",
        )


def _issuers(root: str, one: Object) -> Iterator[Relation]:
    chosen = selector(one.spec["selector"])
    for rule in one.spec["jwtRules"].items:
        address = rule["jwksUri"] or rule["issuer"]
        if "://" in address.text and chosen:
            yield Relation(
                root=root,
                locator=one.at(address),
                consumer=f"selector:{','.join(chosen)}",
                provider=address.text,
                kind=Kind.HTTP,
                strength=Strength.STRONG,
                confidence=0.9 * one.certainty,
                reason="the mesh takes the keys that tokens are checked with from there",
                variant=one.variant,
            )


def _scaled(root: str, one: Object) -> Iterator[Relation]:
    unit = one.spec["scaleTargetRef"]["name"].text or one.name
    for trigger in one.spec["triggers"].items:
        kind, given = trigger["type"].text, trigger["metadata"]
        address = next((given[key] for key in _ADDRESSES if given[key].text), None)
        queue = given[_QUEUES.get(kind, "")].text
        if kind not in _QUEUES or address is None:
            continue
        yield Relation(
            root=root,
            locator=one.at(trigger),
            consumer=unit,
            provider=address.text.partition(",")[0],
            kind=Kind.SCALING,
            operation=queue,
            strength=Strength.WEAK,
            confidence=0.8 * one.certainty,
            reason=f"it is scaled by the length of {queue or 'a queue'}",
            variant=one.variant,
        )


def _watched(root: str, one: Object, objects: list[Object]) -> Iterator[Relation]:
    wanted = set(selector(one.spec["selector"]))
    for other in objects:
        held = {
            f"{key}={item.text}" for key, item in other.item["metadata"]["labels"].pairs.items()
        }
        if other.kind == "Service" and wanted and wanted <= held:
            yield _monitor(root, one, "prometheus", other.name, one.spec)


def _monitor(root: str, one: Object, watcher: str, unit: str, item: Item) -> Relation:
    return Relation(
        root=root,
        locator=one.at(item),
        consumer=watcher,
        provider=unit,
        kind=Kind.MONITORING,
        operation="GET /metrics",
        strength=Strength.OPTIONAL,
        confidence=0.9 * one.certainty,
        reason=f"{one.name} has it scraped",
        variant=one.variant,
    )
