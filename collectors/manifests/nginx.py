"""nginx configuration: which path is passed on to whom."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from depmap.model.facts import Part, Use, Value
from depmap.model.words import Kind, Strength

if TYPE_CHECKING:
    from collections.abc import Iterator

_TOKEN = re.compile(
    r"#[^\n]*|\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|[{};]|(?:\$\{\w+\}|[^\s{};])+"
)
_PASSES = {"proxy_pass", "grpc_pass", "fastcgi_pass", "uwsgi_pass"}
_VARIABLE = re.compile(r"\$\{?([A-Z][A-Z0-9_]+)\}?")

_Statement = tuple[int, list[str], list[list[str]]]
"""A line, the words there, and the words that each block around it starts with."""


def looks_like(text: str) -> bool:
    """Whether a file is nginx configuration that passes requests on."""
    return any(f"{word} " in text for word in _PASSES) and "{" in text


def read(root: str, path: str, text: str, *, first: int = 1, unit: str = "") -> Iterator[Use]:
    """Yield one use for each place that requests are passed on from.

    Args:
        root: the name of the root.
        path: the file.
        text: the configuration.
        first: the line of the file at which it starts.
        unit: the unit that it configures, where that is known.
    """
    statements = list(_statements(text))
    upstreams, variables = _declared(statements)
    for line, words, blocks in statements:
        if words[0] not in _PASSES or len(words) < 2:  # noqa: PLR2004 - the word and its target
            continue
        location = next((block[-1] for block in reversed(blocks) if block[0] == "location"), "/")
        yield Use(
            root=root,
            locator=f"{path}:{line + first - 1}",
            kind=Kind.GRPC if words[0] == "grpc_pass" else Kind.HTTP,
            system="http",
            targets=tuple(_targets(words[1], upstreams, variables)),
            method="*",
            operations=(Value.literal(location.removeprefix("^").rstrip("$")),),
            strength=Strength.STRONG,
            reason="requests are passed on",
            unit=unit,
        )


def _declared(statements: list[_Statement]) -> tuple[dict[str, list[str]], dict[str, str]]:
    """The servers of each upstream, and the variables that are set."""
    upstreams: dict[str, list[str]] = {}
    variables: dict[str, str] = {}
    for _, words, blocks in statements:
        if words[0] == "server" and blocks and blocks[-1][0] == "upstream" and len(words) > 1:
            upstreams.setdefault(blocks[-1][-1], []).append(words[1])
        if words[0] == "set" and len(words) > 2:  # noqa: PLR2004 - set, name, value
            variables[words[1]] = words[2]
    return upstreams, variables


def _targets(
    target: str, upstreams: dict[str, list[str]], variables: dict[str, str]
) -> Iterator[Value]:
    for name, value in variables.items():
        target = target.replace(name, value)
    scheme, mark, rest = target.partition("://")
    host, slash, path = rest.partition("/") if mark else (scheme, "", "")
    for server in upstreams.get(host, [host]):
        yield _value(f"{scheme if mark else 'http'}://{server}{slash}{path}")


def _value(text: str) -> Value:
    parts: list[Part] = []
    last = 0
    for match in _VARIABLE.finditer(text):
        parts += [Part("text", text[last : match.start()]), Part("env", match[1])]
        last = match.end()
    parts.append(Part("text", re.sub(r"\$\w+", "", text[last:])))
    return Value(tuple(part for part in parts if part.text))


def _statements(text: str) -> Iterator[_Statement]:
    """Yield (line, words, blocks around it) of each simple statement."""
    blocks: list[list[str]] = []
    words: list[str] = []
    line = 1
    for match in _TOKEN.finditer(text):
        word = match[0]
        if word.startswith("#"):
            continue
        if word == "{":
            blocks.append(words or [""])
            words = []
        elif word == "}":
            blocks = blocks[:-1]
            words = []
        elif word == ";":
            if words:
                yield line, words, list(blocks)
            words = []
        else:
            if not words:
                line = text.count("\n", 0, match.start()) + 1
            words.append(word.strip("\"'"))
