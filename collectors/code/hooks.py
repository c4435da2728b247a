"""Functions that a framework runs before it serves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collectors.code.items import elements
from collectors.code.program import Place
from collectors.code.summary import argument
from collectors.code.things import seen_from

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collectors.code.flow import Flow
    from collectors.code.summary import Expr, Function, Site

_DECORATORS = frozenset(
    {"before_serving", "before_first_request", "on_startup", "before_app_serving",
     "before_server_start", "main_process_start"}
)  # fmt: skip
_NAMES = frozenset({"lifespan", "on_startup"})
_GIVEN = ("lifespan", "on_startup")
"""Arguments of applications that hold such functions."""


def is_hook(flow: Flow, place: Place) -> bool:
    """Whether a function is run by the framework before it serves."""
    function = flow.ev.program.function(place)
    if function is None:
        return False
    if any(_starts(item) for item in function.decorators):
        return True
    return (
        function.name.rpartition(".")[2] in _NAMES
        or _is_ready(flow, place, function)
        or place in flow.hooks(found)
    )


def _starts(decorator: Expr) -> bool:
    named = decorator.args[0] if decorator.op == "call" else decorator
    first = decorator.args[1].text if decorator.op == "call" and len(decorator.args) > 1 else ""
    return named.text in _DECORATORS or (
        named.text in {"on_event", "listener"} and "start" in first
    )


def _is_ready(flow: Flow, place: Place, function: Function) -> bool:
    """``AppConfig.ready`` of Django."""
    held = flow.ev.program.klass(Place(place.path, function.owner)) if function.owner else None
    bases = held.bases if held is not None else ()
    return function.name.endswith(".ready") and any(one.text == "AppConfig" for one in bases)


def found(flow: Flow) -> frozenset[Place]:
    """The functions that are handed to an application to be run before it serves."""
    return frozenset(
        Place(thing.path, thing.text)
        for path, summary in flow.ev.program.files.items()
        for site in summary.sites
        for given in _given(site)
        for held in flow.ev.ask(given, seen_from(path, site))
        for thing in (elements(flow.ev, held) if held.kind == "seq" else (held,))
        if thing.kind == "func"
    )


def _given(site: Site) -> Iterator[Expr]:
    called = site.call.args[0]
    named = [argument(site.call, -1, name) for name in _GIVEN if name in site.call.keys]
    yield from (one for one in named if one is not None)
    if called.text == "add_event_handler" and len(site.call.args) > 2:  # noqa: PLR2004 - the function, the event and the handler
        yield from site.call.args[2:3] if "start" in site.call.args[1].text else ()
    held = called.args[0].text if called.op == "attr" and called.text == "append" else ""
    if held in {"on_startup", "cleanup_ctx"}:
        yield from site.call.args[1:2]
