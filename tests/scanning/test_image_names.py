"""Services by the names of their images."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.scanning.building import scan, write

if TYPE_CHECKING:
    from pathlib import Path

POD = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {0}}}
spec: {{template: {{spec: {{containers: [{{name: main, image: "{1}"}}]}}}}}}
"""


@pytest.mark.parametrize(
    ("image", "aliases"),
    [
        ("registry.example:5000/team/cart-service:1.2", ["cart-service"]),
        ("team/cart-service@sha256:00", ["cart-service"]),
        ("cart-service", []),  # a public one, for all that is known
        ("mirror.example/library/python:3.12", []),
        ("bitnami/postgresql:16", []),
        ("team/b-image", []),  # b has it too
        ("team/b", []),  # it is the name of another
    ],
)
def test_a_service_is_known_by_the_name_of_its_image(
    tmp_path: Path, image: str, aliases: list[str]
) -> None:
    write(tmp_path, {"a.yaml": POD.format("a", image), "b.yaml": POD.format("b", "team/b-image")})
    found = {one.name: one.aliases for one in scan(tmp_path).services}
    assert [name for name in found["a"] if name != "a"] == aliases


def test_an_image_that_is_built_here_names_its_service(tmp_path: Path) -> None:
    compose = 'services: {a: {build: a, image: "cart:1"}, b: {image: "them/b", profiles: [x]}}'
    write(tmp_path, {"compose.yml": compose, "a/app.py": "import flask\n"})
    assert "cart" in next(one.aliases for one in scan(tmp_path).services if one.name == "a")
