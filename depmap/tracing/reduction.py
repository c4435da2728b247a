"""From a span's attributes to its facts: protocol, peer, address, operation, outcome."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from depmap.tracing import attributes as names
from depmap.tracing import operations
from depmap.tracing.facts import Facts, Family, Role, SpanKind, Status
from depmap.tracing.spans import WEIGHT_ONE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MAX_TEXT = 1024
"""Longest attribute value looked at, in characters."""

MAX_WEIGHT: Final = 1 << 24
"""A span may stand for at most so many others; beyond, its sampling is not believed."""

_NOT_TRUE = frozenset({"false", "0", "no", "off", "none", "null"})
_GRPC_OK = frozenset({"0", "ok"})
_RETRYABLE = frozenset({408, 429})
_CONSUMING = ("receive", "process", "deliver", "poll", "consume", "pull")
_SETTLING = ("settle", "ack", "nack", "complete", "commit", "reject")
_NO_CLUSTER = ("passthroughcluster", "blackholecluster", "inboundpassthroughcluster")


def facts_of(kind: int, status: int, name: str, attributes: Mapping[str, object]) -> Facts:
    """Reduce a span's attributes to its facts.

    Args:
        kind: the span's kind, a ``SpanKind``.
        status: the span's status, a ``Status``.
        name: the span's name; the last resort for its operation.
        attributes: those of its attributes that are in ``attributes.WANTED``.
    """
    texts = {key: _text(value) for key, value in attributes.items()}
    family, system = _protocol(kind, name, texts)
    host, port, path = _address(kind, family, texts)
    error, failure = _outcome(status, texts)
    return Facts(
        family=family,
        system=system,
        peer=_peer(kind, texts),
        host=host,
        port=port,
        namespace=_first(texts, names.DB_NAMESPACE) if family.is_store else "",
        operation=_operation(family, name, path, texts),
        role=_role(kind, family, name, texts),
        error=error,
        failure=failure,
        weight=_weight(texts),
    )


def _text(value: object) -> str:
    """Return an attribute's value as text of bounded length."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()[:MAX_TEXT] if isinstance(value, str | int | float) else ""


def _first(texts: Mapping[str, str], wanted: Sequence[str]) -> str:
    """Return the first value that is there and not empty."""
    for key in wanted:
        text = texts.get(key)
        if text:
            return text
    return ""


def _has(texts: Mapping[str, str], *groups: Sequence[str]) -> bool:
    """Whether any attribute of any of these meanings is there."""
    return any(key in texts for group in groups for key in group)


def _protocol(kind: int, name: str, texts: Mapping[str, str]) -> tuple[Family, str]:
    """Return the protocol family and system; messaging wins over stores (Redis streams)."""
    messaging = _first(texts, names.MESSAGING_SYSTEM).lower()
    if not messaging:
        messaging = next((s for key, s in names.IMPLIED_SYSTEM.items() if texts.get(key)), "")
    if messaging or kind in (SpanKind.PRODUCER, SpanKind.CONSUMER):
        return Family.MESSAGING, messaging
    store = _first(texts, names.DB_SYSTEM).lower()
    if store or (kind != SpanKind.SERVER and _first(texts, names.DB_TELLING)):
        return _store(names.DB_ALIASES.get(store, store))
    rpc = _first(texts, names.RPC_SYSTEM).lower()
    component = _first(texts, names.COMPONENT).lower()
    if rpc:
        return (Family.GRPC if rpc == "grpc" else Family.RPC), rpc
    if component == "grpc" or _has(texts, names.GRPC_STATUS):
        return Family.GRPC, "grpc"
    if _has(texts, names.METHOD, names.URL, names.PATH, names.ROUTE, names.HTTP_STATUS):
        return Family.HTTP, "http"
    return _named_protocol(name, component)


def _store(system: str) -> tuple[Family, str]:
    """Return the family of a database system; a value that names none is left empty."""
    if system in names.CACHES:
        return Family.CACHE, system
    if system in names.SEARCHES:
        return Family.SEARCH, system
    return Family.DATABASE, "" if system in names.UNTOLD_SYSTEMS else system


def _named_protocol(name: str, component: str) -> tuple[Family, str]:
    """Guess the protocol from the span's name, where no attribute tells it."""
    if operations.rpc_name(name):
        return Family.GRPC, "grpc"
    if operations.is_http(name) or component in ("http", "net/http"):
        return Family.HTTP, "http"
    return Family.UNKNOWN, ""


def _peer(kind: int, texts: Mapping[str, str]) -> str:
    """Return the other side's logical name; a mesh's clusters name a call's caller and target."""
    peer = _first(texts, names.PEER)
    if kind == SpanKind.SERVER:
        return peer or _first(texts, names.DOWNSTREAM).strip("-")
    if peer or kind != SpanKind.CLIENT:
        return peer
    return cluster_target(_first(texts, names.UPSTREAM))


def cluster_target(cluster: str) -> str:
    """Return the service an Envoy cluster stands for, empty where it stands for none.

    Example:
        >>> cluster_target("outbound|9080||details.default.svc.cluster.local")
        'details.default'
    """
    if cluster.lower().startswith(_NO_CLUSTER) or cluster.startswith("inbound|"):
        return ""
    target = cluster.rsplit("|", 1)[-1] if cluster.startswith("outbound|") else cluster
    return target.split(".svc.", 1)[0].removesuffix(".svc").strip("-")


def _address(kind: int, family: Family, texts: Mapping[str, str]) -> tuple[str, str, str]:
    """Return the other side's host and port, and the path of the URL."""
    url_host, url_port, path = "", "", ""
    url = _first(texts, names.URL)
    if url:
        url_host, url_port, path = operations.split_url(url)
    elif family.is_store or family is Family.MESSAGING:
        connection = _first(texts, names.CONNECTION).removeprefix("jdbc:")
        if "://" in connection:
            url_host, url_port, _ = operations.split_url(connection)
    path = _first(texts, names.PATH) or path
    if kind == SpanKind.SERVER:
        return "", "", path
    host, port = _first_host(texts, names.ADDRESSES)
    if host:
        return host, port or _same(host, url_host, url_port), path
    host, port = (url_host, url_port) if url_host else _split_host(_first(texts, names.HOST))
    return (host, port, path) if host else (*_first_host(texts, names.SOCKETS), path)


def _first_host(texts: Mapping[str, str], wanted: Sequence[tuple[str, str]]) -> tuple[str, str]:
    """Return the first host that is told, and its port; empty strings where none is."""
    for host_key, port_key in wanted:
        host, port = _split_host(texts.get(host_key, ""))
        if host:
            return host, port or texts.get(port_key, "")
    return "", ""


def _same(host: str, url_host: str, url_port: str) -> str:
    """Return the URL's port where the URL is about the same host."""
    return url_port if host.lower() == url_host.lower() else ""


def _split_host(text: str) -> tuple[str, str]:
    """Split ``host:port``, ``[v6]:port`` or a URL; a socket file is no host.

    Of a list the first counts; a target of gRPC (``dns:///host:port``) has its host in the path.
    """
    if text.startswith(("/", "unix:")):
        return "", ""
    text = text.partition(",")[0]
    if ":///" in text:
        text = text.rpartition("/")[2]
    if "://" in text:
        return operations.split_url(text)[:2]
    if text.startswith("["):
        host, _, port = text[1:].partition("]")
        return host, port.lstrip(":")
    if text.count(":") == 1:
        host, _, port = text.partition(":")
        return host, port
    return text, ""


def _outcome(status: int, texts: Mapping[str, str]) -> tuple[bool, bool]:
    """Return whether the span is in error, and whether it failed where strength is judged."""
    http = _number(_first(texts, names.HTTP_STATUS))
    grpc = _first(texts, names.GRPC_STATUS).lower()
    error = (
        status == Status.ERROR
        or _first(texts, names.STATUS).upper() == "ERROR"
        or any(key in texts and texts[key].lower() not in _NOT_TRUE for key in names.ERROR)
        or http >= 500  # noqa: PLR2004 - HTTP's own number
        or (grpc != "" and grpc not in _GRPC_OK)
    )
    if 400 <= http < 500:  # noqa: PLR2004
        return error, http in _RETRYABLE
    return error, error


def _number(text: str) -> int:
    """Return a decimal number, 0 where the text is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0  # noqa: PLR2004


def _weight(texts: Mapping[str, str]) -> int:
    """Return how many spans one stands for, in 1024ths, by the sampling it records; 0: none."""
    share = _first(texts, names.PROBABILITY)
    if not share and _first(texts, names.SAMPLER_TYPE).lower() == "probabilistic":
        share = _first(texts, names.SAMPLER_PARAM)
    if share:
        return weight_of_share(_decimal(share))
    rate = _decimal(_first(texts, names.SAMPLE_RATE))
    return weight_of_share(1 / rate) if rate >= 1 else 0


def _decimal(text: str) -> float:
    """Return a number that is not negative, 0 where the text is none."""
    try:
        value = float(text)
    except ValueError:
        return 0.0
    return value if math.isfinite(value) and value > 0 else 0.0


def weight_of_share(share: float) -> int:
    """Return the weight of a span of which such a share (0-1) is kept, in 1024ths; 0: no share."""
    if not 0 < share <= 1:
        return 0
    return int(min(WEIGHT_ONE / share, WEIGHT_ONE * float(MAX_WEIGHT)) + 0.5)


def _role(kind: int, family: Family, name: str, texts: Mapping[str, str]) -> Role:
    """Return what a messaging span does; a client span is told by its operation."""
    if family is not Family.MESSAGING:
        return Role.NONE
    told = _first(texts, names.MESSAGING_OPERATION).lower()
    if told.startswith(_SETTLING):
        return Role.SETTLE
    if kind == SpanKind.PRODUCER:
        return Role.PUBLISH
    if kind == SpanKind.CONSUMER:
        return Role.CONSUME
    if kind != SpanKind.CLIENT:
        return Role.NONE
    words = told or name.lower()
    return Role.CONSUME if any(word in words for word in _CONSUMING) else Role.PUBLISH


def _operation(family: Family, name: str, path: str, texts: Mapping[str, str]) -> str:
    """Return what was asked for: route, method, topic or table; the span's name at last."""
    told = ""
    if family is Family.MESSAGING:
        told = operations.plain(_first(texts, names.DESTINATION))
    elif family.is_store:
        told = operations.plain(
            _first(texts, names.DB_OBJECT) or _first(texts, names.DB_OPERATION).upper()
        ) or operations.command(name)
    elif family in (Family.GRPC, Family.RPC):
        told = _rpc_operation(name, texts)
    elif family is Family.HTTP:
        told = _http_operation(path, texts)
    return told or operations.name(name)


def _rpc_operation(name: str, texts: Mapping[str, str]) -> str:
    """Return ``pkg.Service/Method``; newer spans hold the whole of it in ``rpc.method``."""
    service, method = _first(texts, names.RPC_SERVICE), _first(texts, names.RPC_METHOD)
    if "/" in method:
        return operations.plain(method.lstrip("/"))
    if service and method:
        return operations.plain(f"{service}/{method}")
    return operations.rpc_name(name)


def _http_operation(path: str, texts: Mapping[str, str]) -> str:
    """Return ``METHOD /route/{}``, with ``*`` for a method that is not told."""
    route = _first(texts, names.ROUTE)
    if not route and not path:
        return ""
    method = _first(texts, names.METHOD).upper()
    where = operations.route(route) if route else operations.path(path)
    return f"{method if method.isalpha() else '*'} {where}"
