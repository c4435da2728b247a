"""Units whose images are built elsewhere, each from one of several Dockerfiles of a folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.scanning.building import pairs, scan, write

if TYPE_CHECKING:
    from pathlib import Path

COMPOSE = """
services:
  redis: {image: "redis:7"}
  stock-api: {image: "someone/stock-api:latest", environment: {REDIS_HOST: redis}}
  stock-consumer: {image: "someone/stock-consumer:latest", environment: {REDIS_HOST: redis}}
"""
IMAGE = """
FROM python:3.12
WORKDIR /app
COPY stock stock
CMD ["python", "-m", "stock.{0}"]
"""
IMAGE_INSIDE = """
FROM python:3.12
WORKDIR /app
COPY . .
CMD ["python", "{0}.py"]
"""
SENDS = """
import os, redis
redis.Redis(host=os.environ["REDIS_HOST"]).xadd("counted", {"a": 1})
"""
TAKES = """
import os, redis
redis.Redis(host=os.environ["REDIS_HOST"]).xread({"counted": "$"})
"""
WANTED = {
    ("stock-api", "redis", "messaging-publish"),
    ("stock-consumer", "redis", "messaging-consume"),
    ("stock-api", "stock-consumer", "event"),
    ("stock-consumer", "redis", "startup-order"),
}


def files(image: str, second: str = "Dockerfile.consumer") -> dict[str, str]:
    return {
        "docker-compose.yml": COMPOSE,
        "stock/Dockerfile": image.format("main"),
        f"stock/{second}": image.format("consumer"),
        "stock/__init__.py": "",
        "stock/main.py": SENDS,
        "stock/consumer.py": TAKES,
    }


def test_each_is_built_by_the_dockerfile_that_has_the_rest_of_its_name(tmp_path: Path) -> None:
    assert pairs(scan(write(tmp_path / "r", files(IMAGE)))) == WANTED


def test_the_folder_itself_may_be_what_is_copied(tmp_path: Path) -> None:
    given = files(IMAGE_INSIDE, "consumer.Dockerfile")
    assert pairs(scan(write(tmp_path / "r", given))) == WANTED


def test_another_folder_of_the_whole_name_goes_first(tmp_path: Path) -> None:
    given = files(IMAGE) | {
        "stock-consumer/Dockerfile": IMAGE_INSIDE.format("main"),
        "stock-consumer/main.py": SENDS,
    }
    found = pairs(scan(write(tmp_path / "r", given)))
    assert ("stock-consumer", "redis", "messaging-publish") in found


def test_a_name_that_says_it_is_an_api_is_the_folder_without_it(tmp_path: Path) -> None:
    given = {
        "docker-compose.yml": """
services:
  redis: {image: "redis:7"}
  users-api: {image: "someone/users-api:latest", environment: {REDIS_HOST: redis}}
""",
        "users/Dockerfile": IMAGE_INSIDE.format("main"),
        "users/main.py": SENDS,
        "users/requirements.txt": "redis\n",
        "orders/requirements.txt": "redis\n",
    }
    found = pairs(scan(write(tmp_path / "r", given)))
    assert ("users-api", "redis", "messaging-publish") in found
