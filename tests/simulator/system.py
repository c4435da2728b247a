"""Systems with known truth: services in tiers, operations, call sites, failures, outages.

``make(Config(seed=1))`` returns a ``System``. Everything about it is known: which service calls
which, with what probability (``Site.use``), and whether the caller fails with the provider
(``Site.delta``). Nothing here knows how depmap estimates any of it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.random import Generator

TIERS: Final = (0.05, 0.22, 0.30, 0.25, 0.18)
"""Share of the services in each tier, entries first; the last one holds stores without spans."""
LARGEST: Final = 30.0
"""Expected visits below one operation, above which it gets no further calls."""
DAY: Final = 86_400.0
STORE_OPERATION: Final = "SELECT"
"""What stores are asked for, as their spans tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What kind of system, and how it is looked at.

    Attributes:
        seed: everything random follows from it.
        stateful: False: callers fail with each failed provider independently (noisy-or). True:
            caches, circuit breakers, failures in bursts (so that retries fail alike), outages of
            several services at once, and poison requests that fail caller and callee alike.
        services: how many, stores included.
        operations: business operations.
        traces: requests from outside.
        seconds: over how long.
        failures: smallest, median and largest share of requests a service fails by itself.
        outages: how many.
        outage_seconds: how long each of them lasts.
        strong: share of the pairs in which the consumer needs the provider.
        graded: share of the pairs whose delta is anything between 0 and 1.
        mixed: share of the pairs whose call sites behave independently of each other; in the
            others the consumer treats a provider alike in all its operations.
        retries: share of the calls that are tried again once.
        unwaited: share of the calls that are fired and forgotten.
        poison: share of the requests that are poison, where there are any.
        shared: resources that several services are coupled through.
    """

    seed: int = 0
    stateful: bool = False
    services: int = 60
    operations: int = 12
    traces: int = 50_000
    seconds: float = DAY
    failures: tuple[float, float, float] = (0.001, 0.003, 0.01)
    outages: int = 3
    outage_seconds: float = 600.0
    strong: float = 0.45
    graded: float = 0.1
    mixed: float = 0.15
    retries: float = 0.25
    unwaited: float = 0.1
    poison: float = 0.002
    shared: int = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One call in one operation.

    Attributes:
        caller: the operation it stands in.
        callee: the operation it calls.
        use: probability that it is reached, given that nothing failed before.
        delta: probability that the caller fails if the call finally failed.
        attempts: how often it is tried at most.
        waits: whether the caller waits for it.
        cached: share of the requests whose answer a cache holds, if the call fails.
        breaker: whether a circuit breaker stops calling a provider that is down.
    """

    caller: int
    callee: int
    use: float
    delta: float
    attempts: int = 1
    waits: bool = True
    cached: float = 0.0
    breaker: bool = False


class Call(NamedTuple):
    """A call site by the names that spans show.

    Attributes:
        consumer: the service it stands in.
        consumer_operation: what that service does.
        provider: the service or store that it calls.
        operation: what it asks for.
    """

    consumer: str
    consumer_operation: str
    provider: str
    operation: str


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation of a service; its calls are in order, or all at once where ``parallel``."""

    service: int
    name: str
    sites: tuple[Site, ...]
    parallel: bool


@dataclass(frozen=True, slots=True)
class Outage:
    """Services that are down together; ``way`` is ``refuse``, ``error`` or ``hang``."""

    services: tuple[int, ...]
    start: float
    end: float
    way: str


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """A system.

    Attributes:
        config: what it was made of.
        names: of the services, and of the stores as depmap calls them.
        tier: of each of them; those of the last tier are stores, which record no spans.
        operations: in an order in which each calls only later ones.
        entries: business operations, with the share of requests of each.
        failure: share of requests that each service fails by itself.
        outages: when which services are down.
        poisoned: whether a service fails on poison requests.
        groups: services coupled through one resource, by the resource's name.
    """

    config: Config
    names: tuple[str, ...]
    tier: tuple[int, ...]
    operations: tuple[Operation, ...]
    entries: tuple[tuple[int, float], ...]
    failure: tuple[float, ...]
    outages: tuple[Outage, ...]
    poisoned: tuple[bool, ...]
    groups: tuple[tuple[str, tuple[int, ...]], ...]

    def is_store(self, service: int) -> bool:
        """Whether it records no spans of its own."""
        return self.tier[service] == len(TIERS) - 1

    def label(self, operation: int) -> str:
        """Return a business operation as depmap's flows call it."""
        found = self.operations[operation]
        return f"{self.names[found.service]}: {found.name}"

    def call(self, site: Site) -> Call:
        """Return a call site as depmap's views by operation call it."""
        caller, callee = self.operations[site.caller], self.operations[site.callee]
        asked = STORE_OPERATION if self.is_store(callee.service) else callee.name
        return Call(self.names[caller.service], caller.name, self.names[callee.service], asked)

    def pairs(self) -> dict[tuple[int, int], list[Site]]:
        """Return the call sites of each (consumer, provider)."""
        found: dict[tuple[int, int], list[Site]] = {}
        for operation in self.operations:
            for site in operation.sites:
                provider = self.operations[site.callee].service
                found.setdefault((operation.service, provider), []).append(site)
        return found


def make(config: Config) -> System:
    """Make a system; the same for the same configuration."""
    rng = np.random.default_rng([config.seed, 1])
    tier = _tiers(config)
    stores = np.flatnonzero(tier == len(TIERS) - 1)
    names = tuple(
        f"postgresql://store-{at:03d}" if level == len(TIERS) - 1 else f"svc-{at:03d}"
        for at, level in enumerate(tier.tolist())
    )
    owner = _owners(config, rng, tier)
    providers = _providers(rng, tier)
    operations = _wired(config, rng, owner, providers)
    entries = [at for at, of in enumerate(owner) if tier[of] == 0]
    weight = 1 / np.arange(1, len(entries) + 1) ** 0.7
    low, median, high = config.failures
    failure = np.clip(median * np.exp(rng.normal(0, 0.7, len(tier))), low, high)
    return System(
        config=config,
        names=names,
        tier=tuple(tier.tolist()),
        operations=operations,
        entries=tuple(zip(entries, (weight / weight.sum()).tolist(), strict=True)),
        failure=tuple(failure.tolist()),
        outages=_outages(config, rng, np.flatnonzero(tier > 0)),
        poisoned=tuple((rng.random(len(tier)) < 0.5).tolist()),
        groups=_groups(config, rng, np.setdiff1d(np.flatnonzero(tier > 0), stores)),
    )


def _tiers(config: Config) -> np.ndarray:
    counts = np.maximum(1, np.round(np.array(TIERS) * config.services)).astype(int)
    counts[2] += config.services - counts.sum()
    return np.repeat(np.arange(len(TIERS)), counts)


def _owners(config: Config, rng: Generator, tier: np.ndarray) -> list[int]:
    """Return the service of each operation: business operations first, then tier by tier."""
    gates = np.flatnonzero(tier == 0)
    owner = [int(gates[at % len(gates)]) for at in range(config.operations)]
    for service in np.flatnonzero(tier > 0).tolist():
        many = 1 if tier[service] == len(TIERS) - 1 else int(rng.integers(1, 4))
        owner += [service] * many
    return owner


def _providers(rng: Generator, tier: np.ndarray) -> dict[int, list[int]]:
    """Return whom each service calls: services of lower tiers, each called by somebody."""
    found: dict[int, list[int]] = {}
    liked = rng.pareto(1.5, len(tier)) + 0.3
    for service in np.flatnonzero(tier < len(TIERS) - 1).tolist():
        below = np.flatnonzero(tier > tier[service])
        near = np.where(tier[below] == tier[service] + 1, 3.0, 1.0) * liked[below]
        many = int(rng.integers(4, 9) if tier[service] == 0 else rng.integers(1, 5))
        chosen = rng.choice(below, min(many, len(below)), replace=False, p=near / near.sum())
        found[service] = sorted(chosen.tolist())
    called = {provider for chosen in found.values() for provider in chosen}
    for service in np.flatnonzero(tier > 0).tolist():
        if service not in called:
            above = np.flatnonzero(tier == tier[service] - 1)
            found[int(rng.choice(above))].append(service)
    return found


def _wired(
    config: Config,
    rng: Generator,
    owner: list[int],
    providers: dict[int, list[int]],
) -> tuple[Operation, ...]:
    """Give each operation its calls, last operations first, bounded in what is below them."""
    of: dict[int, list[int]] = {}
    for at, service in enumerate(owner):
        of.setdefault(service, []).append(at)
    behaviour = {
        (service, provider): _behaviour(config, rng)
        for service, called in sorted(providers.items())
        for provider in called
    }
    # of its own, so that a system is wired alike whatever is mixed
    mixing = np.random.default_rng([config.seed, 5])
    mixed = {pair for pair in behaviour if mixing.random() < config.mixed}
    size = np.ones(len(owner))
    sites: dict[int, list[Site]] = {at: [] for at in range(len(owner))}
    for service in sorted(providers, reverse=True):
        for provider in providers[service]:
            own = of[service]
            used = [at for at in own if rng.random() < 0.5] or [own[int(rng.integers(len(own)))]]
            for at in used:
                callee = of[provider][int(rng.integers(len(of[provider])))]
                use = 1.0 if rng.random() < 0.5 else float(rng.uniform(0.05, 0.9))
                if sites[at] and size[at] + use * size[callee] > LARGEST:
                    use = 0.05
                pair = (service, provider)
                how = _behaviour(config, mixing) if pair in mixed else behaviour[pair]
                site = replace(how, caller=at, callee=callee, use=use)
                sites[at].append(site)
                size[at] += use * size[callee] * site.attempts
    found = []
    for at, service in enumerate(owner):
        order = rng.permutation(len(sites[at])).tolist()
        found.append(
            Operation(
                service=service,
                name=f"GET /op{at:03d}",
                sites=tuple(sites[at][i] for i in order),
                parallel=bool(rng.random() < 0.3),
            )
        )
    return tuple(found)


def _behaviour(config: Config, rng: Generator) -> Site:
    """Return what a consumer makes of one provider, as a call site of nowhere."""
    strong, graded = rng.random() < config.strong, rng.random() < config.graded
    delta = (
        float(rng.uniform()) if graded else float(rng.beta(*((12, 1) if strong else (0.5, 12))))
    )
    waits = bool(rng.random() >= config.unwaited)
    attempts = 2 if rng.random() < config.retries and waits else 1
    cached, breaker = 0.0, False
    if config.stateful:
        delta = float(delta > 0.5) if not graded else delta
        cached = float(rng.uniform(0.1, 0.9)) if rng.random() < 0.25 else 0.0
        breaker = bool(rng.random() < 0.3)
    return Site(
        caller=-1,
        callee=-1,
        use=0.0,
        delta=delta if waits else 0.0,
        attempts=attempts,
        waits=waits,
        cached=cached,
        breaker=breaker and waits,
    )


def _outages(config: Config, rng: Generator, services: np.ndarray) -> tuple[Outage, ...]:
    found = []
    for _ in range(config.outages):
        many = int(rng.integers(1, 5)) if config.stateful else 1
        start = float(rng.uniform(0, max(1.0, config.seconds - config.outage_seconds)))
        found.append(
            Outage(
                services=tuple(sorted(rng.choice(services, many, replace=False).tolist())),
                start=start,
                end=start + config.outage_seconds,
                way=str(rng.choice(["refuse", "error", "hang"])),
            )
        )
    return tuple(found)


def _groups(
    config: Config, rng: Generator, services: np.ndarray
) -> tuple[tuple[str, tuple[int, ...]], ...]:
    found = []
    for at in range(config.shared):
        many = min(len(services), int(rng.integers(2, 6)))
        chosen = rng.choice(services, many, replace=False)
        found.append((f"shared-{at}", tuple(sorted(chosen.tolist()))))
    return tuple(found)
