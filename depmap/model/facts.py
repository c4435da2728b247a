"""Facts that code and deployment files state, before they are joined into evidence.

A fact is what one file says, without knowing any other: "this call goes to whatever PRICING_URL
holds". ``depmap.scanning`` joins them. Every class can be encoded and decoded by itself.
"""

from __future__ import annotations

from dataclasses import dataclass

from depmap.model.words import Kind, NodeKind, Strength


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A statement of one file that means something only together with others.

    Attributes:
        root: the name of the repository or folder that was scanned.
        locator: ``path:line``, the path relative to the root.
    """

    root: str = ""
    locator: str = ""

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
    """

    imports: tuple[str, ...] = ()
    shared: bool = False
    parsed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry(Fact):
    """A place where a process starts.

    Attributes:
        way: ``server`` (it listens), ``worker`` (it takes work from a broker) or ``main``.
        port: where it listens; no parts when it does not say.
    """

    way: str
    port: Value = Value()


@dataclass(frozen=True, slots=True, kw_only=True)
class Route(Fact):
    """An operation that a server offers.

    Attributes:
        method: the HTTP method; ``*`` for any.
        path: the path with every parameter as ``{}``.
        handler: the function that answers.
    """

    method: str
    path: str
    handler: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvRead(Fact):
    """A file names an environment variable."""

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
        alive: False when nothing reaches the code.
        further: more places that it rests on, outermost caller first.
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
    alive: bool = True
    further: tuple[str, ...] = ()


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit(Fact):
    """A deployed unit, as a deployment file declares it.

    Attributes:
        name: its name there.
        platform: ``compose`` or ``kubernetes``.
        kind: what it is, as far as its image tells.
        image: the image's name, without registry credentials; empty when it is only built.
        build: the build context, relative to the root; None when it is not built here.
        dockerfile: the Dockerfile, relative to the build context; empty for the usual one.
        names: further names under which it answers.
        ports: ``published:internal`` or ``internal``.
        command: what it runs, where the file says.
        networks: the networks it is in; empty for the default one.
        profiles: the profiles it is limited to; empty: always deployed.
    """

    name: str
    platform: str = "compose"
    kind: NodeKind = NodeKind.SERVICE
    image: str = ""
    build: str | None = None
    dockerfile: str = ""
    names: tuple[str, ...] = ()
    ports: tuple[str, ...] = ()
    command: str = ""
    networks: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting(Fact):
    """A value given to a deployed unit's environment.

    Attributes:
        unit: the unit; empty where an image's own file sets it.
        key: the variable's name.
        value: the value, of an address without its password; empty where it is kept back.
        digest: keyed hash of the whole value.
        secret: whether it is kept back and named like a secret.
        source: the named Secret, ConfigMap or file that it comes from, as ``name/key``.
    """

    unit: str
    key: str
    value: str = ""
    digest: str = ""
    secret: bool = False
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StartAfter(Fact):
    """A unit that is started after another one.

    Attributes:
        unit: the unit that waits.
        on: the unit it waits for.
        condition: ``started``, ``healthy`` or ``completed``.
        mechanism: what makes it wait, in words.
    """

    unit: str
    on: str
    condition: str = "started"
    mechanism: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount(Fact):
    """A file or folder given to a unit.

    Attributes:
        unit: the unit.
        source: the named volume, secret or config, or the path relative to the root.
        target: where the unit finds it.
        kind: ``volume``, ``file``, ``secret`` or ``config``.
    """

    unit: str
    source: str
    target: str = ""
    kind: str = "volume"


@dataclass(frozen=True, slots=True, kw_only=True)
class Build(Fact):
    """A Dockerfile.

    Attributes:
        copies: what it copies from the build context, relative to the context.
        command: what the image runs.
        ports: the ports it says it listens on.
    """

    copies: tuple[str, ...] = ()
    command: str = ""
    ports: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Package(Fact):
    """A library that a folder pins or asks for.

    Attributes:
        name: the library, normalised.
        version: the pinned version; empty for a range.
        wanted: the version range as written; empty when pinned.
    """

    name: str
    version: str = ""
    wanted: str = ""
