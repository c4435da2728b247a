"""What becomes of a failure: from the handlers around a call, and around its callers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from collectors.code.flow import Flow, Step
from collectors.code.handlers import COLLECTED
from collectors.code.hooks import is_hook
from collectors.code.program import Place
from collectors.code.tables import OTHERS
from collectors.code.things import Scope
from depmap.model.words import Strength

if TYPE_CHECKING:
    from collectors.code.summary import Expr, Handler, Site

MAX_LEVELS = 6
"""How far up the callers are looked at."""


MAX_STAND_INS = 3
"""How far up it is looked whether a call is made only in place of another."""

_FALLBACKS = frozenset({"fallback_function", "fallback", "retry_error_callback", "fallback_fn"})
_RETRIES = frozenset({"retry", "on_exception", "on_predicate", "retry_on_exception", "retrying"})


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of a failure.

    Attributes:
        strength: the strength that follows.
        reason: why, in words.
        at_start: whether it happens before the process serves.
        background: whether nobody waits for the call.
        waits: whether the process waits until the call works.
    """

    strength: Strength
    reason: str
    at_start: bool = False
    background: bool = False
    waits: bool = False


@dataclass(frozen=True, slots=True)
class _Local:
    ends: str = ""  # "caught", "fails", "waits"; empty: goes on to the caller
    reason: str = ""
    raised: str = ""  # the handler that raised again
    weak: bool = False
    broad: bool = False


def fate(flow: Flow, chain: tuple[Step, ...], custom: frozenset[str]) -> Fate:
    """Return what becomes of the failure of a call.

    Args:
        flow: who calls whom.
        chain: the call and the callers known, innermost first.
        custom: names of the exceptions that this root defines.
    """
    raised = ""
    for place, step in enumerate(chain):
        if step.background:
            return _unwaited(flow, step)
        verdict = _local(step, custom, raised)
        if verdict.ends:
            return _ended(flow, step, verdict, place)
        raised = verdict.raised
    return _upwards(flow, chain[-1], custom, raised, frozenset())


def stands_in(flow: Flow, chain: tuple[Step, ...], level: int = 0) -> bool:
    """Whether a call is made only where another one failed: by the handlers of all callers."""
    if any(step.site.in_handler for step in chain):
        return True
    place = Place(chain[-1].path, chain[-1].site.function)
    above = flow.callers(place) if place.name and level < MAX_STAND_INS else ()
    return bool(above) and all(stands_in(flow, (step,), level + 1) for step in above)


def _unwaited(flow: Flow, step: Step) -> Fate:
    where = f"{step.path}:{step.site.line}"
    place = Place(step.path, step.site.function)
    if not place.name or is_hook(flow, place):
        why = f"runs beside the service from its start on ({where})"
        return Fate(Strength.WEAK, why, background=True)
    return Fate(
        Strength.OPTIONAL, f"runs in the background ({where}), nobody waits", background=True
    )


def _ended(flow: Flow, step: Step, verdict: _Local, level: int) -> Fate:
    if verdict.ends == "fails":
        return Fate(Strength.STRONG, verdict.reason)
    if verdict.ends == "waits":
        return Fate(Strength.STRONG, verdict.reason, waits=True)
    if step.site.refused:
        why = f"{verdict.reason}, but without a result the work is refused"
        return Fate(Strength.STRONG, why)
    above = flow.callers(Place(step.path, step.site.function)) if step.site.function else ()
    if above and all(one.site.refused for one in above):
        where = f"{above[0].path}:{above[0].site.line}"
        return Fate(
            Strength.STRONG, f"{verdict.reason}, but an empty result is refused at {where}"
        )
    if level and verdict.broad and _looped((step, *above)):
        why = f"{verdict.reason}: that piece of work is not done, the loop takes the next"
        return Fate(Strength.STRONG, why)
    return Fate(Strength.WEAK if verdict.weak else Strength.OPTIONAL, verdict.reason)


def _looped(steps: tuple[Step, ...]) -> bool:
    """Whether this is the loop of a worker, which must survive what fails in it."""
    return any(loop.kind in {"forever", "while"} for step in steps for loop in step.site.loops)


def _upwards(
    flow: Flow, step: Step, custom: frozenset[str], raised: str, seen: frozenset[Place]
) -> Fate:
    place = Place(step.path, step.site.function)
    plain = raised or "nothing catches its failure"
    if _migrates(flow, step.path):
        return Fate(Strength.STRONG, f"runs when tables are migrated, and {plain}")
    if not place.name or is_hook(flow, place):
        why = f"runs at start, and {plain}"
        return Fate(Strength.STRONG, why, at_start=True)
    decorated = _decorated(flow, place, custom)
    if isinstance(decorated, Fate):
        return decorated
    if decorated:
        plain = raised = f"{decorated}, then it fails"
    above = flow.callers(place) if len(seen) < MAX_LEVELS and place not in seen else ()
    if not above:
        return Fate(Strength.STRONG, plain)
    return _worst([_of_caller(flow, one, custom, raised, seen | {place}) for one in above], plain)


def _migrates(flow: Flow, path: str) -> bool:
    """Whether a file is run by a tool that migrates tables, and by nobody else."""
    summary = flow.ev.program.files[path]
    return any(
        target == "alembic" or target.startswith("alembic.") for target in summary.imports.values()
    )


def _of_caller(
    flow: Flow, caller: Step, custom: frozenset[str], raised: str, seen: frozenset[Place]
) -> Fate:
    if caller.background:
        return _unwaited(flow, caller)
    if caller.later:
        return Fate(Strength.STRONG, raised or "nothing catches its failure")
    verdict = _local(caller, custom, raised)
    if verdict.ends:
        return _ended(flow, caller, verdict, len(seen))
    return _upwards(flow, caller, custom, verdict.raised, seen)


def _worst(fates: list[Fate], plain: str) -> Fate:
    """The fate of a call that several reach: the worst of them."""
    order = (Strength.STRONG, Strength.WEAK, Strength.OPTIONAL)
    worst = min(fates, key=lambda item: order.index(item.strength))
    start = all(item.at_start for item in fates)
    reason = plain if worst.at_start and not start else worst.reason
    background = all(item.background for item in fates)
    return Fate(worst.strength, reason, start, background, worst.waits)


def _decorated(flow: Flow, place: Place, custom: frozenset[str]) -> Fate | str:
    """What a decorator makes of a failure: a fall-back, an end, or only further tries."""
    function = flow.ev.program.function(place)
    tried = ""
    for item in function.decorators if function else ():
        named = item.args[0] if item.op == "call" else item
        keys = dict(zip(reversed(item.keys), reversed(item.args), strict=False))
        if _FALLBACKS & keys.keys():
            return Fate(Strength.WEAK, f"its decorator {named.text} has a fall-back")
        if "raise_on_giveup" in keys and keys["raise_on_giveup"].text == "False":
            return Fate(Strength.OPTIONAL, f"its decorator {named.text} gives up without failing")
        wrapped = _wrapped(flow, named, place, custom)
        if wrapped is not None:
            return wrapped
        if named.text in _RETRIES:
            tried = f"its decorator {named.text} tries again"
    return tried


def _wrapped(flow: Flow, named: Expr, place: Place, custom: frozenset[str]) -> Fate | None:
    """What a decorator of this root does with the failure of what it wraps."""
    for thing in flow.ev.ask(named, Scope(place.path)):
        summary = flow.ev.program.files.get(thing.path) if thing.kind == "func" else None
        for site in summary.sites if summary is not None else ():
            called = site.call.args[0]
            inside = site.function.startswith(f"{thing.text}.") and called.op == "name"
            if inside and _is_parameter(flow, thing.path, site.function, called.text):
                verdict = _local(Step(thing.path, site), custom, "")
                if verdict.ends == "caught":
                    strength = Strength.WEAK if verdict.weak else Strength.OPTIONAL
                    return Fate(strength, f"in its decorator, {verdict.reason}")
    return None


def _is_parameter(flow: Flow, path: str, function: str, name: str) -> bool:
    """Whether a name is a parameter of a function around this one."""
    while function:
        function = function.rpartition(".")[0]
        held = flow.ev.program.function(Place(path, function))
        if held is not None and name in held.params:
            return True
    return False


def _local(step: Step, custom: frozenset[str], raised: str) -> _Local:
    """What the function that a call is in makes of its failure."""
    if step.site.within == COLLECTED:
        return _Local(
            "caught", f"its failure is one of the results ({step.path}:{step.site.line})"
        )
    for clauses in step.site.handlers:
        relevant = [item for item in clauses if _catches(item, custom, raised)]
        if not relevant:
            continue
        verdict = _handled(step, relevant)
        if verdict.ends:
            return verdict
        raised = verdict.raised or raised
    return _Local(raised=raised)


def _handled(step: Step, relevant: list[Handler]) -> _Local:
    ends = {item.does for item in relevant}
    where = f"{step.path}:{relevant[0].line}"
    if ends & {"fail", "exit"}:
        word = "ends the process" if "exit" in ends else "answers with an error"
        return _Local("fails", f"its handler {word} ({where})")
    if "raise" in ends:
        return _Local(raised=f"its handler raises ({where})")
    if "retry" in ends:
        return _retried(step.site, where)
    calls = any(item.calls for item in relevant)
    answers = any(item.answers for item in relevant)
    what = "swallows the failure"
    if calls or answers:
        what = "goes on with another call" if calls else "goes on with another value"
    return _Local(
        "caught",
        f"its handler {what} ({where})",
        weak=calls or answers,
        broad=any(not item.catches or "Exception" in item.catches for item in relevant),
    )


def _retried(site: Site, where: str) -> _Local:
    loop = next((item for item in site.loops if item.kind != "each"), None)
    if loop is None or loop.kind in {"forever", "while"}:
        return _Local("waits", f"tried again until it answers ({where})")
    if loop.fails_after:
        return _Local(raised=f"retried, then it fails ({where})")
    return _Local("caught", f"retried, then given up without failing ({where})", weak=True)


def _catches(handler: Handler, custom: frozenset[str], raised: str) -> bool:
    if not handler.catches:
        return True
    return any(
        name not in OTHERS and (bool(raised) or name not in custom) for name in handler.catches
    )
