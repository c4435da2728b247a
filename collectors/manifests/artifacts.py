"""Which folder an image is built from, where Skaffold, Tilt or a script says so."""

from __future__ import annotations

import posixpath
import re
import shlex
from typing import TYPE_CHECKING

from collectors.manifests import yamls
from collectors.manifests.yamls import Item

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_TILT = re.compile(
    r"\b(?:docker_build|custom_build)\(\s*[\"']([^\"']+)[\"']\s*,\s*"
    r"(?:context\s*=\s*)?[\"']([^\"']+)[\"']"
)
_TILT_FILE = re.compile(r"dockerfile\s*=\s*[\"']([^\"']+)[\"']")
_BUILD = re.compile(
    r"\bdocker\s+(?:buildx\s+)?build\b(?P<words>(?:\\\n|[^\n;&|)])*)"
    r"|(?:^|[;&(])\s*(?:cd|pushd)\s+(?P<folder>[^\s;&|)]+)",
    re.MULTILINE,
)
_PLAIN = frozenset({"-q", "--quiet", "--no-cache", "--pull", "--push", "--load", "--rm"})

Place = tuple[str, str]
"""A build context relative to the root, and the Dockerfile relative to it."""


def wanted(name: str) -> bool:
    """Whether a file of that name may say how images are built."""
    return name in {"Tiltfile", "Makefile"}


def places(texts: Mapping[str, str]) -> dict[str, Place]:
    """Return where each image is built, by its name without a registry and tag."""
    found: dict[str, Place] = {}
    for path, text in texts.items():
        name = posixpath.basename(path)
        if name.startswith("skaffold") and name.endswith((".yaml", ".yml")):
            held = _skaffold(path, text)
        elif name == "Tiltfile":
            held = _tilt(path, text)
        elif name == "Makefile" or name.endswith(".sh"):
            held = _scripted(path, text)
        else:
            continue
        for image, place in held:
            file = posixpath.normpath(posixpath.join(place[0], place[1] or "Dockerfile"))
            known = file in texts or place[0] != "."  # else all of it would be anybody's
            if known and "$" not in short(image) and "$" not in place[0]:
                found.setdefault(short(image), place)
    return found


def short(image: str) -> str:
    """An image's name without its registry, tag and digest.

    >>> short("ghcr.io/x/cart:1.2@sha256:0")
    'cart'
    """
    return image.partition("@")[0].rpartition("/")[2].partition(":")[0]


def _skaffold(path: str, text: str) -> Iterator[tuple[str, Place]]:
    folder = posixpath.dirname(path)
    for document in yamls.documents(text, path):
        if not isinstance(document, Item):
            continue
        profiles = [one["build"] for one in document["profiles"].items]
        for build in (document["build"], *profiles):
            for one in build["artifacts"].items:
                file = one["docker"]["dockerfile"].text
                context = _inside(folder, one["context"].text or ".")
                project = one["jib"]["project"].text.replace(":", "/").lstrip("/")
                yield one["image"].text, (_inside(context, project), file)


def _tilt(path: str, text: str) -> Iterator[tuple[str, Place]]:
    folder = posixpath.dirname(path)
    for match in _TILT.finditer(text):
        context = _inside(folder, match[2])
        given = _TILT_FILE.search(text[match.end() : text.find(")", match.end())])
        file = _inside(folder, given[1]) if given is not None else ""
        yield match[1], (context, posixpath.relpath(file, context) if file else "")


def _scripted(path: str, text: str) -> Iterator[tuple[str, Place]]:
    if not path.endswith(".sh"):  # each line of a recipe starts where the Makefile lies
        for line in text.replace("\\\n", " ").splitlines():
            yield from _run(path, line.lstrip("\t @-"))
        return
    yield from _run(path, text)


def _run(path: str, text: str) -> Iterator[tuple[str, Place]]:
    """The builds of a script, each in the folder that it has gone to."""
    folder = posixpath.dirname(path)
    inner, since = folder, len(text)
    for match in _BUILD.finditer(text):
        if match["folder"] is not None:
            inner, since = _entered(folder, match["folder"], path), match.start()
            folder = folder if "(" in match[0] else inner
            continue
        try:
            words = shlex.split(match["words"].replace("\\\n", " "), comments=True)
        except ValueError:
            continue
        here = folder if ")" in text[since : match.start()] else inner
        tags, file, plain = _options(words)
        context = _inside(here, plain[-1]) if plain else ""
        shown = posixpath.relpath(_inside(here, file), context) if file and context else ""
        for tag in tags if plain else []:
            yield tag, (context, shown)


def _entered(folder: str, name: str, path: str) -> str:
    """The folder after ``cd``: one that starts with a variable is taken to start at the script's.

    One in which the script was before is not known again, so ``cd -`` leads to the script's.
    """
    bare = name.strip("\"'")
    if bare.startswith(("$", "~", "/", "-")):
        rest = bare.partition("/")[2] if bare.startswith("$") else ""
        return _inside(posixpath.dirname(path), rest)
    return _inside(folder, bare)


def _options(words: list[str]) -> tuple[list[str], str, list[str]]:
    """Tags, Dockerfile and further words of a command that builds an image."""
    tags, file, plain = [], "", []
    waiting = iter(words)
    for word in waiting:
        flag, mark, value = word.partition("=")
        if flag in {"-t", "--tag"}:
            tags.append(value if mark else next(waiting, ""))
        elif flag in {"-f", "--file"}:
            file = value if mark else next(waiting, "")
        elif not word.startswith("-"):
            plain.append(word)
        elif not mark and word not in _PLAIN:
            next(waiting, "")
    return tags, file, plain


def _inside(folder: str, name: str) -> str:
    return posixpath.normpath(posixpath.join(folder, name))
