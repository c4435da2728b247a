"""``run``, ``collect``, ``build`` and ``report``: the main job and its parts."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from depmap import pipeline
from depmap.cli.output import write
from depmap.cli.progress import progress_for
from depmap.cli.settings import Duration, Moment, Settings, pass_settings
from depmap.collecting.port import EVER, Window
from depmap.errors import InputError, SourceUnavailable, did_you_mean
from depmap.exporting import export
from depmap.history.store import save
from depmap.merging import untold
from depmap.reporting.neighbourhood import pictures_missing
from depmap.reporting.write import write_report
from depmap.wording import several

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from depmap.config import Project
    from depmap.model.snapshot import Snapshot
    from depmap.pipeline import Collected

SHOWN_GAPS = 5
_STRICT = click.option("--strict", is_flag=True, help="Exit 1 when there is any gap.")


def _quarter(ctx: click.Context, param: click.Parameter, value: str) -> str:
    if value and not re.fullmatch(r"\d{4}Q[1-4]", value):
        raise click.BadParameter(f"{value!r} is not a quarter such as 2026Q4", ctx, param)
    return value


_QUARTER = click.option(
    "--quarter", default="", callback=_quarter, help="Such as 2026Q4; the one of --as-of."
)
_FOLDER = click.option(
    "--output", type=click.Path(path_type=Path, file_okay=False), help="Where to write the report."
)


def _window_options(command: Callable[..., Any]) -> Callable[..., Any]:
    command = click.option("--until", type=Moment(), help="End of the window, UTC; now.")(command)
    return click.option("--since", type=Moment(), help="Start of the window, UTC.")(command)


@click.command()
@_window_options
@_QUARTER
@_FOLDER
@_STRICT
@pass_settings
def run(
    settings: Settings,
    since: datetime | None,
    until: datetime | None,
    quarter: str,
    output: Path | None,
    strict: bool,
) -> int:
    """Collect, build and report in one go.

    Reads the sources of depmap.toml into the ledger, builds the snapshot of the quarter, and
    writes the report. A source that cannot be read is left out, named on every output, and makes
    the exit code 3.
    """
    project = settings.project()
    collected = _collect(settings, project, window=_window(since, until))
    failed = {item.name: item.trouble for item in collected if item.trouble}
    snapshot = pipeline.build(project, as_of=settings.moment(), quarter=quarter, failed=failed)
    _write(settings, project, snapshot, output)
    return _exit_code(collected, strict=strict)


@click.command()
@click.argument("sources", nargs=-1, metavar="[SOURCE]...")
@_window_options
@click.option(
    "--budget",
    type=Duration(),
    help="Such as 10m: sample the servers of traces so long, of the window or the last 4 weeks.",
)
@_STRICT
@pass_settings
def collect(
    settings: Settings,
    sources: tuple[str, ...],
    since: datetime | None,
    until: datetime | None,
    budget: timedelta | None,
    strict: bool,
) -> int:
    """Pull the configured sources into the ledger, all or those named.

    Collecting an hour again replaces it. What comes hour by hour is written hour by hour: a run
    that was cut off is gone on with by the next, without --since or with the same one. A source
    that cannot be read leaves its part of the ledger as it was.

    With --budget, servers of traces are sampled: slices of some minutes, spread over day, night
    and week, then services that were not seen; it says what it missed. Hours that are in the
    ledger are not read again, so that a further run goes on.
    """
    project = settings.project()
    known = [source.name for source in project.sources]
    for name in sources:
        if name not in known:
            raise InputError(
                f"there is no source {name!r} in depmap.toml",
                hint=did_you_mean(name, known) or f"there are: {', '.join(known)}",
            )
    window = _window(since, until)
    collected = _collect(settings, project, only=sources, window=window, budget=budget)
    return _exit_code(collected, strict=strict)


@click.command()
@_QUARTER
@pass_settings
def build(settings: Settings, quarter: str) -> None:
    """Build the snapshot of a quarter from the ledger."""
    project = settings.project()
    snapshot = pipeline.build(project, as_of=settings.moment(), quarter=quarter)
    path = save(snapshot, project.snapshots)
    _headline(settings, snapshot)
    click.echo(_shown(path))


@click.command()
@click.option("--snapshot", type=click.Path(path_type=Path), help="The snapshot; the newest.")
@_FOLDER
@pass_settings
def report(settings: Settings, snapshot: Path | None, output: Path | None) -> None:
    """Write the report of a snapshot: HTML, Markdown, CSV, and neighbourhoods as pictures."""
    loaded = settings.snapshot(snapshot)
    folder = output or settings.project().reports / loaded.quarter
    _report(settings, loaded, folder)


def _write(settings: Settings, project: Project, snapshot: Snapshot, output: Path | None) -> None:
    path = save(snapshot, project.snapshots)
    _headline(settings, snapshot)
    settings.say(f"snapshot: {_shown(path)}")
    _report(settings, snapshot, output or project.reports / snapshot.quarter)


def _report(settings: Settings, snapshot: Snapshot, folder: Path) -> None:
    write_all(snapshot, folder)
    if missing := pictures_missing():
        settings.say(missing)
    click.echo(_shown(folder / "index.html"))


def write_all(snapshot: Snapshot, folder: Path) -> None:
    """Write the report with the plan beside it."""
    write_report(snapshot, folder)
    plan, _ = export(snapshot.plan, "json")
    write(plan, folder / "plan.json")


def _shown(path: Path) -> str:
    """Show a path relative to where the person stands, if it lies below."""
    absolute = path.resolve()
    return (
        str(absolute.relative_to(Path.cwd())) if absolute.is_relative_to(Path.cwd()) else str(path)
    )


def _headline(settings: Settings, snapshot: Snapshot) -> None:
    counts = (
        several(sum(node.kind.is_service for node in snapshot.nodes), "service"),
        several(len(snapshot.matrix.confirmed()), "dependency", "dependencies"),
        several(len(snapshot.findings), "finding"),
        several(len(snapshot.gaps), "gap"),
    )
    settings.say(f"{snapshot.project} {snapshot.quarter}: {', '.join(counts)}")
    for finding in snapshot.findings:
        if finding.rule == untold.RULE:
            settings.say(f"warning: {finding.message}; {untold.CURE}")


def _window(since: datetime | None, until: datetime | None) -> Window | None:
    if since is None and until is None:
        return None
    start, end = since or EVER.start, until or datetime.now(UTC)
    if start >= end:
        raise click.UsageError(f"--since {start} is not before --until {end}")
    return Window(start, end)


def _collect(
    settings: Settings,
    project: Project,
    *,
    only: Sequence[str] = (),
    window: Window | None,
    budget: timedelta | None = None,
) -> Sequence[Collected]:
    progress = progress_for(settings)
    try:
        collected = pipeline.collect(
            project, only=only, window=window, budget=budget, progress=progress
        )
    finally:
        progress.done()
    _tell(settings, collected)
    return collected


def _tell(settings: Settings, collected: Sequence[Collected]) -> None:
    for item in collected:
        if item.failed is not None:
            what = "was cut off" if item.windows else "could not be read"
            settings.say(f"warning: source {item.name} {what}: {item.failed}")
        elif item.lost:
            settings.say(f"warning: source {item.name} lost a window: {item.trouble}")
        if item.failed is not None and not item.windows:
            continue
        gaps = f", {several(len(item.gaps), 'gap')}" if item.gaps else ""
        brought = f"{several(item.records, 'record')} in {several(item.windows, 'window')}"
        settings.say(f"{item.name}: {brought}{gaps}")
        for gap in item.gaps[:SHOWN_GAPS]:
            settings.say(f"  gap: {gap.locator or item.name}: {gap.text} ({gap.why})")
        if len(item.gaps) > SHOWN_GAPS:
            settings.say(f"  and {len(item.gaps) - SHOWN_GAPS} more, listed in the report")
        if item.compared:
            settings.say(f"  {item.compared}")


def _exit_code(collected: Sequence[Collected], *, strict: bool) -> int:
    if any(item.trouble for item in collected):
        return SourceUnavailable.exit_code
    return 1 if strict and any(item.gaps for item in collected) else 0
