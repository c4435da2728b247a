"""Who signs and who verifies, and with which key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collectors.code import tables
from collectors.code.strings import argument
from collectors.code.things import Scope, Things, literal, value_of
from depmap.collecting.secrets import digest
from depmap.model.facts import KeyUse, Part, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collectors.code.flow import Flow
    from collectors.code.summary import Expr, Site


def key_uses(flow: Flow, root: str, path: str, site: Site) -> Iterator[KeyUse]:
    """Yield what a call signs or verifies with."""
    for thing in flow.callee(path, site):
        if thing.kind != "ref":
            continue
        signs = thing.text in tables.SIGNERS
        place = tables.SIGNERS.get(thing.text, tables.VERIFIERS.get(thing.text))
        given = argument(site.call, place, "key", "secret") if place is not None else None
        if given is None or _unchecked(site.call):
            continue

        def asked(scope: Scope, given: Expr = given) -> tuple[Things, ...]:
            return (flow.ev.evaluate(given, scope),)

        for case in flow.cases(path, site, asked):
            yield _fact(case.answers[0], root, f"{path}:{site.line}", signs=signs)


def _fact(things: Things, root: str, locator: str, *, signs: bool) -> KeyUse:
    values = []
    hashed = ""
    for thing in things:
        whole = literal(thing)
        if whole is not None:
            hashed = hashed or digest(whole)
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
