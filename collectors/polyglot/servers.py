"""Routes and entry points of the usual frameworks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from collectors.polyglot.expressions import Context, Expr
from collectors.polyglot.prefixes import is_application, joined, prefixes
from collectors.polyglot.reaching import chain, scope_of
from depmap.model.facts import Entry, Route, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collectors.polyglot.evaluate import Evaluator
    from collectors.polyglot.expressions import Annotation, Site, Summary
    from collectors.polyglot.program import Scope

_VERBS = frozenset({"get", "post", "put", "delete", "patch", "head", "options", "all", "any"})
_OTHERS = {"handlefunc": "*", "handle": "*", "route": "*", "mapget": "GET", "mappost": "POST",
           "mapput": "PUT", "mapdelete": "DELETE", "mappatch": "PATCH", "use": "*",
           "to": "*", "resource": "*", "match": "*", "pattern": "*", "path": "*"}  # fmt: skip
_MAPPINGS = {
    "GetMapping": "GET", "PostMapping": "POST", "PutMapping": "PUT", "DeleteMapping": "DELETE",
    "PatchMapping": "PATCH", "RequestMapping": "*", "HttpGet": "GET", "HttpPost": "POST",
    "HttpPut": "PUT", "HttpDelete": "DELETE", "HttpPatch": "PATCH", "Get": "GET", "Post": "POST",
    "Put": "PUT", "Delete": "DELETE", "Patch": "PATCH", "GET": "GET", "POST": "POST",
    "PUT": "PUT", "DELETE": "DELETE", "get": "GET", "post": "POST", "put": "PUT",
    "delete": "DELETE", "patch": "PATCH", "All": "*", "Path": "", "Route": "",
}  # fmt: skip
_CONTROLLERS = frozenset({"RestController", "ApiController"})
_PREFIXES = frozenset({"RequestMapping", "Path", "Controller", "Route"})
_CLIENTS = frozenset({"FeignClient", "RegisterRestClient", "HttpExchange", "Client"})
_LISTENS = frozenset(
    {"ListenAndServe", "ListenAndServeTLS", "listen", "Run", "run", "Serve", "Listen",
     "runApplication", "serve", "bind", "start", "bindAsync", "embeddedServer",
     "awaitTermination", "UseUrls", "CreateBuilder"}
)  # fmt: skip
_SERVING = re.compile(
    r"^(?:http\.\w+|\w*[sS](?:erver|rv|vr)\.\w+|app\.\w+|r(?:outer)?\.[rR]un|e\.Start|(?:engine|gin|g)\.Run|"
    r"SpringApplication\.run|net\.Listen|HttpServer\.\w+|\w*fastify\w*\.listen|\w*\.listen|"
    r"WebApplication\.CreateBuilder|axum\.serve|Server\.builder.*|embeddedServer|runApplication|"
    r"\w+\.bindAsync|rocket\.\w+|g?rpc\w*\.\w+|s\.Serve|\w+\.ListenAndServe)$"
)
_OF_SPRING = ("SpringApplication.run", "runApplication")
_ACTIONS = {"index": ("GET", ""), "create": ("POST", ""), "show": ("GET", "{}"),
            "update": ("PUT", "{}"), "destroy": ("DELETE", "{}")}  # fmt: skip
_LIKE = {"create": "store"}
"""The actions of a resource of Rails, and what Laravel calls one of them."""

_PARAMETER = re.compile(r"\{[^{}]*\}|<[^<>]*>|(?<=/):\w+\??|\*\w*")


def plain_path(path: str) -> str:
    """A route's path with each parameter as ``{}``.

    >>> plain_path("/a/:id/b/{c}/")
    '/a/{}/b/{}'
    """
    return _PARAMETER.sub("{}", "/" + path.strip("/"))


def routes(
    ev: Evaluator, root: str, file: Summary, site: Site, above: list[str]
) -> Iterator[Route]:
    """Yield the routes that a call declares.

    Args:
        ev: the evaluator.
        root: the name of the root.
        file: the file.
        site: the call.
        above: the paths under which other files mount the routers of this one.
    """
    call = site.call
    scope = scope_of(file, site.context)
    declared = _declared(ev, file, call, scope)
    if declared is None:
        return
    verb, path, receiver = declared
    outer = [""] if is_application(ev, receiver, scope) else above or [""]
    if file.path.endswith("routes/api.php"):  # Laravel
        outer = ["/api"]
    within = site.context.under
    inner = prefixes(ev, receiver, scope)
    for before in dict.fromkeys(joined(one, own, within) for one in outer for own in inner):
        for one in _methods_after(ev, file, call, scope) or _verbs(call, verb):
            yield Route(
                root=root,
                locator=f"{file.path}:{call.line}",
                method="*" if one in {"ALL", "ANY"} else one,
                path=plain_path(joined(before, path)),
            )


def _declared(
    ev: Evaluator, file: Summary, call: Expr, scope: Scope
) -> tuple[str, str, Expr | None] | None:
    """The method and path of the route that a call is, and the router; None for another call."""
    name = call.text.lower()
    given = call.positional
    if call.op != "call" or name == "use" or (name not in _VERBS and name not in _OTHERS):
        return None
    named = next((one for one in chain(call)[1:] if one.text == "route" and one.first), None)
    path = ev.text((named or call).first, scope) if given else ""
    method, _, rest = path.partition(" ")
    verb = name.upper() if name in _VERBS else _OTHERS[name]
    if rest and method.isupper():  # net/http: "GET /x"
        verb, path = method, rest
    listed = file.path.endswith("routes.rb") or call.dotted().startswith(("Route.", "router."))
    if "://" in path or not (path.startswith("/") or (path and listed)):
        return None
    several = len(given) > 1
    bare = file.language == "ruby" and call.receiver is None
    if not (several or bare or call.text == "HandleFunc" or named is not None):
        return None
    if name == "route" and (given[-1].op == "lambda" or not several):
        return None  # its block, or what is called on it, has the routes
    return verb, path, (named or call).receiver


def resources(root: str, file: Summary, site: Site) -> Iterator[Route]:
    """Yield the routes of a resource of Rails or Laravel."""
    call = site.call
    if call.text not in {"resources", "apiResource", "resource"} or call.first is None:
        return
    if file.language not in {"ruby", "php"} or not call.first.text:
        return
    only, without = (call.named(word) for word in ("only", "except"))
    chosen = {one.text for one in only.args or (only,)} if only is not None else set(_ACTIONS)
    chosen -= {one.text for one in without.args or (without,)} if without is not None else set()
    above = "/api" if file.path.endswith("routes/api.php") else ""
    path = joined(above, site.context.under, call.first.text)
    for action, (method, ending) in _ACTIONS.items():
        if action in chosen or _LIKE.get(action) in chosen:
            yield Route(
                root=root,
                locator=f"{file.path}:{call.line}",
                method=method,
                path=plain_path(joined(path, ending)),
            )


def _methods_after(ev: Evaluator, file: Summary, call: Expr, scope: Scope) -> list[str]:
    """The methods that ``.Methods("GET")`` of Gorilla says after a route."""
    outer = file.outer.get(id(call))
    if outer is None or outer.text != "Methods":
        return []
    held = [(one, ev.text(one, scope)) for one in outer.positional]
    return [(text or one.text.removeprefix("Method")).upper() for one, text in held]


def _verbs(call: Expr, verb: str) -> list[str]:
    """The methods of a route: those of ``.route("/x", get(h).post(h))`` are in its handler."""
    if verb != "*" or len(call.positional) < 2:  # noqa: PLR2004 - a path and a handler
        return [verb]
    found: list[str] = []
    at: Expr | None = call.positional[1]
    while at is not None and at.op == "call":
        if at.text.lower() in _VERBS:
            found.append(at.text.upper())
        at = at.receiver
    return found or [verb]


def annotated(ev: Evaluator, root: str, file: Summary) -> Iterator[Route]:
    """Yield the routes that annotations declare."""
    classes: dict[str, list[Annotation]] = {}
    for one in file.annotations:
        if one.on == "class":
            classes.setdefault(one.cls, []).append(one)
    jax = {
        one.target: one for one in file.annotations if one.name == "Path" and one.on == "method"
    }
    for where, one, cls in _methods(ev, file, classes):
        above = classes.get(cls, [])
        if not _is_route(one, above, file.language):
            continue
        outer = next((mark for mark in above if mark.name in _PREFIXES), None)
        before = _dotnet(paths(ev, file, outer)[0] if outer is not None else "", cls)
        inner = jax[one.target] if one.target in jax and one.name.isupper() else one
        for path in paths(ev, where, inner):
            rooted = path.startswith("/") and file.language == "csharp"
            whole = path if rooted else f"{before}/{path}"
            yield Route(
                root=root,
                locator=f"{file.path}:{(one if where is file else above[0]).call.line}",
                method=_mapped(one),
                path=plain_path(re.sub(r"/+", "/", whole)),
                handler=one.target,
            )


def _is_route(one: Annotation, above: list[Annotation], language: str) -> bool:
    """Whether an annotation declares a route, and not a call of an interface of a client.

    Args:
        one: the annotation.
        above: those of its class.
        language: the language of the file.
    """
    if one.on != "method" or not _MAPPINGS.get(one.name):
        return False
    if any(mark.name in _CLIENTS for mark in above):
        return False
    if language == "csharp" and one.name in {"Get", "Post", "Put", "Delete", "Patch"}:
        return False
    return bool(above) or language == "rust"


def _methods(
    ev: Evaluator, file: Summary, classes: dict[str, list[Annotation]]
) -> Iterator[tuple[Summary, Annotation, str]]:
    """Annotations on methods, each with the class that has them, if only by what it implements."""
    for one in file.annotations:
        yield file, one, one.cls
    for cls, marks in classes.items():
        if any(mark.name in _PREFIXES or mark.name in _CONTROLLERS for mark in marks):
            for where, one in inherited(ev, file, cls):
                if (where, one.cls) != (file, cls):
                    yield where, one, cls


def inherited(
    ev: Evaluator, file: Summary, cls: str, depth: int = 0
) -> Iterator[tuple[Summary, Annotation]]:
    """Yield the annotations on what a class has, and on what it takes from what it extends."""
    own = [one for one in file.annotations if one.cls == cls and one.on != "class"]
    yield from ((file, one) for one in own)
    again = {one.target for one in own if one.name in _MAPPINGS}
    for base in file.bases.get(cls, ()) if depth < 3 else ():  # noqa: PLR2004 - seldom deeper
        for name in dict.fromkeys(re.findall(r"\b[A-Z]\w+", base)):
            held = {id(where): where for where, _ in ev.program.marks.get(name, ())}
            if len(held) == 1:
                (where,) = held.values()
                yield from (
                    (path, one)
                    for path, one in inherited(ev, where, name, depth + 1)
                    if one.on != "method" or one.target not in again
                )


def paths(ev: Evaluator, file: Summary, mark: Annotation) -> list[str]:
    """The paths of an annotation; one empty one where it names none."""
    scope = scope_of(file, Context())
    given = mark.call.named("value", "path", "Template") or next(
        (one for one in mark.call.positional), None
    )
    if given is None:
        return [""]
    many = given.args if given.op == "list" else (given,)
    return [ev.text(one, scope) for one in many] or [""]


def _mapped(mark: Annotation) -> str:
    if mark.name != "RequestMapping":
        return _MAPPINGS[mark.name]
    given = mark.call.named("method")
    if given is not None:
        word = (given.args[0] if given.op == "list" and given.args else given).text
        return word.upper() or "*"
    return "*"


def _dotnet(path: str, cls: str) -> str:
    """``api/[controller]`` with the controller's name filled in."""
    name = re.sub(r"(?:Api)?Controller$", "", cls).lower()
    return path.replace("[controller]", name).replace("v{version:apiVersion}", "v1")


def entries(ev: Evaluator, root: str, file: Summary, site: Site) -> Iterator[Entry]:
    """Yield the entry point that a call is."""
    call = site.call
    if call.text not in _LISTENS or _SERVING.match(call.dotted()) is None:
        return
    scope = scope_of(file, site.context)
    port = Value()
    if call.dotted().endswith(_OF_SPRING) and ev.program.property("server.port", file)[0]:
        port = ev.value(ev.values(Expr("property", "server.port"), scope)[0])
    for one in call.positional[:2]:
        for parts in ev.values(one, scope):
            text = "".join(part.text for part in parts if part.kind == "text")
            found = re.search(r":?(\d{2,5})$", text)
            if found is not None:
                port = Value.literal(found[1])
            elif parts and parts[-1].kind == "env" and len(parts) <= 2:  # noqa: PLR2004 - ":" before
                port = Value(parts[-1:])
    yield Entry(root=root, locator=f"{file.path}:{call.line}", way="server", port=port)
