"""Files of commands, and what of them is kept."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from depmap.model.deployed import Script
from tests.collectors.manifests.reading import only, read

if TYPE_CHECKING:
    from pathlib import Path

SHELL = """#!/bin/sh
# python never.py
export TOKEN=hunter2
cd /app
PASSWORD=hunter2 python \\
    manage.py migrate
exec "$@"
"""
SUPERVISOR = "[supervisord]\nnodaemon=true\n[program:a]\ncommand=python a.py\n[program:b]\n"
BRANCHES = "case $1 in\n web)\n gunicorn a:b\n ;;\nesac\n"


@pytest.mark.parametrize(
    ("name", "text", "wanted"),
    [
        ("s/run.sh", SHELL, {"": 'python      manage.py migrate\nexec "$@"'}),
        ("entrypoint", BRANCHES, {"": "web)\ngunicorn a:b\n;;"}),
        ("Procfile", "web: python a.py\nx: python b.py\n",
         {"web": "python a.py", "x": "python b.py", "start": "python a.py\npython b.py"}),
        ("supervisord.conf", SUPERVISOR, {"supervisord": "python a.py"}),
        ("package.json", json.dumps({"scripts": {"start": "node a.js", "x": 3}}),
         {"start": "node a.js"}),
        ("package.json", "[", {}), ("package.json", "[1]", {}), ("run.sh", "", {}),
        ("supervisord.conf", "x", {}),
    ],
)  # fmt: skip
def test_commands_are_kept_and_no_secrets(
    tmp_path: Path, name: str, text: str, wanted: dict[str, str]
) -> None:
    found = only(Script, read(tmp_path, {name: text}))
    assert {one.name: one.runs for one in found} == wanted
    assert all(one.locator == f"{name}:1" for one in found)
