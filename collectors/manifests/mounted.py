"""Configuration files that a cluster mounts: the addresses in them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from collectors.manifests import yamls
from collectors.manifests.settings import address_in, setting
from collectors.manifests.yamls import Item
from depmap.collecting.secrets import is_secret_name

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from depmap.model.deployed import Setting

MAX_FOUND = 200
_LINE = re.compile(r"^\s*[\"']?([\w.-]+)[\"']?\s*(?:=>|[=:])\s*[\"']?([^\"'\s,;]+)[\"']?[,;]?\s*$")
_SECTION = re.compile(r"^\s*\[+\s*([\w.\"-]+)\s*\]+\s*$")
_ADDRESS = re.compile(
    r"(?:^|[_.-])(?:ur[li]|host(?:name)?|addr(?:ess)?|endpoint|servers?|brokers?|dsn|service|"
    r"upstream|base|target|backend)s?$",
    re.IGNORECASE,
)
_SPRING = re.compile(r"(?:application|bootstrap)[\w-]*\.(?:ya?ml|properties)$")
_COMMENT = ("#", "//", ";")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a file is, and whose it is.

    Attributes:
        root: the name of the root.
        path: the file that the text stands in.
        first: the line of that at which the text starts.
        unit: the unit that gets it.
        variant: the variant of the deployment that it is limited to.
        whole: whether others get it as well, so that not all in it need be for this unit.
        secret: whether it is kept as a secret, so that of addresses their places alone are kept.
    """

    root: str
    path: str
    first: int
    unit: str
    variant: str
    whole: bool
    secret: bool = False


def read(
    place: Place, source: tuple[str, str], text: str, known: Container[str]
) -> Iterator[Setting]:
    """Yield the addresses of a mounted file as settings of the unit.

    A key is called ``file:key.of.it``; of Spring's files as the variable that stands for it.

    Args:
        place: where it is.
        source: the map that it comes from, and its name there.
        text: the file.
        known: names of what is deployed.
    """
    name, file = source
    found = 0
    for key, value, line in pairs(file, text):
        address = address_in(value, () if is_secret_name(key) else known)
        plain = "://" in address or _ADDRESS.search(key) or ":" in address
        if not address or not plain or found >= MAX_FOUND:
            continue
        found += 1
        spring = re.sub(r"[^A-Za-z0-9]+", "_", key).upper()
        shown = spring if _SPRING.search(file) else f"{file}:{key}"
        at = f"{place.path}:{place.first + line - 1}"
        kept = address if place.secret or "://" not in value else value
        yield setting(place.root, at, place.unit, (shown, kept), f"{name}/{file}",
                      variant=place.variant, whole=place.whole)  # fmt: skip


def is_of_spring(name: str) -> bool:
    """Whether a file is one that Spring reads its settings from, by its name."""
    return _SPRING.fullmatch(name) is not None


def pairs(file: str, text: str) -> Iterator[tuple[str, str, int]]:
    """Every key and value of a file with its line, whatever form it has."""
    if file.endswith((".yaml", ".yml", ".json")):
        for document in yamls.documents(text, file):
            if isinstance(document, Item):
                yield from _nested(document, "")
        return
    section = ""
    for number, line in enumerate(text.splitlines(), 1):
        head, match = _SECTION.match(line), _LINE.match(line)
        if head is not None:
            section = head[1].strip('"') + "."
        elif match is not None and not line.lstrip().startswith(_COMMENT):
            yield section + match[1], match[2], number


def _nested(item: Item, above: str) -> Iterator[tuple[str, str, int]]:
    for key, one in item.pairs.items():
        path = f"{above}.{key}" if above else key
        if one.text:
            yield path, one.text, one.line
        yield from _nested(one, path)
        for each in one.items:
            if each.text:
                yield path, each.text, each.line
            yield from _nested(each, path)
