"""The paths under which routers lie: groups, mounts in other files, callers that hand them on."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from typing import TYPE_CHECKING

from collectors.polyglot.imports import ENDS
from collectors.polyglot.reaching import chain, origins, scope_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from collectors.polyglot.evaluate import Evaluator
    from collectors.polyglot.expressions import Expr, Summary
    from collectors.polyglot.program import Scope
    from collectors.polyglot.project import Project

_GROUPS = frozenset({"Group", "PathPrefix", "MapGroup", "group"})
_MOUNTS = frozenset({"use", "register", "route"})
_APPLICATIONS = frozenset({"express", "fastify", "Koa", "Fastify"})
_DEEPEST = 4
_IMPORTED = re.compile(
    r"import\s+(?:(\w+)\s*,?\s*)?(?:\{([^}]*)\}\s*)?(?:\*\s+as\s+(\w+)\s+)?from\s+[\"'](\.[^\"']*)"
)
Mounts = dict[str, list[str]]
"""The paths under which the routers of a file are mounted in others, by the file."""


def joined(*parts: str) -> str:
    """Paths one below another.

    >>> joined("/api/", "items", "/{}")
    '/api/items/{}'
    """
    return "".join("/" + part.strip("/") for part in parts if part.strip("/"))


def prefixes(ev: Evaluator, receiver: Expr | None, scope: Scope, depth: int = 0) -> list[str]:
    """The paths under which a router's routes lie, as far as its own file tells."""
    if receiver is None or depth > _DEEPEST:
        return [""]
    for made, where in origins(ev, receiver, scope):
        for group in chain(made):
            if group.text in _GROUPS:
                own = ev.text(group.positional[0], where) if group.positional else ""
                above = prefixes(ev, group.receiver, where, depth + 1)
                return [joined(one, own) for one in above]
    handed = list(_handed(ev, receiver, scope, depth))
    return handed or [_mounted(receiver.text, scope.file)]


def _handed(ev: Evaluator, receiver: Expr, scope: Scope, depth: int) -> Iterator[str]:
    """The paths of the routers that callers give a function as a parameter."""
    held = scope.file.functions.get(scope.function, [])
    if receiver.op != "name" or not held or receiver.text not in held[0].params:
        return
    place = held[0].params.index(receiver.text)
    for file, site in ev.program.callers(scope.function, scope.file):
        given = site.call.positional
        if place < len(given) and given[place].op in {"name", "call", "attr"}:
            outer = scope_of(file, site.context)
            yield from prefixes(ev, given[place], outer, depth + 1)


def _mounted(router: str, file: Summary) -> str:
    """The path under which Express uses a router, in the same file."""
    for site in file.sites:
        given = site.call.positional
        mounts = site.call.text in _MOUNTS and len(given) > 1 and given[0].op == "text"
        if mounts and given[-1].op == "name" and given[-1].text == router:
            return given[0].text.rstrip("/")
    return ""


def is_application(ev: Evaluator, receiver: Expr | None, scope: Scope) -> bool:
    """Whether what has a route is the application itself, and no router that is mounted."""
    made = origins(ev, receiver, scope) if receiver is not None else []
    return any(one.text in _APPLICATIONS for one, _ in made)


def mounted(ev: Evaluator, project: Project) -> Mounts:
    """Where the scripts of a project mount the routers of other files."""
    paths = {one.path for one in project.files}
    held: dict[str, list[tuple[Summary, str]]] = defaultdict(list)
    for file in project.files:
        if file.language not in {"javascript", "typescript", "tsx"}:
            continue
        names = _names(file, paths)
        for site in file.sites:
            call = site.call
            if call.text not in _MOUNTS or not call.positional:
                continue
            scope = scope_of(file, site.context)
            option = call.named("prefix")
            path = ev.text(option or call.positional[0], scope)
            for one in call.positional:
                target = _target(one, file, names, paths)
                if target and target != file.path:
                    held[target].append((file, path if path.startswith("/") else ""))
    return {path: _paths(path, held, 0) for path in held}


def _paths(path: str, held: Mapping[str, list[tuple[Summary, str]]], depth: int) -> list[str]:
    found: dict[str, None] = {}
    for file, own in held.get(path, ()):
        above = _paths(file.path, held, depth + 1) if depth < _DEEPEST else []
        found.update(dict.fromkeys(joined(one, own) for one in above or [""]))
    return list(found)


def _names(file: Summary, paths: set[str]) -> dict[str, str]:
    """The files that a script's names come from."""
    found: dict[str, str] = {}
    for line in file.imports:
        for match in _IMPORTED.finditer(line):
            target = _path(match[4], file, paths)
            inner = [one.split(" as ")[-1].strip() for one in (match[2] or "").split(",")]
            for name in filter(None, (match[1], match[3], *inner)) if target else ():
                found[name] = target
    for name, assigns in file.assigns.items():
        for one in assigns:
            target = _target(one.value, file, {}, paths)
            if target:
                found[name] = target
    return found


def _target(one: Expr, file: Summary, names: Mapping[str, str], paths: set[str]) -> str:
    """The file that an expression takes a router from; empty for another."""
    while one.op in {"call", "attr"} and one.text != "require":
        inner = one.args[0] if one.op == "attr" else one.receiver or one.args[0]
        if inner is one:
            return ""
        one = inner
    if one.op == "call" and one.first is not None:
        return _path(one.first.text, file, paths)
    return names.get(one.text, "") if one.op == "name" else ""


def _path(name: str, file: Summary, paths: set[str]) -> str:
    if not name.startswith("."):
        return ""
    base = posixpath.normpath(posixpath.join(posixpath.dirname(file.path), name))
    return next((f"{base}{end}" for end in ENDS if f"{base}{end}" in paths), "")
