"""Secrets, settings and files that several services share, and who depends on whom by them."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from depmap.model.deployed import Mount, Setting
from depmap.model.evidence import Evidence, Shared
from depmap.model.facts import KeyUse
from depmap.model.words import Kind, NodeKind, Source, Strength
from depmap.scanning.declaring import VARIANT
from depmap.scanning.kept import kept

if TYPE_CHECKING:
    from depmap.scanning.estate import Service
    from depmap.scanning.gathering import Gathering

SIGNED = 0.95
"""Confidence where one signs and the other verifies with one value."""

READ = 0.6
"""Confidence where two are given one secret and the code of both reads it."""

UNREAD = 0.3
"""Confidence where the code of one of them does not read it."""

OF_STORE = 0.45
"""Confidence where it is the password of a store: that they share the store says it already."""

_OF_STORE = re.compile(r"PASS|PWD", re.IGNORECASE)

_WRITES = frozenset({"POST", "PUT"})

SHORTEST = 2
"""A secret is shared by two at least."""


@dataclass(slots=True)
class _Secret:
    signers: dict[str, KeyUse] = field(default_factory=dict)
    verifiers: dict[str, KeyUse] = field(default_factory=dict)
    settings: dict[str, Setting] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)


def join_secrets(g: Gathering) -> None:
    """Find the secrets, settings and files that services have in common."""
    secrets = _collected(g)
    for _, secret in sorted(secrets.items()):
        members = sorted({*secret.signers, *secret.verifiers})
        holders = sorted({*members, *secret.settings})
        if len(members) >= SHORTEST:
            _signed(g, secret, members)
        elif len(holders) >= SHORTEST:
            _given(g, secret, holders)
    _files(g)
    _named_settings(g)


def _collected(g: Gathering) -> dict[str, _Secret]:
    secrets: dict[str, _Secret] = defaultdict(_Secret)
    for use in g.keys:
        for service in g.owners(use):
            name, digest, given = _identity(use, service)
            if digest:
                held = secrets[digest]
                if given is not None:
                    held.settings.setdefault(service.name, given)
                (held.signers if use.signs else held.verifiers).setdefault(service.name, use)
                held.names.setdefault(service.name, name)
            elif any(value.parts for value in use.keys):
                shown = " or ".join(str(value) for value in use.keys)
                word = "signs" if use.signs else "verifies"
                g.miss(f"the key {shown} with which {service.name} {word}",
                       "nothing gives it a value", g.at(use))  # fmt: skip
            g.used.update((service.name, part.text) for value in use.keys for part in value.parts)
    for service in g.estate.services.values():
        for setting in service.settings.values():
            if setting.secret and setting.digest and service.kind.is_service:
                secrets[setting.digest].settings.setdefault(service.name, setting)
    return secrets


def _identity(use: KeyUse, service: Service) -> tuple[str, str, Setting | None]:
    """The key's name and keyed hash, and the setting that gives it."""
    for value in use.keys:
        for part in value.parts:
            setting = service.settings.get(part.text) if part.kind == "env" else None
            if setting is not None and setting.digest:
                return part.text, setting.digest, setting
    names = [part.text for value in use.keys for part in value.parts if part.kind == "env"]
    return (names[0] if names else ""), use.digest, None


def _signed(g: Gathering, secret: _Secret, members: list[str]) -> None:
    issuers = sorted(secret.signers)
    owner = issuers[0] if len(issuers) == 1 else ""
    places = _places(g, secret, members)
    g.share(
        Shared(
            kind=Kind.SHARED_SECRET,
            resource=_name(secret, owner, members),
            members=tuple(members),
            owner=owner,
            strength=Strength.STRONG,
            confidence=SIGNED,
            locators=places,
        )
    )
    for verifier in sorted(secret.verifiers.keys() - secret.signers.keys()):
        for issuer in issuers:
            g.claim(_verifies(g, secret, verifier, issuer, _name(secret, owner, members)))


def _verifies(g: Gathering, secret: _Secret, verifier: str, issuer: str, name: str) -> Evidence:
    places = (g.at(secret.verifiers[verifier]), g.at(secret.signers[issuer]))
    return Evidence(
        consumer=verifier,
        provider=issuer,
        kind=Kind.SHARED_SECRET,
        source=Source.CODE,
        locators=(*places, *_settings(g, secret, (verifier, issuer))),
        operation=name,
        confidence=SIGNED,
        strength=Strength.STRONG,
        reason=f"{verifier} verifies what {issuer} signs, with one key: "
        f"{issuer} alone cannot change it",
    )


def _given(g: Gathering, secret: _Secret, holders: list[str]) -> None:
    """A secret given to several, with no more known of what they do with it."""
    reading = [
        name for name in holders
        if name not in secret.settings or _takes(g, name, secret.settings[name])
    ]  # fmt: skip
    named = {one.source for one in secret.settings.values()} | {
        one.key for one in secret.settings.values()
    }
    if len({one.key for one in secret.settings.values()}) > 1 and len(named) > len(holders) + 1:
        return  # equal values under unrelated names: the same placeholder, perhaps
    confidence = READ if len(reading) >= SHORTEST else UNREAD
    if all(_OF_STORE.search(one.key) and not one.named for one in secret.settings.values()):
        confidence = min(confidence, OF_STORE)
    if sum(not one.variant for one in secret.settings.values()) < SHORTEST:
        confidence = min(confidence, VARIANT)
    g.share(
        Shared(
            kind=Kind.SHARED_SECRET,
            resource=_name(secret, "", holders),
            members=tuple(holders),
            owner=next(iter(secret.signers), ""),
            strength=Strength.UNDETERMINED,
            confidence=confidence,
            locators=_places(g, secret, holders),
        )
    )


def _takes(g: Gathering, name: str, given: Setting) -> bool:
    """Whether a service takes a secret: its code reads it, or a file gives it that one alone."""
    return (given.named and not given.whole) or _reads(g, name, given.key)


def _reads(g: Gathering, name: str, key: str) -> bool:
    service = g.estate.named(name)
    if service is None or not service.read:
        return True
    return key in g.reads.get(name, {})


def _name(secret: _Secret, owner: str, members: list[str]) -> str:
    """What a secret is called: by its source where all have one, else by its owner's name."""
    sources = {one.source for one in secret.settings.values() if one.source}
    if len(sources) == 1:
        return sources.pop()
    keys = [secret.settings[name].key for name in (owner, *members) if name in secret.settings]
    return next(iter(keys), "") or next(iter(filter(None, secret.names.values())), "a literal key")


def _places(g: Gathering, secret: _Secret, members: list[str]) -> tuple[str, ...]:
    uses = [
        g.at(held[name])
        for name in members
        for held in (secret.signers, secret.verifiers)
        if name in held
    ]
    return tuple(dict.fromkeys((*uses, *_settings(g, secret, members))))


def _settings(
    g: Gathering, secret: _Secret, members: tuple[str, ...] | list[str]
) -> tuple[str, ...]:
    return tuple(g.at(secret.settings[name]) for name in members if name in secret.settings)


def _files(g: Gathering) -> None:
    """Volumes, files and secrets that several services are given, or take for themselves."""
    mounted: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    writers: dict[str, set[str]] = defaultdict(set)
    for path, user, use in kept(g):
        mounted[Kind.SHARED_SECRET.value, path].setdefault(user.name, g.at(use))
        writers[path].update({user.name} if use.method in _WRITES else ())
    for mount in g.files.mounts:
        service = g.estate.named(mount.unit)
        if service is not None and service.kind.is_service and not _is_code(g, mount):
            kind = _kind_of(mount.kind, mount.source)
            mounted[kind, mount.source].setdefault(service.name, g.at(mount))
    for (kind, source), members in sorted(mounted.items()):
        if len(members) >= SHORTEST and source not in {"", ".", "/var/run/docker.sock"}:
            owners = writers.get(source, set())
            g.share(
                Shared(
                    kind=Kind(kind),
                    resource=source,
                    members=tuple(sorted(members)),
                    owner=next(iter(owners)) if len(owners) == 1 else "",
                    confidence=0.8,
                    locators=tuple(members[name] for name in sorted(members)),
                )
            )


def _is_code(g: Gathering, mount: Mount) -> bool:
    """Whether a mounted folder holds code: that is shared as code is."""
    return mount.kind == "file" and any(
        root == mount.root and path.startswith(f"{mount.source}/")
        for root, path in g.files.modules
    )


def _kind_of(kind: str, source: str) -> str:
    if kind == "secret" or source.endswith((".pem", ".key", ".crt", ".jwk", ".p12")):
        return Kind.SHARED_SECRET.value
    return Kind.SHARED_DATA.value if kind == "volume" else Kind.SHARED_CONFIG.value


def _named_settings(g: Gathering) -> None:
    """Variables that several services get from one file or ConfigMap, and read."""
    files: dict[str, dict[str, dict[str, Setting]]] = defaultdict(lambda: defaultdict(dict))
    for service in g.estate.services.values():
        if service.kind is NodeKind.DATABASE or not service.kind.is_service:
            continue
        for setting in service.settings.values():
            name, mark, _ = setting.source.rpartition("/")
            if mark and not setting.secret and _reads(g, service.name, setting.key):
                files[name][setting.key][service.name] = setting
    for name, keys in sorted(files.items()):
        common = {key: held for key, held in keys.items() if len(held) >= SHORTEST}
        if common:
            members = sorted({one for held in common.values() for one in held})
            places = [g.at(item) for held in common.values() for item in held.values()]
            g.share(
                Shared(
                    kind=Kind.SHARED_CONFIG,
                    resource=name,
                    members=tuple(members),
                    resources=tuple(sorted(common)),
                    confidence=0.7,
                    locators=tuple(sorted(set(places))),
                )
            )
