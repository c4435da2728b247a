"""Which files of a root each file imports, as far as its language says so by paths."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from collectors.polyglot.expressions import Summary

_GO = re.compile(r"\"([^\"]+)\"")
ENDS = ("", ".js", ".ts", ".mjs", ".cjs", ".tsx", ".jsx", "/index.js", "/index.ts")
"""What may follow the name of a file where a script imports it."""

_FROM = re.compile(r"from\s+[\"'](\.[^\"']*)[\"']|import\s+[\"'](\.[^\"']*)[\"']")


def imported(files: list[Summary], texts: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Return the files that each file imports, by path."""
    paths = {one.path for one in files}
    folders: dict[str, list[str]] = defaultdict(list)
    for one in files:
        if one.language == "go":
            folders[posixpath.dirname(one.path)].append(one.path)
    modules = go_modules(texts)
    found: dict[str, tuple[str, ...]] = {}
    for one in files:
        if one.language == "go":
            held = _go(one, folders, modules)
        elif one.language in {"javascript", "typescript", "tsx"}:
            held = _script(one, paths)
        else:
            continue
        found[one.path] = tuple(sorted(set(held) - {one.path}))
    return found


def go_modules(texts: Mapping[str, str]) -> dict[str, str]:
    """The folder of each Go module, by its name."""
    found: dict[str, str] = {}
    for path, text in texts.items():
        match = re.search(r"^module\s+(\S+)", text, re.MULTILINE)
        if path.rpartition("/")[2] == "go.mod" and match is not None:
            found[match[1]] = posixpath.dirname(path)
    return found


def _go(file: Summary, folders: Mapping[str, list[str]], modules: Mapping[str, str]) -> list[str]:
    held = list(folders[posixpath.dirname(file.path)])
    for folder in go_folders(file, modules).values():
        held.extend(folders.get(folder, []))
    return held


def go_folders(file: Summary, modules: Mapping[str, str]) -> dict[str, str]:
    """The folders of the packages of its own root that a file of Go imports, by their names."""
    found: dict[str, str] = {}
    for line in file.imports:
        alias = line.partition('"')[0].strip()
        for name in _GO.findall(line):
            for module, base in modules.items():
                if name == module or name.startswith(f"{module}/"):
                    inside = posixpath.normpath(posixpath.join(base, name[len(module) + 1 :]))
                    found[alias or name.rpartition("/")[2]] = "" if inside == "." else inside
    return found


def _script(file: Summary, paths: set[str]) -> list[str]:
    names = [one for line in file.imports for match in _FROM.findall(line) for one in match if one]
    names += [
        site.call.positional[0].text
        for site in file.sites
        if site.call.text == "require" and site.call.positional
    ]
    folder = posixpath.dirname(file.path)
    held: list[str] = []
    for name in names:
        if name.startswith("."):
            base = posixpath.normpath(posixpath.join(folder, name))
            held.extend(f"{base}{end}" for end in ENDS if f"{base}{end}" in paths)
    return held
