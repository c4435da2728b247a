"""Templates, style sheet and script of the review."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined

from depmap.reporting import sentences


@cache
def asset(name: str) -> str:
    """Return a file of the templates."""
    return files("depmap.reporting").joinpath("templates", name).read_text(encoding="utf-8")


def policy_source(text: str) -> str:
    """Return the CSP source that allows a style sheet or script of exactly this text."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


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
