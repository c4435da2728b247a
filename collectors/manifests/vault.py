"""Secrets that come from Vault or another keeper: by annotation, by CSI, by External Secrets."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from collectors.manifests.maps import provided
from collectors.manifests.objects import pod_of
from depmap.model.deployed import Mount
from depmap.model.relations import Relation
from depmap.model.words import Kind, Strength

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collectors.manifests.maps import Maps
    from collectors.manifests.objects import Object
    from collectors.manifests.yamls import Item
    from depmap.model.facts import Fact

_ANNOTATION = "vault.hashicorp.com/agent-inject-secret-"
_TEMPLATE = "vault.hashicorp.com/agent-inject-template-"
_PATH = re.compile(r"\bsecret\s+\"([^\"]+)\"")
KEEPER = "vault"
MADE = 0.45
"""Confidence that a workload needs the keeper of what its Secret was made of: once, at most."""

_KEEPERS = {"vault": KEEPER, "aws": "aws-secrets-manager", "gcpsm": "gcp-secret-manager",
            "gcp": "gcp-secret-manager", "azurekv": "azure-key-vault",
            "azure": "azure-key-vault"}  # fmt: skip


def read(root: str, objects: list[Object], maps: Maps) -> Iterator[Fact]:
    """Yield which secrets each workload takes from a keeper."""
    classes = {one.name: one for one in objects if one.kind == "SecretProviderClass"}
    direct = {path for one in classes.values() for path in _provided(one)}
    direct |= {path for one in objects for path, _ in _annotated(pod_of(one.item))}
    for one in objects:
        pod = pod_of(one.item)
        if not pod["spec"]["containers"].items or one.is_patch:
            continue
        for path, item in _annotated(pod):
            yield from _taken(root, one, item, path)
        for volume in pod["spec"]["volumes"].items:
            name = volume["csi"]["volumeAttributes"]["secretProviderClass"].text
            provider = classes.get(name)
            for path in _provided(provider):
                yield from _taken(root, one, volume, path, _of_class(provider))
        for fact in _made(root, one, objects, maps):
            yield fact
            path = next((held for held in direct if fact.operation.startswith(held)), "")
            if path:  # others take it from there themselves
                yield Mount(root=root, locator=fact.locator, unit=one.name, source=path,
                            kind="secret")  # fmt: skip


def _made(root: str, one: Object, objects: list[Object], maps: Maps) -> Iterator[Relation]:
    """The keepers of the Secrets that a workload is given, and that are made of theirs."""
    spec = pod_of(one.item)["spec"]
    seen: set[str] = set()
    for name, item in _given(spec):
        maker = maps.stores.get(name)
        if maker is None or maker.kind == "SealedSecret" or name in seen:
            continue
        seen.add(name)
        origins = [path for (held, _), path in maps.origins.items() if held == name and path]
        yield Relation(
            root=root,
            locator=one.at(item),
            consumer=one.name,
            provider=_keeper(maker, objects),
            kind=Kind.STARTUP_ORDER,
            operation=origins[0] if origins else name,
            strength=Strength.WEAK,
            confidence=MADE * one.certainty,
            reason=f"its Secret {name} is made of what is kept there, and then stays",
            variant=one.variant,
        )


def _given(spec: Item) -> Iterator[tuple[str, Item]]:
    """The Secrets that a pod is given, in whatever way."""
    for container in (*spec["initContainers"].items, *spec["containers"].items):
        for item in container["envFrom"].items:
            yield item["secretRef"]["name"].text, item
        for item in container["env"].items:
            yield item["valueFrom"]["secretKeyRef"]["name"].text, item
    for volume in spec["volumes"].items:
        yield volume["secret"]["secretName"].text, volume


def _keeper(maker: Object, objects: list[Object]) -> str:
    """What keeps the origin of a Secret: by the address of its store, or by its kind."""
    if maker.kind == "SecretProviderClass":
        return _of_class(maker)
    wanted = maker.spec["secretStoreRef"]["name"].text
    for one in objects:
        if one.kind in {"SecretStore", "ClusterSecretStore"} and one.name == wanted:
            provider = one.spec["provider"]
            address = provider["vault"]["server"].text
            if "://" in address:
                return address
            return next((_KEEPERS.get(kind, kind) for kind in provider.pairs), KEEPER)
    return KEEPER


def _of_class(one: Object | None) -> str:
    if one is None:
        return KEEPER
    address = one.spec["parameters"]["vaultAddress"].text
    kind = one.spec["provider"].text
    return address if "://" in address else _KEEPERS.get(kind, kind) or KEEPER


def _annotated(pod: Item) -> Iterator[tuple[str, Item]]:
    for key, item in pod["metadata"]["annotations"].pairs.items():
        if key.startswith(_ANNOTATION) and item.text:
            yield item.text, item
        elif key.startswith(_TEMPLATE):
            yield from ((path, item) for path in _PATH.findall(item.text))


def _provided(one: Object | None) -> list[str]:
    """The secrets that a SecretProviderClass names, in whatever form its text has."""
    if one is None:
        return []
    return list(dict.fromkeys(path for path, _ in provided(one).values()))


def _taken(root: str, one: Object, item: Item, path: str, keeper: str = KEEPER) -> Iterator[Fact]:
    at = one.at(item)
    yield Mount(root=root, locator=at, unit=one.name, source=path, kind="secret")
    yield Relation(
        root=root,
        locator=at,
        consumer=one.name,
        provider=keeper,
        kind=Kind.STARTUP_ORDER,
        operation=path,
        strength=Strength.STRONG,
        confidence=0.95 * one.certainty,
        reason="it does not start before it has its secrets",
        variant=one.variant,
    )
