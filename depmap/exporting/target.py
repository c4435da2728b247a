"""What an export target is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from depmap.exporting.order import Order
from depmap.model.plan import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a file needs and no plan knows. Each target reads those that it has a use for.

    Attributes:
        name: the name of the workflow.
        environment: first part of the environments' names; the phase is the second.
        runner: the machine that jobs run on.
        command: deploys the service in the environment variable ``SERVICE``.
        repository: where the deployment files are.
        revision: their branch, tag or commit.
        folder: the folder in it that holds one folder for each service.
        namespace: the namespace of Argo CD.
        project: the Argo CD project.
        server: the cluster to deploy to.
    """

    name: str = "depmap-deploy"
    environment: str = "production"
    runner: str = "ubuntu-latest"
    command: str = './deploy.sh "$SERVICE"'
    repository: str = "https://git.example.com/platform/deploy.git"
    revision: str = "HEAD"
    folder: str = "apps"
    namespace: str = "argocd"
    project: str = "default"
    server: str = "https://kubernetes.default.svc"


OPTIONS = Options()
"""Placeholders that the user replaces."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A tool that a plan is exported to.

    Attributes:
        name: what people type.
        about: one line for ``--help``.
        file_name: what its file is usually called.
        exact: True: it holds the order itself (edges). False: only levels, which keep every
            constraint of the plan and add some.
        export: the plan as text.
        read_back: the order that a text stands for.
    """

    name: str
    about: str
    file_name: str
    exact: bool
    export: Callable[[Plan, Options], str]
    read_back: Callable[[str], Order]
