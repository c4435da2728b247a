"""Objects that a function is given: what a call on them does is known where they come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collectors.code import commands, tables
from collectors.code.things import Scope, Thing

if TYPE_CHECKING:
    from collectors.code.evaluate import Evaluator
    from collectors.code.flow import Flow
    from collectors.code.summary import Site
    from collectors.code.things import Things

_CALLS = tables.VERBS | {"request", "ws_connect"} | commands.METHODS
_DICTIONARY = frozenset({"get", "update", "set", "delete", "exists"})
"""Methods that mappings have as well."""


def open_(thing: Thing) -> Thing | None:
    """The parameter that a method is called on, directly or by way of its attributes."""
    last = thing.roots()[-1] if thing.kind == "method" else thing
    only = last.parts[0] if last.kind == "str" and len(last.parts) == 1 else None
    if last is thing or only is None or only.kind != "param":
        return None
    return Thing("receiver", last.parts)


def callees(flow: Flow, path: str, site: Site, callee: Things) -> Things:
    """What a call calls, with what its callers say where it is a method of a parameter."""
    if site.call.args[0].text not in _CALLS or _looks_up(site):
        return callee
    if not any(open_(thing) for thing in callee):
        return callee

    def asked(scope: Scope) -> tuple[Things, ...]:
        things = flow.ev.evaluate(site.call.args[0], scope)
        return (tuple(open_(thing) or thing for thing in things),)

    given = [one for case in flow.cases(path, site, asked) for one in case.answers[0]]
    return (*callee, *(one for one in given if one.kind != "receiver"))


def _looks_up(site: Site) -> bool:
    """Whether it looks like the reading of a dictionary: by a plain word."""
    given = site.call.args[1:2]
    plain = bool(given) and given[0].op == "text" and not set(given[0].text) & set("/:")
    return plain and site.call.args[0].text in _DICTIONARY


def waiting(ev: Evaluator, site: Site, scope: Scope) -> tuple[Things, ...]:
    """The parameters whose methods a call may be: asked again where they are given."""
    things = ev.evaluate(site.call.args[0], scope)
    found = tuple(one for one in map(open_, things) if one is not None)
    return (found,) if found else ()
