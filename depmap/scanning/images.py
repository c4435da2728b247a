"""The names of images, and the services that are called by them."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from depmap.scanning.estate import normal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from depmap.scanning.estate import Service

_BASES = frozenset(
    {"alpine", "amazoncorretto", "bash", "busybox", "centos", "curl", "debian", "deno", "dotnet",
     "eclipse-temurin", "fedora", "golang", "gradle", "java", "jre", "kubectl", "maven", "node",
     "openjdk", "php", "python", "ruby", "rust", "ubuntu", "uwsgi-nginx-flask",
     "uvicorn-gunicorn-fastapi"}
)  # fmt: skip
"""Public images that are run with code mounted into them, also from a mirror."""


def image_name(image: str) -> str:
    """The last part of an image's name, without its tag.

    >>> image_name("registry.example:5000/team/cart:1.2")
    'cart'
    """
    return image.partition("@")[0].rpartition("/")[2].partition(":")[0]


def called(services: Iterable[Service]) -> None:
    """Let each service be called as its image too, where that is its own and no other's name.

    A name without a registry or an account is that of a public image, unless its code is here.
    """
    users: dict[str, set[int]] = defaultdict(set)
    held = list(services)
    for one in held:
        for name in (one.name, *one.names, *map(image_name, one.images)):
            users[normal(name)].add(id(one))
    for one in held:
        own = {image_name(image) for image in one.images if "/" in image or one.path}
        one.addresses |= {
            name for name in own - _BASES if name and users[normal(name)] == {id(one)}
        }
