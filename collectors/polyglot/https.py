"""HTTP clients of all languages: calls whose argument is an address."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from collectors.polyglot.expressions import HOLE
from collectors.polyglot.parts import PARAM, Parts
from collectors.polyglot.reaching import Reached, chain, fate, known, origins, reach, scope_of
from depmap.model.facts import Part, Use
from depmap.model.words import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collectors.polyglot.evaluate import Evaluator
    from collectors.polyglot.expressions import Expr, Site, Summary
    from collectors.polyglot.program import Scope

CERTAINTY = 0.9
"""How sure a reading is in a language that is read in less depth than Python."""

_VERBS = {verb: verb.upper() for verb in ("get", "post", "put", "delete", "patch", "head")}
_METHODS = {
    "getforobject": "GET", "getforentity": "GET", "postforobject": "POST",
    "postforentity": "POST", "postforlocation": "POST", "exchange": "*", "getasync": "GET",
    "getstringasync": "GET", "getfromjsonasync": "GET", "getstreamasync": "GET",
    "getbytearrayasync": "GET", "postasync": "POST", "postasjsonasync": "POST",
    "putasync": "PUT", "putasjsonasync": "PUT", "deleteasync": "DELETE", "patchasync": "PATCH",
    "postasjson": "POST", "putasjson": "PUT", "deletefromjsonasync": "DELETE",
    "fetch": "", "request": "", "axios": "", "got": "", "newrequest": "",
    "newrequestwithcontext": "", "postform": "POST", "httprequestmessage": "", "uri": "",
    "url": "", "file_get_contents": "GET", "curl_init": "", "get_response": "GET", "ky": "",
    "$fetch": "", "superagent": "", "websocket": "GET", "dial": "", "newhttpurl": "",
    "$http": "", "ajax": "", "execute": "", "sendasync": "", "get_json": "GET", "open": "GET",
    "httpget": "GET", "httppost": "POST", "openconnection": "", "url_for_get": "GET",
}  # fmt: skip
_SURE = re.compile(
    r"^(?:http\.(?:Get|Post|PostForm|Head|NewRequest\w*)|fetch|axios(?:\.\w+)?|got(?:\.\w+)?|"
    r"request(?:\.\w+)?|rp(?:\.\w+)?|superagent\.\w+|needle\.\w+|ky\.\w+|HTTParty\.\w+|"
    r"Faraday\.\w+|RestClient\.\w+|reqwest\.\w+|Net\.HTTP\.\w+|Http\.\w+|HttpRequestMessage|"
    r"\w*[rR]est[tT]emplate\.\w+|\w*[wW]ebClient\w*(?:\.\w+)*|\w*[hH]ttp[cC]lient\.\w+|"
    r"_?(?:api)?[cC]lient\.\w+|file_get_contents|curl_init|\w*[rR]equests?[fF]actory\.\w+|"
    r"_http\w*\.\w+|this\.http\w*\.\w+|http\w*\.\w+|self\.client\.\w+|Request\w*\.\w+)$"
)
_SCHEME = re.compile(r"(?:https?(?:\+https?)?|wss?|lb|grpc)://\S")
_NUMBERED = re.compile(r"//(?:localhost|\d+\.\d+\.\d+\.\d+)(?:[:/]|$)")
_SCHEMES = frozenset({"http://", "https://", "ws://", "wss://", "lb://", "grpc://"})
_PATH = re.compile(r"[\w-]+(?:/[\w{}.:-]*)*(?:[?&=][\w{}&=.:%-]*)*/?")
_NAMED = re.compile(r"URL|URI|HOST|ADDR|ENDPOINT|SERVICE|SERVER|BASE|API|GATEWAY", re.IGNORECASE)
_DESCRIBED = frozenset({"Server", "Contact", "License", "ExternalDocumentation"})
"""Parts of a description of an API, as swagger's libraries make them."""

_OF_SPRING = frozenset({"RestClient", "WebClient", "RestTemplate", "RestOperations"})
"""Types of clients that Spring hands to whoever asks for one."""

_BASES = ("baseURL", "baseUrl", "base_uri", "BaseAddress", "prefixUrl", "base_url", "rootUri")


def http_uses(ev: Evaluator, root: str, file: Summary, site: Site) -> Iterator[Use]:
    """Yield the HTTP calls that a call is."""
    name = site.call.text.lower()
    if name not in _VERBS and name not in _METHODS:
        return
    if name in {"uri", "url"} and (site.call.op == "new" or site.call.receiver is None):
        return
    if name == "url" and site.call.receiver is not None and _describes(site.call.receiver):
        return
    given = [*site.call.positional[:3]]
    named = site.call.named("url", "uri", "requestUri", "endpoint", "URL")
    given = [named, *given] if named is not None else given
    for one in given:
        found = [
            case
            for case in reach(ev, file, site, partial(_asked, ev, one, site))
            if any(_is_address(value, site) for value in case.values)
        ]
        for case in found:
            yield _use(ev, root, file, site, case)
        if found:
            return


def _describes(receiver: Expr) -> bool:
    """Whether an address is one that a description of an API shows to its readers."""
    return any(one.op == "new" and one.text in _DESCRIBED for one in chain(receiver))


def _asked(ev: Evaluator, one: Expr, site: Site, scope: Scope) -> list[Parts]:
    """The values of an address, with the client's own before one that is only a path."""
    values = ev.values(one, scope)
    receiver = site.call.receiver
    if receiver is None or not any(map(_is_relative, values)):
        return values
    base = _base(ev, receiver, scope)
    return [
        _under(before, value) if _is_relative(value) else value
        for before in base
        for value in values
    ] or values


def _is_relative(parts: Parts) -> bool:
    """Whether a value is a path, which some client puts behind its own address."""
    if not parts or parts[0].kind != "text" or _SCHEME.match(parts[0].text):
        return False
    return parts[0].text.startswith("/") or _PATH.fullmatch(parts[0].text) is not None


def _under(base: Parts, path: Parts) -> Parts:
    if base and base[-1].kind == "text" and base[-1].text.endswith("/"):
        base = (*base[:-1], Part("text", base[-1].text.rstrip("/")))
    between = () if path[0].text.startswith("/") else (Part("text", "/"),)
    return (*base, *between, *path)


def _base(ev: Evaluator, receiver: Expr, scope: Scope) -> list[Parts]:
    """The address that a client was made with."""
    found: list[Parts] = []
    held = receiver
    while held.op == "call" and held.receiver is not None:
        held = held.receiver
    for made, where in [(receiver, scope), *origins(ev, held, scope)]:
        for call in chain(made):
            given = call.named(*_BASES)
            if given is None and call.text in {
                *_BASES,
                "setBaseUrl",
                "create",
                "HostURL",
                "SetHostURL",
                "SetBaseURL",
            }:
                given = call.first
            if given is not None:
                found.extend(known(ev.values(given, where)))
    if not found and scope.file.language == "csharp":
        found = dotnet_base(ev, scope, receiver)
    if not found and scope.file.types.get(held.text, "").partition("<")[0] in _OF_SPRING:
        found = spring_base(ev, scope)
    return [one for one in dict.fromkeys(found) if _plausible(one)]


def spring_base(ev: Evaluator, scope: Scope) -> list[Parts]:
    """The only address that a project's beans give clients of Spring; none where several do."""
    found = {
        value: None
        for name in ("baseUrl", "rootUri")
        for file, site in ev.program.project(scope.file).sites.get(name, ())
        for value in known(ev.values(site.call.first or HOLE, scope_of(file, site.context)))
    }
    return list(found) if len(found) == 1 else []


def dotnet_base(ev: Evaluator, scope: Scope, receiver: Expr | None) -> list[Parts]:
    """The address of a client of .NET: by its class or name, else the only one that is set."""
    names = [scope.cls]
    for made, where in origins(ev, receiver, scope) if receiver is not None else ():
        if made.text == "CreateClient" and made.first is not None:
            names.append(ev.text(made.first, where))
    for name in filter(None, reversed(names)):
        found = typed_base(ev, scope, name)
        if found:
            return found
    held = ev.program.assigned("BaseAddress", scope, attribute=True)
    held = [pair for pair in held if pair[1].context.cls == scope.cls] or held
    every = {
        value: None
        for outer, one in held
        for value in known(ev.values(one.value, scope_of(outer, one.context)))
    }
    return list(every) if len(every) == 1 else []


def typed_base(ev: Evaluator, scope: Scope, name: str) -> list[Parts]:
    """The addresses that .NET is told for the clients of a class, or of a name."""
    found: list[Parts] = []
    own = ev.program.project(scope.file)
    others = (one for one in ev.program.projects.values() if one is not own)
    held_by = own.clients(name) or [pair for one in others for pair in one.clients(name)]
    for file, site in held_by:
        where = scope_of(file, site.context)
        set_up = [one.configured("BaseAddress", "Address") for one in chain(site.call)]
        if site.call.text == "For":  # Refit: a client that is made, and set up around that
            held = ev.program.assigned("BaseAddress", where, attribute=True)
            set_up += [one.value for path, one in held if one.context.cls == site.context.cls]
        for given in set_up:
            found.extend(known(ev.values(given, where)) if given is not None else ())
    inside = [one for one in found if one[0].kind != "text" or not _NUMBERED.search(one[0].text)]
    return list(dict.fromkeys(inside or found))


def _plausible(parts: Parts) -> bool:
    first = parts[0]
    return first.kind == "env" or (first.kind == "text" and bool(_SCHEME.match(first.text))) or (
        first.kind == "text" and first.text.endswith("://") and len(parts) > 1
    )  # fmt: skip


def _is_address(parts: Parts, site: Site) -> bool:
    if not parts:
        return False
    first = parts[0]
    if first.kind == "text":
        whole = bool(_SCHEME.match(first.text))
        return whole or (first.text in _SCHEMES and len(parts) > 1)
    sure = _SURE.match(site.call.dotted()) is not None
    if first.kind == "env":
        default = first.default or ""
        plain = bool(_NAMED.search(first.text)) or "://" in default
        after = parts[1].text[:1] if len(parts) > 1 and parts[1].kind == "text" else ""
        return plain and (sure or after in {"/", ":"} or "://" in default)
    return first.kind in {"hole", PARAM} and sure and len(parts) > 1 and (
        parts[1].kind == "text" and parts[1].text.startswith("/")
    )  # fmt: skip


def _use(ev: Evaluator, root: str, file: Summary, site: Site, case: Reached) -> Use:
    values = [value for value in case.values if _is_address(value, site)]
    strength, reason = fate(ev, file, site.context)
    return Use(
        root=root,
        locator=case.locator,
        kind=Kind.HTTP,
        system="http",
        targets=tuple(ev.value(value) for value in values),
        method=_method(ev, site.call, case.scope),
        strength=strength,
        reason=reason,
        further=case.further,
        certainty=CERTAINTY,
    )


def _method(ev: Evaluator, call: Expr, scope: Scope) -> str:
    """The HTTP method of a call: by its name, its arguments, or the chain it is part of."""
    name = call.text.lower()
    if name in _VERBS:
        return _VERBS[name]
    if _METHODS.get(name):
        return _METHODS[name] if name != "exchange" else _by_word(call) or "*"
    given = call.named("method", "type")
    if given is not None:
        return (ev.text(given, scope) or given.text).upper() or "*"
    for one in chain(call)[1:]:
        if one.text.lower() in _VERBS:
            return _VERBS[one.text.lower()]
    for one in call.positional[:2]:
        text = ev.text(one, scope) if one.op in {"text", "name"} else ""
        if text.lower() in _VERBS:
            return text.upper()
    return _by_word(call) or ("GET" if name in {"fetch", "got", "ky", "$fetch", "axios"} else "*")


def _by_word(call: Expr) -> str:
    """``http.MethodPost``, ``HttpMethod.POST``, ``Method.Get``."""
    for one in call.positional[:3]:
        if one.op == "attr":
            word = one.text.lower().removeprefix("method")
            if word in _VERBS and "ethod" in one.dotted():
                return _VERBS[word]
    return ""
