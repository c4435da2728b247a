"""What happens to a failure: handlers, loops, checks of results."""

from __future__ import annotations

import libcst as cst

from collectors.code.expressions import dotted, pieces
from collectors.code.summary import Expr, Handler, Loop

MAX_NESTING = 100
"""Brackets nested deeper than this are refused before the parser sees them."""

_EXITS = frozenset({"sys.exit", "exit", "quit", "os._exit", "os.abort"})
_ABORTS = frozenset({"abort", "flask.abort", "web.HTTPException", "fail", "pytest.fail"})
_QUIET = frozenset(
    {
        "debug",
        "info",
        "warning",
        "warn",
        "error",
        "exception",
        "critical",
        "log",
        "print",
        "sleep",
        "str",
        "repr",
        "append",
        "increment",
        "inc",
        "record_exception",
        "set_status",
        "rollback",
        "close",
        "aclose",
        "capture_exception",
        "capture_message",
        "print_exc",
        "format_exc",
        "format",
        "isoformat",
        "utcnow",
        "now",
        "time",
        "monotonic",
        "perf_counter",
        "len",
        "type",
        "labels",
        "set_attribute",
        "add_event",
        "flush",
        "cancel",
    }
)


_ELSEWHERE = frozenset({"redirect", "RedirectResponse", "HTTPFound", "HTTPSeeOther"})
COLLECTED = "gather, which collects failures"
"""What a call is within, whose failure becomes one of several results."""


def collects(call: cst.Call) -> bool:
    """Whether it is ``gather(…, return_exceptions=True)``."""
    return _called(call).split(".")[-1] == "gather" and any(
        arg.keyword is not None
        and arg.keyword.value == "return_exceptions"
        and isinstance(arg.value, cst.Name)
        and arg.value.value == "True"
        for arg in call.args
    )


def nesting(text: str) -> int:
    """How deep brackets nest, at most; strings and comments are not told apart."""
    depth = deepest = 0
    for char in text:
        if char in "([{":
            depth += 1
            deepest = max(deepest, depth)
        elif char in ")]}":
            depth = max(0, depth - 1)
    return deepest


def read(
    node: cst.ExceptHandler | cst.ExceptStarHandler, loops: tuple[Loop, ...], line: int
) -> Handler:
    """Return what an ``except`` clause catches and does."""
    return Handler(
        catches=_caught(node.type),
        does=_does(node.body, loops),
        line=line,
        calls=_speaks(node.body),
        answers=any(_replaces(item) for item in _below(node.body)),
    )


def suppressed(manager: Expr) -> list[Handler]:
    """Return the handler that ``with suppress(X)`` amounts to."""
    if manager.op != "call" or manager.args[0].text != "suppress":
        return []
    return [Handler(tuple(arg.text for arg in manager.args[1:]), "swallow", manager.line)]


def fails(body: cst.BaseSuite) -> bool:
    """Whether a block raises, exits or answers with a failure."""
    return _does(body, ()) in {"raise", "exit", "fail"}


def is_main(test: cst.BaseExpression) -> bool:
    """Whether a condition is ``__name__ == "__main__"``."""
    if not isinstance(test, cst.Comparison) or dotted(test.left) != "__name__":
        return False
    return any(
        isinstance(item.comparator, cst.SimpleString)
        and item.comparator.evaluated_value == "__main__"
        for item in test.comparisons
    )


def emptiness(test: cst.BaseExpression) -> list[str]:
    """Return the names that a condition finds empty: ``not x``, ``x is None``."""
    match test:
        case cst.UnaryOperation(operator=cst.Not(), expression=inner):
            return [dotted(inner)] if dotted(inner) else []
        case cst.Comparison(
            left=left,
            comparisons=[
                cst.ComparisonTarget(
                    operator=cst.Is() | cst.Equal(), comparator=cst.Name(value="None" | "False")
                )
            ],
        ):
            return [dotted(left)] if dotted(left) else []
        case cst.BooleanOperation(left=left, right=right):
            return [*emptiness(left), *emptiness(right)]
    return []


def leaves(node: cst.If) -> bool:
    """Whether a branch goes away quietly: with nothing in its hand, and no failure."""
    last = node.body.body[-1]
    small = last.body[-1] if isinstance(last, cst.SimpleStatementLine) else last
    if isinstance(small, cst.Return):
        return small.value is None or not _answers_failure(small.value)
    return isinstance(small, cst.Continue)


def spelled(name: str) -> Expr:
    """The expression that a dotted name spells."""
    first, *rest = name.split(".")
    found = Expr("name", first)
    for part in rest:
        found = Expr("attr", part, (found,))
    return found


def loop(node: cst.For | cst.While, after: list[cst.CSTNode]) -> Loop:
    """Return what kind of loop it is."""
    below = _below(node.body)
    sleeps = any(_called(item).endswith("sleep") for item in below)
    leaves = any(isinstance(item, cst.Return | cst.Break) for item in below)
    rest = [*after, *([node.orelse.body] if node.orelse is not None else [])]
    fails_after = any(_ends(item) in {"raise", "exit", "fail"} for item in rest)
    if isinstance(node, cst.While):
        forever = isinstance(node.test, cst.Name) and node.test.value == "True"
        forever = forever or (isinstance(node.test, cst.Integer) and node.test.value == "1")
        return Loop("forever" if forever else "while", sleeps, fails_after, leaves)
    counted = isinstance(node.iter, cst.Call) and dotted(node.iter.func) in {"range", "count"}
    return Loop("range" if counted else "each", sleeps, fails_after, leaves)


def _caught(node: cst.BaseExpression | None) -> tuple[str, ...]:
    if node is None:
        return ()
    if isinstance(node, cst.Tuple):
        return tuple(dotted(item.value).split(".")[-1] for item in node.elements)
    return (dotted(node).split(".")[-1] or "?",)


def _does(body: cst.CSTNode, loops: tuple[Loop, ...]) -> str:
    leaves = False
    for item in _below(body):
        how = _ends(item)
        if how:
            return how
        leaves = leaves or isinstance(item, cst.Return | cst.Break)
    if loops and not leaves and loops[0].kind != "each":
        return "retry"
    return "swallow"


def _ends(item: cst.CSTNode) -> str:
    """How a statement ends the work: ``raise``, ``exit``, ``fail``, or not at all."""
    match item:
        case cst.Raise():
            return "raise"
        case cst.Call():
            name = _called(item)
            if name in _EXITS:
                return "exit"
            return "raise" if name in _ABORTS or name.endswith(".abort") else ""
        case cst.Return(value=value) if value is not None:
            return "fail" if _answers_failure(value) else ""
        case cst.SimpleStatementLine() | cst.Expr() | cst.IndentedBlock() | cst.If():
            return next(filter(None, (_ends(below) for below in pieces(item))), "")
    return ""


def _answers_failure(value: cst.CSTNode) -> bool:
    """Whether an answer carries a literal status of 400 to 599, or sends the user elsewhere."""
    if isinstance(value, cst.Call) and _called(value).split(".")[-1] in _ELSEWHERE:
        return True
    if isinstance(value, cst.Integer):
        return 400 <= int(value.value, 0) < 600  # noqa: PLR2004 - HTTP's ranges
    if isinstance(value, cst.Attribute):
        status = value.attr.value.startswith(("HTTP_4", "HTTP_5"))
        return status or value.attr.value in {"BAD_GATEWAY", "SERVICE_UNAVAILABLE"}
    if isinstance(value, cst.Tuple | cst.Call | cst.Element | cst.Arg):
        return any(_answers_failure(below) for below in pieces(value))
    return False


def _below(node: cst.CSTNode) -> list[cst.CSTNode]:
    """Every node below, without those of functions defined there."""
    found: list[cst.CSTNode] = []
    stack = pieces(node)
    while stack:
        item = stack.pop()
        if isinstance(item, cst.FunctionDef | cst.Lambda | cst.ClassDef):
            continue
        found.append(item)
        stack.extend(pieces(item))
    return found


def _called(node: cst.CSTNode) -> str:
    if not isinstance(node, cst.Call):
        return ""
    if isinstance(node.func, cst.Attribute):
        return dotted(node.func) or node.func.attr.value
    return dotted(node.func)


def _speaks(node: cst.CSTNode) -> bool:
    """Whether a block calls what may be a fall-back: anything but logging and waiting."""
    stack = pieces(node)
    while stack:
        item = stack.pop()
        if isinstance(item, cst.Call):
            if _called(item).split(".")[-1] in _QUIET:
                continue
            return True
        stack.extend(pieces(item))
    return False


def _replaces(node: cst.CSTNode) -> bool:
    """Whether a statement gives back something that is not empty."""
    if not isinstance(node, cst.Return) or node.value is None:
        return False
    match node.value:
        case cst.Name(value="None" | "False" | "True"):
            return False
        case cst.List(elements=[]) | cst.Tuple(elements=[]):
            return False
        case cst.Dict(elements=elements):
            return not all(_is_empty(item.value) for item in elements)
        case cst.SimpleString(value=value):
            return value.strip("\"'bru") != ""
    return True


def _is_empty(node: cst.CSTNode) -> bool:
    match node:
        case cst.Name(value="None" | "False") | cst.Integer(value="0"):
            return True
        case cst.List(elements=[]) | cst.Tuple(elements=[]) | cst.Dict(elements=[]):
            return True
    return isinstance(node, cst.SimpleString) and node.value.strip("\"'bru") == ""
