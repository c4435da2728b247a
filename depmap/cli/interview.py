"""``interview``: what people are asked, what they said, and what is wrong with it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from depmap.cli.interview_forms import confirm, init, render, sheet, update
from depmap.cli.output import FORMATS, as_json, as_rows, output_options, write
from depmap.cli.people import PEOPLE_FOLDERS, configured, known_names, newest_snapshot
from depmap.cli.settings import Settings, pass_settings
from depmap.wording import several

if TYPE_CHECKING:
    from depmap.interviewing.checking import Checked


@click.group()
def interview() -> None:
    """Ask people, and read what they wrote.

    Interviews, and the records beside them: incidents, experiments, audits.
    """


for command in (init, update, confirm, render, sheet):
    interview.add_command(command)


@interview.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path(path_type=Path))
@click.option("--strict", is_flag=True, help="Exit 1 also for doubts and open questions.")
@output_options("text", "json")
@pass_settings
def check(
    settings: Settings, paths: tuple[Path, ...], strict: bool, form: str, output: Path | None
) -> int:
    """List every mistake and open question in people's files.

    All files are read in one run, and what is probably not meant so is named as doubtful. PATH is
    a file or folder; without one, those of depmap.toml are checked. Exits 1 when there is a
    mistake. A question that nobody has answered yet is none.
    """
    from depmap.interviewing.checking import check_files
    from depmap.interviewing.mistakes import Weight

    chosen = paths or configured(settings, *PEOPLE_FOLDERS)
    found = check_files(chosen, known_names(settings), settings.moment())
    write(_as_json(found) if form == "json" else _as_text(found), output)
    counts = {weight: found.count(weight) for weight in Weight}
    settings.say(
        f"{several(found.files, 'file')}, {several(found.answers, 'answer')} read; "
        f"{several(counts[Weight.ERROR], 'mistake')}, {counts[Weight.WARNING]} doubtful, "
        f"{several(counts[Weight.OPEN], 'open question')}"
    )
    return 1 if counts[Weight.ERROR] or (strict and found.problems) else 0


def _as_text(found: Checked) -> str:
    from depmap.interviewing.writing import on_one_line

    pairs = zip(found.problems, found.excerpts, strict=True)
    return "\n".join(
        on_one_line(f"{problem.place}: {problem.weight.value}: {problem.what}")
        + (f"\n{shown}" if shown else f": {on_one_line(problem.why)}")
        for problem, shown in pairs
    )


def _as_json(found: Checked) -> str:
    rows = [
        {**asdict(problem), "excerpt": shown}
        for problem, shown in zip(found.problems, found.excerpts, strict=True)
    ]
    return as_json({"files": found.files, "answers": found.answers, "problems": rows})


@interview.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path(path_type=Path))
@output_options(*FORMATS)
@pass_settings
def status(settings: Settings, paths: tuple[Path, ...], form: str, output: Path | None) -> None:
    """Show by team what is answered, and who was not asked.

    An answer is ageing after 180 days and expired after 365, counted from the talk or from when
    it was last confirmed.
    """
    from depmap.interviewing.folder import interviews_in
    from depmap.interviewing.questions import answered
    from depmap.interviewing.standing import standings

    filed = interviews_in(paths or configured(settings, "interviews"))
    snapshot = newest_snapshot(settings)
    nodes = snapshot.nodes if snapshot else ()
    found = standings(filed, nodes, answered(snapshot) if snapshot else {}, settings.moment())
    if form == "json":
        write(as_json({"teams": [asdict(item) for item in found]}), output)
        return
    columns = ("team", "services", "answered", "ageing", "expired", "unanswered", "unsure")
    rows = [
        (item.team or "(nobody)", *(getattr(item, name) for name in columns[1:]), item.not_asked)
        for item in found
    ]
    write(as_rows(form, (*columns, "not asked"), rows), output)
