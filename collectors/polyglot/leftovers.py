"""Addresses in configuration files that no code was seen to use."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from collectors.polyglot.properties import is_remote
from collectors.polyglot.storetables import KINDS
from depmap.collecting.secrets import without_password
from depmap.model.deployed import Setting
from depmap.model.facts import Part, Use, Value
from depmap.model.words import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Set as AbstractSet

    from collectors.polyglot.properties import Properties

CERTAINTY = 0.75
"""How sure it is that a program uses an address which its configuration names."""

_ADDRESS = re.compile(
    r"(?:(?P<scheme>[a-z][\w+.-]*)://)?(?:[^/@\s]*@)?(?P<host>[a-z][\w-]*)(?::(?P<port>\d{2,5}))?"
    r"(?:[/?,;].*)?"
)
_SERVER = re.compile(
    r"(?:^|;)\s*(?:server|data source|host)\s*=\s*(?:tcp:)?([a-z][\w-]*)", re.IGNORECASE
)
_PLACES = re.compile(
    r"(?:^|[.:_-])?(?:hosts?|hostname|server|endpoint|addr(?:ess)?|url|uri)s?$", re.IGNORECASE
)
_ASIDE = re.compile(
    r"^localhost$|logging|swagger|cors|allowed|audience|issuer|origin|profile", re.IGNORECASE
)
_OTHERS = re.compile(
    r"(?:^|/)(?:deploy\w*|k8s|kubernetes|helm|charts?|docker|infra\w*|monitoring|ops)/"
)
"""Folders of settings of what is only deployed, and of no program here."""

_WORDS = {
    "rabbit": "amqp", "amqp": "amqp", "redis": "redis", "mongo": "mongodb", "kafka": "kafka",
    "nats": "nats", "postgres": "postgresql", "mysql": "mysql", "elastic": "elasticsearch",
    "memcache": "memcached",
}  # fmt: skip
_SCHEMES = {
    "amqp": "amqp", "amqps": "amqp", "redis": "redis", "mongodb": "mongodb", "kafka": "kafka",
    "nats": "nats", "postgres": "postgresql", "postgresql": "postgresql", "mysql": "mysql",
    "http": "http", "https": "http", "grpc": "http",
}  # fmt: skip
_PORTS = {"5672": "amqp", "6379": "redis", "27017": "mongodb", "9092": "kafka", "4222": "nats",
          "5432": "postgresql", "3306": "mysql", "9200": "elasticsearch"}  # fmt: skip


def leftovers(
    root: str, folder: str, properties: Properties, used: AbstractSet[str]
) -> Iterator[Use]:
    """Yield the addresses in settings that no other fact uses.

    Only names without a dot count, which are those of other units of the same deployment.

    Args:
        root: the name of the root.
        folder: the folder that the settings are for; those that lie elsewhere are left out.
        properties: the settings.
        used: the variables that lead somewhere.
    """
    for plain, held in sorted(properties.values.items()):
        key = properties.keys[plain]
        variable = properties.variable(key)
        system = _system(key, held.text)
        if (
            not system
            or not held.locator.startswith(folder)
            or variable in used
            or _ASIDE.search(key)
            or _OTHERS.search(held.locator)
        ):
            continue
        yield _use(root, held.locator, Part("env", variable, held.text), system)


def of_parts(root: str, properties: Properties) -> Iterator[Setting]:
    """Yield the addresses in the settings of one part of a project, which has several."""
    for plain, held in sorted(properties.values.items()):
        key = properties.keys[plain]
        if is_remote(held.text) and ("://" in held.text or _system(key, held.text)):
            yield Setting(
                root=root,
                locator=held.locator,
                unit="",
                key=properties.variable(key),
                value=without_password(held.text),
            )


def _system(key: str, text: str) -> str:
    """What is spoken at an address; empty where a value is none."""
    server = _SERVER.search(text)
    if server is not None:
        return "mssql" if server[1].lower() != "localhost" else ""
    match = _ADDRESS.fullmatch(text)
    if match is None or _ASIDE.search(match["host"]):
        return ""
    if match["scheme"]:
        return _SCHEMES.get(match["scheme"].partition("+")[0], "")
    by_word = next((one for word, one in _WORDS.items() if word in key.lower()), "")
    if match["port"]:
        return _PORTS.get(match["port"], "") or by_word or "http"
    return by_word if _PLACES.search(key) else ""


def _use(root: str, at: str, part: Part, system: str) -> Use:
    bare = (
        system != "http" and "://" not in (part.default or "") and "=" not in (part.default or "")
    )
    kind = Kind.HTTP if system == "http" else KINDS.get(system, Kind.DATABASE)
    return Use(
        root=root,
        locator=at,
        kind=kind,
        system=system,
        targets=(Value((*((Part("text", f"{system}://"),) if bare else ()), part)),),
        method="*" if kind is Kind.HTTP else "",
        reason="its configuration names the address; the call itself was not seen",
        certainty=CERTAINTY,
    )
