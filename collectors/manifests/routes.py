"""How requests come in and where they are sent: Ingress, Gateway API, Istio, Services."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from collectors.manifests.yamls import EMPTY
from depmap.model.deployed import Unit
from depmap.model.facts import Use, Value
from depmap.model.relations import Relation
from depmap.model.words import Kind, NodeKind, Strength

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from collectors.manifests.objects import Object
    from collectors.manifests.yamls import Item
    from depmap.model.facts import Fact

_ROUTES = {"HTTPRoute": Kind.HTTP, "GRPCRoute": Kind.GRPC, "TLSRoute": Kind.HTTP,
           "TCPRoute": Kind.RPC}  # fmt: skip
_AUTH = ("nginx.ingress.kubernetes.io/auth-url", "ingress.kubernetes.io/auth-url")
_ADDRESS = re.compile(r"https?://[\w.-]+(?::\d+)?(?:/[^\s$]*)?")
_MIRRORED = "requests are mirrored to it, and the answers thrown away"
_MESH = frozenset({"mesh", ""})


def read(root: str, objects: list[Object]) -> Iterator[Fact]:
    """Yield what each object sends on to whom."""
    for one in objects:
        match one.kind:
            case "Ingress":
                yield _gateway(root, one, one.name)
                yield from _ingress(root, one)
            case "IngressRoute":
                yield _gateway(root, one, one.name)
                yield from _traefik(root, one)
            case "VirtualService":
                yield from _virtual(root, one)
            case "Service" if one.spec["type"].text == "ExternalName":
                yield _external(root, one)
            case "ServiceEntry":
                yield from _entries(root, one)
            case kind if kind in _ROUTES:
                yield from _route(root, one, _ROUTES[kind])


def _gateway(root: str, one: Object, name: str) -> Unit:
    return Unit(
        root=root,
        locator=one.at(one.item["metadata"]["name"]),
        name=name,
        platform="gateway",
        kind=NodeKind.GATEWAY,
        variant=one.variant,
    )


def _passed(
    root: str,
    one: Object,
    item: Item,
    *,
    gateway: str,
    to: tuple[str, str],
    path: str,
    kind: Kind = Kind.HTTP,
) -> Use:
    host, port = to
    space = f".{one.namespace}" if one.namespace and "." not in host else ""
    return Use(
        root=root,
        locator=one.at(item),
        kind=kind,
        system="http" if kind is Kind.HTTP else "grpc",
        targets=(
            Value.literal(f"http://{host}{space}" + (f":{port}" if port.isdecimal() else "")),
        ),
        method="*",
        operations=(Value.literal(path or "/"),),
        strength=Strength.STRONG,
        reason="requests are passed on",
        unit=gateway,
        certainty=one.certainty,
        variant=one.variant,
    )


def _ingress(root: str, one: Object) -> Iterator[Use]:
    asked = next(filter(None, (one.item["metadata"]["annotations"][key] for key in _AUTH)), EMPTY)
    if _ADDRESS.fullmatch(asked.text):
        made = _passed(root, one, asked, gateway=one.name, to=("", ""), path="")
        target = Value.literal(asked.text.partition("?")[0])
        yield replace(made, targets=(target,), method="GET", operations=(),
                      reason="every request is asked about there first")  # fmt: skip
    default = one.spec["defaultBackend"] or one.spec["backend"]
    backends = [(default, "/")] if default else []
    backends += [
        (path["backend"], path["path"].text)
        for rule in one.spec["rules"].items
        for path in rule["http"]["paths"].items
    ]
    for backend, path in backends:
        service = backend["service"]
        host = service["name"].text or backend["serviceName"].text
        port = service["port"]["number"].text or backend["servicePort"].text
        if host:
            item = service["name"] or backend
            yield _passed(root, one, item, gateway=one.name, to=(host, port), path=path)


def _traefik(root: str, one: Object) -> Iterator[Use]:
    from collectors.manifests.traefik import paths  # noqa: PLC0415 - one reads the other's rules

    for rule in one.spec["routes"].items:
        for service in rule["services"].items:
            to = (service["name"].text, service["port"].text)
            path = paths(rule["match"].text)[0]
            yield _passed(root, one, service, gateway=one.name, to=to, path=path)


def _route(root: str, one: Object, kind: Kind) -> Iterator[Fact]:
    parents = [item["name"].text for item in one.spec["parentRefs"].items
               if item["kind"].text in {"", "Gateway"}]  # fmt: skip
    for gateway in filter(None, parents):
        yield _gateway(root, one, gateway)
        for rule in one.spec["rules"].items:
            path = next((m["path"]["value"].text for m in rule["matches"].items), "") or "/"
            for one_filter in rule["filters"].items:
                to = one_filter["requestMirror"]["backendRef"]
                if to["name"].text:
                    target = (to["name"].text, to["port"].text)
                    made = _passed(root, one, to, gateway=gateway, to=target, path=path, kind=kind)
                    yield replace(made, strength=Strength.OPTIONAL, reason=_MIRRORED)
            for to in rule["backendRefs"].items:
                if to["name"].text and to["kind"].text in {"", "Service"}:
                    target = (to["name"].text, to["port"].text)
                    yield _passed(root, one, to, gateway=gateway, to=target, path=path, kind=kind)


def _virtual(root: str, one: Object) -> Iterator[Fact]:
    """Routes of Istio: of a gateway; or of whoever calls the host, which says nothing."""
    gateways = [item.text.rpartition("/")[2] for item in one.spec["gateways"].texts]
    for gateway in gateways:
        if gateway in _MESH:
            continue
        yield _gateway(root, one, gateway)
        for rule, path in _rules(one):
            for route in rule["route"].items:
                to = route["destination"]
                host = to["host"].text
                if host:
                    port = to["port"]["number"].text
                    item = to["host"]
                    yield _passed(root, one, item, gateway=gateway, to=(host, port), path=path)
    for rule, path in _rules(one):
        yield from _mirrored(root, one, rule, path)


def _mirrored(root: str, one: Object, rule: Item, path: str) -> Iterator[Relation]:
    mirror = rule["mirror"]["host"]
    for host in one.spec["hosts"].texts if mirror else []:
        yield Relation(
            root=root,
            locator=one.at(mirror),
            consumer=host.text,
            provider=mirror.text,
            kind=Kind.HTTP,
            operation=f"* {path}",
            strength=Strength.OPTIONAL,
            confidence=0.6 * one.certainty,
            reason=f"requests to {host.text} are mirrored to it, and the answers thrown away",
            variant=one.variant,
        )


def _rules(one: Object) -> Iterable[tuple[Item, str]]:
    for rule in (*one.spec["http"].items, *one.spec["tls"].items, *one.spec["tcp"].items):
        uris = [match["uri"] for match in rule["match"].items]
        shown = [uri[how].text for uri in uris for how in ("exact", "prefix", "regex")]
        yield rule, next(filter(None, shown), "/")


def _external(root: str, one: Object) -> Unit:
    name = one.spec["externalName"]
    return Unit(
        root=root,
        locator=one.at(name),
        name=name.text or one.name,
        platform="external",
        kind=NodeKind.EXTERNAL,
        names=(one.name, *([f"{one.name}.{one.namespace}"] if one.namespace else [])),
        variant=one.variant,
    )


def _entries(root: str, one: Object) -> Iterator[Unit]:
    if one.spec["location"].text == "MESH_INTERNAL":
        return
    for host in one.spec["hosts"].texts:
        if "*" not in host.text:
            yield Unit(
                root=root,
                locator=one.at(host),
                name=host.text,
                platform="external",
                kind=NodeKind.EXTERNAL,
                variant=one.variant,
            )
