"""Addresses in configuration files that no code is seen to use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from depmap.model.facts import Use
from tests.collectors.polyglot.reading import only, read

if TYPE_CHECKING:
    from pathlib import Path

KEPT = {
    "a host, by the word of its key": (
        '{"RabbitMQPublisher": {"Host": "mq"}}',
        "messaging-publish amqp",
    ),
    "a host and port": ('{"Locations": {"Stock": "stock:8080"}}', "http http"),
    "an address": ('{"Stock": {"Base": "http://stock"}}', "http http"),
    "the address of a store": ('{"Db": {"Dsn": "mongodb://db/x"}}', "database mongodb"),
    "a connection string": (
        '{"ConnectionStrings": {"X": "Server=db;Database=x"}}',
        "database mssql",
    ),
    "behind a byte order mark": ('\ufeff{"Stock": {"Base": "http://stock"}}', "http http"),
}
LEFT = {
    "something outside": '{"Docs": {"Url": "https://example.com/x"}}',
    "the machine itself": '{"Stock": {"Base": "http://localhost:5000"}}',
    "a word": '{"Stock": {"Mode": "fast", "Host": "stock"}}',
    "who may call": '{"Cors": {"Allowed": "http://web"}}',
    "a time": '{"Stock": {"At": "10:30"}}',
}


@pytest.mark.parametrize(("text", "wanted"), KEPT.values(), ids=KEPT)
def test_kept(tmp_path: Path, text: str, wanted: str) -> None:
    files = {"a.csproj": "", "A.cs": "class A {}", "appsettings.json": text}
    (use,) = only(Use, read(tmp_path, files))
    assert f"{use.kind.value} {use.system}" == wanted
    assert use.certainty < 0.8


@pytest.mark.parametrize("text", LEFT.values(), ids=LEFT)
def test_left_out(tmp_path: Path, text: str) -> None:
    files = {"a.csproj": "", "A.cs": "class A {}", "appsettings.json": text}
    assert only(Use, read(tmp_path, files)) == []


def test_what_the_code_uses_is_said_once(tmp_path: Path) -> None:
    files = {
        "a.csproj": "", "appsettings.json": '{"Stock": {"Base": "http://stock"}}',
        "A.cs": 'class A { void F() { _client.GetAsync(configuration["Stock:Base"] + "/x"); } }',
    }  # fmt: skip
    (use,) = only(Use, read(tmp_path, files))
    assert use.locator == "A.cs:1"
