"""``depmap.toml``: what to collect, what names mean, and what people have decided."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from depmap.collecting.discovery import collector_type
from depmap.collecting.port import Collector
from depmap.collecting.repository import Repository, source_of
from depmap.errors import InputError, did_you_mean
from depmap.model.sampling import Policy
from depmap.model.words import Phase

if TYPE_CHECKING:
    from collections.abc import Iterable


FILE_NAME = "depmap.toml"


@dataclass(frozen=True, slots=True)
class ConfiguredSource:
    """A table ``[sources.NAME]``: a collector with its options."""

    name: str
    collector: Collector


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A project: a folder with a ``depmap.toml``.

    Attributes:
        folder: the folder; all paths in the file are relative to it.
        name: what the project is called.
        sources: what is collected, in the order of the file.
        ledger: where evidence is kept.
        snapshots: where snapshots are written.
        reports: where reports are written.
        aliases: other names by canonical name.
        owners: the owning team by service.
        pins: the phase that people fixed, by service.
        sampling: how traces were sampled, where their spans do not tell; None: not known.
    """

    folder: Path
    name: str
    sources: tuple[ConfiguredSource, ...] = ()
    ledger: Path
    snapshots: Path
    reports: Path
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    owners: Mapping[str, str] = field(default_factory=dict)
    pins: Mapping[str, Phase] = field(default_factory=dict)
    sampling: Policy | None = None


_TOP = ("project", "sources", "repository", "aliases", "owners", "phases", "sampling")
_PROJECT = ("name", "ledger", "snapshots", "reports")


def find_config(folder: Path) -> Path:
    """Return the nearest ``depmap.toml``, in the folder or above it.

    Raises:
        InputError: there is none.
    """
    for place in (folder.resolve(), *folder.resolve().parents):
        if (place / FILE_NAME).is_file():
            return place / FILE_NAME
    raise InputError(
        f"there is no {FILE_NAME} here or above",
        where=str(folder),
        hint="write one with `depmap init`, or name it with --config",
    )


def load(path: Path) -> Project:
    """Read a ``depmap.toml``.

    Raises:
        InputError: it cannot be read, or holds an unknown key or a value of the wrong type; the
            error names file and line.
    """
    reader = _Reader(path, _read(path))
    reader.check_keys(reader.data, _TOP, ())
    project = reader.table("project")
    reader.check_keys(project, _PROJECT, ("project",))
    folder = path.parent
    return Project(
        folder=folder,
        name=reader.value(project, "name", str, ("project",), folder.resolve().name),
        ledger=folder / reader.value(project, "ledger", str, ("project",), "ledger"),
        snapshots=folder / reader.value(project, "snapshots", str, ("project",), "snapshots"),
        reports=folder / reader.value(project, "reports", str, ("project",), "reports"),
        sources=(*reader.sources(), *reader.repositories()),
        aliases=reader.mapping("aliases", tuple[str, ...]),
        owners=reader.mapping("owners", str),
        pins=reader.mapping("phases", Phase),
        sampling=reader.sampling(),
    )


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError("there is no such file", where=str(path)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot be read: {error}", where=str(path)) from None


class _Reader:
    """The parsed file with its text, to say on which line something stands."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self.lines = text.splitlines()
        try:
            self.data: dict[str, Any] = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            place = re.search(r"line (\d+), column (\d+)", str(error))
            where = f":{place[1]}:{place[2]}" if place else ""
            message = str(error).partition(" (at")[0]
            raise InputError(f"not TOML: {message}", where=f"{path}{where}") from None

    def where(self, path: Iterable[str]) -> str:
        """Return ``file:line:col`` of a key: the nearest line that spells its last part."""
        *tables, key = path
        start = 0
        header = re.compile(r"^\s*\[\s*" + r"\s*\.\s*".join(map(_quoted, tables)) + r"\s*\]")
        for i, line in enumerate(self.lines):
            if tables and header.match(line):
                start = i
        spelt = re.compile(rf"^(\s*\[.*?|\s*)({_quoted(key)})\s*[\]=.]")
        for i, line in enumerate(self.lines[start:], start):
            found = spelt.match(line)
            if found:
                return f"{self.path}:{i + 1}:{found.start(2) + 1}"
        return str(self.path)

    def check_keys(
        self, table: Mapping[str, Any], known: Iterable[str], at: tuple[str, ...]
    ) -> None:
        known = tuple(known)
        for key in table:
            if key not in known:
                raise InputError(
                    f"unknown key {key!r}",
                    where=self.where((*at, key)),
                    hint=did_you_mean(key, known) or f"known here: {', '.join(known)}",
                )

    def table(self, name: str) -> dict[str, Any]:
        value = self.data.get(name, {})
        if not isinstance(value, dict):
            raise InputError(f"{name!r} must be a table", where=self.where((name,)))
        return value

    def value(
        self, table: Mapping[str, Any], key: str, wanted: Any, at: tuple[str, ...], default: Any
    ) -> Any:
        return self.convert(table[key], wanted, (*at, key)) if key in table else default

    def convert(self, value: Any, wanted: Any, at: tuple[str, ...]) -> Any:
        try:
            return msgspec.convert(value, wanted, dec_hook=self._decode)
        except msgspec.ValidationError as error:
            raise InputError(f"{'.'.join(at)}: {error}", where=self.where(at)) from None

    def mapping(self, name: str, wanted: Any) -> dict[str, Any]:
        return {
            key: self.convert(value, wanted, (name, key))
            for key, value in self.table(name).items()
        }

    def sampling(self) -> Policy | None:
        table = self.table("sampling")
        self.check_keys(table, [item.name for item in dataclasses.fields(Policy)], ("sampling",))
        at = ("sampling",)
        policy = Policy(
            head=self.value(table, "head", float, at, 1.0),
            errors=self.value(table, "errors", Literal["none", "any", "root"], at, "none"),
        )
        if not 0 < policy.head <= 1:
            raise InputError(
                f"sampling.head is a share above 0 and up to 1, not {policy.head:g}",
                where=self.where(("sampling", "head")),
            )
        return policy if table else None

    def sources(self) -> Iterable[ConfiguredSource]:
        for name, options in self.table("sources").items():
            at = ("sources", name)
            if not isinstance(options, dict) or "collector" not in options:
                raise InputError(
                    f"the source {name!r} does not say which collector reads it",
                    where=self.where(at),
                    hint='add a line like: collector = "jaeger"',
                )
            yield ConfiguredSource(name, self.collector(dict(options), at))

    def repositories(self) -> Iterable[ConfiguredSource]:
        """Yield the ``[[repository]]`` tables: a path, or a URL and a revision."""
        tables = self.data.get("repository", [])
        if not isinstance(tables, list):
            raise InputError(
                "each repository is a table of its own",
                where=self.where(("repository",)),
                hint="write [[repository]], with two brackets",
            )
        known = [item.name for item in dataclasses.fields(Repository)]
        for table in tables:
            self.check_keys(table, known, ("repository",))
            given = [key for key in ("path", "url") if key in table]
            if len(given) != 1:
                raise InputError(
                    "a repository has either a path or a url",
                    where=self.where(("repository",)),
                )
            last = str(table[given[0]]).rstrip("/").rpartition("/")[2].removesuffix(".git")
            made = self.convert({"title": last, **table}, Repository, ("repository",))
            yield ConfiguredSource(source_of(made.title), made)

    def collector(self, options: dict[str, Any], at: tuple[str, ...]) -> Collector:
        try:
            cls = collector_type(str(options.pop("collector")))
        except InputError as error:
            raise InputError(
                error.message, where=self.where((*at, "collector")), hint=error.hint
            ) from None
        fields = dataclasses.fields(cls)
        self.check_keys(options, ("collector", *(item.name for item in fields)), at)
        for item in fields:
            required = item.default is dataclasses.MISSING
            if required and item.name not in options:
                raise InputError(
                    f"the source {at[-1]!r} lacks {item.name!r}: {item.metadata.get('help', '')}",
                    where=self.where(at),
                )
        made: Collector = self.convert(options, cls, at)
        return made

    def _decode(self, wanted: type, value: Any) -> Any:
        """Make paths of texts, relative to the file's folder."""
        if wanted is Path and isinstance(value, str):
            return self.path.parent / value
        raise NotImplementedError


def _quoted(key: str) -> str:
    return rf"[\"']?{re.escape(key)}[\"']?"
