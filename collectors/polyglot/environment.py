"""How each language reads its environment: one table for all."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from collectors.polyglot.expressions import Expr

if TYPE_CHECKING:
    from collectors.polyglot.expressions import Summary

_OBJECTS = frozenset({"process.env", "import.meta.env", "Bun.env"})
_CALL_WORDS = """
    os.Getenv os.LookupEnv syscall.Getenv System.getenv System.getenv.get env.var std.env.var
    Environment.GetEnvironmentVariable getenv env ENV.fetch
    System.getenv.getOrDefault Deno.env.get Platform.environment System.getProperty dotenv.get
    environment.getProperty env.getProperty Env::get config.env"""
_CALLS = frozenset(_CALL_WORDS.split())
_MAP_WORDS = "process.env import.meta.env ENV _ENV _SERVER System.getenv os.environ Bun.env env"
_MAPS = frozenset(_MAP_WORDS.split())
_PROPERTY = frozenset({"getProperty", "getRequiredProperty"})
_VIPER = frozenset({"GetString", "GetInt", "GetStringSlice", "GetUint", "GetBool", "GetDuration"})
_CONFIG = re.compile(r"(?:^|\.)_?(?:config(?:uration)?|settings|appSettings|cfg)$", re.IGNORECASE)
_SERVICE = re.compile(r"config(?:uration)?(?:_?service)?$", re.IGNORECASE)
_SCRIPTS = frozenset({"javascript", "typescript", "tsx"})
_SECTION = re.compile(r"section$", re.IGNORECASE)
_CONFIG_CALLS = frozenset({"GetValue", "GetSection", "GetConnectionString", "GetRequiredSection",
                           "GetRequiredValue", "GetRequiredConnectionString"})  # fmt: skip


def env(expr: Expr, file: Summary) -> Expr | None:
    """The variable that an expression reads, as ``env`` or ``property``; None for another."""
    if expr.op == "call":
        return _called(expr, file)
    base = expr.args[0].dotted() if expr.op == "attr" and expr.args else ""
    if base in _OBJECTS or (base == "env" and expr.text.isupper()):
        return Expr("env", expr.text, line=expr.line)
    if expr.op == "index" and expr.args[1].op == "text":
        if expr.args[0].dotted() in _MAPS:
            return Expr("env", expr.args[1].text, line=expr.line)
        return _section(expr.args[0], expr.args[1].text, expr.line, file)
    if expr.op == "index" and expr.args[0].dotted() in _MAPS:
        return Expr("env", "", (expr.args[1],), expr.line)
    return None


def _called(expr: Expr, file: Summary) -> Expr | None:
    dotted = expr.dotted()
    given = expr.positional
    of_rust = file.language == "rust" and expr.text == "var"
    if of_rust or dotted in _CALLS or dotted.endswith(("os.Getenv", "System.getenv")):
        return _variable(expr, given)
    viper = file.language == "go" and expr.text in _VIPER
    if given and (viper or expr.text in _PROPERTY):
        return _property(given, expr.line)
    if expr.text in {"get", "getOrThrow"} and given and file.language in _SCRIPTS:
        return _of_service(expr, given)
    if file.language == "csharp" and expr.text in _CONFIG_CALLS and given:
        return _of_dotnet(expr, given)
    return None


def _of_dotnet(expr: Expr, given: list[Expr]) -> Expr:
    """``GetValue``, ``GetConnectionString`` and the like, on the settings or a section of them."""
    key = given[0].text if given[0].op == "text" else "*"
    if "ConnectionString" in expr.text:
        named = Expr("join", "", (Expr("text", "ConnectionStrings:"), given[0]))
        return Expr("property", "", (named,), expr.line)
    receiver = expr.receiver
    if receiver is not None and receiver.op == "name" and given[0].op == "text":
        whole = Expr("join", "", (Expr("section", "", (receiver,)), given[0]))
        return Expr("property", "", (whole, *given[1:2]), expr.line)
    prefix = section(receiver) if receiver is not None else ""
    return _keyed(f"{prefix}{key}", given[1:], expr.line)


def _of_service(expr: Expr, given: list[Expr]) -> Expr | None:
    """``config.get("A")`` of Nest and of the package ``config``: a variable, or a path of keys."""
    receiver = expr.receiver
    if receiver is None or given[0].op != "text" or not _SERVICE.search(receiver.text):
        return None
    if given[0].text.isupper():
        return Expr("env", given[0].text, tuple(given[1:2]), expr.line)
    at = receiver
    names = given[0].text.split(".")
    for name in names:
        at = Expr("attr", name, (at,), expr.line)
    if len(names) > 1 or not names[0]:
        return at
    return Expr("or", "", (at, Expr("env", names[0], (), expr.line)), expr.line)


def _variable(expr: Expr, given: list[Expr]) -> Expr | None:
    if not given:
        return None
    default = tuple(given[1:2])
    if given[0].op == "text":
        return Expr("env", given[0].text, default, expr.line)
    return Expr("env", "", (given[0], *default), expr.line)


def _property(given: list[Expr], line: int) -> Expr | None:
    if given[0].op != "text":
        return Expr("property", "", (given[0], *given[1:2]), line)
    return _keyed(given[0].text, given[1:2], line)


def _keyed(key: str, default: list[Expr] | tuple[Expr, ...], line: int) -> Expr:
    return Expr("property", key, tuple(default)[:1], line)


def _section(base: Expr, key: str, line: int, file: Summary) -> Expr | None:
    """``configuration["A:B"]`` and ``configuration.GetSection("A")["B"]`` of .NET."""
    if file.language != "csharp":
        return None
    if base.op == "call" and base.text in {"GetSection", "GetRequiredSection"}:
        return _keyed(f"{section(base)}{key}", (), line)
    if base.op == "name" and _SECTION.search(base.text):
        whole = Expr("join", "", (Expr("section", "", (base,)), Expr("text", key)))
        return Expr("property", "", (whole,), line)
    return _keyed(key, (), line) if _CONFIG.search(base.dotted()) else None


def section(base: Expr) -> str:
    """The sections around a key, with a colon at the end."""
    found = ""
    at: Expr | None = base
    while at is not None and at.op == "call":
        if (
            at.text in {"GetSection", "GetRequiredSection"}
            and at.given
            and at.given[0].op == "text"
        ):
            found = f"{at.given[0].text}:{found}"
        at = at.receiver
    return found
