"""The configuration of each project, and which of what all are given it uses."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from collectors.polyglot import properties
from collectors.polyglot.languages import is_aside

if TYPE_CHECKING:
    from collections.abc import Mapping

    from collectors.polyglot.project import Project
    from collectors.polyglot.properties import Properties

_BUILDS = ("pom.xml", "build.gradle", "build.gradle.kts")
_NEEDS = (
    (r"rabbit", r"rabbit|amqp"), (r"kafka", r"kafka"), (r"mongo", r"mongo"),
    (r"redis", r"redis|jedis|lettuce"), (r"eureka", r"eureka"), (r"consul", r"consul"),
    (r"datasource|r2dbc", r"jdbc|jpa|r2dbc|mybatis|jooq|hibernate|hikari|flyway|liquibase"),
    (r"\bsecurity\b|oauth2", r"security|oauth|jwt"),
    (r"zipkin|tracing", r"zipkin|sleuth|tracing"), (r"neo4j", r"neo4j"),
    (r"cassandra", r"cassandra"), (r"elasticsearch", r"elastic"), (r"zuul", r"zuul"),
    (r"cloud\.gateway", r"gateway"), (r"boot\.admin", r"boot-admin"),
    (r"cloud\.config|config\.import", r"config"),
)  # fmt: skip
"""Words of keys, with those of the libraries that read the keys."""

_MODULE = re.compile(r">\s*([\w.-]+)\s*</artifactId>|project\(\s*[\"'](?::?[\w.-]+)*:([\w.-]+)")


def configuration(texts: Mapping[str, str], folders: set[str]) -> dict[str, Properties]:
    """The configuration of each project: its own, then what a configuration server gives it.

    Args:
        texts: files that are no code, by their names.
        folders: those of the projects.
    """
    found: dict[str, Properties] = {}
    named = {posixpath.basename(folder): folder for folder in sorted(folders) if folder}
    serving = {posixpath.dirname(name) for name in texts if properties.served(name) in named}
    own = [name for name in texts if properties.of_itself(name) and not is_aside(name)]
    for name in sorted(own, key=lambda one: (bool(properties.profile(one)), one)):
        folder = _root(name, _above(posixpath.dirname(name), folders))
        apart = posixpath.dirname(name) in serving and properties.served(name)
        if not apart or named.get(properties.served(name)) == folder:
            _add(found.setdefault(folder, properties.Properties()), name, texts)
    for name in sorted(texts):
        folder = named.get(properties.served(name), "")
        if folder:
            held = found.setdefault(folder, properties.Properties())
            _add(held, name, texts)
            common = posixpath.join(posixpath.dirname(name), "application.yml")
            _add(held, common, texts, shared=True)
            held.libraries = libraries(texts, folder, named)
    return found


def _add(held: Properties, name: str, texts: Mapping[str, str], *, shared: bool = False) -> None:
    """Add the keys of a file to those of a project."""
    if posixpath.basename(name).lower().startswith("appsettings"):
        held.separator = "__"
    for key, value in properties.pairs(name, texts.get(name, "")):
        held.add(key, value, shared=shared)


def _root(path: str, project: str) -> str:
    """The folder whose code a file of settings is for: in a project, or in a part of it."""
    above = posixpath.dirname(path)
    if posixpath.basename(above).lower() in {"conf", "config", "configs", "configuration"}:
        above = posixpath.dirname(above)
    inside = above.startswith(f"{project}/") if project else bool(above)
    return above if inside and not {"src", "resources"} & set(above.split("/")) else project


def _above(folder: str, folders: set[str]) -> str:
    while folder not in folders and folder:
        folder = posixpath.dirname(folder)
    return folder


def counting(project: Project) -> list[str]:
    """The keys that count for a project: its own, and those shared ones that a library reads.

    A file that a configuration server gives to everyone names what some of them work with. Where
    the build files of a project name no library at all, every key counts.
    """
    held = project.properties
    words = f"{held.libraries}\n{project.words()}" if held.libraries else ""
    return sorted(
        plain for plain in held.values
        if plain not in held.shared or not words or _is_needed(plain, words)
    )  # fmt: skip


def _is_needed(plain: str, words: str) -> bool:
    needs = next((needs for key, needs in _NEEDS if re.search(key, plain)), "")
    return re.search(needs, words, re.IGNORECASE) is not None


def libraries(texts: Mapping[str, str], folder: str, named: Mapping[str, str]) -> str:
    """What the build files of a project ask for, those around it and those of its modules.

    Args:
        texts: files by their names.
        folder: that of the project.
        named: the folders of projects, by their last part.
    """
    found: list[str] = []
    waiting, seen = [folder], {folder}
    while waiting:
        at = waiting.pop()
        asked = [one for name in _BUILDS for one in _asked_for(texts, posixpath.join(at, name))]
        found.extend(asked)
        modules = {named.get(name, "") for one in asked for pair in _MODULE.findall(one)
                   for name in pair if name}  # fmt: skip
        around = {posixpath.dirname(at)} if at else set()
        new = sorted((modules - {""} | around) - seen)
        seen.update(new)
        waiting.extend(new)
    return "\n".join(found)


def _asked_for(texts: Mapping[str, str], name: str) -> list[str]:
    """The dependencies that a build file asks for, those of tests left out."""
    text = texts.get(name, "")
    if not name.endswith(".xml"):
        lines = text.partition("dependencies")[2].splitlines()
        return [one for one in lines if not one.lstrip().startswith(("test", "//"))]
    before, _, rest = text.partition("<dependencyManagement>")
    used = before + rest.partition("</dependencyManagement>")[2]
    parts = [one.partition("</dependency>")[0] for one in used.split("<dependency>")[1:]]
    return [one for one in parts if "<scope>test<" not in one]
