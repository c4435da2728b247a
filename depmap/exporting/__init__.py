"""Plans as files for the tools that execute them, each read back and compared with the plan.

A new target is one module with ``TARGET = Target(...)`` and one line in ``TARGETS``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from depmap.errors import InputError, did_you_mean
from depmap.exporting import argocd, github, plan_json
from depmap.exporting.order import Order, order_of
from depmap.exporting.plan_json import plan_schema, read_plan
from depmap.exporting.target import OPTIONS, Options, Target
from depmap.exporting.verification import Verification, compared

if TYPE_CHECKING:
    from depmap.model.plan import Plan

TARGETS: tuple[Target, ...] = (argocd.TARGET, github.TARGET, plan_json.TARGET)
"""Every target, by name."""

__all__ = [
    "OPTIONS",
    "TARGETS",
    "Options",
    "Order",
    "Target",
    "Verification",
    "export",
    "order_of",
    "plan_schema",
    "read_plan",
    "target_named",
    "verify",
]


def target_named(name: str) -> Target:
    """Return the target of that name.

    Raises:
        InputError: there is none.
    """
    known = {target.name: target for target in TARGETS}
    if name not in known:
        hint = did_you_mean(name, known) or f"one of {', '.join(known)}"
        raise InputError(f'no export target is called "{name}"', hint=hint)
    return known[name]


def export(plan: Plan, target: str, options: Options = OPTIONS) -> tuple[str, Verification]:
    """Return the plan as the target's file, and what reading it back says.

    Raises:
        InputError: there is no such target, or it cannot hold the plan.
    """
    text = target_named(target).export(plan, options)
    return text, verify(plan, text, target=target)


def verify(plan: Plan, text: str, *, target: str) -> Verification:
    """Compare a file with the plan it should carry out, by reading the order out of the file.

    Raises:
        InputError: there is no such target, or the text is not one of its files.
    """
    found = target_named(target)
    return compared(plan, found.read_back(text), target=found.name, exact=found.exact)
