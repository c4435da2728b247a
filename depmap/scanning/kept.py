"""Secrets that code takes from Vault, by the path at which they are kept there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from depmap.model.words import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from depmap.model.facts import Use
    from depmap.scanning.estate import Service
    from depmap.scanning.gathering import Gathering, Target

_VARIABLE = "VAULT_ADDR"
_PORT = "8200"
_BELOW = "/v1/"

_MADE = re.compile(
    r"(?:auth|sys|identity|transit|cubbyhole)/|[^/]+/(?:creds|issue|sign|login|metadata)/"
)
"""Paths of what Vault makes for each who asks, or only says of itself."""


def kept(g: Gathering) -> Iterator[tuple[str, Service, Use]]:
    """Yield each use of a secret in Vault: its path there, who uses it, and where.

    The path is the one of Vault's HTTP interface without ``/v1/``, as annotations name it too:
    ``secret/data/shop/jwt``.
    """
    for use in g.uses:
        if use.kind is not Kind.HTTP or not use.alive or not _names_a_path(use):
            continue
        for consumer in g.owners(use):
            for value in use.targets:
                for target in g.targets(value, consumer):
                    path = target.address.path.removeprefix(_BELOW).strip("/")
                    if _is_vault(target) and "{" not in path and not _MADE.match(path):
                        yield path, consumer, use


def _names_a_path(use: Use) -> bool:
    return any(
        part.kind == "text" and _BELOW in part.text for one in use.targets for part in one.parts
    )


def _is_vault(target: Target) -> bool:
    address = target.address
    named = target.service is not None and "vault" in re.split(r"[-_.]", target.service.name)
    told = _VARIABLE in address.keys or address.port == _PORT
    return (named or told) and address.path.startswith(_BELOW)
