"""Addresses that several units are given alike, and such that say who may call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.scanning.building import pairs, scan, write

if TYPE_CHECKING:
    from pathlib import Path

COMPOSE = """
    services:
      a: {image: a, env_file: .env}
      b: {image: b, env_file: .env}
      c: {image: c, environment: {D_URL: "http://d:80", CORS_ALLOWED_ORIGINS: "http://e:80"}}
      d: {image: d}
      e: {image: e}
"""
GO = 'package a\nfunc f() { read(os.Getenv("D_URL")) }\n'


def test_what_all_get_by_one_line_need_not_be_for_each(tmp_path: Path) -> None:
    files = {"docker-compose.yml": COMPOSE, ".env": "D_URL=http://d:80\n"}
    assert pairs(scan(write(tmp_path / "r", files))) == {("c", "d", "http")}


def test_code_that_reads_it_for_itself_is_meant(tmp_path: Path) -> None:
    compose = COMPOSE.replace("image: a", "build: a").replace("image: b", "build: b")
    files = {"docker-compose.yml": compose, ".env": "D_URL=http://d:80\n"}
    files |= {"a/go.mod": "module a\n", "a/a.go": GO, "b/go.mod": "module b\n", "b/b.go": ""}
    assert pairs(scan(write(tmp_path / "r", files))) == {("a", "d", "http"), ("c", "d", "http")}
