"""Envoy, HAProxy, Traefik and Kong: which path is passed on to whom, by their own files."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from collectors.manifests import shell
from collectors.manifests.traefik import paths
from depmap.model.facts import Use, Value
from depmap.model.words import Kind, Strength

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collectors.manifests.yamls import Item

MAX_FOUND = 5000
_BACKEND = re.compile(r"^\s*(?:use_backend|default_backend)\s+(\S+)(.*)$")
_SECTION = re.compile(r"^(frontend|backend|listen|defaults|global)\s*(\S*)")
_SERVER = re.compile(r"^\s*server\s+\S+\s+([^\s:]+|\$\{?\w+\}?)(?::(\d+))?")
_ACL = re.compile(r"^\s*acl\s+(\S+)\s+path(?:_beg|_sub|_reg)?\s+(?:-\w+\s+)*(\S+)")


def passed(root: str, at: str, target: str, path: str, kind: Kind = Kind.HTTP) -> Use:
    """The fact that requests for a path are passed on."""
    return Use(
        root=root,
        locator=at,
        kind=kind,
        system="http",
        targets=(shell.value(target),),
        method="*",
        operations=(Value.literal(path or "/"),),
        strength=Strength.STRONG,
        reason="requests are passed on",
    )


def read(root: str, path: str, document: Item) -> Iterator[Use]:
    """Yield what a YAML document of a proxy passes on; nothing for another document."""
    if document["static_resources"] or document["resources"]:
        yield from _envoy(root, path, document)
    elif document["http"]["routers"]:
        yield from _traefik(root, path, document["http"])
    elif document["_format_version"]:
        yield from _kong(root, path, document)


def _found(item: Item, key: str) -> Iterator[Item]:
    """Every value under a key, at any depth."""
    waiting = [item]
    count = 0
    while waiting and count < MAX_FOUND:
        one = waiting.pop(0)
        count += 1
        if one[key]:
            yield one[key]
        waiting.extend((*one.pairs.values(), *one.items))


def _envoy(root: str, path: str, document: Item) -> Iterator[Use]:
    clusters: dict[str, str] = {}
    for held in _found(document, "clusters"):
        for cluster in held.items:
            address = next(_found(cluster, "socket_address"), None)
            if address is not None and address["address"].text:
                port = address["port_value"].text
                clusters[cluster["name"].text] = f"{address['address'].text}:{port}".rstrip(":")
    for held in _found(document, "routes"):
        for route in held.items:
            match = route["match"]
            shown = next(
                filter(
                    None, (match[key].text for key in ("prefix", "path", "path_separated_prefix"))
                ),
                match["safe_regex"]["regex"].text or "/",
            )
            weighted = route["route"]["weighted_clusters"]["clusters"].items
            names = [route["route"]["cluster"].text, *(one["name"].text for one in weighted)]
            kind = Kind.GRPC if match["grpc"].value is not None else Kind.HTTP
            for name in filter(None, names):
                if name in clusters:
                    target = f"http://{clusters[name]}"
                    yield passed(root, f"{path}:{route.line}", target, shown, kind)


def _traefik(root: str, path: str, http: Item) -> Iterator[Use]:
    for router in http["routers"].pairs.values():
        name = router["service"].text.partition("@")[0]
        for server in http["services"][name]["loadBalancer"]["servers"].items:
            if server["url"].text:
                for shown in paths(router["rule"].text)[:1]:
                    yield passed(root, f"{path}:{router.line}", server["url"].text, shown)


def _kong(root: str, path: str, document: Item) -> Iterator[Use]:
    for service in document["services"].items:
        target = service["url"].text
        if not target and service["host"].text:
            port = service["port"].text
            target = f"http://{service['host'].text}" + (f":{port}" if port else "")
        shown = [one.text for route in service["routes"].items for one in route["paths"].texts]
        for one in (shown or ["/"]) if target else []:
            yield passed(root, f"{path}:{service.line}", target, one)


def haproxy(root: str, path: str, text: str) -> Iterator[Use]:
    """Yield what a configuration of HAProxy passes on."""
    section = ("", "")
    servers: dict[str, list[str]] = defaultdict(list)
    rules: list[tuple[int, str, str, str]] = []
    acls: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        head = _SECTION.match(line)
        if head is not None:
            section = (head[1], head[2])
            if head[1] == "listen":
                rules.append((number, head[2], "", head[2]))
            continue
        server, backend, acl = _SERVER.match(line), _BACKEND.match(line), _ACL.match(line)
        if server is not None:
            servers[section[1]].append(server[1] + (f":{server[2]}" if server[2] else ""))
        elif backend is not None:
            rules.append((number, backend[1], backend[2], section[1]))
        elif acl is not None:
            acls[acl[1]] = acl[2]
    for number, name, condition, _ in rules:
        inline = re.search(r"path(?:_beg)?\s+(/\S*)", condition)
        words = [acls[word] for word in condition.split() if word in acls]
        shown = inline[1] if inline is not None else next(iter(words), "/")
        for server_address in servers.get(name, ()):
            yield passed(root, f"{path}:{number}", f"http://{server_address}", shown)
