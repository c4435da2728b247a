"""Objects that a container of dependency_injector makes, and what it is told of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.collectors.code.reading import calls

if TYPE_CHECKING:
    from pathlib import Path

CLIENT = """
import httpx
class Users:
    def __init__(self, base_url):
        self.base_url = base_url
    async def get(self, key):
        async with httpx.AsyncClient() as client:
            return await client.get(f"{self.base_url}/users/{key}")
"""
CONTAINER = """
from dependency_injector import containers, providers
from client import Users
from settings import Settings
class Container(containers.DeclarativeContainer):
    config = providers.Configuration({0})
    {1}
    users = providers.Singleton(Users, base_url=config.{2})
"""
SETTINGS = """
import os
class Settings:
    def __init__(self):
        self.users_url = os.environ["B"]
"""
VIEW = """
from dependency_injector.wiring import Provide, inject
from fastapi import Depends, FastAPI
from container import Container
from client import Users
app = FastAPI()
@app.get("/x/{key}")
@inject
async def page(key: int, users: Users = Depends(Provide[Container.users])):
    return await users.get(key)
"""


@pytest.mark.parametrize(
    ("made", "told", "asked", "address"),
    [
        ("", "config.users.url.from_env('A', 'http://d')", "users.url", "{env:A}"),
        ("", "config.url.from_value('http://c')", "url", "http://c"),
        ("pydantic_settings=[Settings()]", "", "users_url", "{env:B}"),
    ],
)
def test_what_a_container_gives_an_object(
    tmp_path: Path, made: str, told: str, asked: str, address: str
) -> None:
    files = {
        "client": CLIENT,
        "settings": SETTINGS,
        "container": CONTAINER.format(made, told, asked),
    }
    assert calls(tmp_path, VIEW, **files) == [("GET", f"{address}/users/{{}}")]


def test_a_provider_that_is_called_gives_its_object(tmp_path: Path) -> None:
    main = "from container import Container\nasync def f():\n    await Container.users().get(1)\n"
    files = {
        "client": CLIENT,
        "settings": SETTINGS,
        "container": CONTAINER.format("", "config.url.from_env('A')", "url"),
    }
    assert calls(tmp_path, main, **files) == [("GET", "{env:A}/users/1")]
