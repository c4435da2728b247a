"""The sidecar of Dapr: what its libraries, and plain HTTP to it, ask of others.

A component is known to programs by its name alone. What is behind it the deployment says, as the
value of ``dapr:`` and that name.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from collectors.polyglot.https import CERTAINTY
from collectors.polyglot.reaching import fate, known, reach
from depmap.model.facts import Part, Use, Value
from depmap.model.words import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collectors.polyglot.evaluate import Evaluator
    from collectors.polyglot.expressions import Expr, Site, Summary
    from collectors.polyglot.parts import Parts
    from collectors.polyglot.program import Scope

_PUBLISHES = frozenset({"PublishEventAsync", "BulkPublishEventAsync", "publishEvent",
                        "PublishEvent", "PublishEventfromCustomContent",
                        "PublishEventWithContentType"})  # fmt: skip
_TAKES = frozenset({"WithTopic"})
_INVOKES = frozenset({"InvokeMethodAsync", "CreateInvokeMethodRequest", "invokeMethod",
                      "InvokeMethod", "InvokeMethodWithContent"})  # fmt: skip
_STATES = frozenset({
    "GetStateAsync", "GetStateEntryAsync", "SaveStateAsync", "DeleteStateAsync", "GetState",
    "TrySaveStateAsync", "GetBulkStateAsync", "SaveState", "DeleteState", "GetBulkState",
    "getState", "saveState", "deleteState", "QueryStateAsync",
})  # fmt: skip
_OF_SCRIPTS = {
    "pubsub.publish": _PUBLISHES, "pubsub.subscribe": _TAKES, "invoker.invoke": _INVOKES,
    "state.get": _STATES, "state.save": _STATES, "state.delete": _STATES,
}  # fmt: skip
_VERB = re.compile(r"(?:Method|Extension)\.(\w+)$")
_VERBS = frozenset({"GET", "POST", "PUT", "DELETE", "PATCH", "HEAD"})
_API = re.compile(
    r"/v1\.0(?:-\w+)?/(?:invoke/(?P<app>[^/]+)/method/?(?P<path>.*)|"
    r"publish/(?P<bus>[^/]+)/(?P<topic>[^?]+)|state/(?P<store>[^/?]+).*)$"
)


def dapr_uses(ev: Evaluator, root: str, file: Summary, site: Site, words: str) -> Iterator[Use]:
    """Yield what a call of a library of Dapr asks for.

    Args:
        ev: the evaluator.
        root: the name of the root.
        file: the file.
        site: the call.
        words: what the file imports, as text.
    """
    doing = _doing(site.call)
    if doing is None or not re.search(r"\bdapr", words, re.IGNORECASE):
        return
    given = [one for one in site.call.positional if not _VERB.search(one.dotted())]
    given = given[1:] if file.language == "go" else given  # the context comes first
    if not given:
        return
    strength, reason = fate(ev, file, site.context)
    at = partial(Use, root=root, strength=strength, reason=reason, certainty=CERTAINTY)
    for case in reach(ev, file, site, partial(ev.values, given[0])):
        for name in known(case.values):
            place = partial(at, locator=case.locator, further=case.further)
            second = _second(ev, given, case.scope)
            if doing is _INVOKES:
                target = (Part("text", "http://"), *name, Part("text", "/"), *second)
                yield place(
                    kind=Kind.HTTP, system="http", targets=(ev.value(target),),
                    method=_method(site.call, given, file.language),
                )  # fmt: skip
                continue
            component = _component("".join(part.text for part in name))
            if doing is _STATES:
                yield place(kind=Kind.DATABASE, targets=(component,))
            else:
                yield place(
                    kind=Kind.MESSAGING_CONSUME if doing is _TAKES else Kind.MESSAGING_PUBLISH,
                    targets=(component,),
                    operations=(ev.value(second),),
                    writes=doing is _PUBLISHES,
                )


def by_sidecar(use: Use) -> Use:
    """The use that a call of the sidecar's HTTP interface stands for; another one as it is."""
    match = next((m for one in use.targets if (m := _API.search(_shown(one)))), None)
    if match is None:
        return use
    if match["app"]:
        return replace(use, targets=(Value.literal(f"http://{match['app']}/{match['path']}"),))
    asked = replace(
        use, system="", method="", targets=(_component(match["bus"] or match["store"]),)
    )
    if match["bus"]:
        topic = (Value.literal(match["topic"]),)
        return replace(asked, kind=Kind.MESSAGING_PUBLISH, operations=topic, writes=True)
    return replace(asked, kind=Kind.DATABASE)


def _shown(value: Value) -> str:
    """A value with what is unknown or of the environment as ``{}``."""
    return "".join(part.text if part.kind == "text" else "{}" for part in value.parts)


def _component(name: str) -> Value:
    return Value((Part("env", f"dapr:{name}"),))


def _doing(call: Expr) -> frozenset[str] | None:
    """Which of the tables above a call is of."""
    last = ".".join(call.dotted().split(".")[-2:])
    return _OF_SCRIPTS.get(last) or next(
        (one for one in (_PUBLISHES, _TAKES, _INVOKES, _STATES) if call.text in one), None
    )


def _second(ev: Evaluator, given: list[Expr], scope: Scope) -> Parts:
    return ev.values(given[1], scope)[0] if len(given) > 1 else (Part("hole"),)


def _method(call: Expr, given: list[Expr], language: str) -> str:
    """The HTTP method of an invocation, which is a POST where nothing else is said."""
    for one in call.positional:
        match = _VERB.search(one.dotted())
        if match is not None:
            return match[1].upper()
    word = given[2].text.upper() if language == "go" and len(given) > 2 else ""  # noqa: PLR2004
    return word if word in _VERBS else "POST"
