"""Who signs and who verifies, and with which key."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from collectors.code import special, tables
from collectors.code.configured import opened
from collectors.code.items import item
from collectors.code.summary import argument
from collectors.code.things import Scope, Thing, Things, literal, seen_from, text, usual, value_of
from depmap.collecting.secrets import digest
from depmap.model.facts import KeyUse, Part, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collectors.code.evaluate import Evaluator
    from collectors.code.flow import Flow
    from collectors.code.summary import Expr, Site


def key_uses(flow: Flow, root: str, path: str, site: Site) -> Iterator[KeyUse]:
    """Yield what a call signs or verifies with."""
    where = f"{path}:{site.line}"
    for thing in flow.callee(path, site):
        signs = thing.text in tables.SIGNERS
        place = tables.SIGNERS.get(thing.text, tables.VERIFIERS.get(thing.text))
        given = argument(site.call, place, "key", "secret") if place is not None else None
        if given is not None and not _unchecked(site.call):

            def asked(scope: Scope, given: Expr = given) -> tuple[Things, ...]:
                return (flow.ev.evaluate(given, scope),)

            for case in flow.cases(path, site, asked):
                yield _fact(flow.ev, case.answers[0], root, where, signs=signs)
        for keys, of_framework in _of_objects(flow, thing, seen_from(path, site)):
            yield _fact(flow.ev, keys, root, where, signs=of_framework)


def _of_objects(flow: Flow, thing: Thing, scope: Scope) -> Iterator[tuple[Things, bool]]:
    """The key that an object was made with, or that a framework is configured with."""
    kept = tables.KEPT_KEYS.get(thing.text)
    if kept is not None:
        keys = _configured(flow, kept[0], scope)
        if keys:
            yield keys, kept[1]
    made = thing.origin if thing.kind == "method" else None
    last = thing.text.rpartition(".")[2]
    if made is None or made.kind != "obj" or made.text not in tables.KEY_HOLDERS:
        return
    given = argument(made.expr, 0, "secret_key", "secret")
    if given is not None and made.scope is not None and last in _SIGNS | _VERIFIES:
        yield flow.ev.ask(given, made.scope), last in _SIGNS


_SIGNS = frozenset({"dumps", "sign", "write_token"})
_VERIFIES = frozenset({"loads", "unsign", "read_token"})


def settings_keys(flow: Flow, root: str, path: str) -> Iterator[KeyUse]:
    """Yield the key that every request is verified with, where Django's settings say so."""
    summary = flow.ev.program.files[path]
    for value in summary.names.get("REST_FRAMEWORK", ()):
        if any(text.endswith(".JWTAuthentication") for text in _texts(value)):
            keys = _configured(flow, tables.OF_SIMPLE_JWT, Scope(path))
            if keys:
                where = f"{path}:{summary.lines.get('REST_FRAMEWORK', 1)}"
                yield _fact(flow.ev, keys, root, where, signs=False)


def _texts(expr: Expr) -> Iterator[str]:
    if expr.op == "text":
        yield expr.text
    for part in expr.args:
        yield from _texts(part)


def _configured(flow: Flow, names: tuple[str, ...], scope: Scope) -> Things:
    """The key of a framework: a setting of the application or of the project."""
    ev = flow.ev
    ev.reset()
    for name in names:
        outer, _, inner = name.partition(".")
        config = item(ev, Thing("ref", text="app.config"), (text(outer),), scope, strict=True)
        project = Thing("ref", text="django.conf.settings", scope=scope)
        found = config or special.configured(ev, project, outer)
        if inner:
            found = tuple(
                one for thing in found if thing.kind == "map" and inner in thing.expr.keys
                for one in ev.attribute(thing, inner)
            )  # fmt: skip
        known = tuple(one for one in found if one.kind == "str")
        if known:
            return known
    return ()


_KEY_FILE = re.compile(r"^/[\w./-]+$|^[\w./-]+\.(?:pem|key|pub|crt|jwk)$")
_HALVES = re.compile(r"private|public|priv|pub|[^a-z0-9]", re.IGNORECASE)


def _of_file(ev: Evaluator, thing: Thing) -> str | None:
    """What a key is called that is read from a file: both halves of a pair are called alike."""
    for one in (thing, *opened(ev, thing)):
        whole = usual(one)
        if whole is not None and _KEY_FILE.match(whole):
            return f"file {_HALVES.sub('', posixpath.basename(whole))}"
    return None


def _fact(ev: Evaluator, things: Things, root: str, locator: str, *, signs: bool) -> KeyUse:
    values = []
    hashed = ""
    for thing in things:
        file = _of_file(ev, thing)
        whole = literal(thing)
        if file is not None:
            hashed = hashed or digest(file)
        elif whole is not None:
            hashed = hashed or digest(whole)
        if file is not None or whole is not None:
            continue
        value = value_of(thing.parts)
        for part in value.parts:
            if part.kind == "env" and part.default:
                hashed = hashed or digest(part.default)
        values.append(_without_text(value))
    return KeyUse(root=root, locator=locator, signs=signs, keys=tuple(values), digest=hashed)


def _without_text(value: Value) -> Value:
    """The value without its literal parts: those would be a piece of the secret."""
    kept = [
        Part(part.kind, part.text) if part.kind != "text" else Part("hole") for part in value.parts
    ]
    return Value(tuple(kept))


def _unchecked(call: Expr) -> bool:
    """Whether the signature is explicitly not looked at."""
    verify = argument(call, -1, "verify")
    if verify is not None and verify.text == "False":
        return True
    options = argument(call, -1, "options")
    if options is None or options.op != "dict" or "verify_signature" not in options.keys:
        return False
    value = options.args[options.keys.index("verify_signature")]
    return value.text == "False"
