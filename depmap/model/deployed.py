"""Facts that deployment files state: units, their environment, order, files and libraries."""

from __future__ import annotations

from dataclasses import dataclass

from depmap.model.facts import Fact
from depmap.model.words import NodeKind


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
        stage: the stage of the Dockerfile that it is; empty for the last one.
        names: further names under which it answers.
        ports: ``published:internal`` or ``internal``.
        entrypoint: what it runs instead of its image's entry point, where the file says.
        command: the whole of what it runs, entry point first, where the file says.
        folder: the folder inside the image that it runs in, where the file says.
        networks: the networks it is in; empty for the default one.
        profiles: the profiles it is limited to; empty: always deployed.
        variant: the overlay or further file that alone declares it; empty: it is in the base.
        project: the set of files that its names hold in, where another set has the same names.
        labels: what selectors of other objects choose it by, as ``key=value``.
        account: the identity it runs under, as ``namespace/name``.
    """

    name: str
    platform: str = "compose"
    kind: NodeKind = NodeKind.SERVICE
    image: str = ""
    build: str | None = None
    dockerfile: str = ""
    stage: str = ""
    names: tuple[str, ...] = ()
    ports: tuple[str, ...] = ()
    entrypoint: str = ""
    command: str = ""
    folder: str = ""
    networks: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    variant: str = ""
    project: str = ""
    labels: tuple[str, ...] = ()
    account: str = ""


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
        variant: the overlay that alone gives it; empty: it is in the base.
        whole: whether it comes with a whole map or file, and may be of no use to the unit.
        named: whether it is an entry of a Secret that has a name of its own.
    """

    unit: str
    key: str
    value: str = ""
    digest: str = ""
    secret: bool = False
    source: str = ""
    variant: str = ""
    whole: bool = False
    named: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StartAfter(Fact):
    """A unit that is started after another one.

    Attributes:
        unit: the unit that waits.
        on: the unit it waits for.
        condition: ``started``, ``healthy`` or ``completed``.
        mechanism: what makes it wait, in words.
        required: whether it is not started without.
        variant: the overlay that alone says so; empty: the base does.
    """

    unit: str
    on: str
    condition: str = "started"
    mechanism: str = ""
    required: bool = True
    variant: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount(Fact):
    """A file or folder given to a unit.

    Attributes:
        unit: the unit.
        source: the named volume, secret or config, or the path relative to the root.
        target: where the unit finds it.
        kind: ``volume``, ``file``, ``secret`` or ``config``.
        keys: the keys of it that become files; empty: all.
    """

    unit: str
    source: str
    target: str = ""
    kind: str = "volume"
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Build(Fact):
    """A Dockerfile, or a stage of one that has a name.

    Attributes:
        copies: what it copies from the build context, relative to the context.
        made: what of the build context other stages made into something that it copies.
        stage: the stage's name; empty for the last one, which is what is built by default.
        entrypoint: the part of the command that a unit's own command does not replace.
        command: what the image runs, entry point first. A variable that the Dockerfile gives a
            value is ``${NAME:-value}``.
        folder: the folder inside the image that it runs in.
        ports: the ports it says it listens on.
        base: the image that its last stage starts from.
        kind: what that image is, as far as its name tells.
        built: folders of the build context that it builds, where it names them.
    """

    copies: tuple[str, ...] = ()
    made: tuple[str, ...] = ()
    stage: str = ""
    entrypoint: str = ""
    command: str = ""
    folder: str = ""
    ports: tuple[str, ...] = ()
    base: str = ""
    kind: NodeKind = NodeKind.SERVICE
    built: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Script(Fact):
    """A file of commands, or one of several in a file, that a unit may run.

    Attributes:
        name: its name among those of the file; empty where the file is one script.
        runs: its commands, one a line.
    """

    runs: str
    name: str = ""


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
