"""Argo CD: one Application a service for an app of apps, ordered by sync waves.

Sync waves are levels: a service waits for the whole wave before it, which keeps every constraint
of the plan and adds some. Members of a cycle share a wave.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from depmap.errors import InputError
from depmap.exporting.names import safe_ids
from depmap.exporting.order import Order, order_of, reduced
from depmap.exporting.target import OPTIONS, Options, Target
from depmap.exporting.yaml_text import Block, comment, dumped, loaded

if TYPE_CHECKING:
    from depmap.model.plan import Placement, Plan

STEP = 10
"""Waves lie this far apart, so that a person can put something between two of them."""

WAVE = "argocd.argoproj.io/sync-wave"
SERVICE = "depmap.io/service"
_NAME = re.compile(r"[a-z]([a-z0-9-]{0,51}[a-z0-9])?")
_HEADING = (
    "Made by depmap from the plan: the children of an app of apps. Put them where the parent",
    "Application reads its manifests. The waves order the first sync and every later one only if",
    "(1) Argo CD has the health check below, (2) the children do not sync by themselves: no",
    "automated syncPolicy on them, and (3) each change passes through the parent. Pruning runs",
    "the waves backwards. A wave that is healthy from the version before may let the next one",
    "start (argo-cd#4577): judge the gates of the plan by what was just deployed.",
)
_HEALTH_HEADING = (
    "Since 1.8 Argo CD does not judge the health of Applications. Without this check a child",
    "never reports healthy or not, and sync waves between Applications do nothing. Merge the key",
    "into the argocd-cm that you have; do not replace that with this.",
)
_HEALTH = Block("""\
hs = {}
hs.status = "Progressing"
hs.message = ""
if obj.status ~= nil then
  if obj.status.health ~= nil then
    hs.status = obj.status.health.status
    if obj.status.health.message ~= nil then
      hs.message = obj.status.health.message
    end
  end
end
return hs
""")


def export(plan: Plan, options: Options = OPTIONS) -> str:
    """Return the ConfigMap with the health check and one Application a service, by wave.

    Raises:
        InputError: the plan's precedences run in a circle.
    """
    order = order_of(plan)
    reduced(order)
    ids = safe_ids(((name,) for name in order.names()), allowed=_NAME, lower=True)
    placed = [item for item in plan.placements if item.deployable]
    documents = [comment(_HEALTH_HEADING) + dumped(_health(options))]
    documents += (dumped(_application(item, ids[(item.name,)], options)) for item in placed)
    return comment(_HEADING) + "---\n" + "---\n".join(documents)


def read_back(text: str) -> Order:
    """Return the order that Applications state by their waves.

    Raises:
        InputError: it is no YAML, an Application occurs twice, or a wave is not a quoted number.
    """
    levels: dict[str, int] = {}
    for document in loaded(text):
        if isinstance(document, dict) and document.get("kind") == "Application":
            name, level = _placed(document.get("metadata"))
            if name in levels:
                raise InputError(f'two Applications deploy "{name}"')
            levels[name] = level
    return Order(units=tuple((name,) for name in levels), levels=levels)


def _health(options: Options) -> dict[str, object]:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": "argocd-cm",
            "namespace": options.namespace,
            "labels": {"app.kubernetes.io/part-of": "argocd"},
        },
        "data": {"resource.customizations.health.argoproj.io_Application": _HEALTH},
    }


def _application(item: Placement, name: str, options: Options) -> dict[str, object]:
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {
            "name": name,
            "namespace": options.namespace,
            "annotations": {WAVE: str(item.wave * STEP), SERVICE: item.name},
            "labels": {"depmap.io/phase": item.phase.value, "depmap.io/wave": str(item.wave)},
        },
        "spec": {
            "project": options.project,
            "source": {
                "repoURL": options.repository,
                "targetRevision": options.revision,
                "path": f"{options.folder}/{name}",
            },
            "destination": {"server": options.server, "namespace": name},
        },
    }


def _placed(metadata: object) -> tuple[str, int]:
    """Return the service and the wave of one Application."""
    data = metadata if isinstance(metadata, dict) else {}
    annotations = data.get("annotations")
    notes = annotations if isinstance(annotations, dict) else {}
    name = str(notes.get(SERVICE, data.get("name", "")))
    wave = notes.get(WAVE, "0")
    if not isinstance(wave, str) or not re.fullmatch(r"[+-]?[0-9]{1,9}", wave):
        raise InputError(
            f'the sync wave of "{name}" is not a quoted whole number',
            hint=f'write it as {WAVE}: "10"; Kubernetes rejects annotations that are not text',
        )
    return name, int(wave)


TARGET = Target(
    name="argocd",
    about="Argo CD Applications with sync waves, and the health check they need",
    file_name="applications.yaml",
    exact=False,
    export=export,
    read_back=read_back,
)
