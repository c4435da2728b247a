"""Who signs and who verifies tokens, with which key, and whom others ask for theirs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from collectors.polyglot.environment import env
from collectors.polyglot.https import CERTAINTY
from collectors.polyglot.reaching import chain, fate, known, origins, scope_of
from depmap.collecting.secrets import digest
from depmap.model.facts import KeyUse, Part, Use, Value
from depmap.model.words import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collectors.polyglot.evaluate import Evaluator
    from collectors.polyglot.expressions import Expr, Site, Summary
    from collectors.polyglot.parts import Parts
    from collectors.polyglot.program import Scope

_SCRIPTS = frozenset({"javascript", "typescript", "tsx"})
_PLACES = {
    ("javascript", "sign"): (1, True), ("javascript", "verify"): (1, False),
    ("javascript", "jwtVerify"): (1, False), ("java", "signWith"): (-1, True),
    ("java", "setSigningKey"): (0, False), ("java", "verifyWith"): (0, False),
    ("java", "withSecretKey"): (0, False), ("java", "sign"): (0, True),
    ("java", "require"): (0, False), ("go", "SignedString"): (0, True),
    ("go", "Parse"): (1, False), ("go", "ParseWithClaims"): (2, False), ("go", "JWT"): (0, False),
    ("csharp", "SigningCredentials"): (0, True), ("php", "encode"): (1, True),
    ("php", "decode"): (1, False), ("ruby", "encode"): (1, True), ("ruby", "decode"): (1, False),
    ("rust", "from_secret"): (0, None),
}  # fmt: skip
"""Calls with the place of the key, and whether it signs; None: by what it is called on."""

_LIBRARIES = {
    "javascript": r"jsonwebtoken|\bjose\b|jwt", "java": r"jwt|jose|jsonwebtoken", "go": r"jwt",
    "csharp": r"", "php": r"jwt|JWT", "ruby": r"", "rust": r"jsonwebtoken|jwt",
}  # fmt: skip
_NAMED = ("secretOrKey", "secretOrPublicKey", "IssuerSigningKey", "SigningKey")
_MIDDLEWARE = re.compile(r"express-jwt|koa-jwt|jwt")
_NO_KEYS = re.compile(r"^(?:[HRPE]S\d{3}|HmacSHA\d+|UTF-?8|utf-?8|base64|hex|ascii|\w{0,5})$")
_SEARCHED = 5
_ISSUERS = ("Authority", "jwksUri", "jwksURI", "issuerBaseURL", "MetadataAddress")


def key_uses(ev: Evaluator, root: str, file: Summary, site: Site, words: str) -> Iterator[KeyUse]:
    """Yield what a call signs or verifies with.

    Args:
        ev: the evaluator.
        root: the name of the root.
        file: the file.
        site: the call.
        words: what the file imports, as text.
    """
    scope = scope_of(file, site.context)
    for given, signs in _given(ev, file, site.call, words):
        found = _key(ev, given, scope, 0)
        if found is None:
            continue
        strength, reason = fate(ev, file, site.context)
        yield KeyUse(
            root=root,
            locator=f"{file.path}:{site.call.line}",
            signs=signs,
            keys=(Value(tuple(Part(p.kind, p.text) for p in found if p.kind == "env")),),
            digest=_hashed(found),
            strength=strength,
            reason=reason,
        )


def _hashed(found: Parts) -> str:
    """The keyed hash of a literal key, or of the literal that stands in for a variable."""
    (part,) = found if len(found) == 1 else (Part("hole"),)
    text = part.text if part.kind == "text" else part.default or ""
    return digest(text) if text else ""


def _given(ev: Evaluator, file: Summary, call: Expr, words: str) -> Iterator[tuple[Expr, bool]]:
    """The expressions that are keys of a call, each with whether it signs."""
    language = "javascript" if file.language in _SCRIPTS else file.language
    language = "java" if language == "kotlin" else language
    place, signs = _PLACES.get((language, call.text), (None, None))
    fits = place is not None and re.search(_LIBRARIES[language], words) is not None
    if place is not None and fits and _of_tokens(call, language):
        given = call.positional
        named = call.named("secret") if language == "javascript" else None
        one = named or (given[place] if place < len(given) and given else None)
        if one is not None:
            yield one, call.dotted().startswith("Encoding") if signs is None else signs
        return
    verified = call.named(*_NAMED)
    if verified is not None:
        yield verified, False
    elif language == "javascript" and call.configured("secret") is not None:
        yield from _scripted(ev, file, call, words)


def _of_tokens(call: Expr, language: str) -> bool:
    """Whether a call of so common a name is one on tokens."""
    on = call.dotted().rpartition(".")[0]
    links = {one.text for one in chain(call)}
    if call.text == "sign" and language == "java":
        return "create" in links or any(one.text.startswith("HMAC") for one in call.positional)
    if language == "javascript":
        return (
            not on or re.search(r"jwt|jsonwebtoken|jose|jws|token", on, re.IGNORECASE) is not None
        )
    if call.text == "require":
        return on == "JWT"
    if call.text in {"Parse", "encode", "decode", "JWT"}:
        return re.search(r"jwt|JWT|middleware", on) is not None
    return True


def _scripted(ev: Evaluator, file: Summary, call: Expr, words: str) -> Iterator[tuple[Expr, bool]]:
    """A ``secret`` in the options of a middleware, or of the module of Nest."""
    given = call.configured("secret")
    if given is None:
        return
    if call.dotted().startswith("JwtModule."):
        sites = ev.program.project(file).sites
        for names, signs in ((("sign", "signAsync"), True), (("verify", "verifyAsync"), False)):
            if any(sites.get(name) for name in names):
                yield given, signs
    elif _MIDDLEWARE.search(words) and re.search(r"jwt", call.text, re.IGNORECASE):
        yield given, False


def _key(ev: Evaluator, given: Expr, scope: Scope, depth: int) -> Parts | None:
    """The value of a key, under whatever decodes it or wraps it."""
    if depth > _SEARCHED:
        return None
    for value in known(ev.values(given, scope)) if given.op != "lambda" else ():
        if value[0].kind == "env" or (value[0].kind == "text" and _may_be_key(value)):
            return value
    if env(given, scope.file) is not None:
        return None  # the name of a variable or setting is no key
    inner: list[tuple[Expr, Scope]] = [
        (one, scope) for one in (*given.given, given.receiver)
        if one is not None and given.op in {"call", "new", "lambda", "list", "kw"}
    ]  # fmt: skip
    if given.op in {"name", "attr", "call"}:
        inner += [pair for pair in origins(ev, given, scope) if pair[0] is not given]
    for one, where in inner:
        found = _key(ev, one, where, depth + 1)
        if found is not None:
            return found
    return None


def _may_be_key(value: Parts) -> bool:
    text = "".join(part.text for part in value if part.kind == "text")
    return len(value) == 1 and not _NO_KEYS.match(text) and "://" not in text


def issuers(ev: Evaluator, root: str, file: Summary, site: Site) -> Iterator[Use]:
    """Yield the calls by which a verifier gets the keys of whoever issues the tokens."""
    given = site.call.configured(*_ISSUERS) if site.call.given else None
    if given is None or site.call.text in {"Configure", "ConfigureServices"}:
        return
    for value in known(ev.values(given, scope_of(file, site.context))):
        if value[0].kind == "env" or "://" in value[0].text:
            yield Use(
                root=root,
                locator=f"{file.path}:{given.line or site.call.line}",
                kind=Kind.HTTP,
                system="http",
                targets=(ev.value(value),),
                method="GET",
                reason="it checks tokens with keys of there",
                certainty=CERTAINTY,
            )
