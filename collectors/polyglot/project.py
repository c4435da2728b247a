"""Files that are built together: what they name, call and import."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from collectors.polyglot.expressions import Assign, Expr, Function, Site, Summary
from collectors.polyglot.properties import Properties

CLIENT_MAKERS = ("ConfigureHttpClient", "AddHttpClient", "AddRefitClient", "AddGrpcClient", "For")
"""Calls of .NET that say what class a client of an address is for."""


@dataclass(slots=True)
class Project:
    """Files that are built together."""

    folder: str
    properties: Properties
    files: list[Summary] = field(default_factory=list)
    assigns: dict[str, list[tuple[Summary, Assign]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    functions: dict[str, list[tuple[Summary, Function]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    sites: dict[str, list[tuple[Summary, Site]]] = field(default_factory=lambda: defaultdict(list))
    classes: set[str] = field(default_factory=lambda: {""})
    _passing: dict[str, list[tuple[Summary, Site]]] | None = None
    _words: str | None = None
    _everywhere: str | None = None
    _clients: dict[str, list[tuple[Summary, Site]]] | None = None

    def add(self, file: Summary) -> None:
        """Take a file in."""
        self.files.append(file)
        self.classes.update(file.bases)
        for name, assigns in file.assigns.items():
            self.assigns[name].extend((file, one) for one in assigns)
        for name, functions in file.functions.items():
            self.functions[name].extend((file, one) for one in functions)
        for site in file.sites:
            if site.call.text:
                self.sites[site.call.text].append((file, site))

    def passing(self, name: str) -> list[tuple[Summary, Site]]:
        """The calls that give a name to a function that writes to what it is given."""
        if self._passing is None:
            self._passing = defaultdict(list)
            for called, held in self.functions.items():
                if any(function.outs for _, function in held):
                    for file, site in self.sites.get(called, ()):
                        for one in site.call.given:
                            if one.op in {"attr", "name"}:
                                self._passing[one.text].append((file, site))
        return self._passing.get(name, [])

    def words(self) -> str:
        """What its files import, as text."""
        if self._words is None:
            self._words = "\n".join(imported_words(file) for file in self.files)
        return self._words

    def everywhere(self) -> str:
        """What C# says every file of a project imports, as text."""
        if self._everywhere is None:
            lines = [
                line for file in self.files for line in file.imports
                if file.language == "csharp" and line.startswith("global using")
            ]  # fmt: skip
            self._everywhere = "\n".join(["", *lines])
        return self._everywhere

    def clients(self, name: str) -> list[tuple[Summary, Site]]:
        """The calls that set up HTTP clients for a class, or under a name, of .NET."""
        if self._clients is None:
            self._clients = defaultdict(list)
            for called in CLIENT_MAKERS:
                for file, site in self.sites.get(called, ()):
                    at: Expr | None = site.call
                    while at is not None and at.op == "call":
                        first = at.first
                        named = (first.text,) if first is not None and first.op == "text" else ()
                        for one in (*at.types, *named):
                            self._clients[one.rpartition(".")[2]].append((file, site))
                        at = at.receiver
        return self._clients.get(name, [])


def imported_words(file: Summary) -> str:
    """What a file imports, as text; ``require`` is a call."""
    required = [
        one.call.positional[0].text
        for one in file.sites
        if one.call.text in {"require", "import"} and one.call.positional
    ]
    return "\n".join([*file.imports, *required])
