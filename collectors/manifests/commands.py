"""Commands of containers: their scripts with lines, the addresses they name, what they call."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from collectors.manifests import shell
from collectors.manifests.settings import address_in, setting
from depmap.model.facts import Use
from depmap.model.words import Kind, Strength

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping

    from collectors.manifests.objects import Object
    from collectors.manifests.yamls import Item
    from depmap.model.deployed import Setting

_FLAG = re.compile(r"--?([A-Za-z][\w.-]*)(?:=(.*))?", re.DOTALL)
_VARIABLE = re.compile(r"\$[({]?(\w+)[)}]?")
MAX_SCRIPT = 20_000
"""Characters of a script that is split into words."""

_CALL = re.compile(r"\b(?:curl|wget)\b([^|;&\n]*)")
_URL = re.compile(r"https?://[^\s\"';|&)]+")
_METHOD = re.compile(r"(?:-X|--request|--method)[= ]?\s*[\"']?([A-Z]+)")
_SENDS = re.compile(r"\s(?:-d|--data\S*|--post-data|--json|-F)\b")


def scripts(container: Item) -> list[tuple[str, int]]:
    """The command of a container as scripts, each with the line that it starts at."""
    items = [one for key in ("command", "args") for one in container[key].texts]
    wait = "wait-for " if "wait-for" in container["image"].text else ""
    texts = [one for one in items if "\n" in one.text]
    words = " ".join(one.text for one in items if "\n" not in one.text)
    single = [(wait + words, items[0].line)] if words else []
    return [*single, *((one.text, one.line + 1) for one in texts)]


def whole(container: Item) -> str:
    """The command of a container in one piece."""
    return " ".join(one.text for key in ("command", "args") for one in container[key].texts)


def read(
    root: str, one: Object, container: Item, names: tuple[Container[str], Mapping[str, str]]
) -> Iterator[Setting | Use]:
    """Yield the addresses that a command is given by its options, and what it calls itself.

    Args:
        root: the name of the root.
        one: the workload.
        container: the container whose command it is.
        names: the names of what is deployed, and the variables of the container.
    """
    known, given = names
    words = [
        (_filled(word, given), item)
        for key in ("command", "args")
        for item in container[key].texts
        for word in _words(item.text)
    ]
    for place, (word, item) in enumerate(words):
        flag = _FLAG.fullmatch(word)
        after = words[place + 1][0] if place + 1 < len(words) else ""
        value = (after if flag[2] is None else flag[2]) if flag is not None else ""
        address = "" if value.startswith("-") else address_in(value, known)
        if flag is not None and address:
            told = (f"--{flag[1]}", address)
            yield setting(root, one.at(item), one.name, told, variant=one.variant)
    for text, line in scripts(container):
        yield from _called(root, one, text, line)


def _words(text: str) -> list[str]:
    """The words of a command; of a script its long options, unless it waits for others."""
    if " " not in text or len(text) > MAX_SCRIPT:
        return [text]
    if any(True for _ in shell.waits("", "", text)):
        return []
    try:
        words = shlex.split(text, comments=True)
    except ValueError:
        words = text.split()
    return ["-" if word.startswith("-") and word[:2] != "--" else word for word in words]


def _filled(text: str, given: Mapping[str, str]) -> str:
    return _VARIABLE.sub(lambda match: given.get(match[1]) or match[0], text)


def _called(root: str, one: Object, text: str, line: int) -> Iterator[Use]:
    """What a command calls by curl or wget, other than to wait for it."""
    if any(True for _ in shell.waits("", "", text)):
        return
    for match in _CALL.finditer(text):
        url = _URL.search(match[1])
        if url is None:
            continue
        method = _METHOD.search(match[1])
        sends = "POST" if _SENDS.search(match[1]) else "GET"
        yield Use(
            root=root,
            locator=f"{one.path}:{line + text.count(chr(10), 0, match.start())}",
            kind=Kind.HTTP,
            system="http",
            targets=(shell.value(url[0]),),
            method=method[1] if method is not None else sends,
            strength=Strength.STRONG,
            reason="its command calls it",
            unit=one.name,
            certainty=one.certainty,
            variant=one.variant,
        )
