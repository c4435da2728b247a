"""Impact in sentences: what fails with a node, and how long requests wait where it hangs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from depmap.reporting.sentences import listed, percent, plain, share
from depmap.wording import several

if TYPE_CHECKING:
    from depmap.model.snapshot import Band, ImpactOf, TimeOut, Wait

_SECOND: Final = 1000.0


def loss(operation: tuple[str, float, float, float, int]) -> str:
    """Return the share of requests of one operation that fail."""
    name, expected, best, worst, requests = operation
    of = several(requests, "request fails", "requests fail")
    return f"{plain(name)}: {share(expected, best, worst)} of {of}"


def band(item: Band) -> str:
    """Return how sure the loss of an operation is, and who else is touched."""
    return (
        f"90 % interval {percent(item.low)} to {percent(item.high)};"
        f" {percent(item.reached)} of the requests reach it,"
        f" {percent(item.waiting)} wait for its answer"
    )


def wait(item: Wait) -> str:
    """Return how long requests of an operation wait when the node hangs."""
    endless = f"; {percent(item.unlimited)} without a known end" if item.unlimited else ""
    return (
        f"if it hangs, they wait about {milliseconds(item.mean_ms)} on average,"
        f" up to {milliseconds(item.most_ms)}{endless}"
    )


def time_out(item: TimeOut) -> str:
    """Return after how long a call gives up, and how that is known."""
    tries = "" if item.most_tries == 1 else f", tried {item.tries:g} to {item.most_tries} times"
    return (
        f"{plain(item.consumer)} gives up on {plain(item.provider)} after about"
        f" {milliseconds(item.after_ms or 0.0)}{tries}: {plain(item.basis)}"
    )


def hang(item: ImpactOf) -> str:
    """Return in a sentence how long requests wait when a node hangs; empty where none do."""
    open_ended = [one.consumer for one in item.time_outs if one.after_ms is None]
    parts = []
    if item.waits:
        longest = max(item.waits, key=lambda one: one.most_ms)
        most = milliseconds(longest.most_ms)
        parts.append(f"requests wait up to about {most} ({plain(longest.operation)})")
    if open_ended:
        parts.append(f"no time-out is known of {listed(tuple(dict.fromkeys(open_ended)), 6)}")
    return "; ".join(parts)


def milliseconds(value: float) -> str:
    """Return a time in ms, or in s where that is easier to read."""
    return f"{value / 1000:.3g} s" if value >= _SECOND else f"{value:.3g} ms"


def basis(item: ImpactOf) -> str:
    """Return what an impact rests on."""
    if item.basis == "traces":
        return "replayed over healthy call trees"
    return "an upper bound from strong dependencies; no traces"
