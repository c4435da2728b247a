"""Running a system: what happens to each request, and what would if a service were down.

``prepare(system)`` draws everything random once. ``outcome(prepared)`` tells what happens;
``outcome(prepared, down={3}, background=False)`` what would happen to the same requests if
service 3 were down and everything else well: the truth about strength and impact.

All visits of one operation are worked out at once, providers first: an operation calls only later
ones. What a request would need at most is laid out first, retries included; what is not reached
since something failed before is left out later.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tests.simulator.system import Site, System

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.random import Generator

Column = NDArray[Any]

OWN_MS = 2.0
NETWORK_MS = 0.4
TIMEOUT_MS = 1000.0
BURST_SECONDS = 5.0
BREAKER_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls that one site may make.

    Attributes:
        site: the site.
        user: the visit of the caller's operation each call belongs to.
        visits: for each attempt, the visits of the callee's operation.
        effect: a number 0-1; the caller fails with the call where it is below delta.
    """

    site: Site
    user: Column
    visits: tuple[Column, ...]
    effect: Column


@dataclass(frozen=True, slots=True)
class Prepared:
    """All that is random about a run.

    Attributes:
        system: the system.
        time: start of each trace, in seconds; sorted.
        entry: position in ``system.entries`` of each trace.
        key: how popular what each request asks for is, 0-1; near 0: in every cache.
        poison: whether a request is poison.
        trace: for each operation, the trace of each of its visits.
        luck: for each operation, a number 0-1 a visit, by which it fails by itself.
        took: for each operation, its own milliseconds in each visit.
        calls: for each operation, the calls of its sites, in order.
        bursts: for each service, starts of short times in which it fails.
    """

    system: System
    time: Column
    entry: Column
    key: Column
    poison: Column
    trace: tuple[Column, ...]
    luck: tuple[Column, ...]
    took: tuple[Column, ...]
    calls: tuple[tuple[Calls, ...], ...]
    bursts: tuple[Column, ...]


@dataclass(slots=True)
class Outcome:
    """What happened, by operation.

    Attributes:
        failed: whether each visit failed.
        silent: whether nobody answered (no span of the provider).
        lasted: milliseconds of each visit.
        made: for each site and attempt, whether the call was made, given that its visit was.
        fatal: for each site, whether the caller failed because of the call.
        lost: for each site, whether the call finally failed, or a breaker stopped it.
    """

    failed: list[Column]
    silent: list[Column]
    lasted: list[Column]
    made: list[list[list[Column]]]
    fatal: list[list[Column]]
    lost: list[list[Column]]


def prepare(system: System) -> Prepared:
    """Draw all that is random about a run, for ``config.traces`` requests."""
    config = system.config
    rng = np.random.default_rng([config.seed, 2])
    many = config.traces
    time = _times(rng, many, config.seconds)
    share = np.array([weight for _, weight in system.entries])
    entry = rng.choice(len(share), many, p=share)
    arriving: list[list[Column]] = [[] for _ in system.operations]
    held = [0] * len(system.operations)
    for at, (first, _) in enumerate(system.entries):
        chosen = np.flatnonzero(entry == at)
        arriving[first].append(chosen)
        held[first] += len(chosen)
    traces, luck, took, calls = [], [], [], []
    effects = rng.random((many, 8)) if config.stateful else None
    for operation, chunks in zip(system.operations, arriving, strict=True):
        trace = np.concatenate([np.zeros(0, dtype=np.int64), *chunks])
        traces.append(trace)
        luck.append(rng.random(len(trace)))
        took.append(OWN_MS * rng.lognormal(0, 0.5, len(trace)))
        made = []
        for site in operation.sites:
            user = np.flatnonzero(rng.random(len(trace)) < site.use)
            visits = []
            for _ in range(site.attempts):
                visits.append(held[site.callee] + np.arange(len(user)))
                held[site.callee] += len(user)
                arriving[site.callee].append(trace[user])
            # stateful: what happens depends on the request, so that it is the same each time
            effect = (
                rng.random(len(user))
                if effects is None
                else effects[trace[user], system.operations[site.callee].service % 8]
            )
            made.append(Calls(site, user, tuple(visits), effect))
        calls.append(tuple(made))
    return Prepared(
        system=system,
        time=time,
        entry=entry,
        key=rng.random(many),
        poison=(rng.random(many) < config.poison) & config.stateful,
        trace=tuple(traces),
        luck=tuple(luck),
        took=tuple(took),
        calls=tuple(calls),
        bursts=_bursts(system, rng),
    )


def _times(rng: Generator, many: int, seconds: float) -> Column:
    """Return when requests come: by day twice as many as by night."""
    wanted = rng.random(2 * many + 1000) * seconds
    busy = 0.67 + 0.33 * np.sin(2 * np.pi * wanted / 86_400 - np.pi / 2)
    kept = wanted[rng.random(len(wanted)) < busy]
    missing = rng.random(max(0, many - len(kept))) * seconds
    return np.sort(np.concatenate([kept, missing])[:many])


def _bursts(system: System, rng: Generator) -> tuple[Column, ...]:
    """Return starts of bursts, which make up half of a service's failures where there are any."""
    config = system.config
    if not config.stateful:
        return tuple(np.zeros(0) for _ in system.names)
    return tuple(
        np.sort(rng.random(rng.poisson(rate / 2 * config.seconds / BURST_SECONDS)))
        * config.seconds
        for rate in system.failure
    )


def outcome(prepared: Prepared, *, down: Collection[int] = (), background: bool = True) -> Outcome:
    """Work out what happens to all requests.

    Args:
        prepared: the run.
        down: services that are down all the time; nobody answers there.
        background: whether there are failures and outages besides.
    """
    many = len(prepared.system.operations)
    found = Outcome(
        failed=[np.zeros(0)] * many,
        silent=[np.zeros(0)] * many,
        lasted=[np.zeros(0)] * many,
        made=[[]] * many,
        fatal=[[]] * many,
        lost=[[]] * many,
    )
    for at in range(many - 1, -1, -1):
        _operation(prepared, at, found, down, background=background)
    return found


def _operation(
    prepared: Prepared, at: int, found: Outcome, down: Collection[int], *, background: bool
) -> None:
    """Work out the visits of one operation, those of its providers being known."""
    operation = prepared.system.operations[at]
    early, late, silent, wait = _by_itself(prepared, at, down, background=background)
    failed = early.copy()
    going = ~early
    lasted = prepared.took[at] + wait
    together = np.zeros(len(failed))
    made, fatal, lost = [], [], []
    for calls in prepared.calls[at]:
        site, user = calls.site, calls.user
        tried = going[user]
        open_ = tried & _stopped(prepared, site, at, user, down, background=background)
        waiting, spent, last = tried & ~open_, np.zeros(len(user)), tried.copy()
        attempts = []
        for visits in calls.visits:
            attempts.append(waiting)
            spent += np.where(waiting, found.lasted[site.callee][visits] + NETWORK_MS, 0.0)
            last = np.where(waiting, found.failed[site.callee][visits], last)
            waiting = waiting & last
        last &= tried
        held = prepared.key[prepared.trace[at][user]] < site.cached
        ends = last & (calls.effect < site.delta) & ~held
        made.append(attempts)
        fatal.append(ends)
        lost.append(last)
        failed[user[ends]] = True
        if site.waits and operation.parallel:
            together[user] = np.maximum(together[user], spent)
        elif site.waits:
            lasted[user] += spent
            going[user[ends]] = False
    failed |= late & going
    found.failed[at], found.silent[at] = failed, silent
    found.lasted[at] = lasted + together
    found.made[at], found.fatal[at], found.lost[at] = made, fatal, lost


def _by_itself(
    prepared: Prepared, at: int, down: Collection[int], *, background: bool
) -> tuple[Column, Column, Column, Column]:
    """Tell the visits that fail by themselves before they call anybody, and after.

    Returns:
        Failed early, failed late, silent, and how long nothing happened, in ms.
    """
    system = prepared.system
    service = system.operations[at].service
    trace = prepared.trace[at]
    if service in down:
        yes, no = np.ones(len(trace), np.bool_), np.zeros(len(trace), np.bool_)
        return yes, no, yes, np.zeros(len(trace))
    early, late, silent = np.zeros((3, len(trace)), dtype=np.bool_)
    wait = np.zeros(len(trace))
    if not background:
        return early, late, silent, wait
    time = prepared.time[trace]
    for outage in system.outages:
        if service in outage.services:
            inside = (time >= outage.start) & (time < outage.end)
            early |= inside
            silent |= inside & (outage.way != "error")
            wait[inside] += TIMEOUT_MS if outage.way == "hang" else 0.0
    luck, rate = prepared.luck[at], system.failure[service]
    if system.config.stateful:
        rate /= 2
        if len(starts := prepared.bursts[service]):
            before = np.searchsorted(starts, time, side="right") - 1
            early |= (before >= 0) & (time - starts[before] < BURST_SECONDS)
        if system.poisoned[service]:
            early |= prepared.poison[trace] & (luck > 0.2)
    early |= luck < rate / 2
    late |= (luck >= rate / 2) & (luck < rate)
    return early, late, silent, wait


def _stopped(
    prepared: Prepared,
    site: Site,
    at: int,
    user: Column,
    down: Collection[int],
    *,
    background: bool,
) -> Column:
    """Tell the calls that a circuit breaker stops, as it has seen the provider down for long."""
    stopped = np.zeros(len(user), dtype=np.bool_)
    provider = prepared.system.operations[site.callee].service
    if not site.breaker:
        return stopped
    if provider in down:
        return ~stopped
    if background:
        time = prepared.time[prepared.trace[at][user]]
        for outage in prepared.system.outages:
            if provider in outage.services:
                stopped |= (time >= outage.start + BREAKER_SECONDS) & (time < outage.end)
    return stopped
