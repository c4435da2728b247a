"""Libraries of Node, Go, Maven and others: what a project itself asks for, at its version."""

from __future__ import annotations

import json
import posixpath
import re
from typing import TYPE_CHECKING, Any

from depmap.model.deployed import Package
from depmap.model.evidence import Gap
from depmap.model.relations import Needs

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMES = frozenset({"package-lock.json", "go.mod", "pom.xml", "Pipfile", "package.json"})
_REQUIRE = re.compile(
    r"^\s*(?:require\s+)?([\w.-]+\.[\w./-]+)\s+v(\S+?)(?:\s*//\s*(indirect))?\s*$"
)
_DOTNET = (".csproj", ".fsproj", ".vbproj")
_REFERENCES = {
    "csproj": re.compile(r"<ProjectReference\s+Include=\"([^\"]+)\""),
    "go.mod": re.compile(r"=>\s*(\.\.?/\S+)"),
    "package.json": re.compile(r"\"(?:file|link):(\.\.?/[^\"]+)\""),
}
_DEPENDENCY = re.compile(
    r"<dependency>\s*<groupId>([^<]+)</groupId>\s*<artifactId>([^<]+)</artifactId>"
    r"\s*(?:<version>([^<]+)</version>)?",
)


def wanted(name: str) -> bool:
    """Whether a file of that name tells about libraries or other projects."""
    return name in NAMES or name.endswith(_DOTNET)


def read(root: str, path: str, text: str) -> Iterator[Package | Needs | Gap]:
    """Yield the libraries that a file asks for; only what the project itself names."""
    name = path.rpartition("/")[2]
    yield from _needed(root, path, text)
    try:
        if name == "package-lock.json":
            yield from _node(root, path, text)
        elif name == "go.mod":
            yield from _go(root, path, text)
        elif name == "pom.xml":
            yield from _maven(root, path, text)
        else:
            yield Package(root=root, locator=f"{path}:1", name=f"project:{name}")
    except (ValueError, RecursionError, AttributeError, TypeError) as error:
        yield Gap("the libraries of a folder", f"the file cannot be read: {error}", f"{path}:1")


def _needed(root: str, path: str, text: str) -> Iterator[Needs]:
    """The folders of other projects that a project is built with."""
    name = path.rpartition("/")[2]
    pattern = _REFERENCES.get(name) or (_REFERENCES["csproj"] if name.endswith(_DOTNET) else None)
    if pattern is None:
        return
    folder = posixpath.dirname(path)
    found: dict[str, None] = {}
    for match in pattern.findall(text):
        target = posixpath.join(folder, match.replace("\\", "/"))
        inside = posixpath.normpath(
            posixpath.dirname(target) if name.endswith(_DOTNET) else target
        )
        if not inside.startswith(".."):
            found[inside] = None
    if found:
        yield Needs(root=root, locator=f"{path}:1", folders=tuple(found))


def _node(root: str, path: str, text: str) -> Iterator[Package]:
    document: Any = json.loads(text)
    packages = document.get("packages", {})
    for name in packages.get("", {}).get("dependencies", {}):
        version = str(packages.get(f"node_modules/{name}", {}).get("version", ""))
        if version:
            yield Package(root=root, locator=f"{path}:1", name=f"npm:{name}", version=version)


def _go(root: str, path: str, text: str) -> Iterator[Package]:
    yield Package(root=root, locator=f"{path}:1", name="project:go.mod")
    for number, line in enumerate(text.splitlines(), 1):
        match = _REQUIRE.match(line)
        if match is not None and not match[3]:
            at = f"{path}:{number}"
            yield Package(root=root, locator=at, name=f"go:{match[1]}", version=match[2])


def _maven(root: str, path: str, text: str) -> Iterator[Package]:
    yield Package(root=root, locator=f"{path}:1", name="project:pom.xml")
    for match in _DEPENDENCY.finditer(text):
        if match[3] and "$" not in match[3]:
            line = text.count("\n", 0, match.start()) + 1
            name = f"maven:{match[1]}:{match[2]}"
            yield Package(root=root, locator=f"{path}:{line}", name=name, version=match[3])
