"""One walk over the tree of one file, statement by statement."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import libcst as cst

from collectors.code import handlers, imports
from collectors.code.lines import line_numbers, parse_fast
from collectors.code.recorder import Around, Recorder
from collectors.code.summary import Class, Expr, Function, Summary
from collectors.code.tables import OTHERS

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterable

_PLACE = re.compile(r"error at (\d+):\d+")
_EXCESS = (RecursionError, MemoryError)


def read(path: str, text: str) -> Summary:
    """Return what a file says.

    Args:
        path: the file, relative to the root.
        text: its text.

    Raises:
        SyntaxError: it is not Python 3, or nested too deeply.
    """
    tree = _checked(text)
    try:
        module = cst.parse_module(text)
        reader = Reader(Recorder(path, line_numbers(module, tree)))
        reader.block(module.body, Around())
    except cst.ParserSyntaxError as error:
        where = _PLACE.search(error.message)  # raw_line is one too high where this says it
        line = int(where[1]) if where is not None else error.raw_line
        why = "the parser stops here" if where is not None else error.message
        raise SyntaxError(why, (path, line, error.raw_column, None)) from None
    except _EXCESS:
        raise SyntaxError("it is nested too deeply") from None
    return reader.out.done()


def _checked(text: str) -> ast.Module | None:
    """Parse with the standard library first: it refuses what would exhaust libcst's stack."""
    try:
        return parse_fast(text)
    except _EXCESS:
        raise SyntaxError("it is nested too deeply") from None
    except (SyntaxError, ValueError):
        if handlers.nesting(text) > handlers.MAX_NESTING:
            raise SyntaxError("it is nested too deeply") from None
        return None


class Reader:
    """Goes through statements and writes down what they say."""

    def __init__(self, out: Recorder) -> None:
        """Write to a recorder."""
        self.out = out
        self._build = out.builder.build

    def block(self, body: Iterable[cst.CSTNode], around: Around) -> None:
        """Read statements that follow each other."""
        statements = list(body)
        for place, node in enumerate(statements):
            match node:
                case cst.SimpleStatementLine():
                    self.block(node.body, around)
                case cst.BaseSmallStatement():
                    self.out.enter(node)
                    self._small(node, around)
                case cst.For() | cst.While():
                    self._loop(node, around, statements[place + 1 :])
                case _:
                    self._compound(node, around)
                    around = self._after(node, around)

    def _compound(self, node: cst.CSTNode, around: Around) -> None:
        match node:
            case cst.FunctionDef():
                self._function(node, around)
            case cst.ClassDef():
                self._class(node, around)
            case cst.If():
                self._if(node, around)
            case cst.Try() | cst.TryStar():
                self._try(node, around)
            case cst.With():
                self._with(node, around)
            case cst.Match():
                self.out.expressions(node.subject, around)
                for case in node.cases:
                    self.block(case.body.body, replace(around, block=self.out.inside(around)))

    def _small(self, node: cst.BaseSmallStatement, around: Around) -> None:
        match node:
            case cst.Import() | cst.ImportFrom():
                imports.note(node, self.out.summary)
            case cst.Global() if around.function:
                shared = self.out.summary.functions[around.function].shared
                shared.update(item.name.value for item in node.names)
            case cst.Assign():
                self._assign(node, around)
            case cst.AnnAssign():
                self._annotated(node, around)
            case cst.AugAssign(target=cst.Name(value=name)):
                self._grow(name, self._build(node.value), around)
                self.out.expressions(node.value, around)
            case cst.Return(value=cst.BaseExpression() as value) if around.function:
                returns = self.out.summary.functions[around.function].returns
                returns.append(self._build(value))
                self.out.expressions(value, around)
            case _:
                self.out.expressions(node, around, dropped=isinstance(node, cst.Expr))

    def _grow(self, name: str, value: Expr, around: Around) -> None:
        """``x += value``: every value of x so far is longer by it."""
        if around.function:
            longer = Expr("concat", args=(Expr("name", name), value))
            self.out.bind(cst.Name(name), longer, around)
            return
        held = self.out.names(around).setdefault(name, [])
        before = list(held) or [Expr("hole")]
        held[:] = [Expr("concat", args=(one, value)) for one in before]

    def _assign(self, node: cst.Assign, around: Around) -> None:
        built = self._build(node.value)
        label = ""
        for target in node.targets:
            label = self.out.bind(target.target, built, around) or label
            if isinstance(target.target, cst.Subscript):
                self.out.expressions(target.target, around)
        self.out.expressions(node.value, around, label)

    def _annotated(self, node: cst.AnnAssign, around: Around) -> None:
        kind = self._build(node.annotation.annotation)
        if around.owner and not around.function and isinstance(node.target, cst.Name):
            held = self.out.summary.classes[around.owner]
            held.types[node.target.value] = kind
            held.lines[node.target.value] = self.out.line
        label = ""
        if node.value is not None:
            label = self.out.bind(node.target, self._build(node.value), around)
            if (
                isinstance(node.value, cst.Name)
                and node.value.value == "None"
                and not around.owner
            ):
                self.out.bind(node.target, Expr("typed", args=(kind,)), around)
        elif around.owner and isinstance(node.target, cst.Attribute):
            self.out.bind(node.target, Expr("typed", args=(kind,)), around)
        self.out.expressions(node.annotation, around)
        if node.value is not None:
            self.out.expressions(node.value, around, label)

    def _function(self, node: cst.FunctionDef, around: Around) -> None:
        for decorator in node.decorators:
            self.out.expressions(decorator, around)
        self.out.expressions(node.params, around)
        prefix = around.function or around.owner
        name = f"{prefix}.{node.name.value}" if prefix else node.name.value
        function = Function(
            name,
            decorators=tuple(self._build(item.decorator) for item in node.decorators),
            owner="" if around.function else around.owner,
            outer=around.function,
            line=self.out.first_line(node.body),
        )
        self._parameters(node.params, function)
        self.out.summary.functions[name] = function
        self.block(node.body.body, Around(function=name, owner=around.owner))

    def _parameters(self, params: cst.Parameters, function: Function) -> None:
        names = []
        for param in (*params.posonly_params, *params.params, *params.kwonly_params):
            names.append(param.name.value)
            if param.default is not None:
                function.defaults[param.name.value] = self._build(param.default)
            if param.annotation is not None:
                function.types[param.name.value] = self._build(param.annotation.annotation)
        function.params = tuple(names)

    def _class(self, node: cst.ClassDef, around: Around) -> None:
        prefix = around.function or around.owner
        name = f"{prefix}.{node.name.value}" if prefix else node.name.value
        for decorator in node.decorators:
            self.out.expressions(decorator.decorator, around, name)
        for part in (*node.bases, *node.keywords):
            self.out.expressions(part, around)
        self.out.summary.classes[name] = Class(
            name,
            bases=tuple(self._build(base.value) for base in node.bases),
            flags=tuple(_flags(node.keywords)),
            line=self.out.first_line(node.body),
        )
        self.block(node.body.body, Around(owner=name))

    def _if(self, node: cst.If, around: Around) -> None:
        self.out.order += 1
        self.out.expressions(node.test, around)
        main = around.main or handlers.is_main(node.test)
        if handlers.fails(node.body):
            self.out.refuse(around.function, handlers.emptiness(node.test))
        tests = (self._build(node.test), *around.tests)
        block = self.out.inside(around)
        self.block(node.body.body, replace(around, tests=tests, main=main, block=block))
        other = replace(around, block=self.out.inside(around))
        if isinstance(node.orelse, cst.If):
            self._if(node.orelse, other)
        elif node.orelse is not None:
            self.block(node.orelse.body.body, other)

    def _bind_each(self, node: cst.For, around: Around) -> None:
        """``for url in URLS``, ``for name, url in SERVICES.items()``."""
        value = Expr("each", args=(self._build(node.iter),))
        match node.iter:
            case cst.Call(func=cst.Attribute(value=base, attr=cst.Name(value="values"))):
                value = Expr("held", args=(self._build(base),))
            case cst.Call(func=cst.Attribute(value=base, attr=cst.Name(value="items"))):
                held = Expr("held", args=(self._build(base),))
                value = Expr("list", args=(value, held))
        self.out.bind(node.target, value, around)

    def _after(self, node: cst.CSTNode, around: Around) -> Around:
        """What stands around the statements after one: ``if not x: return`` checks x for them."""
        if not isinstance(node, cst.If) or node.orelse is not None or not handlers.leaves(node):
            return around
        checked = [handlers.spelled(name) for name in handlers.emptiness(node.test)]
        return replace(around, tests=(*checked, *around.tests))

    def _try(self, node: cst.Try | cst.TryStar, around: Around) -> None:
        clauses = tuple(
            handlers.read(item, around.loops, self.out.first_line(item.body))
            for item in node.handlers
        )
        guarded = (clauses, *around.handlers) if clauses else around.handlers
        block = self.out.inside(around) if clauses else around.block
        self.block(node.body.body, replace(around, handlers=guarded, block=block))
        caught: list[cst.ExceptHandler | cst.ExceptStarHandler] = [*node.handlers]
        for item, clause in zip(caught, clauses, strict=True):
            if item.type is not None:
                self.out.expressions(item.type, around)
            away = not clause.catches or any(name not in OTHERS for name in clause.catches)
            inside = replace(around, in_handler=around.in_handler or away)
            self.block(item.body.body, replace(inside, block=self.out.inside(around)))
        for rest in (node.orelse, node.finalbody):
            if rest is not None:
                self.block(rest.body.body, around)

    def _with(self, node: cst.With, around: Around) -> None:
        swallowed = []
        self.out.order += 1
        for item in node.items:
            built = self._build(item.item)
            label = ""
            if item.asname is not None:
                label = self.out.bind(item.asname.name, built, around)
            self.out.expressions(item.item, around, label)
            swallowed.extend(handlers.suppressed(built))
            around = replace(around, prefix=around.prefix + _prefix(built))
        guarded = (tuple(swallowed), *around.handlers) if swallowed else around.handlers
        self.block(node.body.body, replace(around, handlers=guarded))

    def _loop(self, node: cst.For | cst.While, around: Around, after: list[cst.CSTNode]) -> None:
        block = self.out.inside(around, loop=True)
        if isinstance(node, cst.For):
            self.out.expressions(node.target, around)
            self._bind_each(node, around)
            self.out.expressions(node.iter, around)
        else:
            self.out.expressions(node.test, around)
        loops = (handlers.loop(node, after), *around.loops)
        inside = replace(around, loops=loops, block=block)
        if isinstance(node, cst.For):
            self.out.iterate(node.iter, inside)
        self.block(node.body.body, inside)
        if node.orelse is not None:
            self.block(node.orelse.body.body, around)


def _prefix(manager: Expr) -> str:
    """What ``with env.prefixed("A_")`` puts before the names of variables."""
    named = manager.op == "call" and manager.args[0].text == "prefixed" and len(manager.args) > 1
    return manager.args[1].text if named else ""


def _flags(keywords: Iterable[cst.Arg]) -> Iterable[str]:
    """The keywords that are given as true."""
    for item in keywords:
        true = isinstance(item.value, cst.Name) and item.value.value == "True"
        if item.keyword is not None and true:
            yield item.keyword.value
