"""Prometheus: what its own configuration has it scrape."""

from __future__ import annotations

from typing import TYPE_CHECKING

from depmap.model.relations import Relation
from depmap.model.words import Kind, Strength

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collectors.manifests.yamls import Item

WATCHER = "prometheus"


def read(root: str, path: str, document: Item) -> Iterator[Relation]:
    """Yield one relation for each target that is written down."""
    for job in document["scrape_configs"].items:
        for group in job["static_configs"].items:
            for target in group["targets"].texts:
                host, _, port = target.text.partition("://")[2].partition(":") if (
                    "://" in target.text) else target.text.partition(":")  # fmt: skip
                if host and host not in {"localhost", "127.0.0.1"} and "$" not in host:
                    yield Relation(
                        root=root,
                        locator=f"{path}:{target.line}",
                        consumer=WATCHER,
                        provider=f"http://{host}" + (f":{port}" if port else ""),
                        kind=Kind.MONITORING,
                        operation=f"GET {job['metrics_path'].text or '/metrics'}",
                        strength=Strength.OPTIONAL,
                        confidence=0.9,
                        reason="it is scraped",
                    )
