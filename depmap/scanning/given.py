"""Addresses that services are given: what code uses, reads, or does not even read."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from depmap.model.dependency import CONFIRMED
from depmap.model.evidence import Evidence
from depmap.model.facts import Value
from depmap.model.words import Kind, NodeKind, Source
from depmap.scanning.addresses import parse, resolve
from depmap.scanning.common import Common
from depmap.scanning.declaring import VARIANT, unused
from depmap.scanning.gathering import BY_VARIABLE

if TYPE_CHECKING:
    from depmap.model.deployed import Setting
    from depmap.scanning.addresses import Address
    from depmap.scanning.estate import Service
    from depmap.scanning.gathering import Gathering

GIVEN = 0.6
NOT_CALLED = 0.4
NOT_READ = 0.2
UNSEEN = 0.35
"""Confidence of an address by what code does with its variable; unseen: code read in part."""

WHOLE = 0.4
"""Confidence of what several are given alike, or a unit with a whole map."""

_CALLERS = re.compile(r"CORS|ALLOWED_?(?:ORIGIN|HOST)", re.IGNORECASE)
"""Variables that say who may call, and not who is called."""

_ADDRESS_KEY = re.compile(
    r"(?:^|[_.:-])(?:URL|URI|HOST|HOSTNAME|ADDR|ADDRESS|ENDPOINT|SERVER|SERVERS|BROKER|BROKERS|DSN"
    r"|SERVICE|UPSTREAM|BASE)S?(?:[_.:-]|$)",
    re.IGNORECASE,
)
_TELEMETRY = re.compile(r"OTEL|OTLP|JAEGER|ZIPKIN|OPENTELEMETRY|OPENCENSUS", re.IGNORECASE)
_TELEMETRY_PORTS = frozenset({"4317", "4318", "9411", "14250", "14268", "6831"})
_FILED = re.compile(r"--|[\w.-]+\.\w+:")
"""Keys of options of a command, and of files that a unit is given."""


def join_declared(g: Gathering) -> None:
    """Addresses that a service is given: used, read, or not even read."""
    called: dict[tuple[str, str], set[Kind]] = defaultdict(set)
    for item in g.evidence:
        if item.kind.is_call and item.confidence >= CONFIRMED:
            called[item.consumer, item.provider].add(item.kind)
    common = Common.of(g)
    for service in sorted(g.estate.services.values(), key=lambda one: one.name):
        for setting in service.given():
            key = setting.key
            known = (service.name, key) in g.kinds or _address(key, setting.value, g)
            if not setting.unit or (setting.secret and not setting.value) or not known:
                continue
            address = resolve(Value.literal(setting.value), service)
            provider = (
                g.estate.at(address.host, address.port, service.project) if address.known else None
            )
            if provider is None or provider is service or _is_spare(service, provider, setting):
                continue
            kind = _kind(key, provider, address)
            kinds = called[service.name, provider.name]
            if kind is Kind.HTTP and len(kinds) == 1:
                kind = next(iter(kinds))  # the address of what is called otherwise
            _declared(
                g, service, provider, setting, (kind, address.system),
                met=bool(kinds),
                doubt=common.doubts(service, setting, g.reads.get(service.name, {}).get(key, "")),
            )  # fmt: skip


def _is_spare(service: Service, provider: Service, setting: Setting) -> bool:
    """Whether a store is only given what is meant for the services that use it."""
    common = ".env" in setting.file.rpartition("/")[2]
    return service.kind.is_infrastructure and (provider.kind.is_service or common)


def join_named(g: Gathering) -> None:
    """Variables with the name of a service that are read where not every call is understood."""
    for name in sorted(g.blind):
        service = g.estate.named(name)
        for key, place in sorted(g.reads.get(name, {}).items()):
            found = g.estate.meant(key) if _ADDRESS_KEY.search(key) else None
            if found is None or found is service or service is None or service.setting(key):
                continue
            if (name, found.name) not in g.met and found.kind.is_service:
                why = f"{key} is read and has its name; not every call is understood"
                g.claim(
                    Evidence(
                        consumer=name,
                        provider=found.name,
                        kind=Kind.HTTP,
                        source=Source.CODE,
                        locators=(place,),
                        confidence=BY_VARIABLE,
                        reason=why,
                    )
                )


def _address(key: str, value: str, g: Gathering) -> bool:
    if _CALLERS.search(key):
        return False
    if "://" in value:
        return True
    _, host, port, _ = parse(value)
    return bool(_ADDRESS_KEY.search(key) or port) and g.estate.at(host, port) is not None


def _declared(
    g: Gathering,
    service: Service,
    provider: Service,
    setting: Setting,
    guess: tuple[Kind, str],
    *,
    met: bool,
    doubt: str,
) -> None:
    key = setting.key
    leads = g.kinds.get((service.name, key), ())
    used = sorted(kind for name, kind in leads if name == provider.name)
    kind, system = (used[0] if used else guess[0]), guess[1]
    confidence, reason = _believed(g, service, setting, used=bool(used))
    if doubt and not used:
        confidence, reason = min(confidence, WHOLE), f"{key} gives the address, but {doubt}"
    if kind is Kind.MONITORING and not used and service.read and service.thorough:
        confidence = NOT_READ
    if setting.variant:
        confidence, reason = min(confidence, VARIANT), f"{reason}; only in {setting.variant}"
    idle = confidence < CONFIRMED and not met  # else code has the address from elsewhere
    if service.thorough and idle and kind is not Kind.MONITORING:
        g.findings.append(unused((service.name, provider.name), key, g.at(setting)))
    g.claim(
        Evidence(
            consumer=service.name,
            provider=provider.name,
            kind=kind,
            source=Source.DEPLOYMENT,
            locators=(g.at(setting),),
            protocol=system,
            confidence=confidence,
            reason=reason,
        )
    )


def _believed(
    g: Gathering, service: Service, setting: Setting, *, used: bool
) -> tuple[float, str]:
    """How sure an address in an environment is to be a dependency, and why."""
    key = setting.key
    if used:
        return GIVEN, f"{key} gives the address, and the code uses it"
    if not service.read:
        because = "it comes with a whole map, and the code was not read"
        return (WHOLE, f"{key} gives the address, but {because}") if setting.whole else (
            GIVEN, f"{key} gives the address; the code was not read"
        )  # fmt: skip
    filed = _FILED.match(key) is not None
    seen = key in g.reads.get(service.name, {}) or (service.name, key) in g.used
    if filed or not service.thorough:
        if seen or filed:
            how = "and the code reads it" if seen else "and what the code takes of it is not seen"
            return GIVEN, f"{key} gives the address, {how}"
        return UNSEEN, f"{key} gives the address, but nothing seen in the code reads it"
    if seen:
        return (
            (GIVEN, f"{key} gives the address, and not every call is understood")
            if (service.name in g.blind)
            else (NOT_CALLED, f"{key} is read, but never used in a call")
        )
    return NOT_READ, f"{key} is set, but no code of {service.name} reads it"


def _kind(key: str, provider: Service, address: Address) -> Kind:
    if _TELEMETRY.search(key) or address.port in _TELEMETRY_PORTS:
        return Kind.MONITORING
    by_node = {
        NodeKind.DATABASE: Kind.DATABASE,
        NodeKind.CACHE: Kind.CACHE,
        NodeKind.SEARCH: Kind.SEARCH,
        NodeKind.BROKER: Kind.MESSAGING_PUBLISH,
    }
    if provider.kind in by_node:
        return by_node[provider.kind]
    if address.system in {"postgresql", "mysql", "mongodb"}:
        return Kind.DATABASE
    return Kind.CACHE if address.system == "redis" else Kind.HTTP
