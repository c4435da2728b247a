"""``names``: names that may be one thing, and joining them when a person says so."""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from depmap.cli.output import FORMATS, as_json, as_rows, output_options, write
from depmap.cli.settings import Settings, pass_settings
from depmap.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from depmap.merging.proposals import Proposal

_PLAIN = re.compile(r"[A-Za-z0-9_-]+")
_TABLE = re.compile(r"^[ \t]*\[[ \t]*aliases[ \t]*\][ \t]*(#.*)?\r?$", re.MULTILINE)
_COLUMNS = ("", "name", "may also be", "brings", "shared", "score", "why")


@click.command()
@click.option(
    "--accept",
    "accepted",
    type=click.IntRange(min=1),
    multiple=True,
    metavar="N",
    help="Write the Nth as an alias into depmap.toml; may be given several times.",
)
@click.argument("more", nargs=-1, type=click.IntRange(min=1), metavar="[N]...")
@output_options(*FORMATS)
@pass_settings
def names(
    settings: Settings,
    accepted: tuple[int, ...],
    more: tuple[int, ...],
    form: str,
    output: Path | None,
) -> None:
    """List names that may be one thing, those first whose join would bring most dependencies.

    Nothing is joined by itself. `depmap names --accept 1 3` writes the first and third as aliases
    into depmap.toml. Two that are not one: give the other a line of its own under [aliases],
    with nothing in it.
    """
    from depmap.merging.proposals import propose

    if more and not accepted:
        raise click.UsageError("numbers stand after --accept")
    project, snapshot = settings.project(), settings.snapshot(None)
    found = propose(snapshot.nodes, snapshot.matrix.dependencies, project.aliases)
    chosen = sorted({*accepted, *more})
    if not chosen:
        write(_shown(found, form), output)
        if found and form == "table":
            settings.say("join them with: depmap names --accept N")
        return
    wrong = [number for number in chosen if number > len(found)]
    if wrong:
        raise InputError(f"there is no number {wrong[0]}", hint=f"there are {len(found)}")
    from depmap.config import find_config

    path = settings.config or find_config(Path())
    _accept(path, [found[number - 1] for number in chosen])
    for number in chosen:
        item = found[number - 1]
        click.echo(f"{item.other} is {item.name} from now on")
    settings.say(f"written under [aliases] in {path}; `depmap build` joins them")


def _shown(found: Sequence[Proposal], form: str) -> str:
    if form == "json":
        return as_json({"names": [asdict(item) for item in found]})
    if not found and form == "table":
        return "no two names look like one thing"
    rows = [
        (number, item.name, item.other, item.brings, item.shared, f"{item.score:.2f}", item.why)
        for number, item in enumerate(found, 1)
    ]
    return as_rows(form, _COLUMNS, rows)


def _accept(path: Path, chosen: Sequence[Proposal]) -> None:
    from depmap.interviewing.folder import read_exactly, write_exactly

    text = read_exactly(path)
    for item in chosen:
        text = with_alias(text, item.name, item.other, str(path))
    write_exactly(path, text)


def with_alias(text: str, name: str, other: str, where: str) -> str:
    """Return a ``depmap.toml`` in which ``other`` is an alias of ``name``.

    Lines are put in and nothing else is touched; the result is read back, and refused if it says
    anything but what was meant.

    Raises:
        InputError: the file is written in a way that cannot be added to.
    """
    wanted: dict[str, Any] = tomllib.loads(text)
    listed = wanted.setdefault("aliases", {}).setdefault(name, [])
    if other in listed:
        return text
    listed.insert(0, other)
    changed = _added(text, name, other)
    try:
        same = tomllib.loads(changed) == wanted
    except tomllib.TOMLDecodeError:
        same = False
    if not same:
        raise InputError(
            "the table [aliases] is written in a way that cannot be added to",
            where=where,
            hint=f"write by hand: {_key(name)} = [{json.dumps(other)}]",
        )
    return changed


def _added(text: str, name: str, other: str) -> str:
    end = "\r\n" if "\r\n" in text else "\n"
    value = json.dumps(other, ensure_ascii=False)
    table = _TABLE.search(text)
    if table is None:
        gap = "" if not text or text.endswith("\n") else end
        return f"{text}{gap}{end}[aliases]{end}{_key(name)} = [{value}]{end}"
    head = text.find("\n", table.start())
    if head < 0:
        return f"{text}{end}{_key(name)} = [{value}]{end}"
    start = head + 1
    following = re.compile(r"^[ \t]*\[", re.MULTILINE).search(text, start)
    stop = following.start() if following else len(text)
    spelt = "|".join(re.escape(key) for key in {name, json.dumps(name), f"'{name}'"})
    entry = re.compile(rf"^[ \t]*(?:{spelt})[ \t]*=[ \t]*\[", re.MULTILINE)
    found = entry.search(text, start, stop)
    if found is None:
        return f"{text[:start]}{_key(name)} = [{value}]{end}{text[start:]}"
    rest = text[found.end() :]
    comma = "" if rest.lstrip().startswith("]") else ", "
    return f"{text[: found.end()]}{value}{comma}{rest}"


def _key(name: str) -> str:
    return name if _PLAIN.fullmatch(name) else json.dumps(name, ensure_ascii=False)
