"""``init``: a commented ``depmap.toml`` from what the folder holds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from depmap.cli.people import PEOPLE_FOLDERS
from depmap.collecting.files import SourceFile, walk
from depmap.config import FILE_NAME
from depmap.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

_COMPOSE = ("docker-compose.yml", "docker-compose.yaml", "compose.yml", "compose.yaml")
_TRACES = (".json", ".jsonl", ".json.gz", ".jsonl.gz")

_HEAD = """\
# depmap: what to collect, what names mean, and what people have decided.
# All paths are relative to this file. `depmap collectors` lists the collectors and their options.

[project]
name = "{name}"
"""

_TAIL = """
# Names that are one thing. The key is the name that the report shows.
# [aliases]
# orders-db = ["postgresql://10.0.0.5:5432", "pg-orders"]

# Who answers for a service.
# [owners]
# cart = "team-shopping"

# Phases that people have fixed: foundation, supporting, core-business or user-facing.
# [phases]
# cart = "core-business"
"""

_JAEGER = """
# Traces of a running system:
# [sources.production]
# collector = "jaeger"              # or "zipkin"
# url = "http://localhost:16686"
# token_env = "JAEGER_TOKEN"        # the environment variable that holds the token
"""


@click.command()
@click.argument(
    "folder", default=".", type=click.Path(path_type=Path, exists=True, file_okay=False)
)
def init(folder: Path) -> None:
    """Write a commented depmap.toml from what FOLDER holds; nothing is overwritten."""
    path = folder / FILE_NAME
    if path.exists():
        raise InputError(
            "it is already there", where=str(path), hint="edit it, or delete it first"
        )
    text = _HEAD.format(name=folder.resolve().name) + "".join(_sources(folder)) + _JAEGER + _TAIL
    path.write_text(text, encoding="utf-8")
    click.echo(path)


def _sources(folder: Path) -> Iterator[str]:
    files = [item.name for item in walk(folder, lambda _: True) if isinstance(item, SourceFile)]
    if any(name.endswith(".py") for name in files):
        yield _source("code", "code", ".")
    if any(name.rpartition("/")[2] in _COMPOSE for name in files):
        yield _source("deployment", "manifests", ".")
    for people in PEOPLE_FOLDERS:
        if any(name.startswith(f"{people}/") for name in files):
            yield _source(people, people, people)
    if any(name.startswith("traces/") and name.endswith(_TRACES) for name in files):
        yield _source("traces", "spans", "traces")


def _source(name: str, collector: str, path: str) -> str:
    return f'\n[sources.{name}]\ncollector = "{collector}"\npaths = ["{path}"]\n'
