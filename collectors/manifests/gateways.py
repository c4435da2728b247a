"""Caddy, Apache, KrakenD and Ocelot: which path is passed on to whom, by their own files."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from collectors.manifests.proxies import passed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from depmap.model.facts import Use

MAX_ROUTES = 2000
_CADDY = re.compile(r"^\s*(?:reverse_proxy|proxy)\s+(.*?)\s*\{?\s*$")
_CADDY_BLOCK = re.compile(r"^\s*(?:handle(?:_path)?|route)\s+(/[^\s{]*)\s*\{")
_APACHE = re.compile(
    r"^\s*ProxyPass(?:Match)?\s+(?:\"?(\^?/\S*?)\"?\s+)?\"?((?:https?|ws)://[^\s\"]+)"
)
_LOCATION = re.compile(r"^\s*<Location(?:Match)?\s+\"?([^\s\">]+)\"?>")


def wanted(name: str) -> bool:
    """Whether a file of that name may configure one of them."""
    lowered = name.lower()
    return lowered.startswith("caddyfile") or (
        lowered.endswith(".json") and ("ocelot" in lowered or "krakend" in lowered)
    )


def read(root: str, path: str, text: str) -> Iterator[Use]:
    """Yield what a file has passed on; nothing of one that cannot be read."""
    if path.endswith(".json"):
        yield from _routes(root, path, text)
    else:
        yield from _caddy(root, path, text)


def apache(root: str, path: str, text: str) -> Iterator[Use]:
    """Yield what a configuration of Apache passes on."""
    above = "/"
    for number, line in enumerate(text.splitlines(), 1):
        head, match = _LOCATION.match(line), _APACHE.match(line)
        if head is not None:
            above = head[1]
        elif line.strip().startswith("</Location"):
            above = "/"
        elif match is not None:
            yield passed(root, f"{path}:{number}", match[2], match[1] or above)


def _caddy(root: str, path: str, text: str) -> Iterator[Use]:
    blocks: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        bare = line.partition("#")[0]
        proxy, block = _CADDY.match(bare), _CADDY_BLOCK.match(bare)
        if proxy is not None:
            words = proxy[1].split()
            shown = words.pop(0) if words and words[0].startswith(("/", "@")) else ""
            above = next((one for one in reversed(blocks) if one), "/")
            for word in words:
                target = word if "://" in word else f"http://{word}"
                at = f"{path}:{number}"
                yield passed(root, at, target, shown if shown.startswith("/") else above)
        if bare.rstrip().endswith("{"):
            blocks.append(block[1] if block is not None else "")
        elif bare.strip() == "}" and blocks:
            blocks.pop()


def _routes(root: str, path: str, text: str) -> Iterator[Use]:
    try:
        document: Any = json.loads(text)
        found = list(_told(document))[:MAX_ROUTES]
    except (ValueError, RecursionError, AttributeError, TypeError):
        return
    line_of = _lines(text)
    for target, shown in found:
        yield passed(root, f"{path}:{line_of(shown)}", target, shown)


def _told(document: Any) -> Iterator[tuple[str, str]]:
    for one in (*document.get("Routes", ()), *document.get("ReRoutes", ())):
        scheme = one.get("DownstreamScheme") or "http"
        for host in one.get("DownstreamHostAndPorts", ()):
            port = f":{host['Port']}" if host.get("Port") else ""
            yield f"{scheme}://{host.get('Host', '')}{port}", str(one["UpstreamPathTemplate"])
        if one.get("ServiceName"):
            yield f"{scheme}://{one['ServiceName']}", str(one["UpstreamPathTemplate"])
    for one in document.get("endpoints", ()):
        for backend in one.get("backend", ()):
            for host in backend.get("host", ()):
                yield str(host), str(one.get("endpoint", "/"))


def _lines(text: str) -> Callable[[str], int]:
    """Where a path first stands in a file."""

    def line(shown: str) -> int:
        place = text.find(json.dumps(shown))
        return text.count("\n", 0, place) + 1 if place >= 0 else 1

    return line
