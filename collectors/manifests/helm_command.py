"""Charts as the program ``helm`` renders them, where it is there."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from collectors.manifests.govalues import to_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from collectors.manifests.releases import Release

TIME_LIMIT = 20.0
"""Seconds that rendering one chart may take."""


def rendered_chart(folder: str, texts: Mapping[str, str], release: Release) -> str | None:
    """What helm makes of a chart; None without helm, or when it fails or takes too long.

    The chart is written anew to an empty folder, so that nothing but what was read takes part.
    """
    helm = shutil.which("helm")
    if helm is None:
        return None
    with tempfile.TemporaryDirectory(prefix="depmap-helm-") as name:
        chart = Path(name, "chart")
        _write(chart, folder, texts)
        values = list(_values(Path(name), release))
        try:
            done = subprocess.run(
                [helm, "template", release.name, str(chart), *values],
                capture_output=True,
                check=True,
                timeout=TIME_LIMIT,
                env={"HOME": name, "PATH": "/nowhere", "http_proxy": "http://127.0.0.1:9",
                     "https_proxy": "http://127.0.0.1:9"},
            )  # fmt: skip
        except (OSError, subprocess.SubprocessError):
            return None
        return done.stdout.decode("utf-8", "replace")


def _write(chart: Path, folder: str, texts: Mapping[str, str]) -> None:
    below = f"{folder}/" if folder else ""
    for path, text in texts.items():
        if path.startswith(below):
            target = chart / path.removeprefix(below)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")


def _values(beside: Path, release: Release) -> Iterator[str]:
    """Write the values of a release to files, and yield the options that name these."""
    for number, given in enumerate(release.values):
        more = beside / f"values-{number}.yaml"
        more.write_text(to_yaml(given), encoding="utf-8")
        yield from ("--values", str(more))
