"""What command lines start."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depmap.scanning.commands import filled, starts


@pytest.mark.parametrize(
    ("command", "wanted"),
    [
        ("python app.py", [("file", "app.py")]),
        ("python3 -u -X dev ./src/app.py --port 80", [("file", "./src/app.py")]),
        ("python -m shop.worker", [("module", "shop.worker")]),
        ("python -m uvicorn shop.main:app --port 80", [("app", "shop.main")]),
        ("python -c 'import x'", []),
        ("uvicorn --host 0.0.0.0 --port 8000 main:app", [("app", "main")]),
        ("poetry run uvicorn shop.main:create_app --factory", [("app", "shop.main")]),
        ("gunicorn -w 4 -k uvicorn.workers.UvicornWorker -b 0.0.0.0:80 a.b:app",
         [("app", "a.b")]),
        ("gunicorn 'shop:create_app()'", [("app", "shop")]),
        ("gunicorn shop.wsgi --bind :80", [("app", "shop.wsgi")]),
        ("opentelemetry-instrument python app.py", [("file", "app.py")]),
        ("./wait-for-it.sh db:5432 -- python app.py", [("file", "app.py")]),
        ("sh -c 'alembic upgrade head && exec uvicorn main:app'",
         [("nothing", ""), ("app", "main")]),
        ("flask --app shop run", [("app", "shop")]),
        ("flask run -h 0.0.0.0", [("app", "app"), ("app", "wsgi")]),
        ("fastapi run src/main.py --port 80", [("app", "src/main.py")]),
        ("celery -A shop.celery_app worker -l info", [("tasks", "shop.celery_app")]),
        ("celery --app=shop:app worker", [("tasks", "shop")]),
        ("celery worker -A shop", [("tasks", "shop")]),
        ("celery -A shop beat", [("module", "shop")]),
        ("celery -A shop flower", [("module", "shop")]),
        ("dramatiq shop.tasks", [("tasks", "shop.tasks")]),
        ("arq shop.jobs.WorkerSettings", [("tasks", "shop.jobs")]),
        ("taskiq worker shop.broker:broker shop.tasks",
         [("tasks", "shop.broker"), ("tasks", "shop.tasks")]),
        ("nameko run --config config.yml shop.service", [("module", "shop.service")]),
        ("python manage.py runserver 0.0.0.0:80", [("django", "runserver")]),
        ("python manage.py migrate && python consumer.py",
         [("django", "migrate"), ("file", "consumer.py")]),
        ("./entrypoint.sh celery -A x worker", [("script", "./entrypoint.sh"), ("tasks", "x")]),
        ("/bin/bash /app/start.sh web", [("script", "/app/start.sh")]),
        ("node --require ./t.js dist/worker.js", [("file", "dist/worker.js")]),
        ("npm run start:worker", [("named", "start:worker")]),
        ("npm start", [("named", "start")]),
        ("yarn serve", [("named", "serve")]),
        ("supervisord -n -c /etc/x.conf", [("named", "supervisord")]),
        ("redis-server --appendonly yes", []),
        ("tail -f /dev/null", [("nothing", "")]),
        ("", []),
    ],
)  # fmt: skip
def test_commands(command: str, wanted: list[tuple[str, str]]) -> None:
    assert [(one.way, one.name) for one in starts(command)] == wanted


def test_a_script_is_told_its_argument() -> None:
    assert starts("docker-entrypoint.sh worker --fast")[0].inside == "worker"


def test_a_folder_that_a_server_runs_in() -> None:
    assert starts("uvicorn main:app --app-dir src")[0].inside == "src"
    assert starts("gunicorn --chdir=src main:app")[0].inside == "src"


def test_variables_are_filled_in_from_the_unit_first() -> None:
    assert filled("python ${MAIN:-a.py} $X ${Y}", {"X": "1"}) == "python a.py 1 ${Y}"
    assert filled("python ${MAIN:-a.py}", {"MAIN": "b.py"}) == "python b.py"


WORDS = [
    "celery", "flask", "-A", "worker", "python", "-m", "uvicorn", "npm", "run", "sh", "-c", "&&",
    "a.py", "manage.py", "--app=x", "a.b:c", "x.sh", "-", "--", "nameko", "node",
]  # fmt: skip


@given(st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join) | st.text(max_size=60))
def test_any_text_is_a_command(text: str) -> None:
    assert len(starts(text)) <= len(text.split()) + 1
