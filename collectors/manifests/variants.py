"""Which sets of deployment files are the system, and which are variants of it or other systems."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_ASIDE = re.compile(
    r"(?:^|[/._-])(?:extras?|overlays?|components?|examples?|samples?|tests?|testing|e2e|docs?|"
    r"legacy|old|archived?|deprecated|templates?|ci|benchmarks?|playground|tutorials?|"
    r"patch(?:es)?|optional|addons?|devcontainer|variants?|fixtures?|\.github)(?=$|[/._-])|(?:^|[/.])demos?(?=$|[/._-])"
)
_OF_EDITORS = re.compile(r"(?:^|/)\.devcontainer(?:/|$)")
"""What an editor starts for whoever writes the code, and nobody deploys."""

_STAGE = re.compile(
    r"(?:^|[/._-])(?:dev|development|local|debug|test|staging|stage|qa|preprod|sandbox)(?=$|[/._-])"
)


@dataclass(slots=True)
class FileSet:
    """Deployment files that are applied together.

    Attributes:
        label: what people would call it: its folder or file.
        units: the names it declares, with what tells that two of one name are one thing:
            the build context or the image, empty where it does not say.
        built: which of them are built from a folder of the root.
        certain: whether it stands there as it is applied, and is no template.
        spaces: the namespace of each unit that says it.
        ports: the ports of the machine that each unit takes.
    """

    label: str
    units: dict[str, str] = field(default_factory=dict)
    built: set[str] = field(default_factory=set)
    certain: bool = True
    spaces: dict[str, str] = field(default_factory=dict)
    ports: dict[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Role:
    """What a set is to the others.

    Attributes:
        variant: its label when it is a variant of others; empty for a set of the base.
        project: its label when it only has names in common with others; else empty.
    """

    variant: str = ""
    project: str = ""


def is_aside(path: str) -> bool:
    """Whether a path is that of an overlay, an example, a test or the like.

    >>> is_aside("k8s/overlays/prod"), is_aside("k8s/manifests")
    (True, False)
    """
    return _ASIDE.search(path) is not None


def is_staged(path: str) -> bool:
    """Whether a path is that of what people run on their own machines, or before production.

    >>> is_staged("manifests/local/bus.yaml"), is_staged("manifests/bus.yaml")
    (True, False)
    """
    return _STAGE.search(path) is not None


def roles(sets: Iterable[FileSet]) -> dict[str, Role]:
    """Return what each set is, by its label.

    The base is the sets that declare most and are set aside by no word in their path. A set that
    declares a unit of the base once more is a variant; one that only uses the same names for
    other things is a project of its own.
    """
    held = [one for one in sets if one.units]
    anything = any(not is_aside(one.label) for one in held)
    base: list[FileSet] = []
    found: dict[str, Role] = {}
    for one in sorted(held, key=_rank):
        rivals = [other for other in base if other.units.keys() & one.units.keys()]
        if (is_aside(one.label) and anything) or _OF_EDITORS.search(one.label):
            found[one.label] = Role(variant=one.label)
        elif not rivals:
            base.append(one)
            found[one.label] = Role()
        elif all(_apart(one, other) for other in rivals):
            base.append(one)
            found[one.label] = Role(project=one.label)
            for other in rivals:
                found[other.label] = Role(project=other.label)
        else:
            found[one.label] = Role(variant=one.label)
    return found


def _rank(one: FileSet) -> tuple[bool, bool, int, bool, int, str]:
    return (
        is_aside(one.label),
        not one.certain,
        -len(one.units),
        is_staged(one.label),
        one.label.count("/"),
        one.label,
    )


def _apart(one: FileSet, other: FileSet) -> bool:
    """Whether two sets mean different things by the names they have in common."""
    common = one.units.keys() & other.units.keys()
    few = len(common) * 2 <= min(len(one.units), len(other.units))
    spaces = [(one.spaces.get(name), other.spaces.get(name)) for name in common]
    if few and all(here and there and here != there for here, there in spaces):
        return True  # a namespace each, and most of them something else
    built = common & one.built & other.built
    if built:
        return all(one.units[name] != other.units[name] for name in built)
    taken = [(one.ports.get(name), other.ports.get(name)) for name in common]
    if all(here and there and not here & there for here, there in taken):
        return True  # they can run at the same time, and are meant to
    contexts = {other.units[name] for name in other.built}
    return bool(one.built) and not any(one.units[name] in contexts for name in one.built)
