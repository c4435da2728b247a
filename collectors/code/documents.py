"""Configuration that code reads while it runs: ``.env`` files, and documents beside it."""

from __future__ import annotations

import configparser
import json
import posixpath
import re
import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from collectors.code.summary import HOLE, Expr
from depmap.collecting.yaml_text import Document, read_documents

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

MAX_DEPTH = 8
"""A document's values nested deeper are unknown."""

MAX_BYTES = 100_000
"""A larger document is data rather than configuration."""

_EXAMPLES = (".env.example", ".env.sample", ".env.template", "example.env", "env.example")
_VARIABLES = (
    ".env", ".env.docker", ".env.production", ".env.prod", ".env.local", ".env.dev",
    ".env.development", *_EXAMPLES,
)  # fmt: skip
"""Files of variables, those that say most of a deployment first."""

_LOCAL = re.compile(r"(?:^|//|@)(?:localhost|127\.0\.0\.1|0\.0\.0\.0)(?:$|[:/])")
_DOCUMENT = re.compile(
    r"(?:^|/)\.?(?:\w+[.-])?(?:config|conf|settings|secrets|services|endpoints|app|application|"
    r"default)(?:[.-]\w+)?\.(?:ya?ml|toml|ini|json|cfg)$"
)
_LOADS = re.compile(
    r"load_dotenv|dotenv_values|read_env\b|\bdecouple\b|\benv_file\b|\bConfig\(\s*f?[\"']|dynaconf"
)
_LINE = re.compile(r"\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*?)\s*$")
_REFERENCE = re.compile(r"\$\{(\w+)\}")


def is_document(name: str) -> bool:
    """Whether a file of that name may hold configuration."""
    return posixpath.basename(name) in _VARIABLES or _DOCUMENT.search(name) is not None


@dataclass(slots=True)
class Documents:
    """The configuration of a root.

    Attributes:
        variables: of each folder, the variables that its files set, by name.
        samples: likewise, of files that only show what could be set.
        texts: documents by path.
    """

    variables: dict[str, dict[str, str]] = field(default_factory=dict)
    samples: dict[str, dict[str, str]] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    _read: dict[str, Expr] = field(default_factory=dict)

    @classmethod
    def of(cls, texts: Mapping[str, str], code: Mapping[str, str]) -> Documents:
        """Put documents together; variables count where code below their folder loads them."""
        found = cls()
        for name in sorted(texts, key=_rank):
            folder, base = posixpath.split(name)
            if base not in _VARIABLES:
                found.texts[name] = texts[name]
            elif any(
                path.startswith(f"{folder}/" if folder else "") and _LOADS.search(text)
                for path, text in code.items()
            ):
                kept = found.samples if base in _EXAMPLES else found.variables
                held = kept.setdefault(folder, {})
                for key, value in _assigned(texts[name]):
                    if key not in held or (is_local(held[key]) and not is_local(value)):
                        held[key] = value
        return found

    def given(self, name: str, near: str) -> str | None:
        """What a variable is set to by the nearest file above a place."""
        return _nearest(self.variables, name, near)

    def shown(self, name: str, near: str) -> str | None:
        """What a variable might be set to."""
        return _nearest(self.samples, name, near)

    def document(self, name: str, near: str) -> Expr | None:
        """The document of that name which is nearest to a place, as a mapping."""
        base = posixpath.basename(name)
        found = [path for path in self.texts if posixpath.basename(path) == base]
        if not base or not found:
            return None
        path = min(found, key=lambda one: (-len(posixpath.commonprefix((one, near))), one))
        if path not in self._read:
            self._read[path] = _parsed(path, self.texts[path])
        return self._read[path]

    def values(self, near: str) -> dict[str, str]:
        """All variables of the nearest file above a place."""
        return next((self.variables[one] for one in _above(near) if one in self.variables), {})


def is_local(value: str) -> bool:
    """Whether an address is that of a developer's own machine."""
    return _LOCAL.search(value) is not None


def _rank(name: str) -> tuple[int, str]:
    base = posixpath.basename(name)
    return (_VARIABLES.index(base) if base in _VARIABLES else -1), name


def _nearest(held: dict[str, dict[str, str]], name: str, near: str) -> str | None:
    return next((held[one][name] for one in _above(near) if name in held.get(one, {})), None)


def _above(path: str) -> Iterator[str]:
    while path:
        path = posixpath.dirname(path)
        yield path


def _assigned(text: str) -> Iterator[tuple[str, str]]:
    known: dict[str, str] = {}
    for line in text.splitlines():
        match = _LINE.match(line)
        if match is None:
            continue
        name, raw = match.groups()
        quoted = raw[:1] in {'"', "'"} and raw[:1] in raw[1:]
        value = raw[1 : raw.index(raw[0], 1)] if quoted else re.split(r"\s+#", raw)[0]
        value = _REFERENCE.sub(lambda one: known.get(one[1], ""), value)
        if value:
            known[name] = value
            yield name, value


def _parsed(path: str, text: str) -> Expr:
    """A document as an expression; unknown where it cannot be read."""
    readers: dict[str, Callable[[str], object]] = {
        "toml": tomllib.loads,
        "json": json.loads,
        "ini": _ini,
        "cfg": _ini,
    }
    try:
        return _expr(readers.get(path.rpartition(".")[2], _yaml)(text), 0)
    except (ValueError, configparser.Error, RecursionError):
        return HOLE


def _yaml(text: str) -> object:
    return next((one.value for one in read_documents(text) if isinstance(one, Document)), None)


def _ini(text: str) -> object:
    if not re.search(r"^\s*\[", text, re.MULTILINE):  # a file of Python assignments
        return dict(_assigned(text))
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    parser.read_string(text)
    return {name: dict(parser.items(name)) for name in parser.sections()}


def _expr(value: object, depth: int) -> Expr:
    if depth > MAX_DEPTH:
        return HOLE
    match value:
        case dict():
            args = tuple(_expr(one, depth + 1) for one in value.values())
            return Expr("dict", args=args, keys=tuple(map(str, value)))
        case list():
            return Expr("list", args=tuple(_expr(one, depth + 1) for one in value))
        case bool() | None:
            return HOLE
        case str() | int() | float():
            return Expr("text", str(value))
    return HOLE
