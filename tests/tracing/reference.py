"""The rules of linking once more, slow and obvious: dictionaries of parents, one span at a time.

It knows spans with whole ids and no parts, peers by name only, and no Redis; for the rest it is
meant to be read against design.md §6 and §7, not against the code.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.tracing.traces import S

if TYPE_CHECKING:
    from collections.abc import Iterable


CALLER, CALLED = ("client", "producer"), ("server", "consumer")
ORDER = ("client", "producer", "server", "consumer")
Key = tuple[str, str, str, bool]


@dataclass
class Linker:
    """Links the spans it is given."""

    spans: list[S]

    def __post_init__(self) -> None:
        self.spans = sorted(distinct(self.spans), key=order_of)
        self.by_id: dict[tuple[str, str], list[S]] = defaultdict(list)
        for span in self.spans:
            self.by_id[span.trace, span.id].append(span)
        self.parents: dict[int, S | None] = {}
        self.orphans: set[int] = set()
        for span in self.spans:
            self.parents[id(span)] = self.find_parent(span)
        for span in self.spans:
            if self.parents[id(span)] is None and id(span) not in self.orphans:
                self.parents[id(span)] = self.find_followed(span)
        self.cut_circles()
        self.calls: Counter[Key] = Counter()
        self.errors: Counter[Key] = Counter()

    def find_parent(self, span: S) -> S | None:
        half = self.find_half(span)
        if half is not None:
            return half
        if not span.parent or span.parent == span.id:
            return None
        found = self.by_id.get((span.trace, span.parent), [])
        if not found:
            self.orphans.add(id(span))
            return None
        own = [other for other in found if span.service and other.service == span.service]
        called = [other for other in own or found if other.kind in CALLED]
        first = (called or own or found)[0]
        answered = {id(self.find_half(other)) for other in found}
        calling = [other for other in found if id(other) not in answered]
        twins = [other for other in own if side_of(other) == side_of(first)]
        return running(twins if own else calling, span) or first

    def find_half(self, span: S) -> S | None:
        if span.kind not in CALLED:
            return None
        callers = [s for s in self.by_id[span.trace, span.id] if s.kind in CALLER]
        akin = [s for s in callers if s.parent == span.parent]
        chosen = akin or callers
        if not chosen:
            return None
        half = running(chosen, span) or chosen[0]
        apart = span.parent and half.parent and span.parent != half.parent
        return None if apart and not span.shared else half

    def find_followed(self, span: S) -> S | None:
        near = [
            self.by_id[link][0]
            for link in span.links
            if link[0] == span.trace and link in self.by_id and self.by_id[link][0] is not span
        ]
        return min(near, key=lambda s: (s.kind != "producer", order_of(s)), default=None)

    def cut_circles(self) -> None:
        inside = []
        for span in self.spans:
            seen, at = set(), self.parents[id(span)]
            while at is not None and at is not span and id(at) not in seen:
                seen.add(id(at))
                at = self.parents[id(at)]
            if at is span:
                inside.append(span)
        for span in inside:
            self.parents[id(span)] = None
            self.orphans.add(id(span))

    def ancestors(self, span: S) -> Iterable[S]:
        at = self.parents[id(span)]
        while at is not None:
            yield at
            at = self.parents[id(at)]

    def above(self, span: S) -> S | None:
        return next((s for s in self.ancestors(span) if s.service), None)

    def turn(self, span: S) -> S | None:
        return next((s for s in self.ancestors(span) if s.service and turns(s)), None)

    def owner(self, span: S) -> str:
        if span.service or span.kind != "client":
            return span.service
        near = (
            s.service for s in self.ancestors(span) if s.service or s.kind in (*CALLER, *CALLED)
        )
        return next(near, "")

    def caller(self, span: S) -> S | None:
        turn, above = self.turn(span), self.above(span)
        if turn is None or above is None or turn.service != above.service:
            return None
        return turn if calls_out(turn) else None

    def is_hop(self, span: S) -> bool:
        above, caller = self.above(span), self.caller(span)
        if not span.service or above is None:
            return False
        pair = span.kind in CALLED and caller is not None and caller.kind in CALLER
        return above.service != span.service or pair

    def outermost(self, span: S) -> S:
        turn = self.turn(span)
        if span.kind != "consumer" or turn is None or turn.kind != "consumer":
            return span
        return self.outermost(turn) if turn.service == span.service else span

    def count(self, consumer: str, provider: str, kind: str, *, error: bool, seen: bool) -> None:
        key = (consumer, provider, kind, seen)
        self.calls[key] += 1
        self.errors[key] += error

    def run(self) -> dict[Key, tuple[int, int]]:
        hops = [span for span in self.spans if self.is_hop(span)]
        known = {self.count_hop(span) for span in hops}
        self.count_references()
        self.count_remote_callers()
        self.count_peers({id(self.caller(span)) for span in hops})
        self.count_linked(known)
        self.count_guesses()
        pairs = {key[:2] for key in self.calls if key[3]}
        return {
            key: (count, self.errors[key])
            for key, count in self.calls.items()
            if key[3] or key[:2] not in pairs
        }

    def count_hop(self, span: S) -> tuple[int, int]:
        caller, above = self.caller(span), self.above(span)
        assert above is not None
        event = span.kind == "consumer" or (
            caller is not None and caller.kind == "producer" and span.kind != "server"
        )
        own = not calls_out(span) and failed(span)
        error = own or (caller is not None and failed(caller) and not event)
        kind = "event" if event else spoken(caller, span)
        self.count(above.service, span.service, kind, error=error, seen=True)
        return id(caller or above), id(self.outermost(span))

    def count_references(self) -> None:
        for span in self.spans:
            above = self.above(span)
            for link in dict.fromkeys(span.links):
                target = self.by_id[link][0] if link in self.by_id else span
                messages = span.kind in ("producer", "consumer") or target.kind == "producer"
                if link[0] != span.trace or not span.service or not target.service or messages:
                    continue
                known = above is not None and above.service == target.service
                if target.service != span.service and not known:
                    kind = spoken(None, span)
                    self.count(target.service, span.service, kind, error=False, seen=True)

    def count_remote_callers(self) -> None:
        for span in self.spans:
            alone = span.kind == "server" and span.service and self.above(span) is None
            if alone and span.remote:
                kind = "http" if "http.method" in span.tags else "rpc"
                self.count(span.remote, span.service, kind, error=failed(span), seen=True)

    def count_peers(self, answered: set[int]) -> None:
        speaks = [
            s for s in self.spans if self.owner(s) and (calls_out(s) or s.kind == "consumer")
        ]
        outer: dict[int, list[S]] = defaultdict(list)
        inner_of: dict[int, S] = {}
        for span in speaks:
            turn = self.turn(span)
            if turn is None or turn not in speaks or not span.service:
                continue
            if turn.service == span.service:
                outer[id(turn)].append(span)
                inner_of[id(span)] = turn
        for span in speaks:
            messaging = span.kind in ("producer", "consumer")
            if not span.remote or (not messaging and id(span) in answered):
                continue
            wraps = [s for s in outer[id(span)] if s.remote == span.remote or id(s) in answered]
            around = inner_of.get(id(span))
            if self.is_part(span, around, messaging=messaging):
                continue
            if messaging or not wraps:
                self.count_peer(span)

    def is_part(self, span: S, around: S | None, *, messaging: bool) -> bool:
        if around is None or around.remote != span.remote:
            return False
        return around.kind in ("producer", "consumer") and (
            around.kind == span.kind or (around.kind == "producer" and not messaging)
        )

    def count_peer(self, span: S) -> None:
        kinds = {"producer": "messaging-publish", "consumer": "messaging-consume"}
        kind = kinds.get(span.kind) or ("http" if "http.method" in span.tags else "rpc")
        self.count(self.owner(span), span.remote, kind, error=failed(span), seen=True)

    def count_linked(self, known: set[tuple[int, int]]) -> None:
        for span in self.spans:
            for link in dict.fromkeys(span.links):
                if link not in self.by_id or not span.service or span.kind == "producer":
                    continue
                target = self.by_id[link][0]
                near = link[0] == span.trace and span.kind == "consumer"
                pair = id(target), id(self.outermost(span))
                fits = target.service and (target.kind == "producer" or near)
                if fits and target is not span and pair not in known:
                    known.add(pair)
                    self.count(
                        target.service, span.service, "event", error=failed(span), seen=True
                    )

    def count_guesses(self) -> None:
        for trace in {span.trace for span in self.spans}:
            mine = [s for s in self.spans if s.trace == trace and self.parents[id(s)] is None]
            roots = [s for s in mine if id(s) not in self.orphans]
            if not roots:
                continue
            root = min(roots, key=lambda s: (s.start is None, s.start or 0, order_of(s)))
            groups: dict[tuple[str, bool, str], list[S]] = defaultdict(list)
            for span in mine:
                own = span is root or not span.service or span.service == root.service
                named = span.kind == "server" and span.remote
                if own or named or not root.service or span.kind in ("producer", "consumer"):
                    continue
                lost = id(span) in self.orphans
                groups[span.parent if lost else span.id, lost, span.service].append(span)
            for group in groups.values():
                span = min(group, key=lambda s: (s.kind != "server", order_of(s)))
                server = span.kind == "server"
                kind = "http" if server and "http.method" in span.tags else "rpc"
                error = server and failed(span)
                self.count(root.service, span.service, kind, error=error, seen=False)


def running(spans: list[S], child: S) -> S | None:
    before = [s for s in spans if s.at <= child.at]
    inside = [s for s in before if s.took is None or s.at + s.took >= child.at]
    return max(inside or before, key=lambda s: (s.at, spans.index(s)), default=None)


def side_of(span: S) -> int:
    return 0 if span.kind in CALLER else 1 if span.kind in CALLED else 2


def distinct(spans: Iterable[S]) -> list[S]:
    kept: list[S] = []
    for span in spans:
        if span not in kept:
            kept.append(span)
    return kept


def order_of(span: S) -> tuple[int, int, int, str, int, int]:
    parent = int(span.parent or "0", 16)
    return int(span.trace, 16), int(span.id, 16), side_of(span), span.service, parent, span.at


def failed(span: S) -> bool:
    return "error" in span.tags


def calls_out(span: S) -> bool:
    local = span.kind not in (*CALLER, *CALLED)
    return span.kind in CALLER or (local and bool(span.remote))


def turns(span: S) -> bool:
    return span.kind in CALLED or calls_out(span)


def spoken(caller: S | None, span: S) -> str:
    of_caller = caller is not None and caller.kind != "producer" and "http.method" in caller.tags
    of_called = not calls_out(span) and "http.method" in span.tags
    return "http" if of_caller or of_called else "rpc"
