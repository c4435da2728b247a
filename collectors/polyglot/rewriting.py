"""Calls that only shape a value: written as what they give."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from collectors.polyglot.expressions import HOLE, Expr

if TYPE_CHECKING:
    from collections.abc import Callable

_SAME_WORDS = """toString trim String valueOf to_string to_owned into as_str as_ref unwrap expect
    clone parse ToString TrimEnd Trim TrimSuffix TrimRight TrimSpace Parse create from_str Uri URI
    URL url toURI build_url of str string ToLower strip chomp freeze rtrim ltrim trimEnd as_deref
    unwrap_or_default requireNonNull getBytes asString bytes Bytes byte get_ref Value to_s
    string singletonList asList Queue TopicExchange DirectExchange FanoutExchange NewTopic Topic
    normalize resolve encodeURI ok_or_else ok map_err context Brokers TCP Must"""
_SAME = frozenset(_SAME_WORDS.split())
_FORMATS = frozenset({"Sprintf", "format", "sprintf", "Format", "formatted", "printf"})
_JOINED = frozenset({"concat", "Concat", "JoinPath", "urljoin"})
_ORS = frozenset({"unwrap_or", "orElse", "getOrDefault", "unwrap_or_else", "ifBlank", "presence"})
_OF_RECEIVER = frozenset({"First", "FirstOrDefault", "first", "next", "filter"})
_LOOK_UPS = frozenset(
    {"GetHostEntry", "GetHostEntryAsync", "GetHostAddresses", "gethostbyname", "getByName",
     "LookupHost", "LookupIP", "InetAddress.getByName"}
)  # fmt: skip
_REPLACES = frozenset({"ReplaceAll", "Replace", "replaceAll", "replace"})
"""What is replaced in an address is most often a place for a namespace or a version."""

_RELATIVE = frozenset({"URL", "Uri", "URI"})
_VERB = re.compile(r"%[-+#0-9.]*[a-zA-Z]|\{[\w:]*\}")
_PACKAGES = frozenset({"fmt", "util"})


def plain(call: Expr, text: Callable[[Expr], str]) -> Expr | None:
    """Return what a call gives, as an expression without the call; None when it does more.

    Args:
        call: the call or creation.
        text: the literal that an expression is; empty for another.
    """
    given = call.positional
    receiver = call.receiver if call.op == "call" else None
    if call.text in _FORMATS and (given or receiver is not None):
        return _formatted(call, text)
    if call.text in _ORS and receiver is not None and given:
        return Expr("or", "", (receiver, given[-1]), call.line)
    if call.text in _JOINED and given:
        before = (receiver,) if receiver is not None else ()
        return Expr("join", "", (*before, *given), call.line)
    if call.text in _OF_RECEIVER or (call.text in _LOOK_UPS and given):
        return receiver if call.text in _OF_RECEIVER else given[0]
    replaces = call.text in _REPLACES and len(given) > 1
    if replaces or call.text in _SAME or (call.op == "new" and not call.text):
        return _same(call, given, receiver)
    return None if given else _getter(call)


def _getter(call: Expr) -> Expr | None:
    getter = re.fullmatch(r"(?:get|Get|is)([A-Z]\w*)", call.text)
    if getter is None:
        return None
    return Expr("attr", getter[1][:1].lower() + getter[1][1:], (HOLE,), call.line)


def _same(call: Expr, given: list[Expr], receiver: Expr | None) -> Expr | None:
    if call.text in _REPLACES:  # of Go the text comes first, of others it is what is asked
        return receiver if len(given) < 3 else given[0]  # noqa: PLR2004
    if call.text in _RELATIVE and len(given) > 1:
        return Expr("join", "", (given[1], given[0]), call.line)
    of_value = receiver is not None and not receiver.text[:1].isupper()
    if of_value and (not given or (receiver or HOLE).op in {"call", "join", "text"}):
        return receiver
    return given[0] if given else receiver


def _formatted(call: Expr, text: Callable[[Expr], str]) -> Expr | None:
    """A format with its places filled in."""
    given = call.positional
    receiver = call.receiver if call.op == "call" else None
    static = receiver is None or receiver.text[:1].isupper() or receiver.text in _PACKAGES
    template = given[0] if static and given else receiver
    rest = list(given[1:] if static else given)
    shown = text(template) if template is not None else ""
    parts: list[Expr] = []
    last = 0
    for match in _VERB.finditer(shown):
        parts.append(Expr("text", shown[last : match.start()]))
        name = match[0].strip("{}")
        inline = match[0].startswith("{") and re.fullmatch(r"[a-z_]\w*", name)
        parts.append(Expr("name", name) if inline else rest.pop(0) if rest else HOLE)
        last = match.end()
    parts.append(Expr("text", shown[last:]))
    return Expr("join", "", tuple(parts), call.line) if shown else None
