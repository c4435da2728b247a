"""All files of one root together: modules, names across files, who mentions what."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from collectors.code.documents import Documents
from collectors.code.loading import modules_named
from collectors.code.summary import Expr, Site, Summary

if TYPE_CHECKING:
    from collections.abc import Iterable

    from collectors.code.summary import Class, Function


MAX_PUTS = 12
"""Places that set an attribute of one name; further ones are not looked at."""

MAX_SETTINGS = 3
"""Classes of settings that are looked at, where several have one of a name."""

_CONFIGURES = re.compile(r"(?:^|/)(?:settings|config|celeryconfig)(?:/[^/]+)?\.py$|_settings\.py$")


@dataclass(frozen=True, slots=True)
class Place:
    """A symbol: a module (empty name), or a function, class or variable in one."""

    path: str
    name: str = ""


@dataclass(slots=True)
class Program:
    """The summaries of a root, by path, with its configuration and what is asked of them all."""

    files: dict[str, Summary]
    documents: Documents = field(default_factory=Documents)
    _modules: dict[tuple[str, str], Place | None] = field(default_factory=dict)
    _by_name: dict[str, list[tuple[str, Site]]] = field(default_factory=dict)
    _suffixes: dict[str, list[str]] = field(default_factory=dict)
    _mentions: dict[str, int] = field(default_factory=dict)
    _settings: dict[str, list[tuple[str, Expr]]] = field(default_factory=dict)
    _puts: dict[str, list[tuple[str, Expr, Expr]]] = field(default_factory=dict)
    _methods: Counter[str] = field(default_factory=Counter)
    _configuring: list[str] = field(default_factory=list)

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
            self._suffixes.setdefault(PurePosixPath(path).name, []).append(path)
            self._index(path, summary)
        self._by_name, self._mentions = dict(by_name), dict(mentions)

    def _index(self, path: str, summary: Summary) -> None:
        """Index methods by name, and what is put into objects that are passed around."""
        for name, function in summary.functions.items():
            if function.owner:
                self._methods[name.rpartition(".")[2]] += 1
        for name, base, value in summary.puts:
            self._puts.setdefault(name, []).append((path, base, value))
        for name, values in summary.names.items():
            if name.startswith("["):
                held = self._settings.setdefault(name, [])
                held.extend((path, value) for value in values)

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

    def methods_named(self, name: str) -> int:
        """How many classes have a method of that name."""
        return self._methods[name]

    def puts(self, attribute: str) -> list[tuple[str, Expr, Expr]]:
        """Return (file, object, value) of every ``<object>.attribute = value``."""
        return self._puts.get(attribute, [])[:MAX_PUTS]

    def configuring(self, name: str, near: str) -> list[str]:
        """Return the files of settings that give a name a value, nearest first."""
        if not self._configuring:
            self._configuring.extend(path for path in self.files if _CONFIGURES.search(path))
        held = [path for path in self._configuring if name in self.files[path].names]
        return sorted(held, key=lambda path: (-_common(path, near), path))[:2]

    def configurations(self, name: str, near: str) -> list[tuple[str, str]]:
        """Return (file, class) of the classes that are for settings and have one of a name."""
        held = [
            (path, owner)
            for path, summary in self.files.items()
            for owner, one in summary.classes.items()
            if name in one.names and owner.endswith(("Config", "Settings", "Configuration"))
        ]
        return sorted(held, key=lambda item: (-_common(item[0], near), item))[:MAX_SETTINGS]

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
        inside = dotted.startswith(".") or "." in dotted
        key = (dotted, near.rpartition("/")[0] if inside else near)
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
        return self._elsewhere(dotted) if "." in dotted else self._put_on_path(dotted, near)

    def _file(self, folder: PurePosixPath, dotted: str) -> Place | None:
        base = folder.joinpath(*dotted.split(".")) if dotted else folder
        names = (f"{base}.py", str(base / "__init__.py")) if dotted else (f"{base}/__init__.py",)
        return next((Place(name) for name in names if name in self.files), None)

    def _elsewhere(self, dotted: str) -> Place | None:
        """A package of this root that is installed rather than found beside its user."""
        tails = (f"{dotted.replace('.', '/')}.py", f"{dotted.replace('.', '/')}/__init__.py")
        found = [
            path
            for tail in tails
            for path in self._suffixes.get(PurePosixPath(tail).name, ())
            if path.endswith(f"/{tail}")
        ]
        return Place(found[0]) if len(found) == 1 else None

    def _put_on_path(self, name: str, near: str) -> Place | None:
        """The one module of a name whose folder is put on the path: it has what is asked of it."""
        asked = {
            target.partition(".")[2]
            for target in self.files[near].imports.values()
            if target.startswith(f"{name}.")
        }
        found = [
            path
            for path in self._suffixes.get(f"{name}.py", ())
            if asked & {*self.files[path].functions, *self.files[path].classes}
        ]
        return Place(found[0]) if len(found) == 1 else None

    def imported(self, path: str) -> tuple[str, ...]:
        """Return the files of this root that a file imports."""
        found = set()
        for dotted in (*self.files[path].modules, *modules_named(self.files[path])):
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
