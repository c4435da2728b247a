"""Providers whose address says little: an address of a network, and a path that one answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.scanning.building import edges, pairs, scan, write

if TYPE_CHECKING:
    from pathlib import Path

COMPOSE = """
services:
  a: {build: a, networks: [one]}
  b: {build: b, ports: ["8002:8000"], networks: {two: {ipv4_address: 172.20.0.9}}}
  c: {build: c, ports: ["8003:8000"], networks: [two]}
"""
ROUTES = (
    "from fastapi import FastAPI\napp = FastAPI()\n"
    "@app.get('/api/{0}/{{key}}')\ndef one(key): ...\n"
    "@app.get('/health')\ndef health(): ...\n@app.get('/items')\ndef items(): ...\n"
)
CALL = "import requests\nfrom settings import BASE\ndef f(key):\n    requests.get({0})\nf(1)\n"


def files(call: str, base: str = "'your ip'") -> dict[str, str]:
    return {
        "docker-compose.yml": COMPOSE,
        "a/main.py": CALL.format(call),
        "a/settings.py": f"BASE = {base}\n",
        "b/main.py": ROUTES.format("goods"),
        "c/main.py": ROUTES.format("mails"),
    }


@pytest.mark.parametrize(
    ("call", "wanted"),
    [
        ("f'{BASE}/api/goods/{key}'", {("a", "b", "http", "GET /api/goods/{}")}),
        ("f'{BASE}/api/mails/{key}'", {("a", "c", "http", "GET /api/mails/{}")}),
        ("f'{BASE}/items'", set()),
        ("f'{BASE}/health'", set()),
        ("f'{BASE}/api/others/{key}'", set()),
        ("'https://elsewhere.example.com/api/goods/1'",
         {("a", "elsewhere.example.com", "external", "GET /api/goods/{}")}),
    ],
)  # fmt: skip
def test_the_only_one_that_answers_a_path_is_meant(
    tmp_path: Path, call: str, wanted: set[tuple[str, ...]]
) -> None:
    assert edges(scan(write(tmp_path / "r", files(call)))) == wanted


@pytest.mark.parametrize(
    ("address", "wanted"),
    [("192.168.1.8:8003", "c"), ("172.20.0.9:8000", "b"), ("10.0.0.4:9999", "10.0.0.4")],
)
def test_an_address_of_a_network(tmp_path: Path, address: str, wanted: str) -> None:
    found = pairs(scan(write(tmp_path / "r", files(f"'http://{address}/items'"))))
    assert {provider for _, provider, _ in found} == {wanted}
