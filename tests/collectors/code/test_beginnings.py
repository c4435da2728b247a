"""Where what leads to a call begins, and what a file loads by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from depmap.model.facts import Entry, Module, Use
from tests.collectors.code.reading import only, read

if TYPE_CHECKING:
    from pathlib import Path

SEND = "import requests\n\ndef send():\n    requests.get('http://b/x')\n"
WEB = "from flask import Flask\nfrom sending import send\napp = Flask(__name__)\n"
ROUTE = WEB + "\n@app.route('/')\ndef page():\n    send()\n"
TASK = (
    "from celery import Celery\nfrom sending import send\napp = Celery('x', broker='y')\n"
    "@app.task\ndef work():\n    send()\n"
)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (ROUTE, ("route main.py",)),
        (WEB + "send()\n", ("load main.py",)),
        (WEB + "if __name__ == '__main__':\n    send()\n", ("main main.py",)),
        (WEB + "def other():\n    send()\n", ("call main.py",)),
        (WEB + "def other():\n    send()\napp.add_url_rule('/', view_func=other)\n",
         ("route main.py",)),
        (WEB + "def other():\n    send()\napp.add_url_rule('/', 'x', other)\n",
         ("route main.py",)),
        (ROUTE + "send()\n", ("load main.py", "route main.py")),
        (TASK, ("task main.py",)),
        ("import threading\n" + WEB + "def loop():\n    send()\n"
         "threading.Thread(target=loop).start()\n", ("load main.py",)),
        ("", ("call sending.py",)),
    ],
)  # fmt: skip
def test_where_a_call_begins(tmp_path: Path, text: str, wanted: tuple[str, ...]) -> None:
    uses = only(Use, read(tmp_path, {"main.py": text, "sending.py": SEND}))
    assert {one.begins for one in uses if one.system == "http"} == {wanted}


@pytest.mark.parametrize(
    "text",
    [
        "import uvicorn\nuvicorn.run('pkg.web:app')\n",
        "import uvicorn\nuvicorn.Config('pkg.web:app')\n",
        "import importlib\nimportlib.import_module('pkg.web')\n",
        "from celery import Celery\napp = Celery('x', include=['pkg.web'])\n",
        "CELERY_IMPORTS = ('pkg.web',)\n",
        "import pkg.web\n",
    ],
)
def test_modules_that_are_named_in_strings(tmp_path: Path, text: str) -> None:
    files = {"main.py": text, "pkg/__init__.py": "", "pkg/web.py": "X = 1\n"}
    imports = {one.file: one.imports for one in only(Module, read(tmp_path, files))}
    assert "pkg/web.py" in imports["main.py"]


@pytest.mark.parametrize(
    ("text", "main"),
    [("app.run()\n", False), ("if __name__ == '__main__':\n    app.run()\n", True)],
)
def test_a_server_that_is_started_where_its_file_is_the_program(
    tmp_path: Path, text: str, *, main: bool
) -> None:
    entries = only(Entry, read(tmp_path, {"main.py": WEB + text, "sending.py": SEND}))
    assert [one.main for one in entries if one.way == "server"] == [main]
