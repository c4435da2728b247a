"""What compose files give a unit as files: volumes, folders, secrets and configs."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from collectors.manifests.interpolation import interpolate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collectors.manifests.compose_layers import Layer
    from collectors.manifests.variables import Variables

_KEYS = re.compile(r"(?:^|/)(?:keys?|certs?|certificates|secrets?|tls|ssl|pki|jwt)(?:/|$)")
_ENDS = ("source", "target")


def mounted(layers: list[Layer], variables: Variables) -> Iterator[tuple[str, str, str, str]]:
    """Yield (locator, source, target, kind) of each file, folder or volume that a unit gets.

    Args:
        layers: what the files say of the unit.
        variables: what the files of the project may refer to.
    """
    for path, unit in layers:
        values = variables.known(path)
        for item in unit["volumes"].items:
            source, target = (interpolate(item[key].text, values)[0] for key in _ENDS)
            whole, missing = interpolate(item.text, values)
            if whole:
                source, _, rest = whole.partition(":")
                target = rest.partition(":")[0]
            if target and source and not missing:
                name, kind = _named(source, path, variables)
                yield f"{path}:{item.line}", name, target, kind
        for kind in ("secret", "config"):
            for item in unit[f"{kind}s"].items:
                source = interpolate(item.text or item["source"].text, values)[0]
                target = interpolate(item["target"].text, values)[0]
                yield f"{path}:{item.line}", source, target or f"/run/secrets/{source}", kind


def _named(source: str, file: str, variables: Variables) -> tuple[str, str]:
    """What a mount's source is called, and its kind."""
    if not source.startswith((".", "/", "~")):
        return source, "volume"
    path = variables.path(source, file)
    return path, "secret" if _KEYS.search(path) and not posixpath.splitext(path)[1] else "file"
