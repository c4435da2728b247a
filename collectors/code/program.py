"""All files of one root together: modules, names across files, who mentions what."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from collectors.code.summary import Expr, Site, Summary

if TYPE_CHECKING:
    from collections.abc import Iterable

    from collectors.code.summary import Class, Function


@dataclass(frozen=True, slots=True)
class Place:
    """A symbol: a module (empty name), or a function, class or variable in one."""

    path: str
    name: str = ""


@dataclass(slots=True)
class Program:
    """The summaries of a root, by path, with what is asked of all of them."""

    files: dict[str, Summary]
    _modules: dict[tuple[str, str], Place | None] = field(default_factory=dict)
    _by_name: dict[str, list[tuple[str, Site]]] = field(default_factory=dict)
    _suffixes: dict[str, list[str]] = field(default_factory=dict)
    _mentions: dict[str, int] = field(default_factory=dict)
    _settings: dict[str, list[tuple[str, Expr]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Index calls by the name called, and by functions that are passed on."""
        by_name: dict[str, list[tuple[str, Site]]] = defaultdict(list)
        mentions: dict[str, int] = defaultdict(int)
        for path, summary in self.files.items():
            renamed = {
                local: target.rpartition(".")[2] for local, target in summary.imports.items()
            }
            for site in summary.sites:
                for name in _names_used(site):
                    by_name[renamed.get(name, name)].append((path, site))
            for name in summary.mentions:
                mentions[renamed.get(name, name)] += 1
            for name, values in summary.names.items():
                if name.startswith("["):
                    held = self._settings.setdefault(name, [])
                    held.extend((path, value) for value in values)
        self._by_name, self._mentions = dict(by_name), dict(mentions)
        for path in self.files:
            self._suffixes.setdefault(PurePosixPath(path).name, []).append(path)

    def calls_of(self, name: str) -> Iterable[tuple[str, Site]]:
        """Return calls whose function, or one of whose arguments, ends in that name."""
        return self._by_name.get(name, ())

    def mentioned(self, name: str) -> bool:
        """Whether any file reads a thing of that name."""
        return name in self._mentions

    def set_items(self, attribute: str, key: str, near: str) -> list[tuple[str, Expr]]:
        """Return what is assigned to ``<anything>.attribute[key]``, nearest files first."""
        found = self._settings.get(f"[{attribute}]{key}", [])
        return sorted(found, key=lambda item: (-_common(item[0], near), item[0]))[:2]

    def function(self, place: Place) -> Function | None:
        """Return the function of that name."""
        summary = self.files.get(place.path)
        return summary.functions.get(place.name) if summary else None

    def klass(self, place: Place) -> Class | None:
        """Return the class of that name."""
        summary = self.files.get(place.path)
        return summary.classes.get(place.name) if summary else None

    def module(self, dotted: str, near: str) -> Place | None:
        """Return the file of a dotted module as seen from a file, None for one of elsewhere."""
        key = (dotted, str(PurePosixPath(near).parent))
        if key not in self._modules:
            self._modules[key] = self._find_module(dotted, near)
        return self._modules[key]

    def _find_module(self, dotted: str, near: str) -> Place | None:
        folder = PurePosixPath(near).parent
        if dotted.startswith("."):
            name = dotted.lstrip(".")
            for _ in range(len(dotted) - len(name) - 1):
                folder = folder.parent
            return self._file(folder, name)
        for base in (folder, *folder.parents):
            found = self._file(base, dotted)
            if found is not None:
                return found
        return self._elsewhere(dotted)

    def _file(self, folder: PurePosixPath, dotted: str) -> Place | None:
        base = folder.joinpath(*dotted.split(".")) if dotted else folder
        names = (f"{base}.py", str(base / "__init__.py")) if dotted else (f"{base}/__init__.py",)
        return next((Place(name) for name in names if name in self.files), None)

    def _elsewhere(self, dotted: str) -> Place | None:
        """A package of this root that is installed rather than found beside its user."""
        if "." not in dotted:
            return None
        tails = (f"{dotted.replace('.', '/')}.py", f"{dotted.replace('.', '/')}/__init__.py")
        found = [
            path
            for tail in tails
            for path in self._suffixes.get(PurePosixPath(tail).name, ())
            if path.endswith(f"/{tail}")
        ]
        return Place(found[0]) if len(found) == 1 else None

    def imported(self, path: str) -> tuple[str, ...]:
        """Return the files of this root that a file imports."""
        found = set()
        for dotted in self.files[path].modules:
            place = self.module(dotted, path)
            if place is not None and place.path != path:
                found.add(place.path)
        return tuple(sorted(found))


def _names_used(site: Site) -> set[str]:
    names = {_last(site.call.args[0])}
    names.update(_last(arg) for arg in site.call.args[1:])
    names.discard("")
    return names


def _last(expr: Expr) -> str:
    if expr.op in {"name", "attr"}:
        return expr.text
    if expr.op == "call" and expr.args[0].text == "partial":
        return _last(expr.args[1]) if len(expr.args) > 1 else ""
    return ""


def _common(left: str, right: str) -> int:
    count = 0
    for one, other in zip(left.split("/"), right.split("/"), strict=False):
        if one != other:
            break
        count += 1
    return count
