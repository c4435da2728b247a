"""Routes and entry points of the usual frameworks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from collectors.polyglot.expressions import Context, Expr
from collectors.polyglot.reaching import origins, scope_of
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
_PREFIXES = frozenset({"RequestMapping", "Path", "Controller", "Route"})
_CLIENTS = frozenset({"FeignClient", "RegisterRestClient", "HttpExchange", "Client"})
_LISTENS = frozenset(
    {"ListenAndServe", "ListenAndServeTLS", "listen", "Run", "run", "Serve", "Listen",
     "runApplication", "serve", "bind", "start", "bindAsync", "embeddedServer",
     "awaitTermination", "UseUrls", "CreateBuilder"}
)  # fmt: skip
_SERVING = re.compile(
    r"^(?:http\.\w+|\w*[sS](?:erver|rv|vr)\.\w+|app\.\w+|r(?:outer)?\.[rR]un|e\.Start|engine\.Run|"
    r"SpringApplication\.run|net\.Listen|HttpServer\.\w+|\w*fastify\w*\.listen|\w*\.listen|"
    r"WebApplication\.CreateBuilder|axum\.serve|Server\.builder.*|embeddedServer|runApplication|"
    r"\w+\.bindAsync|rocket\.\w+|g?rpc\w*\.\w+|s\.Serve|\w+\.ListenAndServe)$"
)
_GROUPS = frozenset({"Group", "PathPrefix", "Route", "MapGroup"})
_PARAMETER = re.compile(r"\{[^{}]*\}|<[^<>]*>|(?<=/):\w+\??|\*\w*")


def plain_path(path: str) -> str:
    """A route's path with each parameter as ``{}``.

    >>> plain_path("/a/:id/b/{c}/")
    '/a/{}/b/{}'
    """
    return _PARAMETER.sub("{}", "/" + path.strip("/"))


def routes(ev: Evaluator, root: str, file: Summary, site: Site) -> Iterator[Route]:
    """Yield the routes that a call declares."""
    call = site.call
    name = call.text.lower()
    if call.op != "call" or (name not in _VERBS and name not in _OTHERS):
        return
    given = call.positional
    scope = scope_of(file, site.context)
    handled = len(given) > 1 or file.language == "ruby" or call.text == "HandleFunc"
    path = ev.text(given[0], scope) if given else ""
    method, _, rest = path.partition(" ")
    if rest and method.isupper():  # net/http: "GET /x"
        path = rest
    if not handled or not path.startswith("/") or "://" in path or name == "use":
        return
    prefix = _prefix(ev, call.receiver, scope)
    verb = (
        method if rest and method.isupper() else name.upper() if name in _VERBS else _OTHERS[name]
    )
    for one in _verbs(call, verb):
        yield Route(
            root=root,
            locator=f"{file.path}:{call.line}",
            method="*" if one in {"ALL", "ANY"} else one,
            path=plain_path(prefix + path),
        )


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


def _prefix(ev: Evaluator, receiver: Expr | None, scope: Scope, depth: int = 0) -> str:
    """The path under which a router's routes lie."""
    if receiver is None or depth > 3:  # noqa: PLR2004 - deeper nesting is not followed
        return ""
    for made, where in origins(ev, receiver, scope):
        group, inner = made, made.receiver
        if group.text == "Subrouter" and inner is not None and inner.op == "call":
            group, inner = inner, inner.receiver
        if group.op == "call" and group.text in _GROUPS:
            own = ev.text(group.positional[0], where) if group.positional else ""
            return _prefix(ev, inner, where, depth + 1) + own.rstrip("/")
    return _mounted(receiver.text, scope.file)


def _mounted(router: str, file: Summary) -> str:
    """The path under which Express uses a router, in the same file."""
    for site in file.sites:
        given = site.call.positional
        mounts = site.call.text == "use" and len(given) > 1 and given[0].op == "text"
        if mounts and given[-1].op == "name" and given[-1].text == router:
            return given[0].text.rstrip("/")
    return ""


def annotated(ev: Evaluator, root: str, file: Summary) -> Iterator[Route]:
    """Yield the routes that annotations declare."""
    classes: dict[str, list[Annotation]] = {}
    for one in file.annotations:
        if one.on == "class":
            classes.setdefault(one.cls, []).append(one)
    jax = {
        one.target: one for one in file.annotations if one.name == "Path" and one.on == "method"
    }
    for one in file.annotations:
        above = classes.get(one.cls, [])
        if one.on != "method" or not _MAPPINGS.get(one.name) or any(
            mark.name in _CLIENTS for mark in above
        ):  # fmt: skip
            continue
        if not above and file.language != "rust":
            continue
        if file.language == "csharp" and one.name in {"Get", "Post", "Put", "Delete", "Patch"}:
            continue  # an interface of a client
        outer = next((mark for mark in above if mark.name in _PREFIXES), None)
        inner = jax[one.target] if one.target in jax and one.name.isupper() else one
        for path in paths(ev, file, inner):
            before = paths(ev, file, outer)[0] if outer is not None else ""
            before = _dotnet(before, one.cls)
            whole = (
                path if path.startswith("/") and file.language == "csharp" else f"{before}/{path}"
            )
            yield Route(
                root=root,
                locator=f"{file.path}:{one.call.line}",
                method=_mapped(one),
                path=plain_path(re.sub(r"/+", "/", whole)),
                handler=one.target,
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
    for one in call.positional[:2]:
        for parts in ev.values(one, scope):
            text = "".join(part.text for part in parts if part.kind == "text")
            found = re.search(r":?(\d{2,5})$", text)
            if found is not None:
                port = Value.literal(found[1])
            elif parts and parts[-1].kind == "env" and len(parts) <= 2:  # noqa: PLR2004 - ":" before
                port = Value(parts[-1:])
    yield Entry(root=root, locator=f"{file.path}:{call.line}", way="server", port=port)
