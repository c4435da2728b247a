"""Configuration files of frameworks: application.yml, its properties, appsettings.json."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

from depmap.collecting.yaml_text import YamlProblem, check_depth

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_KEYS = 5000
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_FILE = re.compile(r"(?:application|bootstrap)(?:-(\w+))?\.(?:ya?ml|properties)$")
_SERVED = re.compile(
    r"(?:^|/)(?:shared|config|configs|config-repo|configurations?)/([\w-]+)\.(?:ya?ml|properties)$"
)
_SETTINGS = re.compile(r"appsettings(?:\.(\w+))?\.json$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Held:
    """A value of a configuration file, and where it stands."""

    text: str
    locator: str


@dataclass(slots=True)
class Properties:
    """The keys of one project's configuration files.

    Attributes:
        values: values by key, as Spring writes it: ``a.b-c``, compared without ``-`` and case.
        separator: what joins the parts of a key in the environment.
    """

    values: dict[str, Held] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    separator: str = "_"

    def add(self, key: str, held: Held) -> None:
        """Keep a value; the first one counts."""
        if len(self.values) < MAX_KEYS:
            self.values.setdefault(_plain(key), held)
            self.keys.setdefault(_plain(key), key)

    def get(self, key: str) -> Held | None:
        """The value of a key."""
        return self.values.get(_plain(key))

    def variable(self, key: str) -> str:
        """The environment variable that overrides a key.

        >>> Properties().variable("spring.data-source.url")
        'SPRING_DATASOURCE_URL'
        """
        if self.separator == "__":
            return key.replace(":", "__").replace(".", "__")
        return re.sub(r"[.\[]", "_", key.replace("-", "").replace("]", "")).upper()


def _plain(key: str) -> str:
    return re.sub(r"[-_]", "", key).replace(":", ".").lower()


def wanted(name: str) -> bool:
    """Whether a file of that name may be read here."""
    return bool(_SETTINGS.match(name)) or name.endswith((".yml", ".yaml", ".properties"))


def of_itself(name: str) -> bool:
    """Whether a file of that name is a project's own configuration."""
    return bool(_FILE.match(name) or _SETTINGS.match(name))


def served(path: str) -> str:
    """The application whose configuration a file of a configuration server is; else empty.

    >>> served("config/src/main/resources/shared/cart.yml"), served("k8s/cart.yml")
    ('cart', '')
    """
    match = _SERVED.search(path)
    return match[1] if match is not None else ""


def profile(name: str) -> str:
    """The profile that a file is for; empty for the base."""
    match = _FILE.match(name) or _SETTINGS.match(name)
    return (match[1] or "") if match is not None else ""


def pairs(path: str, text: str) -> Iterator[tuple[str, Held]]:
    """Yield the keys of a file with their values; nothing for a broken one."""
    name = path.rpartition("/")[2].lower()
    if name.endswith(".properties"):
        yield from _lines(path, text)
    elif name.endswith(".json"):
        yield from _json(path, text)
    elif name.endswith((".yml", ".yaml")):
        yield from _yaml(path, text)


def _lines(path: str, text: str) -> Iterator[tuple[str, Held]]:
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r"\s*([\w.\-\[\]]+)\s*[=:]\s*(.*?)\s*$", line)
        if match is not None and not line.lstrip().startswith(("#", "!")):
            yield match[1], Held(match[2], f"{path}:{number}")


def _json(path: str, text: str) -> Iterator[tuple[str, Held]]:
    bare = re.sub(r"(?m)^\s*//.*$", "", text)
    try:
        document = json.loads(bare)
    except (ValueError, RecursionError):
        return
    lines = text.splitlines()
    waiting: list[tuple[str, Any]] = [("", document)]
    while waiting:
        key, value = waiting.pop()
        if isinstance(value, dict):
            waiting.extend((f"{key}:{k}" if key else str(k), v) for k, v in value.items())
        elif isinstance(value, list):
            waiting.extend((f"{key}:{n}", v) for n, v in enumerate(value))
        elif isinstance(value, str):
            last = f'"{key.rpartition(":")[2]}"'
            line = next((n for n, one in enumerate(lines, 1) if last in one and value in one), 1)
            yield key, Held(value, f"{path}:{line}")


def _yaml(path: str, text: str) -> Iterator[tuple[str, Held]]:
    loader = _LOADER(text)
    try:
        check_depth(text)
        while loader.check_node():
            yield from _nodes(path, loader.get_node())
    except (yaml.YAMLError, YamlProblem):
        return
    finally:
        loader.dispose()


def _nodes(path: str, root: yaml.Node) -> Iterator[tuple[str, Held]]:
    waiting: list[tuple[str, yaml.Node]] = [("", root)]
    count = 0
    while waiting and count < MAX_KEYS:
        key, node = waiting.pop()
        count += 1
        if isinstance(node, yaml.MappingNode):
            waiting.extend(
                (f"{key}.{name.value}" if key else str(name.value), value)
                for name, value in node.value
                if isinstance(name, yaml.ScalarNode)
            )
        elif isinstance(node, yaml.SequenceNode):
            waiting.extend((f"{key}[{n}]", value) for n, value in enumerate(node.value))
        elif isinstance(node, yaml.ScalarNode):
            yield key, Held(str(node.value), f"{path}:{node.start_mark.line + 1}")
