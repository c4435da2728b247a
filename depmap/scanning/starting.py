"""Who is started after whom, and what is declared although nothing uses it."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from depmap.model.dependency import CONFIRMED
from depmap.model.evidence import Evidence
from depmap.model.facts import Value
from depmap.model.finding import Finding, Severity
from depmap.model.words import Kind, NodeKind, Source, Strength
from depmap.scanning.addresses import parse, resolve
from depmap.scanning.common import Common
from depmap.scanning.declaring import VARIANT
from depmap.scanning.gathering import BY_VARIABLE

if TYPE_CHECKING:
    from depmap.model.deployed import Setting, StartAfter
    from depmap.scanning.addresses import Address
    from depmap.scanning.estate import Service
    from depmap.scanning.gathering import Gathering

ORDERED = 0.9
UNREADABLE = 0.7
GATED = 0.55
"""Confidence of an order that is kept until the other is healthy, though nothing uses it."""

UNUSED = 0.35
GIVEN = 0.6
NOT_CALLED = 0.4
NOT_READ = 0.2
WHOLE = 0.4
UNSEEN = 0.35
CONNECTS = 0.75

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


def join_waits(g: Gathering) -> None:
    """Turn waiting at start into evidence."""
    for wait in g.waits:
        named = g.estate.named(wait.unit) if wait.unit else None
        for consumer in (named,) if named is not None else g.owners(wait):
            for target in (one for value in wait.targets for one in g.targets(value, consumer)):
                if target.service is None or target.service is consumer:
                    continue
                g.claim(
                    Evidence(
                        consumer=consumer.name,
                        provider=target.service.name,
                        kind=Kind.STARTUP_ORDER,
                        source=Source.CODE if wait.file.endswith(".py") else Source.DEPLOYMENT,
                        locators=(g.at(wait), *g.shown(target.address.settings)),
                        operation=_asked(target.address),
                        confidence=target.confidence,
                        strength=Strength.STRONG if wait.hard else Strength.WEAK,
                        reason=wait.mechanism,
                    )
                )
                g.met.add((consumer.name, target.service.name))
                g.connected.discard((consumer.name, target.service.name))


def _asked(address: Address) -> str:
    web = address.scheme in {"http", "https"} and address.path.strip("/")
    return f"GET {address.path}" if web else ""


def join_order(g: Gathering) -> None:
    """Turn declared order, and connecting at start, into evidence."""
    declared: set[tuple[str, str]] = set()
    for fact in g.after:
        consumer, provider = g.estate.named(fact.unit), g.estate.named(fact.on)
        if consumer is None or provider is None or consumer is provider:
            continue
        declared.add((consumer.name, provider.name))
        g.claim(_after(g, fact, consumer, provider))
    # What a job calls as it runs is its work, and no start.
    jobs = {one.name for one in g.estate.services.values() if one.kind is NodeKind.JOB}
    for item in list(g.evidence):
        pair = (item.consumer, item.provider)
        if item.consumer in jobs:
            continue
        if pair in g.connected and pair not in declared and _calls(item):
            g.connected.discard(pair)
            g.evidence.append(
                Evidence(
                    consumer=item.consumer,
                    provider=item.provider,
                    kind=Kind.STARTUP_ORDER,
                    source=Source.CODE,
                    locators=item.locators,
                    confidence=min(CONNECTS, item.confidence),
                    strength=Strength.STRONG,
                    reason="it is called before the service runs, and a failure ends the start",
                )
            )


def _calls(item: Evidence) -> bool:
    return item.kind.is_call and "at start" in item.reason


def _after(g: Gathering, fact: StartAfter, consumer: Service, provider: Service) -> Evidence:
    pair = (consumer.name, provider.name)
    hard = fact.condition in {"healthy", "completed"} or pair in g.connected
    hard = hard or (consumer.kind is NodeKind.GATEWAY and not consumer.read)
    migrates = provider.kind is NodeKind.DATABASE and g.ways.migrates(consumer) and pair in g.met
    hard = hard or migrates
    confidence, reason = ORDERED, fact.mechanism
    job = fact.condition == "completed"
    if pair not in g.met and not job:
        if consumer.read and consumer.thorough and consumer.name not in g.blind:
            confidence = GATED if fact.condition == "healthy" else UNUSED
            reason = f"{fact.mechanism}, but no code of {consumer.name} uses {provider.name}"
            g.findings.append(_unused(pair, "depends_on", g.at(fact)))
        else:
            confidence = UNREADABLE
    elif pair in g.connected or migrates:
        does = "connects" if pair in g.connected else "makes its tables"
        reason = f"{fact.mechanism}; it {does} at start, and a failure ends the start"
    if fact.variant:
        confidence, reason = min(confidence, VARIANT), f"{reason}; only in {fact.variant}"
    if not fact.required:
        hard, reason = False, f"{reason}; it is started without as well"
    return Evidence(
        consumer=consumer.name,
        provider=provider.name,
        kind=Kind.STARTUP_ORDER,
        source=Source.DEPLOYMENT,
        locators=(g.at(fact),),
        confidence=confidence,
        strength=Strength.STRONG if hard else Strength.WEAK,
        reason=reason,
    )


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
        g.findings.append(_unused((service.name, provider.name), key, g.at(setting)))
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


def _unused(pair: tuple[str, str], what: str, locator: str) -> Finding:
    consumer, provider = pair
    return Finding(
        rule="declared-unused",
        subjects=(consumer, provider, what),
        message=f"{consumer} declares {provider} ({what}), and no code uses it",
        severity=Severity.LOW,
        locators=(locator,),
    )
