"""What every command understands: configuration, the moment, and how much to say."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from depmap.errors import InputError, did_you_mean

if TYPE_CHECKING:
    from depmap.config import Project
    from depmap.model.snapshot import Snapshot


@dataclass
class Settings:
    """The shared options of one call, wherever on the line they stood.

    Attributes:
        config: the ``depmap.toml`` to use; None: the nearest one.
        as_of: the moment that ages are relative to; None: now.
        verbosity: -1 quiet, 0 normal, 1 and more: with the time of each stage.
        debug: whether errors come with a traceback.
    """

    config: Path | None = None
    as_of: datetime | None = None
    verbosity: int = 0
    debug: bool = False

    def project(self) -> Project:
        """Load the project."""
        from depmap.config import find_config, load

        return load(self.config or find_config(Path()))

    def moment(self) -> datetime:
        """Return the moment that ages are relative to."""
        return self.as_of or datetime.now(UTC).replace(microsecond=0)

    def snapshot(self, path: Path | None) -> Snapshot:
        """Load a snapshot: the one named, or the project's newest."""
        from depmap.history.store import latest, load

        return load(path or latest(self.project().snapshots))

    def say(self, text: str) -> None:
        """Tell a person something, on stderr, unless they asked for quiet."""
        if self.verbosity >= 0:
            click.echo(text, err=True)


class Moment(click.ParamType[datetime]):
    """A date or an ISO time, UTC where it names no zone."""

    name = "date"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Parse it."""
        if isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is not a date such as 2026-11-24", param, ctx)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


class Duration(click.ParamType[timedelta]):
    """A length of time: ``90s``, ``10m``, ``1h``, ``400d``."""

    name = "duration"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        """Parse it."""
        if isinstance(value, timedelta):
            return value
        found = re.fullmatch(r"(\d{1,6})([smhd])", str(value))
        if not found or not int(found[1]):
            self.fail(
                f"{value!r} is not a length of time such as 90s, 10m, 1h or 400d", param, ctx
            )
        return int(found[1]) * _UNITS[found[2]]


_UNITS = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
}


def shared_options() -> list[click.Option]:
    """Return the options that every command takes, before or after its name."""
    return [
        _option(["-c", "--config"], "config", "The depmap.toml to use.", type=_FILE),
        _option(["--as-of"], "as_of", "The moment that ages are relative to.", type=Moment()),
        _option(["-q", "--quiet"], "quiet", "Say nothing but errors.", is_flag=True),
        _option(["-v", "--verbose"], "verbose", "Say more: time of each stage.", is_flag=True),
        _option(["--debug"], "debug", "Show where an error comes from.", is_flag=True),
    ]


_FILE = click.Path(path_type=Path, dir_okay=False)


def _option(names: list[str], key: str, text: str, **kwargs: Any) -> click.Option:
    return click.Option([*names, key], help=text, expose_value=False, callback=_keep, **kwargs)


def _keep(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    settings = ctx.find_object(Settings)
    if settings is None:
        raise InputError("the command line was started without settings")
    if param.name == "quiet":
        settings.verbosity = -1 if value else settings.verbosity
    elif param.name == "verbose":
        if value and not settings.verbosity:
            from depmap.cli.observe import print_stages

            settings.verbosity = 1
            print_stages()
    elif value and param.name:
        setattr(settings, param.name, value)


pass_settings = click.make_pass_decorator(Settings)


def known_node(snapshot: Snapshot, name: str) -> str:
    """Return the name of the node that a person calls ``name``.

    Raises:
        InputError: there is none.
    """
    node = snapshot.node(name)
    if node is None:
        known = [item.name for item in snapshot.nodes]
        raise InputError(
            f"there is no service or resource {name!r}",
            hint=did_you_mean(name, known) or "`depmap matrix` lists them",
        )
    return node.name
