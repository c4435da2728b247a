"""Writing what people are asked: new interviews, new questions, confirmations, hand-outs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from depmap.cli.output import output_options, write
from depmap.cli.people import (
    configured,
    configured_or_none,
    interview_folder,
    newest_snapshot,
    services_of,
    shown,
)
from depmap.cli.settings import Moment, Settings, pass_settings
from depmap.errors import InputError, did_you_mean
from depmap.wording import several

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from depmap.interviewing.folder import Filed
    from depmap.model.evidence import Node
    from depmap.model.snapshot import Snapshot

_SERVICES = click.argument("services", nargs=-1, metavar="[SERVICE]...")
_TEAMS = click.option("--team", "teams", multiple=True, help="Only services of this owner.")
_FOLDER = click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where interviews lie; as depmap.toml says, else ./interviews.",
)


@click.command()
@_SERVICES
@_TEAMS
@_FOLDER
@pass_settings
def init(
    settings: Settings, services: tuple[str, ...], teams: tuple[str, ...], folder: Path | None
) -> None:
    """Write an interview for each SERVICE, or for all without one.

    What the sources show is filled in; a ? stands where a person must decide. Nothing is
    overwritten. The schema for editors is written beside the files.
    """
    from depmap.interviewing.folder import file_name, interviews_in, write_exactly
    from depmap.interviewing.questions import questions
    from depmap.interviewing.writing import new_interview

    snapshot, place = newest_snapshot(settings), interview_folder(settings, folder)
    there = {
        filed.form.service.casefold(): filed.path
        for filed in (interviews_in([place]) if place.exists() else ())
    }
    nodes = _wanted(settings, snapshot, services, teams)
    _write_schemas(settings, place)
    written = 0
    for node in nodes:
        path = place / file_name(node.name)
        old = next(
            (there[name.casefold()] for name in (node.name, *node.aliases)
             if name.casefold() in there),
            path if path.exists() else None,
        )  # fmt: skip
        if old is None:
            asked = questions(snapshot, node.name) if snapshot else ()
            write_exactly(path, new_interview(node, asked, settings.moment()))
            click.echo(shown(path))
            written += 1
        elif services:
            settings.say(
                f"{node.name} has an interview already: {shown(old)}; `update` adds to it"
            )
    there_already = len(nodes) - written
    verb = "was" if there_already == 1 else "were"
    settings.say(f"{written} written; {there_already} {verb} there already")


def _wanted(
    settings: Settings, snapshot: Snapshot | None, names: Sequence[str], teams: Sequence[str]
) -> list[Node]:
    from depmap.model.evidence import Node

    if snapshot is None and not names:
        raise InputError(
            "nothing is known yet that could be filled in",
            hint="`depmap run` collects it; or name the service, for an empty form",
        )
    known = snapshot.nodes if snapshot else ()
    found = list(services_of(known, names, teams))
    every = {name.casefold() for node in found for name in (node.name, *node.aliases)}
    for name in names:
        if name.casefold() not in every:
            near = did_you_mean(name, [node.name for node in known])
            settings.say(f"nothing is known of {name} yet, its form is empty. {near}".rstrip())
            found.append(Node(name=name))
    return found


def _write_schemas(settings: Settings, place: Path) -> None:
    """Write the schema of each kind of file beside the files, for editors."""
    import msgspec

    from depmap.interviewing.folder import write_exactly
    from depmap.interviewing.forms import FORMS
    from depmap.interviewing.schema import form_schema, schema_name

    folders = {kind: configured_or_none(settings, f"{kind}s") for kind in FORMS}
    for kind, paths in {**folders, "interview": (place,)}.items():
        packed = msgspec.json.encode(form_schema(kind), order="sorted")
        text = msgspec.json.format(packed, indent=2).decode() + "\n"
        for path in paths:
            if path.is_dir() or path == place:
                write_exactly(path / schema_name(kind), text)


@click.command()
@_SERVICES
@_FOLDER
@pass_settings
def update(settings: Settings, services: tuple[str, ...], folder: Path | None) -> int:
    """Add new questions to the interviews of SERVICEs, or all.

    Comments, order and every byte that a person wrote stay; new questions come at the end of
    depends_on, with a ? where a person must decide.
    """
    from depmap.interviewing.editing import Edited
    from depmap.interviewing.folder import read_exactly, write_exactly
    from depmap.interviewing.questions import questions
    from depmap.interviewing.updating import unasked
    from depmap.interviewing.writing import entry

    snapshot = settings.snapshot(None)
    name = _namer(snapshot)
    _write_schemas(settings, interview_folder(settings, folder))
    failed = 0
    for filed in _filed(settings, folder, services):
        asked = questions(snapshot, name(filed.form.service))
        new = unasked(filed.form, asked, name)
        if not new:
            continue
        try:
            line = filed.paper.document.line
            edited = Edited(read_exactly(filed.path), shown(filed.path), line)
            edited.add_items("depends_on", [entry(item) for item in new])
        except InputError as error:
            settings.say(f"warning: {error}")
            failed += 1
            continue
        write_exactly(filed.path, edited.whole)
        names = ", ".join(dict.fromkeys(item.provider for item in new))
        click.echo(f"{shown(filed.path)}: {len(new)} new: {names}")
    return 2 if failed else 0


def _namer(snapshot: Snapshot) -> Callable[[str], str]:
    def name(called: str) -> str:
        node = snapshot.node(called)
        return node.name if node else called

    return name


def _filed(settings: Settings, folder: Path | None, services: Iterable[str]) -> Sequence[Filed]:
    """Return the interviews of services, or all; in each file the last first.

    What is changed then leaves the places of those that are still to come as they are.

    Raises:
        InputError: a service has none.
    """
    from depmap.interviewing.folder import interviews_in

    filed = interviews_in([folder] if folder else configured(settings, "interviews"))
    known = [item.form.service for item in filed]
    for service in services:
        if service not in known:
            raise InputError(
                f"{service} has no interview",
                hint=did_you_mean(service, known) or f"`depmap interview init {service}`",
            )
    chosen = [item for item in filed if not services or item.form.service in services]
    return sorted(chosen, key=lambda item: (str(item.path), -item.paper.document.line))


@click.command()
@click.argument("service")
@click.argument("providers", nargs=-1, metavar="[PROVIDER]...")
@click.option("--by", default="", help="Who confirms.")
@click.option("--on", "day", type=Moment(), help="The day; the one of --as-of.")
@_FOLDER
@pass_settings
def confirm(
    settings: Settings,
    service: str,
    providers: tuple[str, ...],
    by: str,
    day: datetime | None,
    folder: Path | None,
) -> None:
    """Mark what was said of SERVICE as still true.

    All of it, or what was said of each PROVIDER. Only the date is written, so that old answers
    need not be given anew.
    """
    from depmap.interviewing.confirming import confirmed
    from depmap.interviewing.folder import read_exactly, write_exactly

    stamp = f"{day or settings.moment():%Y-%m-%d}"
    for filed in _filed(settings, folder, [service]):
        text = confirmed(read_exactly(filed.path), filed, providers, stamp, by)
        write_exactly(filed.path, text)
        what = ", ".join(providers) or "all answers"
        click.echo(f"{shown(filed.path)}: confirmed on {stamp}: {what}")


@click.command()
@_SERVICES
@_TEAMS
@output_options("markdown", "html")
@pass_settings
def render(
    settings: Settings,
    services: tuple[str, ...],
    teams: tuple[str, ...],
    form: str,
    output: Path | None,
) -> None:
    """Print the questions for a meeting, as Markdown or as a page for paper.

    About each SERVICE, or all, by team: what is open first, then what was said already.
    """
    from depmap.interviewing.folder import interviews_in
    from depmap.interviewing.rendering import render_page, render_questions

    snapshot = settings.snapshot(None)
    nodes = services_of(snapshot.nodes, services, teams)
    _known(services, nodes, snapshot)
    filed = interviews_in(configured_or_none(settings, "interviews"))
    told = render_page if form == "html" else render_questions
    write(told(snapshot, nodes, [item.form for item in filed]), output)


@click.command()
@_SERVICES
@_TEAMS
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="The .xlsx file to write.",
)
@pass_settings
def sheet(
    settings: Settings, services: tuple[str, ...], teams: tuple[str, ...], output: Path
) -> None:
    """Write a spreadsheet to fill in, a sheet for each team.

    Its rows are filled in as far as the sources know, with drop-downs for the rest.
    `depmap import FILE` reads it back.
    """
    from depmap.interviewing.folder import interviews_in
    from depmap.interviewing.sheets import write_sheets

    snapshot = settings.snapshot(None)
    nodes = services_of(snapshot.nodes, services, teams)
    _known(services, nodes, snapshot)
    filed = interviews_in(configured_or_none(settings, "interviews"))
    rows = write_sheets(output, snapshot, nodes, [item.form for item in filed])
    settings.say(f"{several(rows, 'row')}; when it is filled in: depmap import {output}")
    click.echo(shown(output))


def _known(names: Sequence[str], nodes: Sequence[Node], snapshot: Snapshot) -> None:
    from depmap.cli.settings import known_node

    for name in names:
        found = known_node(snapshot, name)
        if found not in {node.name for node in nodes}:
            raise InputError(f"{found} is not a service of those teams")
