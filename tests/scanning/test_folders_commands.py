"""Whole folders in which units share their code and run different commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.scanning.building import pairs, scan, write

if TYPE_CHECKING:
    from pathlib import Path

ASK = "import requests\n\ndef ask():\n    return requests.get('http://{0}/x')\n\nask()\n"
B_AND_C = """
  b: {image: some/b}
  c: {image: some/c}
"""


def calls(folder: Path, files: dict[str, str]) -> set[tuple[str, str]]:
    """(consumer, provider) of each confirmed HTTP call."""
    found = pairs(scan(write(folder / "r", files)))
    return {(one, other) for one, other, kind in found if kind == "http"}


def units(one: str, other: str, more: str = "") -> str:
    return (
        f"services:\n  web: {{build: ., command: {one}{more}}}\n"
        f"  work: {{build: ., command: {other}{more}}}{B_AND_C}"
    )


WEB = "from fastapi import FastAPI\napp = FastAPI()\nimport requests\n\n"
PAGE = WEB + "@app.get('/')\ndef page():\n    return requests.get('http://b/x')\n"
WORK = ASK.format("c")
APART = {("web", "b"), ("work", "c")}


@pytest.mark.parametrize(
    ("one", "other", "names"),
    [
        ("python web.py", "python work.py", ("web.py", "work.py")),
        ("uvicorn web:app", "python -m work", ("web.py", "work.py")),
        ("uvicorn shop.web:app --reload", "python -m shop.work", ("shop/web.py", "shop/work.py")),
        ("uvicorn web:app --app-dir one", "python two/work.py", ("one/web.py", "two/work.py")),
        ("sh -c 'alembic upgrade head && uvicorn web:app'", "python work.py",
         ("web.py", "work.py")),
        ("flask --app web run", "python -m work", ("web.py", "work/__main__.py")),
        ("gunicorn src.web:app", "python src/work.py", ("src/web.py", "src/work.py")),
        ("python /srv/app/web.py", "python /srv/app/work.py", ("web.py", "work.py")),
    ],
)  # fmt: skip
def test_units_of_one_folder_get_what_their_commands_start(
    tmp_path: Path, one: str, other: str, names: tuple[str, str]
) -> None:
    files = {"docker-compose.yml": units(f'"{one}"', f'"{other}"'), names[0]: PAGE, names[1]: WORK}
    assert calls(tmp_path, files) == APART


def test_what_the_started_file_imports_comes_with_it(tmp_path: Path) -> None:
    files = {
        "docker-compose.yml": units("python web.py", "python work.py"),
        "web.py": "from lib import one\none.ask()\n",
        "work.py": "from lib.two import ask\nask()\n",
        "lib/__init__.py": "", "lib/one.py": ASK.format("b"), "lib/two.py": ASK.format("c"),
    }  # fmt: skip
    assert calls(tmp_path, files) == APART


def test_a_worker_that_makes_its_tables_first_answers_no_routes(tmp_path: Path) -> None:
    app = (
        "import requests\nfrom flask import Flask\napp = Flask(__name__)\n"
        "@app.route('/x')\ndef x():\n    requests.get('http://b/x')\n"
    )
    files = {
        "docker-compose.yml": units("python manage.py run", "sh -c 'python manage.py create_db && "
                                    "python consumer.py'"),
        "manage.py": "from flask.cli import FlaskGroup\nfrom app import app\nFlaskGroup(app)()\n",
        "consumer.py": f"from app import app\n{ASK.format('c')}",
        "app/__init__.py": app,
    }  # fmt: skip
    assert calls(tmp_path, files) == APART


@pytest.mark.parametrize(
    ("command", "strength"),
    [("python manage.py runserver", "weak"),
     ("bash -c 'python manage.py migrate && python manage.py runserver'", "strong")],
)  # fmt: skip
def test_who_migrates_first_does_not_start_without_the_database(
    tmp_path: Path, command: str, strength: str
) -> None:
    files = {
        "docker-compose.yml": "services:\n  web: {build: ., depends_on: [db], "
                              f"command: {command}}}\n  db: {{image: 'postgres:16'}}\n",
        "manage.py": MANAGE,
        "shop/settings.py": "DATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql',"
                            " 'HOST': 'db', 'NAME': 'shop'}}\n",
        "shop/urls.py": "urlpatterns = []\n",
    }  # fmt: skip
    found = scan(write(tmp_path / "r", files)).evidence
    orders = [one for one in found if one.kind.value == "startup-order"]
    assert [(one.provider, one.strength.value) for one in orders] == [("db", strength)]


def test_what_no_command_leads_to_belongs_to_all(tmp_path: Path) -> None:
    files = {
        "docker-compose.yml": units("python web.py", "python work.py"),
        "web.py": "", "work.py": "", "plugin.py": ASK.format("b"),
    }  # fmt: skip
    assert calls(tmp_path, files) == {("web", "b"), ("work", "b")}


def test_a_command_that_is_not_understood_leads_where_no_other_does(tmp_path: Path) -> None:
    files = {
        "docker-compose.yml": units("python web.py", "./some-binary"),
        "web.py": PAGE, "work.py": WORK,
    }  # fmt: skip
    assert calls(tmp_path, files) == {("web", "b"), ("work", "b"), ("work", "c")}


MANAGE = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n"
DJANGO = {
    "manage.py": MANAGE,
    "shop/__init__.py": "",
    "shop/settings.py": "INSTALLED_APPS = ['orders']\nROOT_URLCONF = 'shop.urls'\n",
    "shop/urls.py": "",
    "shop/wsgi.py": "application = 1\n",
    "orders/__init__.py": "",
    "orders/models.py": "X = 1\n",
    "orders/views.py": "import requests\nfrom orders import models\n\n"
    "class V:\n    def get(self, request):\n        return requests.get('http://b/x')\n\nV().get(1)\n",
}


@pytest.mark.parametrize(
    "server", ["python manage.py runserver", "gunicorn shop.wsgi:application"]
)
def test_a_django_server_and_a_program_beside_it(tmp_path: Path, server: str) -> None:
    program = "import django\ndjango.setup()\nfrom orders.models import X\n" + ASK.format("c")
    files = DJANGO | {
        "docker-compose.yml": units(server, "python consumer.py"),
        "consumer.py": program,
    }
    assert calls(tmp_path, files) == APART


def test_a_management_command_runs_nothing_else(tmp_path: Path) -> None:
    files = DJANGO | {
        "docker-compose.yml": units("python manage.py runserver", "python manage.py listen"),
        "orders/management/commands/listen.py": "class Command:\n"
        "    def handle(self):\n        import requests\n        requests.get('http://c/x')\n",
    }
    assert calls(tmp_path, files) == APART


CELERY = "from celery import Celery\napp = Celery('t', broker='redis://queue')\n"
TASKS = (
    "import requests\nfrom jobs.celery import app\n\n@app.task\ndef send():\n"
    "    requests.get('http://c/x')\n"
)


def test_a_worker_of_tasks_runs_tasks_and_the_server_does_not(tmp_path: Path) -> None:
    files = {
        "docker-compose.yml": units("uvicorn web:app", "celery -A jobs worker"),
        "web.py": PAGE,
        "jobs/__init__.py": "", "jobs/celery.py": CELERY, "jobs/tasks.py": TASKS,
    }  # fmt: skip
    assert calls(tmp_path, files) == APART


def test_each_worker_runs_the_tasks_of_its_own_application(tmp_path: Path) -> None:
    files = {
        "docker-compose.yml": units("celery -A one.celery worker", "celery -A two.celery worker"),
        **{f"{name}/__init__.py": "" for name in ("one", "two")},
        **{f"{name}/celery.py": CELERY for name in ("one", "two")},
        "one/tasks.py": TASKS.replace("jobs", "one").replace("//c", "//b"),
        "two/tasks.py": TASKS.replace("jobs", "two"),
    }
    assert calls(tmp_path, files) == APART


def test_what_a_dockerfile_runs_counts_where_compose_says_nothing(tmp_path: Path) -> None:
    compose = f"services:\n  web: {{build: .}}\n  work: {{build: ., command: [work.py]}}{B_AND_C}"
    files = {
        "docker-compose.yml": compose, "web.py": PAGE, "work.py": WORK,
        "Dockerfile": 'FROM python\nARG MAIN=web.py\nCOPY . .\nENTRYPOINT ["python"]\nCMD $MAIN\n',
    }  # fmt: skip
    assert calls(tmp_path, files) == APART


def test_a_script_starts_what_it_is_told(tmp_path: Path) -> None:
    script = (
        '#!/bin/sh\ncase "$1" in\n  web) python web.py ;;\n'
        "  work)\n    python work.py\n    ;;\nesac\n"
    )
    files = {
        "docker-compose.yml": units("web", "work"),
        "web.py": PAGE, "work.py": WORK, "docker/start.sh": script,
        "Dockerfile": 'FROM python\nCOPY . /app\nENTRYPOINT ["/app/docker/start.sh"]\n',
    }  # fmt: skip
    assert calls(tmp_path, files) == APART


def test_a_script_that_hands_over_to_the_command(tmp_path: Path) -> None:
    files = {
        "docker-compose.yml": units("python web.py", "python work.py"),
        "web.py": PAGE, "work.py": WORK, "entrypoint.sh": 'python prepare.py\nexec "$@"\n',
        "prepare.py": "X = 1\n",
        "Dockerfile": 'FROM python\nCOPY . .\nENTRYPOINT ["./entrypoint.sh"]\nCMD ["sh"]\n',
    }  # fmt: skip
    assert calls(tmp_path, files) == APART


def test_stages_of_one_dockerfile(tmp_path: Path) -> None:
    compose = f"""
services:
  web: {{build: {{context: ., target: one}}}}
  work: {{build: {{context: ., target: two}}}}{B_AND_C}"""
    dockerfile = (
        "FROM python AS base\nWORKDIR /app\nCOPY . .\nFROM base AS one\nCMD python web.py\n"
        "FROM base AS two\nCMD python work.py\n"
    )
    files = {
        "docker-compose.yml": compose,
        "web.py": PAGE,
        "work.py": WORK,
        "Dockerfile": dockerfile,
    }
    assert calls(tmp_path, files) == APART


def test_deployments_of_one_image(tmp_path: Path) -> None:
    pod = """
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {0}}}
spec: {{template: {{spec: {{containers: [{{image: "reg/shop:1", {1}}}]}}}}}}
---
apiVersion: v1
kind: Service
metadata: {{name: {2}}}
spec: {{ports: [{{port: 80}}]}}
"""
    text = pod.format("web", "command: [python, web.py]", "b") + pod.format(
        "work", 'command: [sh, -c], args: ["exec python work.py"]', "c"
    )
    other = pod.format("b", "", "x").replace("shop:1", "b") + pod.format("c", "", "y").replace(
        "shop:1", "c"
    )
    files = {"k8s/all.yaml": text + other, "shop/web.py": PAGE, "shop/work.py": WORK}
    assert calls(tmp_path, files) == APART


@pytest.mark.parametrize(
    ("folders", "wanted"),
    [
        (("accounts", "users"), "accounts"),
        (("one/accounts", "two/accounts"), ""),  # either may be meant
        (("accounts", "demo-accounts"), "demo-accounts"),  # it has more of the image's name
        (("ts", "users"), ""),
    ],
)
def test_an_image_whose_name_ends_with_the_name_of_a_folder(
    tmp_path: Path, folders: tuple[str, ...], wanted: str
) -> None:
    compose = "services:\n  migration: {image: 'me/shop-demo-accounts:1'}\n"
    code = {"app.py": "", "Dockerfile": "FROM python\nCOPY . .\n"}
    files = {f"{one}/{name}": text for one in folders for name, text in code.items()}
    found = scan(write(tmp_path / "r", files | {"ops/docker-compose.yml": compose}))
    assert {one.path for one in found.services if one.name == "migration"} == {wanted}


def test_an_image_is_not_built_from_a_folder_without_a_dockerfile(tmp_path: Path) -> None:
    compose = "services:\n  b: {image: 'them/proxy-forward-auth:1'}\n"
    files = {"ops/docker-compose.yml": compose, "lib/auth/requirements.txt": "flask\n",
             "lib/auth/keys.py": ""}  # fmt: skip
    assert {one.path for one in scan(write(tmp_path / "r", files)).services} == {""}


def test_an_image_of_others_has_no_folder_that_is_built_for_another_unit(tmp_path: Path) -> None:
    compose = "services:\n  a: {build: ./gateway}\n  b: {image: 'them/mimir-gateway:1'}\n"
    files = {"docker-compose.yml": compose, "gateway/Dockerfile": "", "gateway/app.py": ""}
    found = scan(write(tmp_path / "r", files))
    assert {one.name: one.path for one in found.services} == {"a": "gateway", "b": ""}


def test_code_that_is_mounted_into_a_plain_image(tmp_path: Path) -> None:
    compose = f"""
services:
  web: {{image: "python:3", volumes: ["./src:/app"], working_dir: /app, command: python web.py}}
  work: {{image: "python:3", volumes: ["./src:/app"], command: python /app/work.py}}{B_AND_C}"""
    files = {"docker-compose.yml": compose, "src/web.py": PAGE, "src/work.py": WORK}
    assert calls(tmp_path, files) == APART


def test_the_folder_that_it_runs_in_tells_files_of_one_name_apart(tmp_path: Path) -> None:
    compose = f"""
services:
  web: {{build: ., working_dir: /app/one, command: python main.py}}
  work: {{build: ., working_dir: /app/two, command: python main.py}}{B_AND_C}"""
    files = {"docker-compose.yml": compose, "one/main.py": PAGE, "two/main.py": WORK}
    assert calls(tmp_path, files) == APART


def test_programs_of_node(tmp_path: Path) -> None:
    ask = "const axios = require('axios');\naxios.get('http://{0}/x');\n"
    package = '{"scripts": {"start": "node dist/web.js", "work": "ts-node src/work.ts"}}'
    files = {
        "docker-compose.yml": units("npm start", "npm run work"), "package.json": package,
        "src/web.ts": ask.replace("{0}", "b"), "src/work.ts": ask.replace("{0}", "c"),
    }  # fmt: skip
    assert calls(tmp_path, files) == APART


def test_handlers_of_a_server_are_not_run_by_a_program_that_imports_it(tmp_path: Path) -> None:
    files = {
        "docker-compose.yml": units("python web.py", "python work.py"),
        "web.py": "from flask import Flask\nimport requests\nfrom sending import send\n"
        "app = Flask(__name__)\n\n@app.route('/')\ndef page():\n    send()\n\n"
        "if __name__ == '__main__':\n    app.run()\n",
        "sending.py": "import requests\ndef send():\n    requests.get('http://b/x')\n",
        "work.py": "from web import app\nimport requests\nrequests.get('http://c/x')\n",
    }
    assert calls(tmp_path, files) == APART


def test_tasks_are_not_run_by_who_hands_them_over(tmp_path: Path) -> None:
    files = {
        "docker-compose.yml": units("uvicorn web:app", "celery -A jobs worker"),
        "web.py": PAGE.replace("import requests", "import requests\nfrom jobs.tasks import send")
        + "\n@app.get('/s')\ndef hand():\n    send.delay()\n",
        "jobs/__init__.py": "", "jobs/celery.py": CELERY, "jobs/tasks.py": TASKS,
    }  # fmt: skip
    assert calls(tmp_path, files) == APART


def test_modules_that_are_loaded_by_name(tmp_path: Path) -> None:
    files = {
        "docker-compose.yml": units("python run.py", "python work.py"),
        "run.py": "import uvicorn\nuvicorn.run('shop.web:app', port=80)\n",
        "shop/__init__.py": "", "shop/web.py": PAGE, "work.py": WORK,
    }  # fmt: skip
    assert calls(tmp_path, files) == APART


def test_a_program_that_no_unit_runs_is_doubted(tmp_path: Path) -> None:
    tool = ASK.format("c").replace("\nask()", "\nif __name__ == '__main__':\n    ask()")
    files = {
        "docker-compose.yml": f"services:\n  web: {{build: ., command: python web.py}}{B_AND_C}",
        "web.py": PAGE, "tool.py": tool,
    }  # fmt: skip
    assert calls(tmp_path, files) == {("web", "b")}
    assert calls(tmp_path, files | {"web.py": PAGE + "import tool\ntool.ask()\n"}) == {
        ("web", "b"), ("web", "c"),
    }  # fmt: skip


def test_what_nobody_reaches_is_not_of_a_unit_that_only_makes_ready(tmp_path: Path) -> None:
    files = {
        "docker-compose.yml": units("python web.py", "alembic upgrade head"),
        "web.py": "", "plugin.py": ASK.format("b"),
    }  # fmt: skip
    assert calls(tmp_path, files) == {("web", "b")}


def test_an_address_that_another_process_of_the_code_uses(tmp_path: Path) -> None:
    compose = """
services:
  web: {build: ., command: "uvicorn web:app", environment: {DB: "postgresql://db/shop"}}
  work:
    build: .
    command: python work.py
    environment: {DB: "postgresql://db/shop", NOT: "postgresql://other/x"}
  db: {image: postgres}
  other: {image: postgres}
"""
    files = {
        "docker-compose.yml": compose,
        "base.py": "import os\nfrom sqlalchemy import create_engine\n"
        "def engine():\n    return create_engine(os.environ['DB'])\n",
        "web.py": WEB + "from base import engine\n@app.get('/')\ndef page():\n    engine()\n",
        "work.py": "from sqlalchemy import select\nfrom base import engine\n"
        "from models import Thing\n\nselect(Thing)\n",
        "models.py": "from sqlalchemy.orm import DeclarativeBase\n\n"
        "class Base(DeclarativeBase): ...\n\nclass Thing(Base):\n    __tablename__ = 'things'\n",
    }
    found = pairs(scan(write(tmp_path / "r", files)))
    assert {one for one in found if one[2] == "database"} == {
        ("web", "db", "database"), ("work", "db", "database"),
    }  # fmt: skip


def test_an_image_that_runs_what_is_built_upon_it(tmp_path: Path) -> None:
    base = "FROM tiangolo/uvicorn-gunicorn-fastapi:python3.11\nCOPY ./app /app/app\n"
    compose = "services:\n  web: {build: .}\n  work: {build: ., command: python app/work.py}"
    files = {
        "docker-compose.yml": compose + B_AND_C,
        "Dockerfile": base, "app/main.py": PAGE, "app/work.py": WORK,
    }  # fmt: skip
    assert calls(tmp_path, files) == APART
