"""Tables and collections that classes and definitions of models stand for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from collectors.polyglot.datastores import store_use, table_use
from collectors.polyglot.expressions import Context, Expr
from collectors.polyglot.reaching import known, scope_of
from depmap.model.facts import Part, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collectors.polyglot.evaluate import Evaluator
    from collectors.polyglot.expressions import Annotation, Site, Summary
    from collectors.polyglot.program import Scope
    from depmap.model.facts import Use

_SCRIPTS = frozenset({"javascript", "typescript", "tsx"})
_DEFINES = frozenset({"define", "init", "forFeature"})
_ROWS = re.compile(r"\bDbSet<(?:\w+\.)*(\w+)\??>")
_OPTIONS = re.compile(r"create(Mongoose|TypeOrm|Sequelize)Options$")
_OF_SCRIPTS = {"Mongoose": "mongodb", "TypeOrm": "", "Sequelize": ""}


def plural(name: str) -> str:
    """A name of many, as model libraries form it.

    >>> plural("story"), plural("box"), plural("user"), plural("news")
    ('stories', 'boxes', 'users', 'news')
    """
    if re.search(r"[^aeiou]y$", name):
        return f"{name[:-1]}ies"
    if name.endswith("s") and not name.endswith("ss"):
        return name
    return f"{name}es" if re.search(r"(?:ss|x|ch|sh)$", name) else f"{name}s"


def snake(name: str) -> str:
    """A class's name as a table's.

    >>> snake("OrderItem")
    'order_item'
    """
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def models(ev: Evaluator, root: str, file: Summary) -> Iterator[Use]:
    """Yield the tables and collections that a file's classes and definitions stand for."""
    for mark in file.annotations:
        name = _annotated(ev, file, mark)
        if name:
            system = "mongodb" if mark.name in {"Document", "Schema"} else ""
            yield table_use(root, f"{file.path}:{mark.call.line}", name, system=system)
    for site in file.sites:
        for name, system in _called(ev, file, site):
            yield table_use(root, f"{file.path}:{site.call.line}", name, system=system)
    yield from _declared(ev, root, file)


def _annotated(ev: Evaluator, file: Summary, mark: Annotation) -> str:
    if mark.on != "class":
        return ""
    scope = scope_of(file, Context())
    beside = {one.name for one in file.annotations if one.on == "class" and one.cls == mark.cls}
    given = mark.call.named("name", "collection", "tableName", "value") or mark.call.first
    named = ev.text(given, scope) if given is not None else ""
    if mark.name == "Entity":
        if file.language in _SCRIPTS:
            return named or snake(mark.cls)
        return "" if "Table" in beside else snake(mark.cls)
    if mark.name == "Table" and (named or file.language not in _SCRIPTS):
        return named
    if mark.name == "Document":
        return named or mark.cls[:1].lower() + mark.cls[1:]
    return named if mark.name == "Schema" else ""


def _called(ev: Evaluator, file: Summary, site: Site) -> Iterator[tuple[str, str]]:
    """The table or collection that a call defines, and its system."""
    call = site.call
    scope = scope_of(file, site.context)
    if file.language in _SCRIPTS:
        yield from _scripted(ev, file, call, scope)
    elif call.first is not None and (
        (file.language == "csharp" and call.text == "ToTable")
        or (file.language == "go" and call.dotted().lower().endswith("db.table"))
    ):
        name = ev.text(call.first, scope).split(" ")[0]
        if name:
            yield name, ""


def _scripted(ev: Evaluator, file: Summary, call: Expr, scope: Scope) -> Iterator[tuple[str, str]]:
    """What Mongoose and Sequelize define."""
    name = ev.text(call.first, scope)
    words = ev.program.project(file).words() if name or call.text in _DEFINES else ""
    if call.text == "model" and len(call.positional) > 1 and name and "mongoose" in words:
        third = call.positional[2:3]
        own = ev.text(third[0], scope) if third else ""
        yield own or plural(name.lower()), "mongodb"
    elif call.text in {"define", "init"} and "equelize" in words:
        given = ev.text(call.named("tableName"), scope)
        if given or (call.text == "define" and name):
            yield given or plural(name), ""
    elif call.dotted().endswith("MongooseModule.forFeature") and call.first is not None:
        for one in call.first.args:
            held = Expr("new", "", (one,))
            own, name = (ev.text(held.named(word), scope) for word in ("collection", "name"))
            if own or name:
                yield own or plural(name.lower()), "mongodb"


def _declared(ev: Evaluator, root: str, file: Summary) -> Iterator[Use]:
    """Tables that a method, a property or a field names; addresses that a method returns."""
    named = {"go": _methods, "csharp": _properties, "php": _fields}.get(file.language)
    for name, line in named(ev, file) if named is not None else ():
        if name:
            yield table_use(root, f"{file.path}:{line}", name)
    for called, functions in file.functions.items() if file.language in _SCRIPTS else ():
        match = _OPTIONS.match(called)
        system = _OF_SCRIPTS[match[1]] if match is not None else ""
        for function in functions if match is not None else ():
            yield from _returned(ev, root, file, function.returns, system)


def _methods(ev: Evaluator, file: Summary) -> Iterator[tuple[str, int]]:
    """``TableName`` of GORM."""
    for function in file.functions.get("TableName", ()):
        if function.returns:
            yield ev.text(function.returns[0], scope_of(file, Context())), function.line


def _properties(ev: Evaluator, file: Summary) -> Iterator[tuple[str, int]]:
    """The sets of a context of Entity Framework, where nothing else names the tables."""
    if not ev.program.project(file).sites.get("ToTable"):
        for name, typed in file.types.items():
            if _ROWS.match(typed):
                yield name, file.lines.get(f"{name}.", 1)


def _fields(ev: Evaluator, file: Summary) -> Iterator[tuple[str, int]]:
    """``$table`` of Eloquent."""
    for one in file.assigns.get("table", ()):
        if one.context.cls:
            yield ev.text(one.value, scope_of(file, one.context)), one.value.line


def _returned(
    ev: Evaluator, root: str, file: Summary, returns: list[Expr], system: str
) -> Iterator[Use]:
    for held in returns:
        whole = Expr("new", "", (held,))
        given = whole.named("uri", "url", "host")
        if given is None:
            continue
        driver = whole.named("type", "dialect")
        spoken = system or (driver.text if driver is not None else "")
        bare = whole.named("uri", "url") is None
        for value in known(ev.values(given, scope_of(file, Context()))):
            before = (Part("text", f"{spoken}://"),) if bare else ()
            at = f"{file.path}:{given.line or held.line}"
            yield store_use(root, at, spoken, Value((*before, *value)))
