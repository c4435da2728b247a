"""Whom policies let through to whom: of the network, of Istio, of Linkerd."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

from collectors.manifests.objects import Object, labels, selector
from depmap.model.relations import Allowed, Relation
from depmap.model.words import Kind, Strength

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collectors.manifests.yamls import Item
    from depmap.model.facts import Fact

NETWORK = 0.45
"""Confidence that one unit depends on another when a network policy lets it reach that."""

IDENTITY = 0.75
"""The same where the policy names the caller's identity."""

CLIENTS = 0.7
"""The same for Linkerd, whose policies name clients of a server."""

MAX_PEERS = 50
"""Sets of labels that one selector may stand for."""

_ACCOUNT = re.compile(r"(?:^|/)ns/([^/]+)/sa/([^/]+)$")
_PREFIX = re.compile(r"^(?:k8s|any|reserved):(?:io\.kubernetes\.pod\.)?")
_DNS = frozenset({"53", "5353", "dns", "dns-tcp"})
Labels = tuple[str, ...]


def read(root: str, objects: list[Object]) -> Iterator[Fact]:
    """Yield whom the policies among some objects let through."""
    reader = _Reader(root, objects)
    for one in objects:
        if one.variant:
            continue
        match one.kind:
            case "NetworkPolicy":
                yield from reader.network(one)
            case "CiliumNetworkPolicy":
                yield from reader.cilium(one)
            case "AuthorizationPolicy" if "istio" in one.item["apiVersion"].text:
                yield from reader.principals(one)
            case "AuthorizationPolicy" | "ServerAuthorization":
                yield from reader.linkerd(one)
            case "Sidecar":
                yield from reader.sidecar(one)
            case "RequestAuthentication":
                yield from reader.issuers(one)


@dataclass(frozen=True, slots=True)
class _Reader:
    root: str
    objects: list[Object]

    def network(self, one: Object) -> Iterator[Allowed]:
        chosen = selector(one.spec["podSelector"])
        for inward, key, side in ((True, "ingress", "from"), (False, "egress", "to")):
            rules = [rule for rule in one.spec[key].items if not _only_dns(rule)]
            if not chosen or not rules:
                continue
            peers = [peer for rule in rules for peer in rule[side].items]
            found = [one for peer in peers for one in selectors(peer["podSelector"])]
            vague = any(not peer["podSelector"].pairs and not peer["ipBlock"] for peer in peers)
            vague = vague or any(_anywhere(peer["ipBlock"]) for peer in peers)
            whole = not vague and all(rule[side].items for rule in rules)
            yield self._allowed(one, chosen, found, "a NetworkPolicy lets it through",
                                inward=inward, whole=whole)  # fmt: skip

    def cilium(self, one: Object) -> Iterator[Fact]:
        chosen = _bare(selector(one.spec["endpointSelector"]))
        for inward, key, side in ((True, "ingress", "fromEndpoints"),
                                  (False, "egress", "toEndpoints")):  # fmt: skip
            rules = one.spec[key].items
            peers = [peer for rule in rules for peer in rule[side].items]
            found = [_bare(labels) for peer in peers for labels in selectors(peer)]
            whole = all(rule[side].items for rule in rules) and len(found) >= len(peers)
            if chosen and rules:
                yield self._allowed(one, chosen, found, "a CiliumNetworkPolicy lets it through",
                                    inward=inward, whole=whole)  # fmt: skip
            for name in (item for rule in rules for item in rule["toFQDNs"].items):
                if chosen and name["matchName"].text:
                    yield self._outside(one, chosen, name["matchName"])

    def _outside(self, one: Object, chosen: Labels, host: Item) -> Relation:
        return Relation(
            root=self.root,
            locator=one.at(host),
            consumer=f"selector:{','.join(chosen)}",
            provider=f"https://{host.text}",
            kind=Kind.EXTERNAL,
            confidence=0.6 * one.certainty,
            reason="a policy lets it reach that host by name",
            variant=one.variant,
        )

    def principals(self, one: Object) -> Iterator[Allowed]:
        if one.spec["action"].text not in {"", "ALLOW"}:
            return
        rules = one.spec["rules"].items
        sources = [source["source"] for rule in rules for source in rule["from"].items]
        names = [
            _account(item.text, one.namespace)
            for source in sources
            for item in (*source["principals"].texts, *source["serviceAccounts"].texts)
        ]
        plain = all(source["principals"] or source["serviceAccounts"] for source in sources)
        whole = plain and all(names) and all(rule["from"].items for rule in rules)
        peers: list[Labels] = [(f"account:{name}",) for name in names if name]
        for chosen in self._targets(one) if rules else ():
            yield self._allowed(one, chosen, peers, "an AuthorizationPolicy names it as a caller",
                                confidence=IDENTITY, whole=whole)  # fmt: skip

    def _targets(self, one: Object) -> Iterator[Labels]:
        """The units that a policy of Istio is about: by labels, or by the Service in front."""
        chosen = selector(one.spec["selector"])
        if chosen:
            yield chosen
        for target in (one.spec["targetRef"], *one.spec["targetRefs"].items):
            if target["kind"].text == "Service":
                yield from self._behind(target["name"].text, one.namespace)

    def _behind(self, service: str, namespace: str) -> Iterator[Labels]:
        """What the pods behind a Service are chosen by."""
        for other in self.objects:
            same = other.kind == "Service" and other.name == service
            wanted = other.spec["selector"].pairs
            if same and wanted and other.namespace in {namespace, ""}:
                yield tuple(sorted(f"{key}={item.text}" for key, item in wanted.items()))

    def linkerd(self, one: Object) -> Iterator[Allowed]:
        target, space = one.spec["targetRef"] or one.spec["server"], one.namespace or "default"
        names = {target["name"].text}
        if target["kind"].text in {"HTTPRoute", "GRPCRoute"}:
            names = {
                parent["name"].text
                for other in self.objects
                if other.kind == target["kind"].text and other.name in names
                for parent in other.spec["parentRefs"].items
            }
        wanted = [other for other in self.objects if other.kind == "Server" and (
            other.name in names or _fits(one.spec["server"]["selector"], other))]  # fmt: skip
        peers = list(self._clients(one, space))
        reason = f"{'an' if one.kind[0] == 'A' else 'a'} {one.kind} names it as a client"
        for server in wanted if peers else []:
            yield self._allowed(one, selector(server.spec["podSelector"]), peers, reason,
                                confidence=CLIENTS, whole=True)  # fmt: skip

    def _clients(self, one: Object, space: str) -> Iterator[Labels]:
        """The identities that a policy of Linkerd lets through."""
        given = list(one.spec["client"]["meshTLS"]["serviceAccounts"].items)
        for ref in one.spec["requiredAuthenticationRefs"].items:
            if ref["kind"].text == "ServiceAccount":
                given.append(ref)
            for other in self.objects:
                same = other.name == ref["name"].text and other.kind == ref["kind"].text
                if same and other.kind == "MeshTLSAuthentication":
                    refs = other.spec["identityRefs"].items
                    given += [item for item in refs if item["kind"].text == "ServiceAccount"]
                    for item in other.spec["identities"].texts:
                        name, _, rest = item.text.partition(".")
                        if "*" not in item.text and rest:
                            yield (f"account:{rest.partition('.')[0]}/{name}",)
        for item in given:
            yield (f"account:{item['namespace'].text or space}/{item['name'].text}",)

    def sidecar(self, one: Object) -> Iterator[Allowed]:
        chosen = selector(one.spec["workloadSelector"]) or tuple(
            sorted(f"{key}={item.text}"
                   for key, item in one.spec["workloadSelector"]["labels"].pairs.items())
        )  # fmt: skip
        hosts = [item.text for rule in one.spec["egress"].items for item in rule["hosts"].texts]
        peers = [
            labels
            for host in hosts
            for labels in self._behind(host.rpartition("/")[2].partition(".")[0], one.namespace)
        ]
        if chosen and peers:
            whole = not any("*" in host for host in hosts if not host.startswith("istio-system/"))
            yield self._allowed(one, chosen, peers, "a Sidecar lets it through",
                                inward=False, whole=whole)  # fmt: skip

    def issuers(self, one: Object) -> Iterator[Relation]:
        chosen = selector(one.spec["selector"])
        for rule in one.spec["jwtRules"].items:
            address = rule["jwksUri"] or rule["issuer"]
            if "://" in address.text and chosen:
                yield Relation(
                    root=self.root,
                    locator=one.at(address),
                    consumer=f"selector:{','.join(chosen)}",
                    provider=address.text,
                    kind=Kind.HTTP,
                    strength=Strength.STRONG,
                    confidence=0.9 * one.certainty,
                    reason="the mesh takes the keys that tokens are checked with from there",
                    variant=one.variant,
                )

    def _allowed(
        self,
        one: Object,
        chosen: Labels,
        peers: list[Labels],
        reason: str,
        *,
        inward: bool = True,
        whole: bool = True,
        confidence: float = NETWORK,
    ) -> Allowed:
        return Allowed(
            root=self.root,
            locator=one.at(one.item["metadata"]["name"]),
            selector=chosen,
            peers=tuple(dict.fromkeys(peer for peer in peers if peer)),
            inward=inward,
            confidence=confidence,
            reason=reason,
            whole=whole,
        )


def selectors(item: Item) -> list[Labels]:
    """What a selector may choose: one set of labels for each way that its lists can be met."""
    fixed = [f"{key}={one.text}" for key, one in item["matchLabels"].pairs.items()]
    choices = [
        [f"{rule['key'].text}={one.text}" for one in rule["values"].texts]
        for rule in item["matchExpressions"].items
        if rule["operator"].text == "In"
    ]
    if not fixed and not choices:
        return []
    found = (tuple(sorted((*fixed, *chosen))) for chosen in product(*choices))
    return [one for one, _ in zip(found, range(MAX_PEERS), strict=False)]


def _only_dns(rule: Item) -> bool:
    """Whether a rule only lets names be looked up."""
    ports = [item["port"].text for item in rule["ports"].items]
    return bool(ports) and set(ports) <= _DNS


def _anywhere(block: Item) -> bool:
    return bool(block) and block["cidr"].text in {"0.0.0.0/0", "10.0.0.0/8"}


def _bare(found: Labels) -> Labels:
    return tuple(sorted(_PREFIX.sub("", one) for one in found))


def _fits(wanted: Item, other: Object) -> bool:
    chosen = selector(wanted)
    return bool(chosen) and set(chosen) <= {f"{k}={v}" for k, v in labels(other.item).items()}


def _account(principal: str, namespace: str) -> str:
    """``namespace/account`` of an identity; empty for a pattern.

    >>> _account("cluster.local/ns/shop/sa/web", ""), _account("*", ""), _account("web", "shop")
    ('shop/web', '', 'shop/web')
    """
    if "*" in principal:
        return ""
    found = _ACCOUNT.search(principal)
    if found is not None:
        return f"{found[1]}/{found[2]}"
    space, _, name = principal.rpartition("/")
    return f"{space or namespace or 'default'}/{name}"
