"""The story of one dependency, and of one failure, as plain text."""

from __future__ import annotations

from collections import defaultdict, deque
from typing import TYPE_CHECKING

from depmap.errors import InputError, did_you_mean
from depmap.model.words import Source, Strength
from depmap.reporting import content, losses, sentences, strengths, unknown
from depmap.reporting.sentences import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from depmap.model.dependency import Dependency
    from depmap.model.snapshot import ImpactOf, Snapshot


def render_why(snapshot: Snapshot, consumer: str, provider: str) -> str:
    """Tell why one node depends on another, with every place where a person can look.

    Args:
        snapshot: the snapshot.
        consumer: a name or alias of the depending node.
        provider: a name or alias of the node it depends on.

    Raises:
        InputError: when no node has one of the names.
    """
    first, second = _resolve(snapshot, consumer), _resolve(snapshot, provider)
    items = snapshot.matrix.between(first, second)
    lines: list[str] = []
    for item in items:
        lines += [*_dependency(item, snapshot), ""]
    if not items:
        lines += [*_indirect(snapshot, first, second), ""]
    lines += _context(snapshot, first, second)
    return "\n".join(lines).rstrip() + "\n"


def render_impact(impact: ImpactOf, snapshot: Snapshot) -> str:
    """Tell what fails when a node is down.

    Args:
        impact: the impact, one of ``snapshot.impacts``.
        snapshot: the snapshot it belongs to.
    """
    node = plain(impact.node)
    lines = [f"If {node} is down ({losses.basis(impact)}):"]
    total = next((item for item in content.losses(snapshot) if item.impact == impact), None)
    if total is not None and total.expected is not None:
        share = sentences.share(total.expected, total.best, total.worst)
        lines.append(f"  {share} of all requests fail")
    bands = {item.operation: item for item in impact.bands}
    waits = {item.operation: item for item in impact.waits}
    for row in impact.operations:
        lines.append(f"    {losses.loss(row)}")
        if row[0] in bands:
            lines.append(f"      {losses.band(bands[row[0]])}")
        if row[0] in waits:
            lines.append(f"      {losses.wait(waits[row[0]])}")
    lines += _names("stops", impact.fails, snapshot)
    lines += _names("goes on with less", impact.degrades, snapshot)
    lines += _names("not known", impact.undetermined, snapshot)
    lines += _hang(impact)
    if len(lines) == 1:
        lines.append("  nothing else is known to fail")
    return "\n".join(lines) + "\n"


def _hang(impact: ImpactOf) -> Iterator[str]:
    """Yield after how long calls give up, and who is not known to."""
    if impact.time_outs:
        yield f"  if {plain(impact.node)} takes calls and does not answer:"
    patient: dict[str, list[str]] = defaultdict(list)
    for item in impact.time_outs:
        if item.after_ms is None:
            patient[item.basis].append(item.consumer)
        else:
            yield f"    {losses.time_out(item)}"
    for why, names in patient.items():
        yield f"    {plain(why)}: {sentences.listed(names)}"


def _resolve(snapshot: Snapshot, name: str) -> str:
    node = snapshot.node(name)
    if node is not None:
        return node.name
    known = {*snapshot.matrix.names, *(item.name for item in snapshot.nodes)}
    if name in known:
        return name
    raise InputError(f'nothing is called "{plain(name)}"', hint=did_you_mean(name, known))


def _dependency(item: Dependency, snapshot: Snapshot) -> Iterator[str]:
    yield sentences.dependency(item)
    yield f"  {sentences.certainty(item)}"
    for told in (strengths.sure(item), strengths.expected(item), sentences.consequence(item)):
        if told:
            yield f"  {told}"
    if item.operations:
        yield f"  operations: {sentences.listed(item.operations, 8)}"
    yield from _operations(item)
    if item.strength.basis:
        yield f"  why it counts as {item.strength.strength.value}"
        yield from (f"    - {plain(reason)}" for reason in item.strength.basis)
    yield "  evidence"
    for claim in item.evidence:
        yield f"    - {sentences.claim(claim, snapshot.as_of)}"
        yield from (f"        {plain(locator)}" for locator in claim.locators)
    if silent := _silent(item, snapshot):
        yield f"  not seen by: {', '.join(silent)}"
    yield from _open(item, snapshot)


def _operations(item: Dependency) -> Iterator[str]:
    """Tell the strength by operation, where there are several."""
    rows = [strengths.OPERATIONS, *strengths.operation_rows(item.strength)]
    if len(rows) == 1:
        return
    yield f"  by operation: {strengths.differing(item.strength)}"
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield f"    {'  '.join(cells)}".rstrip()
    if rest := strengths.left_out(item.strength):
        yield f"    {rest}"


def _open(item: Dependency, snapshot: Snapshot) -> Iterator[str]:
    """Tell what would decide a strength that is undetermined or disputed."""
    for asked in snapshot.inquiries:
        if (asked.consumer, asked.provider, asked.kind) != item.key:
            continue
        if asked.about == "conflict" or item.strength.strength is Strength.UNDETERMINED:
            worth = unknown.worth(asked)
            facts = [asked.how, f"ask {asked.whom}" if asked.whom else ""]
            facts += [f"may shift what fails by {worth} of all requests"] if worth else []
            yield plain(f"  to find out: {asked.question} ({', '.join(filter(None, facts))})")


def _silent(item: Dependency, snapshot: Snapshot) -> Sequence[Source]:
    """Return the sources that were read and say nothing of the dependency."""
    read = {source.source for source in snapshot.sources if source.source and not source.failed}
    spoke = {claim.source for claim in item.evidence}
    return [source for source in Source if source in read - spoke]


def _indirect(snapshot: Snapshot, first: str, second: str) -> Iterator[str]:
    yield f"No source says that {plain(first)} depends on {plain(second)}."
    chain = _chain(snapshot, first, second)
    if chain:
        yield f"  It does through others: {' -> '.join(plain(name) for name in chain)}"


def _chain(snapshot: Snapshot, first: str, second: str) -> tuple[str, ...]:
    """Return the shortest chain of confirmed dependencies, the first by name among equals."""
    providers: dict[str, set[str]] = defaultdict(set)
    for item in snapshot.matrix.confirmed():
        providers[item.consumer].add(item.provider)
    queue: deque[tuple[str, ...]] = deque([(first,)])
    seen = {first}
    while queue:
        path = queue.popleft()
        if path[-1] == second:
            return path
        fresh = sorted(providers[path[-1]] - seen)
        seen.update(fresh)
        queue.extend((*path, name) for name in fresh)
    return ()


def _context(snapshot: Snapshot, first: str, second: str) -> Iterator[str]:
    for item in snapshot.matrix.between(second, first):
        yield f"The other way round: {sentences.dependency(item)}"
    for shared in snapshot.shared:
        if first in shared.members and second in shared.members:
            yield f"Shared: {sentences.coupling(shared)}"
            yield from (f"    {plain(locator)}" for locator in shared.locators)
    for finding in snapshot.findings:
        if {first, second} <= set(finding.subjects):
            yield f"Finding {finding.fingerprint} ({finding.severity}): {plain(finding.message)}"
            yield from (f"    - {plain(detail)}" for detail in finding.details)


def _names(title: str, names: Sequence[str], snapshot: Snapshot) -> Iterator[str]:
    if not names:
        return
    yield f"  {title}:"
    owners = {node.name: node.owner for node in snapshot.nodes}
    for name in names:
        owner = owners.get(name, "")
        yield f"    {plain(name)}{f' ({plain(owner)})' if owner else ''}"
