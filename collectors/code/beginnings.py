"""Where what leads to a call begins: in a route, a task, a program, or as a file is loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collectors.code.program import Place

if TYPE_CHECKING:
    from collectors.code.flow import Flow, Step
    from collectors.code.summary import Expr, Function

MAX_PLACES = 200
"""Functions on the way up that are looked at; beyond them it is not known where all begins."""

_ROUTES = frozenset(
    {"route", "get", "post", "put", "patch", "delete", "head", "options", "websocket",
     "api_route", "websocket_route", "api_view", "action"}
)  # fmt: skip
_TASKS = frozenset({"task", "shared_task", "actor", "periodic_task"})
_ADDS = frozenset({"add_url_rule", "add_api_route", "add_route", "add_api_websocket_route"})


def beginnings(flow: Flow, chain: tuple[Step, ...]) -> tuple[str, ...]:
    """Return the beginnings of a chain of calls, as ``kind path``; nothing where it is not known.

    Kinds are ``route`` (a server's handler), ``task`` (of a queue), ``main`` (run only where the
    file is the program), ``load`` (run when the file is imported) and ``call`` (a function that
    somebody else may call, who is not known).
    """
    found: set[str] = set()
    seen: set[Place] = set()
    waiting = [chain[-1]]
    while waiting:
        step = waiting.pop()
        if step.passed in _ADDS:
            found.add(f"route {step.path}")
            continue
        place = Place(step.path, step.site.function)
        if not place.name:
            found.add(f"{'main' if step.site.main else 'load'} {step.path}")
        elif place not in seen:
            seen.add(place)
            kind = _kind(flow.ev.program.function(place))
            above = flow.callers(place) if kind != "route" else ()
            waiting.extend(above)
            if kind or not above:
                found.add(f"{kind or 'call'} {step.path}")
        if len(seen) > MAX_PLACES:
            return ()
    return tuple(sorted(found))


def _kind(function: Function | None) -> str:
    """What a function is by its decorators; empty for one that only its callers run."""
    named = {_name(one) for one in (function.decorators if function is not None else ())}
    if named & _TASKS:
        return "task"
    return "route" if named & _ROUTES else ""


def _name(decorator: Expr) -> str:
    inner = decorator.args[0] if decorator.op == "call" else decorator
    return inner.text if inner.op in {"attr", "name"} else ""
