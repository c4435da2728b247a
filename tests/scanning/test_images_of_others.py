"""Images that hold more than their own code, and those that run nothing of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.scanning.building import pairs, scan, write

if TYPE_CHECKING:
    from pathlib import Path

COMPOSE = """
services:
  a: {build: {context: ., dockerfile: services/a/Dockerfile}}
  b: {build: {context: ., dockerfile: services/b/Dockerfile}}
  watch: {build: {context: ., dockerfile: watching/Dockerfile}}
  look: {build: {context: ., dockerfile: watching/Dockerfile.look}}
  db: {image: "postgres:16"}
"""
IMAGE = """
FROM python:3.12
WORKDIR /app
COPY shared /app/shared
COPY services/{0} /app
CMD ["python", "main.py"]
"""
STORE = """
import psycopg
from sqlalchemy import create_engine
engine = create_engine("postgresql://db:5432/shop")
"""
USES = """
from shared.store import engine
with engine.connect() as held:
    held.execute("SELECT * FROM goods")
"""


def files(first: str) -> dict[str, str]:
    return {
        "docker-compose.yml": COMPOSE,
        "services/a/Dockerfile": IMAGE.format("a"),
        "services/b/Dockerfile": IMAGE.format("b"),
        "services/a/main.py": first,
        "services/b/main.py": "print()",
        "shared/store.py": STORE,
        "watching/Dockerfile": "FROM prom/prometheus:v2\nCOPY watching/p.yml /etc/p.yml\n",
        "watching/Dockerfile.look": "FROM grafana/grafana:10\nCOPY watching/p.yml /etc/\n",
        "watching/p.yml": "global: {}\n",
        "scripts/fill.py": STORE + USES.replace("from shared.store import engine\n", ""),
    }


def test_a_file_that_no_process_loads_is_used_by_nobody(tmp_path: Path) -> None:
    assert pairs(scan(write(tmp_path / "r", files("print()")))) == set()


def test_a_shared_file_is_used_by_who_loads_it(tmp_path: Path) -> None:
    assert pairs(scan(write(tmp_path / "r", files(USES)))) == {("a", "db", "database")}


def test_an_image_that_copies_nothing_holds_what_is_mounted_into_it(tmp_path: Path) -> None:
    jobs = "  jobs: {{build: {{context: ., dockerfile: Dockerfile.jobs}}{0}}}\n"
    given = files("print()") | {
        "docker-compose.yml": COMPOSE + jobs.format(""),
        "Dockerfile.jobs": "FROM apache/spark:3\nRUN pip install psycopg\n",
    }
    assert pairs(scan(write(tmp_path / "r", given))) == set()
    given["docker-compose.yml"] = COMPOSE + jobs.format(", volumes: ['./scripts:/jobs']")
    assert pairs(scan(write(tmp_path / "r", given))) == {("jobs", "db", "database")}


def test_a_tool_s_image_runs_no_code_that_is_not_copied_to_it(tmp_path: Path) -> None:
    found = scan(write(tmp_path / "r", files("print()")))
    assert {one.consumer for one in found.evidence} & {"watch", "look"} == set()
