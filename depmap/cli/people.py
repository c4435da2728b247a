"""Where people's files lie, and what is known of what they speak of."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from depmap.errors import InputError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from depmap.cli.settings import Settings
    from depmap.model.evidence import Node
    from depmap.model.snapshot import Snapshot

PEOPLE_FOLDERS = ("interviews", "incidents", "experiments", "audits")
"""The collectors of people's files; each is also the usual name of its folder."""


def configured(settings: Settings, *collectors: str) -> tuple[Path, ...]:
    """Return the paths that depmap.toml gives to these collectors.

    Raises:
        InputError: it gives none.
    """
    sources = [source.collector for source in settings.project().sources]
    found = [item for item in sources if item.name in collectors]
    paths = tuple(path for item in found for path in getattr(item, "paths", ()))
    if not paths:
        raise InputError(
            f"depmap.toml names no {' or '.join(collectors)}",
            hint='name a file, or add [sources.interviews] with collector = "interviews"',
        )
    return paths


def configured_or_none(settings: Settings, collector: str) -> tuple[Path, ...]:
    """Return the paths that depmap.toml gives to a collector, as far as they are there."""
    try:
        paths = configured(settings, collector)
    except InputError:
        return ()
    return tuple(path for path in paths if path.exists())


def interview_folder(settings: Settings, folder: Path | None) -> Path:
    """Return where new interviews go: the folder named, the one configured, or ``interviews``."""
    if folder is not None:
        return folder
    try:
        folders = [path for path in configured(settings, "interviews") if not path.is_file()]
    except InputError:
        folders = []
    return folders[0] if folders else Path("interviews")


def newest_snapshot(settings: Settings) -> Snapshot | None:
    """Return the project's newest snapshot, or None where none was built."""
    from depmap.history.store import latest, load

    try:
        path = latest(settings.project().snapshots)
    except InputError:
        return None
    return load(path)


def known_names(settings: Settings) -> frozenset[str]:
    """Return every name that code, deployment files or traces know, where anything was built."""
    snapshot = newest_snapshot(settings)
    if snapshot is None:
        return frozenset()
    shown = {
        name
        for item in snapshot.matrix.dependencies
        if any(not claim.source.is_told for claim in item.evidence)
        for name in (item.consumer, item.provider)
    }
    nodes = [node for node in snapshot.nodes if node.path or node.name in shown]
    return frozenset(name for node in nodes for name in (node.name, *node.aliases))


def shown(path: Path) -> str:
    """Return a path relative to where the person stands, if it lies below."""
    absolute = path.resolve()
    below = absolute.is_relative_to(Path.cwd())
    return str(absolute.relative_to(Path.cwd())) if below else str(path)


def services_of(
    nodes: Sequence[Node], names: Sequence[str], teams: Sequence[str]
) -> tuple[Node, ...]:
    """Return the services named, or those of teams, or all.

    Raises:
        InputError: a team owns nothing.
    """
    services = [node for node in nodes if node.kind.is_service]
    owners = {node.owner for node in services if node.owner}
    for team in teams:
        if team not in owners:
            raise InputError(
                f"no service is owned by {team!r}",
                hint=did_you_mean(team, owners) or f"owners: {', '.join(sorted(owners))}",
            )
    wanted = {name.casefold() for name in names}
    return tuple(
        node
        for node in services
        if (not names or wanted & {name.casefold() for name in (node.name, *node.aliases)})
        and (not teams or node.owner in teams)
    )
