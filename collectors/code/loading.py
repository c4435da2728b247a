"""Modules that a file names in strings, for a server, a task queue or the importer to load."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collectors.code.summary import Expr, Summary

_APP = re.compile(r"([A-Za-z_][\w.]*):[A-Za-z_]\w*")
_DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
_LISTS = frozenset({"include", "imports", "packages"})
_SETTINGS = frozenset({"imports", "include", "CELERY_IMPORTS", "CELERY_INCLUDE"})


def modules_named(summary: Summary) -> Iterator[str]:
    """Yield the dotted names of modules that are loaded by name."""
    for site in summary.sites:
        function, *given = site.call.args
        match function.text:
            case "run" | "Config" if given:
                yield from (match[1] for match in map(_APP.fullmatch, _texts(given[0])) if match)
            case "import_module" if given:
                yield from _dotted(given[0])
            case "autodiscover_tasks" if given:
                for name in _dotted(given[0]):
                    yield from (f"{name}.tasks", name)
            case _:
                named = zip(reversed(site.call.keys), reversed(given), strict=False)
                for key, value in named:
                    if key in _LISTS and value.op == "list":
                        yield from _dotted(value)
    for name in sorted(_SETTINGS & summary.names.keys()):
        for value in summary.names[name]:
            yield from _dotted(value)


def _texts(expr: Expr) -> Iterator[str]:
    if expr.op == "text":
        yield expr.text
    elif expr.op == "list":
        yield from (one.text for one in expr.args if one.op == "text")


def _dotted(expr: Expr) -> Iterator[str]:
    return (text for text in _texts(expr) if _DOTTED.fullmatch(text))
