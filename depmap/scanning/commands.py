"""What a command line starts: modules, files, scripts, and what a framework adds to them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MAX_WORDS = 400
"""Words of a command that are looked at."""

_VARIABLE = re.compile(r"\$\{(\w+)(?::?-([^{}$]*))?\}|\$(\w+)")
_ENDS = re.compile(r"&&|\|\||[;|&\n]")
_APP = re.compile(r"([A-Za-z_][\w.]*):[A-Za-z_]\w*(?:\(.*)?")
_PYTHON = re.compile(r"(?:python|pypy)[\d.]*")
_SOURCE = re.compile(r"[\w./-]+\.(?:py|js|mjs|cjs|ts|rb|php)")
_SHELL = re.compile(r"[\w./-]+\.sh|\.{0,2}/[\w./-]*[\w-]")
_SHELLS = frozenset({"sh", "bash", "ash", "dash", "zsh"})
_SERVERS = frozenset({"uvicorn", "gunicorn", "hypercorn", "daphne", "granian", "waitress-serve"})
_SCRIPTED = frozenset({"npm", "yarn", "pnpm", "bun"})
_NODES = frozenset({"node", "nodejs", "ts-node", "tsx", "nodemon", "deno", "ts-node-dev"})
_TASKS = frozenset({"celery", "dramatiq", "huey_consumer", "huey_consumer.py", "arq", "taskiq",
                    "faust"})  # fmt: skip
_VALUED = frozenset(
    {"-r", "--require", "--import", "--loader", "--experimental-loader", "--config", "-c", "-X",
     "-W", "-P", "--project", "-k", "--worker-class", "-b", "--bind", "--broker"}
)  # fmt: skip
"""Options that take the next word as their value, whatever it looks like."""

_SERVING = ("run", "serve", "$", "daphne")
"""How the commands of a ``manage.py`` begin that are servers, or may be any."""

_MIGRATES = frozenset({"migrate", "create_db", "db", "init_db", "upgrade", "syncdb"})
"""Commands of a ``manage.py`` that make tables."""

_NEEDS_NOTHING = frozenset({"sleep", "tail", "true", "echo", "flower", "alembic"})
"""Programs that are recognised, and that run no code of the unit that calls anybody."""


@dataclass(frozen=True, slots=True)
class Start:
    """Something that a command starts.

    Attributes:
        way: ``module`` (a dotted name), ``file`` (a source file), ``app`` (either, whose
            application a server answers for), ``django`` (a management command), ``tasks`` (a
            module with the application of a task queue, whose tasks are run), ``script`` (a file
            of commands), ``named`` (a command of a list of them) or ``nothing`` (a program that
            is none of the unit's own).
        name: the module, the file as written, the management command, the script.
        inside: the folder that the name is relative to, where the command names one; of a
            script, the first of its arguments.
    """

    way: str
    name: str = ""
    inside: str = ""

    @property
    def serves(self) -> bool:
        """Whether it is a server, and no command that is done once."""
        return self.way == "app" or (self.way == "django" and self.name.startswith(_SERVING))

    @property
    def migrates(self) -> bool:
        """Whether it makes the tables of a database."""
        return self.way == "django" and self.name in _MIGRATES


def filled(command: str, values: Mapping[str, str]) -> str:
    """A command with its variables: as they are given, else by their default.

    >>> filled("python ${MAIN:-app.py} $X", {})
    'python app.py $X'
    """

    def value(match: re.Match[str]) -> str:
        given = values.get(match[1] or match[3])
        return given or (match[2] if match[2] is not None else match[0])

    return _VARIABLE.sub(value, command)


def starts(command: str) -> tuple[Start, ...]:
    """Return what a command starts, in order; nothing when it is not understood.

    >>> starts("alembic upgrade head && exec uvicorn shop.main:app --port 80")
    (Start(way='nothing', name='', inside=''), Start(way='app', name='shop.main', inside=''))
    """
    plain = re.sub(r"[\"'`()]|\\\n", " ", command.replace("$(", " "))
    found: dict[Start, None] = {}
    for one in _ENDS.split(plain):
        words = one.split()[:MAX_WORDS]
        found.update(dict.fromkeys(_simple(words)))
    return tuple(found)


def _simple(words: list[str]) -> Iterator[Start]:
    """What the first program starts that is known, whatever wraps it."""
    for place, word in enumerate(words):
        name = word.rpartition("/")[2]
        rest = words[place + 1 :]
        if name == "manage.py" or (name in {"django-admin", "django-admin.py"}):
            yield Start("django", next(iter(rest), ""), word.rpartition("/")[0])
            return
        if _PYTHON.fullmatch(name):
            yield from _python(rest)
            return
        if name in _SHELLS:
            script, argument = [*_plain(rest), "", ""][:2]
            inner = any(one.startswith("-") and one.endswith("c") for one in rest[:2])
            if script and not inner:
                yield Start("script", script, argument)
                return
            continue
        found = list(_program(name, rest))
        if found:
            yield from found
            return
        if _SOURCE.fullmatch(word) and not word.startswith("-"):
            yield Start("file", word)
            return
        if _SHELL.fullmatch(word) and "wait" not in name:
            yield Start("script", word, next(iter(_plain(rest)), ""))
            if name.endswith(".sh") or "entrypoint" in name:
                yield from _simple([one for one in rest if one != "--"])
            return


def _python(rest: list[str]) -> Iterator[Start]:
    for place, word in enumerate(rest):
        if place and rest[place - 1] in _VALUED:
            continue
        if word == "-m" and place + 1 < len(rest):
            module, after = rest[place + 1], rest[place + 2 :]
            found = list(_program(module, after)) or [Start("module", module)]
            yield from found
            return
        if word == "-c":
            return
        if word.startswith("-"):
            continue
        if word.rpartition("/")[2] == "manage.py":
            yield Start("django", next(iter(rest[place + 1 :]), ""), word.rpartition("/")[0])
        elif word != "$@":
            yield Start("file", word)
        return


def _program(name: str, rest: list[str]) -> Iterator[Start]:
    """What a program starts that is known by its name."""
    if name in _SERVERS:
        yield from _served(rest)
    elif name in _TASKS:
        yield from _tasks(name, rest)
    elif name == "flask":
        yield from _flask(rest)
    elif name in {"fastapi", "streamlit"}:
        yield from (Start("app", one) for one in rest if one.endswith(".py"))
    elif name in _NODES:
        yield from (Start("file", one) for one in _plain(rest)[:1] if one != "run")
    elif name in _NEEDS_NOTHING:
        yield Start("nothing")
    else:
        yield from _listed(name, _plain(rest))


def _listed(name: str, words: list[str]) -> Iterator[Start]:
    """What a program runs that takes names of a list: of services, of scripts, of processes."""
    if name == "nameko":
        yield from (Start("module", one.partition(":")[0]) for one in words[1:])
    elif name in _SCRIPTED:
        word = next((one for one in words if one not in {"run", "run-script"}), "start")
        yield Start("named", word)
    elif name == "supervisord":
        yield Start("named", name)
    elif name in {"honcho", "foreman"}:
        yield from (Start("named", one) for one in words[1:] or ["start"])


def _plain(words: list[str]) -> list[str]:
    """The words that are neither options nor their values."""
    found: list[str] = []
    before = ""
    for word in words:
        option = word.startswith("-")
        of_option = before in _VALUED or (before and not re.search(r"[./]", word))
        if not option and not of_option:
            found.append(word)
        before = word if option and "=" not in word else ""
    return found


def _pairs(words: list[str]) -> Iterator[tuple[str, str]]:
    """Each word with the next one."""
    return zip(words, [*words, ""][1:], strict=True)


def _served(rest: list[str]) -> Iterator[Start]:
    inside = ""
    for one, other in _pairs(rest):
        name, mark, value = one.partition("=")
        if name in {"--app-dir", "--chdir"}:
            inside = value if mark else other
    apps = (_APP.fullmatch(word) for word in rest)
    app = next((match[1] for match in apps if match is not None), "")
    if not app:  # gunicorn takes "application" for granted
        app = next((one for one in _plain(rest) if re.fullmatch(r"[A-Za-z_][\w.]*", one)), "")
    if app:
        yield Start("app", app, inside)


def _flask(rest: list[str]) -> Iterator[Start]:
    for one, other in _pairs(rest):
        name, mark, value = one.partition("=")
        if name in {"--app", "-A"}:
            app = (value if mark else other).partition(":")[0]
            yield Start("app", app)
            return
    if "run" in rest:
        yield Start("app", "app")
        yield Start("app", "wsgi")


def _tasks(name: str, rest: list[str]) -> Iterator[Start]:
    if name in {"celery", "faust"}:
        app = ""
        for one, other in _pairs(rest):
            key, mark, value = one.partition("=")
            if key in {"--app", "-A"}:
                app = value if mark else other
        app = app.partition(":")[0]
        way = "tasks" if {"worker", "multi"} & set(rest) else "module"
        yield Start(way if app else "nothing", app)
        return
    for word in _plain(rest):
        if word not in {"worker", "scheduler"}:
            module, mark, _ = word.partition(":")
            cut = not mark and name in {"arq", "huey_consumer", "huey_consumer.py"}
            yield Start("tasks", module.rpartition(".")[0] if cut else module)
