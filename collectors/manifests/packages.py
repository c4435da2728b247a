"""Libraries: what requirements and lock files pin or ask for."""

from __future__ import annotations

import json
import re
import tomllib
from typing import TYPE_CHECKING, Any

from depmap.model.deployed import Package
from depmap.model.evidence import Gap

if TYPE_CHECKING:
    from collections.abc import Iterator

_LINE = re.compile(r"\s*([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?\s*((?:[=<>!~]=?=?[^;#\s]+[,\s]*)*)")
_ASIDE = re.compile(r"dev|test|lint|doc|ci\b|local")
_LOCKS = frozenset({"poetry.lock", "uv.lock", "pdm.lock"})


def wanted(name: str) -> bool:
    """Whether a file of that name tells about libraries."""
    if name in _LOCKS or name in {"Pipfile.lock", "pyproject.toml"}:
        return True
    known = name.startswith("requirements") and name.endswith((".txt", ".lock", ".in"))
    return known and not _ASIDE.search(name)


def read(root: str, path: str, text: str) -> Iterator[Package | Gap]:
    """Yield the libraries of a requirements or lock file."""
    name = path.rpartition("/")[2]
    try:
        if name in _LOCKS:
            yield from _locked(root, path, text)
        elif name == "Pipfile.lock":
            yield from _pipenv(root, path, json.loads(text))
        elif name == "pyproject.toml":
            yield from _project(root, path, text)
        else:
            yield from _requirements(root, path, text)
    except (ValueError, RecursionError, AttributeError, TypeError) as error:
        yield Gap("the libraries of a folder", f"the file cannot be read: {error}", f"{path}:1")


def normal(name: str) -> str:
    """The library's name as package indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _package(root: str, locator: str, name: str, spec: str) -> Package:
    spec = spec.strip().rstrip(",")
    exact = re.fullmatch(r"={2,3}\s*([^,*]+)", spec)
    if exact is not None:
        return Package(root=root, locator=locator, name=normal(name), version=exact[1].strip())
    return Package(root=root, locator=locator, name=normal(name), wanted=spec)


def _requirements(root: str, path: str, text: str) -> Iterator[Package]:
    for number, line in enumerate(text.splitlines(), 1):
        match = _LINE.match(line)
        if match is not None and not line.lstrip().startswith(("#", "-")):
            yield _package(root, f"{path}:{number}", match[1], match[2])


def _locked(root: str, path: str, text: str) -> Iterator[Package]:
    lines = text.splitlines()
    places = {
        line.partition("=")[2].strip().strip('"'): number
        for number, line in enumerate(lines, 1)
        if line.startswith("name")
    }
    for item in tomllib.loads(text).get("package", []):
        name, version = str(item.get("name", "")), str(item.get("version", ""))
        if name and version:
            yield _package(root, f"{path}:{places.get(name, 1)}", name, f"=={version}")


def _pipenv(root: str, path: str, document: Any) -> Iterator[Package]:
    for name, item in document.get("default", {}).items():
        yield _package(root, f"{path}:1", name, str(item.get("version", "")))


def _project(root: str, path: str, text: str) -> Iterator[Package]:
    document = tomllib.loads(text)
    for line in document.get("project", {}).get("dependencies", []):
        match = _LINE.match(str(line))
        if match is not None:
            place = next((n for n, one in enumerate(text.splitlines(), 1) if str(line) in one), 1)
            yield _package(root, f"{path}:{place}", match[1], match[2])
