"""``doctor``: how each source is, and what cures it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click

from depmap import pipeline
from depmap.assessing.onesided import one_sided
from depmap.cli.output import FORMATS, as_json, as_rows, output_options, write
from depmap.cli.settings import Settings, pass_settings
from depmap.collecting.examining import Doubt, Health, State, examine
from depmap.errors import DepmapError, SourceUnavailable
from depmap.merging import untold
from depmap.merging.selection import suspected
from depmap.model.evidence import Evidence, Flow, Node
from depmap.tracing.claims import claims
from depmap.tracing.linking import link
from depmap.wording import several

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from depmap.config import Project
    from depmap.model.sampling import Policy
    from depmap.tracing.spans import Spans

SHOWN = 5


@click.command()
@output_options(*FORMATS)
@pass_settings
def doctor(settings: Settings, form: str, output: Path | None) -> int:
    """Look at each source of depmap.toml: what it holds, what is wrong, and the cure.

    Writes nothing. Where the ledger holds something, it also tells the services that only traces
    or only code know. Exits 3 when a source cannot be read.
    """
    project, now = settings.project(), settings.moment()
    doubt = partial(_doubt, policy=project.sampling)
    found = []
    for source in project.sources:
        settings.say(f"looking at {source.name}")
        found.append(examine(source.name, source.collector, now, doubt))
    found += _names(project, settings)
    rows = [(item.name, item.state.value, item.found, item.cure) for item in found]
    if form == "json":
        write(as_json({"sources": found}), output)
    else:
        write(as_rows(form, ("source", "state", "found", "cure"), rows), output)
    failed = any(item.state is State.FAILED for item in found)
    return SourceUnavailable.exit_code if failed else 0


def _doubt(spans: Spans, policy: Policy | None) -> Doubt | None:
    """Return what is doubtful about how traces were sampled; None: nothing.

    Args:
        spans: some of them, of whole traces.
        policy: how traces were sampled; None: nobody says it.
    """
    records = list(claims(link(spans)))
    evidence = [item for item in records if isinstance(item, Evidence)]
    suspect = suspected(
        (item for item in records if isinstance(item, Node)),
        (item for item in records if isinstance(item, Flow)),
        evidence,
    )
    found = next(untold.untold(evidence, policy, suspect=suspect), None)
    return Doubt(found.message, untold.CURE) if found else None


def _names(project: Project, settings: Settings) -> Iterator[Health]:
    """Yield how well traces and code know each other, as the ledger has it."""
    try:
        snapshot = pipeline.build(project, as_of=settings.moment())
    except DepmapError as error:
        yield Health("(ledger)", State.DOUBTFUL, error.message, error.hint)
        return
    sides = one_sided(snapshot.nodes, snapshot.matrix.dependencies)
    alone = {"traces": sides.only_running, "code": sides.only_written}
    if not (sides.both or any(alone.values())):
        return
    parts = [f"{several(len(sides.both), 'service')} in traces and in code"]
    parts += [f"only in {where}: {_some(names)}" for where, names in alone.items() if names]
    doubtful = any(alone.values())
    yield Health(
        "(names)",
        State.DOUBTFUL if doubtful else State.FINE,
        "; ".join(parts),
        "`depmap names` proposes what is one thing; else a repository or an instrumentation lacks"
        if doubtful
        else "",
    )


def _some(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
