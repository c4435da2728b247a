"""Folders that images are built from, where nothing but their names says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.scanning.building import scan, write

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("folder", "image"),
    [("Corp.OrderService", "x/corp-order-service:latest"), ("OrderService", "order_service"),
     ("corp.orders", "corp-orders")],
)  # fmt: skip
def test_names_with_their_words_joined_in_another_way(
    tmp_path: Path, folder: str, image: str
) -> None:
    files = {
        "k8s/a.yaml": f"""
            apiVersion: apps/v1
            kind: Deployment
            metadata: {{name: orders-pod}}
            spec: {{template: {{spec: {{containers: [{{name: a, image: "{image}"}}]}}}}}}
        """,
        f"{folder}/a.csproj": "<Project/>",
        f"{folder}/Program.cs": "class P { static void Main() { } }",
        "Other.Service/a.csproj": "<Project/>",
        "Other.Service/Program.cs": "class P { static void Main() { } }",
    }
    found = scan(write(tmp_path / "r", files))
    assert {one.name: one.path for one in found.services}["orders-pod"] == folder


def test_a_store_whose_image_is_called_a_server(tmp_path: Path) -> None:
    image = "mcr.microsoft.com/mssql/server:2022-latest"
    files = {
        "docker-compose.yml": f"services:\n  a: {{build: a}}\n  kept: {{image: '{image}'}}\n",
        "a/a.csproj": "<Project/>",
        "a/Program.cs": """
            class P { void F() { o.UseSqlServer(configuration.GetConnectionString("Main")); } }
        """,
    }
    found = scan(write(tmp_path / "r", files))
    assert [(one.provider, one.confidence >= 0.5) for one in found.evidence] == [("kept", True)]
