"""Why a link is there, or, from what could not be seen, why it may be missing."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final

from depmap.tracing.halves import fold
from depmap.tracing.links import Link
from depmap.tracing.missing import gap_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from depmap.tracing.links import Links

RULES: Final = {
    "shared-id": "client and server recorded under one span id (B3)",
    "client-server": "a server's span lies below a client's",
    "lost-client": "a server's span lies below another service's; the client's was not recorded",
    "parent": "a span refers to one of another service as its parent",
    "reference": "a span refers to one of another service besides its parent",
    "producer-consumer": "a consumer's span lies below a producer's",
    "span-link": "a span links to the one that sent the message",
    "remote-caller": "a server's span names its caller, which recorded nothing above it",
    "peer-name": "a client's span calls its peer by name; the peer recorded no span of the call",
    "peer-address": "a client's span tells the address of its peer, which recorded no span",
    "peer-system": "a client's span tells only the kind of system that it calls",
    "publish": "a producer's span names its broker",
    "consume": "a consumer's span names its broker",
    "orphan": "guessed: the span's parent is lost, so it was laid below the trace's root",
    "second-root": "guessed: the trace has two roots, so the later was laid below the first",
}
"""What each rule saw, in words."""

_ABOUT_PROVIDER: Final = ("orphan", "second-root", "circle")
_NAMED: Final = 5


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One reason why a link is there or may be missing.

    Attributes:
        what: what there is.
        why: what it means for the link.
        count: how often; 0: it is no count.
        example: a trace to look at; may be empty.
    """

    what: str
    why: str
    count: int = 0
    example: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Everything that tells for or against one link.

    Attributes:
        consumer: the consumer, spelt as the links spell it.
        provider: the provider, likewise.
        rows: the links between them; empty: there is none.
        findings: why they are there, or why they may be missing.
    """

    consumer: str
    provider: str
    rows: tuple[Link, ...]
    findings: tuple[Finding, ...]

    def record(self) -> dict[str, Any]:
        """Return it for JSON."""
        return {
            "consumer": self.consumer,
            "provider": self.provider,
            "linked": bool(self.rows),
            "findings": [
                {"what": f.what, "why": f.why, "count": f.count, "example": f.example}
                for f in self.findings
            ],
        }


def explain(links: Links, consumer: str, provider: str) -> Explanation:
    """Say why a link is there, or why it may be missing.

    Args:
        links: all links; of them, in whatever order, nothing left out.
        consumer: the consumer's name, in any case.
        provider: the provider's name, likewise.
    """
    names = {fold(name): name for row in links.rows for name in (row.consumer, row.provider)}
    names |= {fold(service.name): service.name for service in links.services}
    one, other = names.get(fold(consumer), consumer), names.get(fold(provider), provider)
    rows = tuple(row for row in links.rows if (row.consumer, row.provider) == (one, other))
    findings = [item for row in rows for item in _why(row)]
    if not rows:
        findings += [*_strangers(names, one, other), *_absent(links, one, other)]
    if not findings:
        said = "nothing in these traces hints at such a call"
        findings = [Finding(said, f"{one} and {other} both recorded spans, all of them connected")]
    return Explanation(consumer=one, provider=other, rows=rows, findings=tuple(findings))


def _why(row: Link) -> Iterator[Finding]:
    """Yield the rules that made a row, the most frequent first."""
    for rule, count in sorted(row.rules, key=lambda item: (-item[1], item[0])):
        example = row.examples[0] if row.examples else ""
        yield Finding(f"{row.kind.value} by the rule {rule}", RULES[rule], count, example)
    if row.is_self_call:
        yield Finding("a self-call", "consumer and provider are one service", row.calls)


def _strangers(names: dict[str, str], *wanted: str) -> Iterator[Finding]:
    """Yield the names that nothing in the traces goes by."""
    for name in wanted:
        if fold(name) not in names:
            alike = [key for key in sorted(names) if fold(name) in key]
            alike += get_close_matches(fold(name), sorted(names), _NAMED)
            near = ", ".join(names[key] for key in list(dict.fromkeys(alike))[:_NAMED])
            why = f"there is {near}" if near else "it is spelt otherwise, or was not traced"
            yield Finding(f"no span and no call names {name}", why)


def _absent(links: Links, consumer: str, provider: str) -> Iterator[Finding]:
    """Yield what may hide a link."""
    recorded = {service.name: service.spans for service in links.services}
    for name, what in ((consumer, "calls"), (provider, "answers")):
        named = any(name in (row.consumer, row.provider) for row in links.rows)
        if named and name not in recorded:
            why = f"without spans of its own, its {what} are seen from the other side only"
            yield Finding(f"{name} recorded no spans", why)
    yield from _lost(links, consumer, provider)
    yield from _unmatched(links, consumer, provider)
    yield from _detours(links, consumer, provider)


def _lost(links: Links, consumer: str, provider: str) -> Iterator[Finding]:
    """Yield spans that were lost or tell too little."""
    for item in links.missing:
        about_provider = item.reason in _ABOUT_PROVIDER and provider in item.subjects
        about_consumer = item.reason == "unnamed" and consumer in item.subjects
        guess = item.reason == "guess" and item.subjects == (consumer, provider)
        if about_provider or about_consumer or guess or item.reason == "no-service":
            gap = gap_of(item)
            yield Finding(gap.what, gap.why, item.count, item.example)
    waiting = [w for w in links.waiting if w.event.provider in (consumer, provider)]
    if waiting:
        yield Finding(
            f"span links of {waiting[0].event.provider} that lead to spans not read",
            "the messages' senders are unknown; read the traces that they belong to as well",
            len(waiting),
            waiting[0].event.examples[0],
        )


def _unmatched(links: Links, consumer: str, provider: str) -> Iterator[Finding]:
    """Yield halves of calls whose other half is not known: entries of one, peers of the other."""
    entries = sum(entry.calls for entry in links.entries if entry.service == provider)
    if entries:
        yield Finding(
            f"calls of {provider} that begin a trace",
            f"who calls is not told; if {consumer} does, it does not pass on the trace's context",
            entries,
        )
    peers = [r for r in links.rows if r.consumer == consumer and r.virtual == "provider"]
    label = fold(provider)
    alike = [row for row in peers if label in fold(row.provider)]
    for row in alike or peers[:_NAMED]:
        why = f"it may be {provider} under another name" if alike else "it recorded no spans"
        yield Finding(f"{consumer} calls {row.provider}", why, row.calls, row.examples[0])


def _detours(links: Links, consumer: str, provider: str) -> Iterator[Finding]:
    """Yield what is there instead: the other direction, and a way over others."""
    back = [r for r in links.rows if (r.consumer, r.provider) == (provider, consumer)]
    if back:
        calls = sum(row.calls for row in back)
        why = "it is the other direction"
        yield Finding(f"{provider} calls {consumer}", why, calls, back[0].examples[0])
    way = _shortest(links, consumer, provider)
    if way:
        yield Finding(" -> ".join(way), "it is used over others, not called directly")


def _shortest(links: Links, consumer: str, provider: str) -> list[str]:
    """Return the shortest way over links, the first by name; empty when there is none."""
    providers: dict[str, list[str]] = {}
    for row in links.rows:
        providers.setdefault(row.consumer, []).append(row.provider)
    before: dict[str, str] = {consumer: ""}
    left = deque([consumer])
    while left and provider not in before:
        name = left.popleft()
        for there in sorted(set(providers.get(name, ())) - set(before)):
            before[there] = name
            left.append(there)
    way = [provider] if provider in before and provider != consumer else []
    while way and before[way[0]]:
        way.insert(0, before[way[0]])
    return way
