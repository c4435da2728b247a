"""Facts that relate deployed units outright: who may reach, scales, watches or owns what."""

from __future__ import annotations

from dataclasses import dataclass

from depmap.model.facts import Fact
from depmap.model.words import Kind, Strength


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation(Fact):
    """What a deployment file says of two units outright: one may call, scales or watches another.

    Attributes:
        consumer: the unit that depends, by any of its names; empty: that of the file.
        provider: the unit, host or identity that it depends on.
        kind: how.
        operation: what of it, where the file says.
        strength: what follows from how it is declared.
        confidence: how sure the file is.
        reason: why, in words.
        denies: whether the file says that the dependency cannot be.
        variant: the overlay that it is limited to; empty: always.
    """

    consumer: str
    provider: str
    kind: Kind
    operation: str = ""
    strength: Strength = Strength.UNDETERMINED
    confidence: float = 0.5
    reason: str = ""
    denies: bool = False
    variant: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed(Fact):
    """A policy names everything that may reach a unit, or that a unit may reach.

    Attributes:
        selector: labels of the units that it is about, as ``key=value``.
        peers: one set of labels, or ``account:namespace/name``, for each that is allowed.
        inward: whether it is about who reaches the units; else about what they reach.
        confidence: how sure an allowed pair is to be a dependency.
        reason: what the policy is, in words.
        whole: whether nothing else is allowed; a policy that cannot be read to its end lets more.
    """

    selector: tuple[str, ...]
    peers: tuple[tuple[str, ...], ...]
    inward: bool = True
    confidence: float = 0.5
    reason: str = ""
    whole: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract(Fact):
    """A description of what is offered or exchanged, which others may hold a copy of.

    Attributes:
        form: ``proto``, ``openapi``, ``asyncapi``, ``avro`` or ``graphql``.
        name: what it calls itself.
        digest: hash of its text without comments and space; equal in unchanged copies.
        offers: what it declares: ``package.Service`` of a proto file, channels of AsyncAPI.
    """

    form: str
    name: str
    digest: str
    offers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Owned(Fact):
    """Somebody answers for a unit or a part of the tree.

    Attributes:
        owner: the team or person.
        unit: the unit, by any of its names; empty where a path is given.
        pattern: the path, as CODEOWNERS writes it.
        criticality: the tier that they give it; empty when it is not said.
    """

    owner: str
    unit: str = ""
    pattern: str = ""
    criticality: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs(Fact):
    """The project of a file is built with the code of other folders.

    Attributes:
        folders: those folders, relative to the root.
    """

    folders: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch(Fact):
    """A program is several in one: what does not run where it is started with a word.

    Attributes:
        word: the word on the command line, or the value of a variable.
        variable: that variable of the environment; empty for the command line.
        program: the folder of the program.
        apart: the code that only other words lead to, as ``path:first-last`` by its lines.
    """

    word: str
    variable: str = ""
    program: str = ""
    apart: tuple[str, ...] = ()
