"""The services of gRPC that .proto files declare."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(slots=True)
class Contracts:
    """Services that .proto files declare.

    Attributes:
        packages: the package of each service, by its name with a capital.
        spelled: its name as the file has it, likewise.
        methods: its methods as the file has them, by their names in lower case.
    """

    packages: dict[str, str] = field(default_factory=dict)
    spelled: dict[str, str] = field(default_factory=dict)
    methods: dict[str, dict[str, str]] = field(default_factory=dict)

    @classmethod
    def of(cls, texts: Mapping[str, str]) -> Contracts:
        """Read .proto files."""
        found = cls()
        for _, text in sorted(texts.items()):
            package = re.search(r"^[ \t]*package\s+([\w.]+)\s*;", text, re.MULTILINE)
            bare = re.sub(r"//[^\n]*|/\*.*?(?:\*/|\Z)", "", text, flags=re.DOTALL)
            _, *declared = re.split(r"\bservice\s+(\w+)\s*\{", bare)
            for spelled, rest in zip(declared[::2], declared[1::2], strict=True):
                body = rest.partition("\n}")[0]
                name = spelled[:1].upper() + spelled[1:]  # as the code of most languages has it
                found.spelled.setdefault(name, spelled)
                found.packages.setdefault(name, package[1] if package else "")
                held = found.methods.setdefault(name, {})
                for method in re.findall(r"\brpc\s+(\w+)\s*\(", body):
                    held.setdefault(method.lower(), method)
        return found

    def full(self, service: str) -> str:
        """A service with its package."""
        package = self.packages.get(service, "")
        name = self.spelled.get(service, service)
        return f"{package}.{name}" if package else name

    def method(self, service: str, name: str) -> str:
        """A method as the contract writes it; empty for none of it."""
        plain = name.replace("_", "").lower().removesuffix("async")
        held = self.methods.get(service, {})
        return held.get(plain, "") or held.get(name.replace("_", "").lower(), "")
