"""From an abstract value and an environment to an address."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from depmap.scanning.declaring import VARIANT
from depmap.scanning.dsns import plain

if TYPE_CHECKING:
    from depmap.model.deployed import Setting
    from depmap.model.facts import Part, Value
    from depmap.scanning.estate import Service

DEPLOYED = 0.95
"""Confidence of an address that a deployment file gives."""

LITERAL = 0.9
"""Confidence of an address that stands in the code."""

DEFAULT = 0.75
"""Confidence of an address that is only a default: nobody is known to set the variable."""

LOOKED_UP = 0.8
"""Confidence of a name that is handed to some look-up."""

SYSTEMS = {
    "postgres": "postgresql", "postgresql": "postgresql", "pgsql": "postgresql",
    "mysql": "mysql", "mariadb": "mysql", "mongodb": "mongodb", "mongodb+srv": "mongodb",
    "redis": "redis", "rediss": "redis", "valkey": "redis", "amqp": "amqp", "amqps": "amqp",
    "pyamqp": "amqp", "rabbitmq": "amqp", "kafka": "kafka", "nats": "nats",
    "elasticsearch": "elasticsearch", "memcached": "memcached", "mssql": "mssql",
    "sqlserver": "mssql", "sqlsrv": "mssql",
    "cockroachdb": "postgresql", "clickhouse": "clickhouse",
}  # fmt: skip
"""Schemes of stores and brokers, with the system they speak of."""

PORTS = {
    "5432": "postgresql", "3306": "mysql", "27017": "mongodb", "6379": "redis", "5672": "amqp",
    "9092": "kafka", "4222": "nats", "9200": "elasticsearch", "11211": "memcached",
}  # fmt: skip
IMAGES = {
    "postgres": "postgresql", "postgis": "postgresql", "timescaledb": "postgresql",
    "cockroach": "postgresql", "pgvector": "postgresql", "mysql": "mysql", "mariadb": "mysql",
    "percona": "mysql", "mongo": "mongodb", "redis": "redis", "valkey": "redis",
    "keydb": "redis", "dragonfly": "redis", "rabbitmq": "amqp", "kafka": "kafka",
    "redpanda": "kafka", "nats": "nats", "elasticsearch": "elasticsearch",
    "opensearch": "opensearch", "memcached": "memcached", "cassandra": "cassandra",
    "clickhouse": "clickhouse", "mssql": "mssql", "localstack": "aws", "minio": "s3",
    "neo4j": "neo4j", "influxdb": "influxdb", "elasticmq": "sqs", "dynamodb": "dynamodb",
}  # fmt: skip
"""Words in the names of images, with the system that runs in them."""

_BESIDE = re.compile(
    r"(?:^|[-_])(?:ui|exporter|express|commander|manager|admin|operator|backup|connect|init|"
    r"client|proxy|insight|drop|registry|rest|web|console|dashboards?|setup)(?:$|[-_])"
)
_USUAL = {system: port for port, system in PORTS.items()}


def image_system(image: str) -> str:
    """The system that an image runs; empty for another one, or one that is a tool for it.

    >>> image_system("docker.io/bitnami/kafka:3.7"), image_system("provectuslabs/kafka-ui")
    ('kafka', '')
    >>> image_system("mcr.microsoft.com/mssql/server:2022-latest")
    'mssql'
    """
    above, _, name = image.partition("@")[0].casefold().rpartition("/")
    name = name.partition(":")[0]
    name = above.rpartition("/")[2] if name == "server" else name
    if _BESIDE.search(name):
        return ""
    return next((system for word, system in IMAGES.items() if word in name), "")


def system_of(name: str) -> str:
    """A system by one name, of the several that it has.

    >>> system_of("postgres"), system_of("opensearch")
    ('postgresql', 'elasticsearch')
    """
    return "elasticsearch" if name == "opensearch" else SYSTEMS.get(name, name)


_ADDRESS = re.compile(
    r"(?:(?P<scheme>[A-Za-z][\w+.-]*):(?://|(?=@)))?(?:[^/@\s]*@)?(?P<host>\{[^{}]*\}|\[[^\]\s]*\]|[^/:?#,\s]*)"
    r"(?:(?P<more>\{[^{}]*\}|[^/:?#,\s])*)(?::(?P<port>\{[^{}]*\}|\d+))?"
    r"(?:,[^/?#\s]*)?(?P<path>/[^?#\s]*)?"
)
_ANEW = re.compile(r"^[^?#,;\s]*/[^?#,;\s/]*(?=(?:https?|wss?|grpc|lb)://)")
"""What stands before a whole address in another one: the later one is asked."""

_WHOLE = re.compile(r"[A-Za-z][\w+.-]*://[^/{}\s]*[A-Za-z0-9]")
_LIBPQ = re.compile(r"(\w+)\s*=\s*('[^']*'|\S+)")


@dataclass(frozen=True, slots=True)
class Address:
    """Where a value points.

    Attributes:
        scheme: in lower case, without a driver; empty when there is none.
        host: the host; ``{}`` or ``{name:x}`` when it is not known or looked up.
        port: the port, empty when there is none or it is unknown.
        path: the path, with what is unknown as ``{}``.
        confidence: how sure the value is.
        settings: locators of the settings that gave it.
        keys: the variables it was made of.
        missing: variables that nothing gives a value.
    """

    scheme: str = ""
    host: str = ""
    port: str = ""
    path: str = ""
    confidence: float = LITERAL
    settings: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def system(self) -> str:
        """The store or broker that the scheme or port speaks of; empty for others."""
        return SYSTEMS.get(self.scheme) or ("" if self.scheme else PORTS.get(self.port, ""))

    @property
    def looked_up(self) -> str:
        """The name that is looked up to find the host; empty for a host that is known."""
        return self.host[6:-1] if self.host.startswith("{name:") else ""

    @property
    def known(self) -> bool:
        """Whether the host is known."""
        return bool(self.host) and "{" not in self.host

    def instance(self, system: str, host: str = "", port: str = "") -> str:
        """``system://host:port/namespace``: what tells two stores apart.

        Args:
            system: the store's system.
            host: the name that the store has in the estate, instead of its user's name for it.
            port: the port that it has there.
        """
        port = port or self.port or _USUAL.get(system, "")
        space = self.path.strip("/").partition("?")[0]
        if system == "redis" and not space:
            space = "0"
        shown = f"{system}://{host or self.host}" + (
            f":{port}" if port and "{" not in port else ""
        )
        return f"{shown}/{space}" if space and "{" not in space else shown


@dataclass(slots=True)
class _Text:
    shown: str = ""
    platform: str = ""
    confidence: float = LITERAL
    settings: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def resolved(value: Value, service: Service) -> tuple[Address, ...]:
    """Return where a value points, once for each platform that a service is deployed by."""
    found: dict[tuple[str, str, str, str], Address] = {}
    for platform in sorted(service.others) or [""]:
        one = resolve(value, service, platform)
        key = (one.scheme, one.host, one.port, one.path)
        found[key] = alike(found[key], one) if key in found else one
    return tuple(found.values())


def alike(one: Address, other: Address) -> Address:
    """An address that two deployments give, with what both rest on."""
    return replace(
        one,
        confidence=max(one.confidence, other.confidence),
        settings=tuple(dict.fromkeys((*one.settings, *other.settings))),
    )


def resolve(value: Value, service: Service, platform: str = "") -> Address:
    """Return where a value points for a service, given its environment.

    Args:
        value: the value.
        service: whose environment fills it in.
        platform: the platform that it is deployed by, where it is by several.
    """
    text = _Text(platform=platform)
    for place, part in enumerate(value.parts):
        after = value.parts[place + 1] if place + 1 < len(value.parts) else None
        ends = after is None or (after.kind == "text" and after.text.startswith(("/", "?")))
        if part.kind == "hole" and ends and _WHOLE.fullmatch(text.shown):
            text.shown += "/"  # http://host:80 and something unknown: a path, and no longer host
        _add(text, part, service)
        if text.shown == "{}" and after is not None and re.match(r"\w+/", after.text):
            text.shown += "/"  # an address that ends with its slash
    parsed = parse(text.shown)
    return Address(
        *parsed,
        confidence=text.confidence,
        settings=tuple(text.settings),
        keys=tuple(text.keys),
        missing=tuple(text.missing),
    )


def filled(value: Value, service: Service) -> str:
    """The text of a value for a service.

    Of an address only the path counts. What is unknown is ``{}``, a variable that nothing sets,
    or only a secret, is ``{ITS_NAME}``; empty when nothing of it is known.
    """
    text = _Text()
    for part in value.parts:
        setting = service.settings.get(part.text) if part.kind == "env" else None
        hidden = setting is not None and not setting.value and setting.secret
        if part.kind == "env" and (hidden or (part.default is None and setting is None)):
            text.shown += f"{{{part.text}}}"
        else:
            _add(text, part, service)
    shown = re.sub(r"\{name:[^{}]*\}", "{}", text.shown)
    shown = re.sub(r"^.*\b(?:https?|wss?)://[^/]*", "", shown)
    shown = re.sub(r"^.*://[^/]*/?", "", shown)  # rabbitmq://host/queue: the queue
    return shown if shown.replace("{}", "").strip("/") else ""


def _add(text: _Text, part: Part, service: Service) -> None:
    if part.kind == "text":
        text.shown += part.text
    elif part.kind == "name":
        text.shown += f"{{name:{part.text}}}"
    elif part.kind == "env":
        _add_variable(text, part, service)
    else:
        text.shown += "{}"


def _add_variable(text: _Text, part: Part, service: Service) -> None:
    text.keys.append(part.text)
    setting = service.setting(part.text, text.platform)
    if setting is not None:
        text.settings.append(f"{setting.root}\x00{setting.locator}")
        text.confidence = _given(setting, text.confidence)
        text.shown += setting.value or "{}"
    elif part.default is not None:
        text.confidence = min(text.confidence, DEFAULT)
        text.shown += part.default
    else:
        text.missing.append(part.text)
        text.shown += "{}"


def _given(setting: Setting, before: float) -> float:
    """How sure a value is that a setting gives, after what was before."""
    if setting.variant:
        return VARIANT
    if setting.whole and not setting.unit:
        return min(before, DEFAULT)  # a file that lies beside the code
    return max(before, DEPLOYED)


def parse(text: str) -> tuple[str, str, str, str]:
    """Return scheme, host, port and path of an address of any of the usual forms.

    >>> parse("postgresql+psycopg://u:p@db:5432/shop")
    ('postgresql', 'db', '5432', '/shop')
    >>> parse("host=db port=5432 dbname=shop")
    ('postgresql', 'db', '5432', '/shop')
    """
    text = _ANEW.sub("", plain(text))
    if "://" not in text and "=" in text:
        words = {key: value.strip("'") for key, value in _LIBPQ.findall(text)}
        if "host" in words:
            space = words.get("dbname", "")
            return "postgresql", words["host"], words.get("port", ""), f"/{space}" if space else ""
    if re.search(r"\s", text.strip()) or "<" in text:
        return "", "", "", ""  # prose: something to be filled in by its reader
    match = _ADDRESS.match(text.strip())
    if match is None:
        return "", "", "", ""
    scheme = (match["scheme"] or "").casefold().partition("+")[0]
    if (match["scheme"] or "").casefold() == "mongodb+srv":
        scheme = "mongodb"
    host = match["host"] or ""
    if match["more"]:
        start, end = match.start("host"), match.end("more")
        host = text.strip()[start:end]
    host = host.strip("[]")
    port = match["port"] or ""
    return scheme, host, "" if "{" in port else port, match["path"] or ""
