"""What units of compose files run, and the addresses in it: of options, of health checks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from collectors.manifests.compose_layers import last, last_of
from collectors.manifests.interpolation import interpolate
from collectors.manifests.settings import address_in
from collectors.manifests.shell import calls

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from collectors.manifests.compose_layers import Layer
    from collectors.manifests.yamls import Item
    from depmap.model.facts import Value

_RUN = ("entrypoint", "command")
_OPTION = re.compile(r"--?([A-Za-z][\w.-]*)(?:=|\s+)([^\s-]\S*)")
_HOST = re.compile(r"\w+://([\w.-]+)")


def words(item: Item, values: Mapping[str, str]) -> str:
    """A command as one line, with its variables filled in."""
    return " ".join(interpolate(one.text, values)[0] for one in item.texts)


def command(layers: list[Layer], values: Mapping[str, str]) -> str:
    """Everything that a unit runs: its entry point with what that is given."""
    return " ".join(filter(None, (words(last(layers, key), values) for key in _RUN)))


def options(
    layers: list[Layer], values: Mapping[str, str], known: Collection[str]
) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield (locator, (option, address)) of each address that a command is given.

    Args:
        layers: what the files say of the unit.
        values: what the files of the project may refer to.
        known: the names of the project's units.
    """
    for key in _RUN:
        path, item = last_of(layers, key)
        for match in _OPTION.finditer(words(item, values)):
            address = address_in(match[2].strip("\"'"), known)
            if ":" in address:
                line = item.line or next((one.line for one in item.texts), 1)
                yield f"{path}:{line}", (f"--{match[1]}", address)


def asked(
    layers: list[Layer], values: Mapping[str, str], others: Collection[str]
) -> Iterator[tuple[str, Value]]:
    """Yield (locator, address) of each of the other units that a health check asks."""
    path, health = last_of(layers, "healthcheck")
    check = health["test"]
    for target in calls(words(check, values)):
        host = _HOST.match(str(target))
        if host is not None and host[1] in others:
            yield f"{path}:{check.line}", target
