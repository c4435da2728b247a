"""``interview check``: every mistake in interview files, with file, line and column."""

from __future__ import annotations

from pathlib import Path

import click

from depmap.cli.settings import Settings, pass_settings
from depmap.collecting.discovery import collector_type
from depmap.collecting.port import EVER
from depmap.model.evidence import Evidence, Gap


@click.group()
def interview() -> None:
    """Work with interview files."""


@interview.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path(path_type=Path))
@pass_settings
def check(settings: Settings, paths: tuple[Path, ...]) -> int:
    """List every mistake and unanswered question in interview files.

    PATH is a file or folder; without one, the interviews of depmap.toml are checked. Exits 1 when
    there is anything to mend.
    """
    chosen = paths or _configured(settings)
    items = list(collector_type("interviews")(paths=chosen).collect(EVER))  # type: ignore[call-arg]
    gaps = [item for item in items if isinstance(item, Gap)]
    for gap in gaps:
        click.echo(f"{gap.locator}: {gap.what}" + (f": {gap.why}" if gap.why else ""))
    claims = sum(isinstance(item, Evidence) for item in items)
    settings.say(f"{claims} answers are fine, {len(gaps)} lines need a look")
    return 1 if gaps else 0


def _configured(settings: Settings) -> tuple[Path, ...]:
    sources = [source.collector for source in settings.project().sources]
    found = [item for item in sources if item.name == "interviews"]
    return tuple(path for item in found for path in getattr(item, "paths", ()))
