"""Dockerfiles: which files an image gets, what it runs, and its own environment."""

from __future__ import annotations

import json
import posixpath
import re
import shlex
from typing import TYPE_CHECKING

from collectors.manifests.images import kind_of
from collectors.manifests.settings import setting
from depmap.model.deployed import Build
from depmap.model.words import NodeKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from depmap.model.facts import Fact

_GO_BUILD = re.compile(r"\bgo\s+(?:build|install)\b[^;&|]*?\s(\./[\w./-]+|cmd/[\w./-]+)(?=\s|$)")
_INSTRUCTION = re.compile(r"\s*([A-Za-z]+)\s+(.*)", re.DOTALL)


def read(root: str, path: str, text: str) -> Iterator[Fact]:
    """Yield the facts of a Dockerfile; of several stages the last one counts."""
    copies: list[str] = []
    commands = {"ENTRYPOINT": "", "CMD": ""}
    ports: list[str] = []
    built: list[str] = []
    stages: dict[str, str] = {}
    base = ""
    variables: dict[str, tuple[str, int]] = {}
    for line, word, rest in instructions(text):
        match word:
            case "FROM":
                commands = {"ENTRYPOINT": "", "CMD": ""}
                base = stages.get(rest.split()[0], rest.split()[0])
                stages.update({rest.split()[-1]: base} if " as " in rest.lower() else {})
            case "RUN":
                built.extend(_built(rest))
            case "COPY" | "ADD":
                copies.extend(_sources(rest))
            case "ENTRYPOINT" | "CMD":
                commands[word] = _command(rest)
            case "EXPOSE":
                ports.extend(one.partition("/")[0] for one in rest.split() if one[0].isdigit())
            case "ENV" | "ARG":
                variables.update((key, (value, line)) for key, value in _variables(rest, word))
    command = " ".join(filter(None, commands.values()))
    kept = tuple(dict.fromkeys(copies))
    yield Build(
        root=root,
        locator=f"{path}:1",
        copies=kept,
        command=command,
        ports=tuple(ports),
        base=base,
        built=tuple(dict.fromkeys(built)),
        kind=kind_of(base) or NodeKind.SERVICE,
    )
    for key, (value, line) in variables.items():
        yield setting(root, f"{path}:{line}", "", (key, value))


def instructions(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield (line, instruction, rest) with continued lines put together."""
    held, start = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if stripped.startswith("#") or (not stripped and not held):
            continue
        start = start or number
        held += stripped.removesuffix("\\") + " "
        if not stripped.endswith("\\"):
            match = _INSTRUCTION.match(held)
            if match is not None:
                yield start, match[1].upper(), match[2].strip()
            held, start = "", 0


def _built(rest: str) -> list[str]:
    """The folders of the context that a command builds, where it names them."""
    return [posixpath.normpath(match[1]) for match in _GO_BUILD.finditer(rest)]


def _sources(rest: str) -> list[str]:
    if "--from=" in rest:
        return []
    words = _words(re.sub(r"--\w+(?:=\S+)?\s*", "", rest))
    return [posixpath.normpath(word) for word in words[:-1] if "://" not in word]


def _words(rest: str) -> list[str]:
    if rest.startswith("["):
        try:
            return [str(word) for word in json.loads(rest)]
        except (ValueError, RecursionError):
            return []
    try:
        return shlex.split(rest)
    except ValueError:
        return rest.split()


def _command(rest: str) -> str:
    return " ".join(_words(rest)) if rest.startswith("[") else rest


def _variables(rest: str, word: str) -> Iterator[tuple[str, str]]:
    if word == "ENV" and "=" not in rest.split(maxsplit=1)[0]:
        key, _, value = rest.partition(" ")
        yield key, value.strip()
        return
    for pair in _words(rest):
        key, mark, value = pair.partition("=")
        if mark and word == "ENV":
            yield key, value
