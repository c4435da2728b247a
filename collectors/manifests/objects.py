"""Objects of a cluster as files describe them."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass

from collectors.manifests.variants import is_aside
from collectors.manifests.yamls import Item


@dataclass(slots=True)
class Object:
    """An object and where it was found.

    Attributes:
        path: its file.
        item: what the file says.
        certainty: how sure the reading is: 1, less for a template that was not rendered.
        variant: the variant of the deployment it belongs to; empty for the base.
        chart: the folder of the chart it is a template of; empty for others.
        aliases: what it may be called besides, where nothing else is called that.
        called: what it is called here, where another one in another namespace has its name.
        project: the namespace whose names come first for it, where names are there twice.
    """

    path: str
    item: Item
    certainty: float = 1.0
    variant: str = ""
    chart: str = ""
    aliases: tuple[str, ...] = ()
    called: str = ""
    project: str = ""

    @property
    def kind(self) -> str:
        """What it is an object of."""
        return self.item["kind"].text

    @property
    def name(self) -> str:
        """Its name."""
        return self.called or self.item["metadata"]["name"].text

    @property
    def namespace(self) -> str:
        """Its namespace; empty for the one that is meant when it does not say."""
        name = self.item["metadata"]["namespace"].text
        return "" if name == "default" else name

    @property
    def spec(self) -> Item:
        """What is wanted of it."""
        return self.item["spec"]

    @property
    def folder(self) -> str:
        """The set of files that it is applied with."""
        return self.chart or posixpath.dirname(self.path)

    @property
    def aside(self) -> str:
        """Its folder, where that is one of overlays, examples or tests."""
        return self.folder if is_aside(self.folder) else ""

    @property
    def is_patch(self) -> bool:
        """Whether it only changes what another file declares: a workload without an image."""
        pod = pod_of(self.item)["spec"]
        return not any(one["image"].text for one in pod["containers"].items)

    def at(self, item: Item | None = None) -> str:
        """The locator of a part of it."""
        return f"{self.path}:{(item or self.item).line or self.item.line}"


def pod_of(item: Item) -> Item:
    """The pod, or its template, of a workload."""
    if item["kind"].text == "Pod":
        return item
    job = item["spec"]["jobTemplate"]["spec"] if item["kind"].text == "CronJob" else item["spec"]
    return job["template"]


def labels(item: Item) -> dict[str, str]:
    """The labels of an object."""
    return {key: one.text for key, one in item["metadata"]["labels"].pairs.items()}


def selector(item: Item) -> tuple[str, ...]:
    """What a selector asks for, as ``key=value``."""
    wanted = item["matchLabels"].pairs or item["selector"].pairs or {}
    found = [f"{key}={one.text}" for key, one in wanted.items()]
    for rule in item["matchExpressions"].items:
        values = rule["values"].texts
        if rule["operator"].text == "In" and len(values) == 1:
            found.append(f"{rule['key'].text}={values[0].text}")
    return tuple(sorted(found))
