"""The plan as JSON: depmap's own format, with a published schema."""

from __future__ import annotations

import json
from dataclasses import asdict
from importlib import resources

import msgspec

from depmap.errors import InputError
from depmap.exporting.order import Order, order_of
from depmap.exporting.target import OPTIONS, Options, Target
from depmap.model.plan import Plan

PLAN_SCHEMA_VERSION = 1


class _Version(msgspec.Struct):
    schema_version: int


def export(plan: Plan, _options: Options = OPTIONS) -> str:
    """Return the plan as JSON, by the schema of ``plan_schema``."""
    document = {"schema_version": PLAN_SCHEMA_VERSION, **asdict(plan)}
    text = json.dumps(document, indent=2, ensure_ascii=False)
    # A lone surrogate, which hostile JSON may carry, has no UTF-8; its escape is valid JSON.
    return text.encode("utf-8", "backslashreplace").decode("utf-8") + "\n"


def read_plan(text: str) -> Plan:
    """Return the plan that a text holds.

    Raises:
        InputError: it is no plan, or of a version that this depmap does not know.
    """
    try:
        # Not msgspec's own reader: it refuses the escape that ``export`` writes for a surrogate.
        data = json.loads(text)
        version = msgspec.convert(data, type=_Version).schema_version
        if version != PLAN_SCHEMA_VERSION:
            message = f"the plan has schema_version {version}, not {PLAN_SCHEMA_VERSION}"
            raise InputError(message, hint="make it again with this version of depmap")
        return msgspec.convert(data, type=Plan)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise InputError(f"not JSON: {error.msg}", where=where) from error
    except (msgspec.ValidationError, RecursionError) as error:
        raise InputError(f"not a plan: {error}") from error


def read_back(text: str) -> Order:
    """Return the order that a plan in JSON states.

    Raises:
        InputError: it is no plan.
    """
    order = order_of(read_plan(text))
    strangers = {name for pair in order.pairs for name in pair} - order.names()
    if strangers:
        raise InputError(f'a precedence names "{min(strangers)}", which is in no wave')
    return order


def plan_schema() -> dict[str, object]:
    """Return the JSON Schema (2020-12) of ``export``."""
    text = resources.files("depmap.exporting").joinpath("plan.schema.json").read_text("utf-8")
    schema: dict[str, object] = json.loads(text)
    return schema


TARGET = Target(
    name="json",
    about="depmap's own format (depmap schema plan)",
    file_name="plan.json",
    exact=True,
    export=export,
    read_back=read_back,
)
