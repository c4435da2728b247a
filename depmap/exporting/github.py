"""A GitHub Actions workflow: one job a unit, ``needs`` as the plan asks, a gate a phase.

Names of services are data in the file, never code: they reach the shell in an environment
variable, and ``${{`` in a name, which GitHub would evaluate anywhere, is written as an expression
that gives a dollar sign.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from depmap.errors import InputError
from depmap.exporting.names import safe_ids
from depmap.exporting.order import Order, Unit, order_of, reduced
from depmap.exporting.target import OPTIONS, Options, Target
from depmap.exporting.yaml_text import comment, dumped, loaded

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping

    from depmap.model.plan import Gate, Plan
    from depmap.model.words import Phase

# Identifiers that begin with two underscores are GitHub's own.
_JOB = re.compile(r"(?!__)[A-Za-z_][A-Za-z0-9_-]{0,99}")
_OPEN, _NEUTRAL = "${{", "${{ '$' }}{{"


def export(plan: Plan, options: Options = OPTIONS) -> str:
    """Return the workflow.

    Raises:
        InputError: the plan deploys nothing, or its precedences run in a circle.
    """
    order = order_of(plan)
    if not order.units:
        raise InputError("the plan deploys nothing, and a workflow needs a job")
    ids = safe_ids(order.units, allowed=_JOB, lower=False)
    phases = {item.name: item.phase for item in plan.placements}
    needs = reduced(order)
    workflow = {
        "name": _text(options.name),
        "on": "workflow_dispatch",
        "permissions": {"contents": "read"},
        "concurrency": {"group": _text(options.name), "cancel-in-progress": False},
        "jobs": {
            ids[unit]: _job(unit, [ids[item] for item in needs[unit]], phases[unit[0]], options)
            for unit in order.units
        },
    }
    return comment(list(_heading(plan, options))) + dumped(workflow)


def read_back(text: str) -> Order:
    """Return the order that a workflow states.

    Raises:
        InputError: it is no workflow, or a ``needs`` names no job.
    """
    jobs = _jobs(text)
    units = {name: _services(job) for name, job in jobs.items()}
    needs = {name: _needs(name, job, jobs) for name, job in jobs.items()}
    pairs: set[tuple[str, str]] = set()
    for name, unit in units.items():
        for need in _deploying(needs[name], needs, units):
            pairs |= {(first, then) for first in units[need] for then in unit}
    names = [name for unit in units.values() for name in unit]
    if len(set(names)) < len(names):
        twice = min(name for name in names if names.count(name) > 1)
        raise InputError(f'"{twice}" is deployed twice')
    return Order(units=tuple(filter(None, units.values())), pairs=frozenset(pairs))


def _job(unit: Unit, needs: list[str], phase: Phase, options: Options) -> dict[str, object]:
    return {
        "name": _text(f"Deploy {' + '.join(unit)}"),
        **({"needs": needs} if needs else {}),
        "runs-on": options.runner,
        "environment": f"{options.environment}-{phase}",
        "steps": [
            {"uses": "actions/checkout@v5"},
            *(
                {
                    "name": _text(f"Deploy {name}"),
                    "env": {"SERVICE": _text(name)},
                    "run": options.command,
                }
                for name in unit
            ),
        ],
    }


def _heading(plan: Plan, options: Options) -> Iterator[str]:
    yield "Made by depmap from the plan. A job waits for what its services depend on."
    yield "Gates: give each environment required reviewers, and let the next one start only when"
    yield "the gate of the phase before it holds. No data holds the gate, it never passes."
    before: Gate | None = None
    for gate in plan.gates:
        condition = "at once" if before is None else _condition(before)
        yield f"{options.environment}-{gate.phase}: {condition}"
        before = gate
    yield "GitHub does not go back by itself: on failure deploy in the plan's rollback order."


def _condition(gate: Gate) -> str:
    return (
        f"after {gate.measure} >= {gate.threshold:g} over {gate.window_minutes} minutes"
        f" in {gate.phase}"
    )


def _text(name: str) -> str:
    return name.replace(_OPEN, _NEUTRAL)


def _jobs(text: str) -> dict[str, Mapping[str, object]]:
    documents = loaded(text)
    workflow = documents[0] if len(documents) == 1 else None
    jobs = workflow.get("jobs") if isinstance(workflow, dict) else None
    if not isinstance(jobs, dict) or not all(isinstance(job, dict) for job in jobs.values()):
        raise InputError("not a workflow: it has no jobs")
    return {str(name): job for name, job in jobs.items()}


def _services(job: Mapping[str, object]) -> Unit:
    steps = job.get("steps")
    found = steps if isinstance(steps, list) else []
    envs = [step.get("env") for step in found if isinstance(step, dict)]
    names = [str(env["SERVICE"]) for env in envs if isinstance(env, dict) and "SERVICE" in env]
    return tuple(name.replace(_NEUTRAL, _OPEN) for name in names)


def _needs(name: str, job: Mapping[str, object], jobs: Container[str]) -> list[str]:
    stated = job.get("needs", [])
    needs = [str(need) for need in stated] if isinstance(stated, list) else [str(stated)]
    for need in needs:
        if need not in jobs or need == name:
            problem = "itself" if need == name else f'"{need}", and there is no such job'
            raise InputError(f'job "{name}" needs {problem}')
    return needs


def _deploying(
    needs: list[str], of: Mapping[str, list[str]], units: Mapping[str, Unit]
) -> set[str]:
    """Return the jobs that deploy something, also those behind jobs that deploy nothing."""
    waiting, seen = list(needs), set(needs)
    while waiting:
        current = waiting.pop()
        if not units[current]:
            new = [name for name in of[current] if name not in seen]
            seen.update(new)
            waiting += new
    return {name for name in seen if units[name]}


TARGET = Target(
    name="github",
    about="GitHub Actions workflow, jobs joined by needs",
    file_name="deploy.yml",
    exact=True,
    export=export,
    read_back=read_back,
)
