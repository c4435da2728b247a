"""Configuration files of programs: application.yml, appsettings.json, config.yaml and the like."""

from __future__ import annotations

import json
import re
import tomllib
from collections import defaultdict
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
_SETTINGS = re.compile(r"(?:appsettings|ocelot|yarp)(?:\.([\w.]+))?\.json$", re.IGNORECASE)
_PLAIN = re.compile(
    r"(?:^|/)(?:conf|config|configs|configuration|settings|etc)/(?:[\w.-]+/)?"
    r"[\w-]+()\.(?:ya?ml|json|toml)$"
    r"|(?:^|/)(?:config|configuration|settings|app|default)(?:[.-](\w+))?\.(?:ya?ml|json|toml|env)$"
)
_LOCAL = re.compile(r"(?:^|[/@(=,])(?:localhost|127\.0\.0\.1|0\.0\.0\.0)(?=$|[:/,;)])")
_DEPLOYED = re.compile(r"(?m)^[\"']?(?:apiVersion|services)[\"']?\s*:")
_ADDRESSES = re.compile(r"ur[il]|host|addr|dsn|source|server|broker|connection|endpoint|conn$")


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
        keys: the keys as they are written.
        separator: what joins the parts of a key in the environment.
        shared: keys that only a file for all projects gives.
        libraries: what the project's build files ask for; empty when that is not known.
    """

    values: dict[str, Held] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    separator: str = "_"
    shared: set[str] = field(default_factory=set)
    libraries: str = ""
    _ending: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def add(self, key: str, held: Held, *, shared: bool = False) -> None:
        """Keep a value; the first one counts that does not lead to the machine itself."""
        if key.endswith(("[0]", ":0")):
            self.add(re.sub(r"(?:\[0\]|:0)$", "", key), held, shared=shared)
        plain = _plain(key)
        before = self.values.get(plain)
        if before is not None and not is_remote(before.text) and is_remote(held.text):
            self.values[plain] = held
        if before is None and len(self.values) < MAX_KEYS:
            self.values[plain] = held
            self.keys[plain] = key
            if shared:
                self.shared.add(plain)
            self._ending[plain.rpartition(".")[2]].append(plain)

    def get(self, key: str) -> Held | None:
        """The value of a key."""
        return self.values.get(_plain(key))

    def ending(self, names: list[str]) -> str:
        """The key that a chain of attributes leads to, whatever holds the first of them.

        >>> held = Properties()
        >>> held.add("mongo.db_uri", Held("mongodb://m", "config.yaml:2"))
        >>> held.ending(["cfg", "Mongo", "DbURI"]), held.ending(["x", "name"])
        ('mongo.db_uri', '')
        """
        plain = [_plain(name) for name in names]
        among = self._ending.get(plain[-1], []) if plain else []
        for start in range(1, len(plain)):
            wanted = ".".join(plain[start:])
            found = [one for one in among if one == wanted or one.endswith(f".{wanted}")]
            if len(found) == 1 and (start < len(plain) - 1 or _ADDRESSES.search(wanted)):
                return self.keys[found[0]]
        return ""

    def variable(self, key: str) -> str:
        """The environment variable that overrides a key.

        >>> Properties().variable("spring.data-source.url")
        'SPRING_DATASOURCE_URL'
        """
        if self.separator == "__":
            return key.replace(":", "__").replace(".", "__")
        return re.sub(r"[.\[]", "_", key.replace("-", "").replace("]", "")).upper()


def is_remote(text: str) -> bool:
    """Whether a value does not lead to the machine itself."""
    return _LOCAL.search(text) is None


def _plain(key: str) -> str:
    return re.sub(r"[-_]", "", key).replace(":", ".").lower()


def wanted(name: str) -> bool:
    """Whether a file of that name may be read here."""
    return name.endswith((".yml", ".yaml", ".properties", ".json", ".toml", ".env"))


def of_itself(path: str) -> bool:
    """Whether a file is a project's own configuration."""
    name = path.rpartition("/")[2]
    return bool(_FILE.match(name) or _SETTINGS.match(name) or _PLAIN.search(path))


def served(path: str) -> str:
    """The application whose configuration a file of a configuration server is; else empty.

    >>> served("config/src/main/resources/shared/cart.yml"), served("k8s/cart.yml")
    ('cart', '')
    """
    match = _SERVED.search(path)
    return match[1] if match is not None else ""


def profile(path: str) -> str:
    """The profile that a file is for; empty for the base."""
    name = path.rpartition("/")[2]
    match = _FILE.match(name) or _SETTINGS.match(name) or _PLAIN.search(path)
    return (match[match.lastindex or 0] or "") if match is not None and match.lastindex else ""


def pairs(path: str, text: str) -> Iterator[tuple[str, Held]]:
    """Yield the keys of a file with their values; nothing for a broken one."""
    name = path.rpartition("/")[2].lower()
    text = text.removeprefix("\ufeff")
    if name.endswith((".properties", ".env")):
        yield from _lines(path, text)
    elif name.endswith((".json", ".toml")):
        yield from _document(path, text)
    elif name.endswith((".yml", ".yaml")) and not (
        _DEPLOYED.search(text) and _FILE.match(name) is None
    ):
        yield from _yaml(path, text)


def _lines(path: str, text: str) -> Iterator[tuple[str, Held]]:
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r"\s*([\w.\-\[\]/\"]+)\s*[=:]\s*(.*?)\s*$", line)
        if match is not None and not line.lstrip().startswith(("#", "!")):
            yield match[1].replace('"', ""), Held(match[2], f"{path}:{number}")


def _document(path: str, text: str) -> Iterator[tuple[str, Held]]:
    """The keys of JSON and TOML."""
    bare = re.sub(r"(?m)^\s*//.*$", "", text)
    try:
        document = tomllib.loads(text) if path.endswith(".toml") else json.loads(bare)
    except (ValueError, RecursionError):
        return
    lines = text.splitlines()
    waiting: list[tuple[str, Any]] = [("", document)]
    count = 0
    while waiting and count < MAX_KEYS:
        key, value = waiting.pop()
        count += 1
        if isinstance(value, dict):
            waiting.extend((f"{key}:{k}" if key else str(k), v) for k, v in value.items())
        elif isinstance(value, list):
            waiting.extend((f"{key}:{n}", v) for n, v in enumerate(value))
        elif isinstance(value, str):
            last = key.rpartition(":")[2]
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
