"""Templates, style sheet and script of the review."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined

from depmap.reporting import sentences


@cache
def asset(name: str) -> str:
    """Return a file of the templates."""
    return files("depmap.reporting").joinpath("templates", name).read_text(encoding="utf-8")


@cache
def environment() -> Environment:
    """Return the environment that escapes all that comes from outside."""
    made = Environment(
        autoescape=True,
        finalize=_finalize,
        loader=PackageLoader("depmap.reporting"),
        lstrip_blocks=True,
        trim_blocks=True,
        undefined=StrictUndefined,
    )
    made.filters |= {
        "number": sentences.number,
        "percent": sentences.percent,
        "listed": sentences.listed,
        "day": sentences.day,
    }
    made.policies["json.dumps_kwargs"] = {"sort_keys": True, "separators": (",", ":")}
    return made


def _finalize(value: object) -> object:
    """Clean each value that is put into the page, except markup that the page itself made."""
    return sentences.plain(value) if type(value) is str else value
