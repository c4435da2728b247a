"""Dockerfiles: which files an image gets, what it runs, and its own environment."""

from __future__ import annotations

import json
import posixpath
import re
import shlex
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from collectors.manifests.images import kind_of
from collectors.manifests.settings import setting
from depmap.model.deployed import Build
from depmap.model.words import NodeKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from depmap.model.facts import Fact

_GO_BUILD = re.compile(
    r"\bgo\s+(?:build|install)\b[^;&|]*?\s(\./[\w./-]+|cmd/[\w./-]+|[\w./-]+\.go)(?=[\s\"']|$)"
)
_FROM_STAGE = re.compile(r"--from=(\S+)")
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
_PAIR = 2
_INSTRUCTION = re.compile(r"\s*([A-Za-z]+)\s+(.*)", re.DOTALL)


@dataclass(slots=True)
class Stage:
    """A stage of a Dockerfile, with what it has from the stage that it starts from.

    Attributes:
        name: its name; empty for one without.
        base: the image that it comes from in the end.
        copies: what it has of the build context: where from, and where it puts it.
        made: what of the build context the stages had that it copies from.
        entrypoint: its entry point.
        cmd: the rest of its command.
        folder: the folder it works in.
        ports: the ports it says it listens on.
        built: folders of the build context that it compiles.
        variables: its environment, with the lines.
        arguments: its arguments' defaults.
    """

    name: str = ""
    base: str = ""
    copies: list[tuple[str, str]] = field(default_factory=list)
    made: list[str] = field(default_factory=list)
    entrypoint: str = ""
    cmd: str = ""
    folder: str = "/"
    ports: list[str] = field(default_factory=list)
    built: list[str] = field(default_factory=list)
    variables: dict[str, tuple[str, int]] = field(default_factory=dict)
    arguments: dict[str, str] = field(default_factory=dict)


def read(root: str, path: str, text: str) -> Iterator[Fact]:
    """Yield the facts of a Dockerfile: its last stage, and each that has a name."""
    stages = _stages(text)
    if not stages:
        return
    for stage in stages:
        if stage.name and stage is not stages[-1]:
            yield _build(root, path, stage, stage.name)
    last = stages[-1]
    yield _build(root, path, last, "")
    for key, (value, line) in last.variables.items():
        yield setting(root, f"{path}:{line}", "", (key, value))


def _build(root: str, path: str, stage: Stage, name: str) -> Build:
    known = stage.arguments | {key: value for key, (value, _) in stage.variables.items()}
    entrypoint, cmd = (_with_values(one, known) for one in (stage.entrypoint, stage.cmd))
    return Build(
        root=root,
        locator=f"{path}:1",
        copies=tuple(dict.fromkeys(source for source, _ in stage.copies)),
        made=tuple(dict.fromkeys(stage.made)),
        stage=name,
        entrypoint=entrypoint,
        command=" ".join(filter(None, (entrypoint, cmd))),
        folder=stage.folder,
        ports=tuple(dict.fromkeys(stage.ports)),
        base=stage.base,
        built=tuple(dict.fromkeys(stage.built)),
        kind=kind_of(stage.base) or NodeKind.SERVICE,
    )


def _stages(text: str) -> list[Stage]:
    stages: list[Stage] = []
    common: dict[str, str] = {}
    for line, word, rest in instructions(text):
        if word == "FROM":
            stages.append(_from(rest, stages, common))
        elif not stages:
            common.update(_variables(rest, word) if word == "ARG" else ())
        else:
            _instruct(stages, line, word, rest)
    return stages


def _from(rest: str, stages: list[Stage], common: Mapping[str, str]) -> Stage:
    words = [one for one in rest.split() if not one.startswith("--")] or [""]
    image = _VARIABLE.sub(lambda match: common.get(match[1] or match[2], match[0]), words[0])
    name = words[-1] if [one.lower() for one in words[1:-1]] == ["as"] else ""
    below = next((one for one in reversed(stages) if one.name == image != ""), None)
    if below is None:
        return Stage(name, image)
    return replace(below, name=name, **{
        key: held.copy()
        for key in ("copies", "made", "ports", "built", "variables", "arguments")
        for held in (getattr(below, key),)
    })  # fmt: skip


def _instruct(stages: list[Stage], line: int, word: str, rest: str) -> None:
    stage = stages[-1]
    match word:
        case "RUN":
            stage.built.extend(_built(rest))
        case "COPY" | "ADD":
            stage.copies.extend(_copied(rest, stage, stages))
        case "ENTRYPOINT":
            stage.entrypoint = _command(rest)
            stage.built.extend(_built(rest))
        case "CMD":
            stage.cmd = _command(rest)
        case "WORKDIR":
            stage.folder = posixpath.normpath(posixpath.join(stage.folder, rest.strip("\"' ")))
        case "EXPOSE":
            stage.ports.extend(one.partition("/")[0] for one in rest.split() if one[0].isdigit())
        case "ENV":
            stage.variables.update((key, (value, line)) for key, value in _variables(rest, word))
        case "ARG":
            stage.arguments.update(_variables(rest, word))


def _copied(rest: str, stage: Stage, stages: list[Stage]) -> list[tuple[str, str]]:
    """What a COPY brings of the build context, and where it puts it."""
    other = _FROM_STAGE.search(rest)
    words = [one for one in _words(re.sub(r"--[\w-]+(?:=\S+)?\s*", "", rest)) if "://" not in one]
    if len(words) < _PAIR:
        return []
    *sources, into = words
    into = posixpath.normpath(posixpath.join(stage.folder, into))
    if other is None:
        return [(posixpath.normpath(one), into) for one in sources]
    named = {one.name: one for one in stages[:-1]} | {
        str(number): one for number, one in enumerate(stages[:-1])
    }
    origin = named.get(other[1])
    if origin is None:  # another image
        return []
    found = [one for source in sources for one in _passed(source, into, origin)]
    stage.built.extend(origin.built)
    stage.made.extend([*(held for held, _ in origin.copies), *origin.made])
    return found


def _passed(source: str, into: str, origin: Stage) -> list[tuple[str, str]]:
    """What of the build context lies in a path of another stage, else what that was made of."""
    wanted = posixpath.normpath(posixpath.join(origin.folder, source)).rstrip("*")
    found: list[tuple[str, str]] = []
    for held, place in origin.copies:
        inside = _inside(wanted, place)
        if _inside(place, wanted) is not None:
            found.append((held, into))
        elif inside is not None and (held == "." or _is_folder(held)):
            found.append((posixpath.normpath(posixpath.join(held, inside)), into))
    return found or [(held, into) for held, _ in origin.copies]


def _inside(path: str, folder: str) -> str | None:
    """The rest of a path below a folder; None where it is not in it."""
    if folder in (path, "/"):
        return path.removeprefix(folder).lstrip("/")
    return path.removeprefix(f"{folder}/") if path.startswith(f"{folder}/") else None


def _is_folder(path: str) -> bool:
    return not posixpath.splitext(path)[1]


def _with_values(command: str, values: Mapping[str, str]) -> str:
    """A command whose variables name the value that the Dockerfile gives them."""

    def value(match: re.Match[str]) -> str:
        name = match[1] or match[2]
        return f"${{{name}:-{values[name]}}}" if name in values else match[0]

    return _VARIABLE.sub(value, command)


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
    named = [posixpath.normpath(match[1]) for match in _GO_BUILD.finditer(rest)]
    return [posixpath.dirname(one) if one.endswith(".go") else one for one in named]


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
    if word == "ENV" and "=" not in rest.partition(" ")[0]:
        key, mark, value = rest.partition(" ")
        if mark:
            yield key, value.strip()
        return
    for pair in _words(rest):
        key, mark, value = pair.partition("=")
        if mark:
            yield key, value
