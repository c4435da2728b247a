"""Facts that code and deployment files state, before they are joined into evidence.

A fact is what one file says, without knowing any other: "this call goes to whatever PRICING_URL
holds". ``depmap.scanning`` joins them. Every class can be encoded and decoded by itself.
"""

from __future__ import annotations

from dataclasses import dataclass

from depmap.model.words import Kind, Strength


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A statement of one file that means something only together with others.

    Attributes:
        root: the name of the repository or folder that was scanned.
        locator: ``path:line``, the path relative to the root.
        revision: which revision of the repository it is; empty: it is not told.
    """

    root: str = ""
    locator: str = ""
    revision: str = ""

    @property
    def file(self) -> str:
        """The file, relative to the root."""
        return self.locator.rpartition(":")[0]


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of an abstract value.

    Attributes:
        kind: ``text`` (a literal), ``env`` (what an environment variable holds), ``name`` (what
            some look-up gives for a literal name), ``hole`` (unknown).
        text: the literal, the variable's name, the name looked up, or empty.
        default: for ``env``: the literal used when the variable is not set; None without one.
    """

    kind: str
    text: str = ""
    default: str | None = None


@dataclass(frozen=True, slots=True)
class Value:
    """A string as far as it is known: the concatenation of its parts."""

    parts: tuple[Part, ...] = ()

    def __str__(self) -> str:
        """Show it as ``http://{env:PRICING_URL}/v1/{}``."""
        shown = {"text": "{0}", "env": "{{env:{0}}}", "name": "{{name:{0}}}", "hole": "{{}}"}
        return "".join(shown[part.kind].format(part.text) for part in self.parts)

    @classmethod
    def literal(cls, text: str) -> Value:
        """A value that is fully known."""
        return cls((Part("text", text),))


@dataclass(frozen=True, slots=True, kw_only=True)
class Module(Fact):
    """A source file.

    Attributes:
        imports: files of the same root that it imports, relative to the root.
        shared: whether it defines something that others can use.
        parsed: False when only a textual reading was possible.
        thorough: False for a language that is read in less depth: what was not seen may be there.
    """

    imports: tuple[str, ...] = ()
    shared: bool = False
    parsed: bool = True
    thorough: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry(Fact):
    """A place where a process starts.

    Attributes:
        way: ``server`` (it listens), ``worker`` (it takes work from a broker) or ``main``.
        port: where it listens; no parts when it does not say.
        main: whether only where its file is the program, and not where it is imported.
    """

    way: str
    port: Value = Value()
    main: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Route(Fact):
    """An operation that a server offers.

    Attributes:
        method: the HTTP method; ``*`` for any.
        path: the path with every parameter as ``{}``.
        handler: the function that answers.
        protocol: ``http``; ``grpc``, ``nameko`` and ``nest``: the path is the operation, without
            a method.
    """

    method: str
    path: str
    handler: str = ""
    protocol: str = "http"


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvRead(Fact):
    """A file names an environment variable."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered(Fact):
    """The services of a file answer to a name of their own: that of a registry, or of a bus.

    Attributes:
        name: the name.
    """

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Use(Fact):
    """A call of another service, a store or a broker, at one place in the code.

    Attributes:
        kind: how the other is used.
        system: ``http``, ``postgresql``, ``redis``, ``amqp``, ``kafka``; empty when unknown.
        targets: the address, once for each alternative; empty: the only one of its system.
        method: the HTTP method; ``*`` when unknown, empty where there is none.
        operations: the topic, table, collection or key, once for each alternative; empty for
            HTTP and when unknown.
        writes: whether it changes what is there; None when unknown.
        strength: what follows from what happens to its failure.
        reason: why, in words.
        at_start: whether it happens before the process serves.
        background: whether nobody waits for it.
        fallback: whether it is made only when something else failed.
        guards: variables that are off by default, and without which it is not made.
        endless: whether it waits without a limit of time for an answer.
        alive: False when nothing reaches the code.
        further: more places that it rests on, outermost caller first.
        begins: where what leads to it begins, as ``kind path``: a ``route`` that a server
            answers, a ``task`` that a worker runs, the ``main`` part of a program, the ``load`` of
            a file, a ``call`` by who is not known; empty where that is not known.
        unit: the deployed unit, where a deployment file says so; else that of the file.
        certainty: how sure the reading itself is, 0-1; what it leads to is judged apart.
        variant: the overlay that it is limited to; empty: always.
    """

    kind: Kind
    system: str = ""
    targets: tuple[Value, ...] = ()
    method: str = ""
    operations: tuple[Value, ...] = ()
    writes: bool | None = None
    strength: Strength = Strength.UNDETERMINED
    reason: str = ""
    at_start: bool = False
    background: bool = False
    fallback: bool = False
    guards: tuple[str, ...] = ()
    endless: bool = False
    alive: bool = True
    further: tuple[str, ...] = ()
    begins: tuple[str, ...] = ()
    unit: str = ""
    certainty: float = 1.0
    variant: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyUse(Fact):
    """Code that signs or verifies with a key. A literal key is kept as its keyed hash only.

    Attributes:
        signs: True where it issues, False where it verifies.
        keys: where the key comes from, once for each alternative.
        digest: keyed hash of a literal key or of a literal default; empty without one.
        strength: what follows from what happens when verifying fails.
        reason: why, in words.
    """

    signs: bool
    keys: tuple[Value, ...] = ()
    digest: str = ""
    strength: Strength = Strength.UNDETERMINED
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitFor(Fact):
    """A process that does not go on before another answers.

    Attributes:
        targets: the address it waits for, once for each alternative.
        mechanism: how it waits, in words.
        hard: whether it never goes on without.
        unit: the deployed unit, where a deployment file says so; else that of the file.
    """

    targets: tuple[Value, ...]
    mechanism: str
    hard: bool = True
    unit: str = ""
