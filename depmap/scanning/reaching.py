"""Which files a unit's processes reach: by imports, and by what their framework loads."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from depmap.scanning.files import File, Files

if TYPE_CHECKING:
    from collections.abc import Iterable

    from depmap.scanning.files import Folder
    from depmap.scanning.running import Begun, Covers

_PREPARES = frozenset(
    {"migrate", "makemigrations", "collectstatic", "createsuperuser", "flush", "check", "loaddata",
     "compilemessages", "createcachetable", "showmigrations", "sqlmigrate", "dumpdata", "shell",
     "dbshell", "test", "inspectdb", "sqlflush", "ensure_superuser", "spectacular"}
)  # fmt: skip
"""Commands of Django that run none of the application's handlers."""

_COMMANDS = "management/commands"


@dataclass(slots=True)
class Reaching:
    """Answers which files processes reach.

    Attributes:
        files: where things are.
        apps: files with the application of a task queue that some unit runs the tasks of.
    """

    files: Files
    apps: set[File] = field(default_factory=set)
    _closures: dict[File, frozenset[File]] = field(default_factory=dict)

    def reached(self, begun: Iterable[Begun], covers: Covers) -> frozenset[File]:
        """The files that what a unit starts reaches."""
        found: set[File] = set()
        for one in begun:
            own = self._all(one.files)
            found |= own
            project = self._project(one.files, covers)
            if project is not None:
                found |= self._django(one, project, covers)
            if one.start.way == "tasks":
                found |= self._tasks(one.files, own, covers)
        return frozenset(found)

    def closure(self, file: File) -> frozenset[File]:
        """A file and all that it imports."""
        if file not in self._closures:
            self._closures[file] = frozenset(self.files.closure(file))
        return self._closures[file]

    def _all(self, files: Iterable[File]) -> set[File]:
        return {one for file in files for one in self.closure(file)}

    def _project(self, files: Iterable[File], covers: Covers) -> Folder | None:
        """The Django project that files are in: the folder above them with a ``manage.py``."""
        for root, path in files:
            folder = path
            while folder:
                folder = posixpath.dirname(folder)
                manage = (root, posixpath.join(folder, "manage.py"))
                if manage in self.files.modules and covers(manage):
                    return root, folder
        return None

    def _django(self, begun: Begun, project: Folder, covers: Covers) -> set[File]:
        """What Django loads for a process: its settings, and for a server all of its packages."""
        inside = [file for file in self._below(project) if covers(file)]
        settings = {file for file in inside if _is_settings(file[1])}
        found = self._all(settings)
        command = begun.start.name if begun.start.way == "django" else ""
        own = [file for file in inside if file[1].endswith(f"{_COMMANDS}/{command}.py")]
        served = any(posixpath.basename(file[1]) in {"wsgi.py", "asgi.py"} for file in begun.files)
        if command and own:
            return found | self._all(own)
        if (begun.start.way == "django" and command not in _PREPARES) or served:
            found |= self._all(file for file in inside if self._is_loaded(file, project))
        return found

    def _below(self, folder: Folder) -> list[File]:
        root, path = folder
        start = f"{path}/" if path else ""
        return [
            file for file in self.files.modules if file[0] == root and file[1].startswith(start)
        ]

    def _is_loaded(self, file: File, project: Folder) -> bool:
        """Whether a server loads a file: no command, task, or program beside the project."""
        beside = posixpath.dirname(file[1]) == project[1]
        return not (beside or _COMMANDS in file[1] or file in self.files.tasks)

    def _tasks(self, app: Iterable[File], own: set[File], covers: Covers) -> set[File]:
        """The files whose tasks a worker of an application runs, with what they import."""
        mine = set(app)
        found: set[File] = set()
        for file in self.files.tasks:
            if not covers(file):
                continue
            reached = self.closure(file)
            if file in own or mine & reached or not (self.apps - mine) & reached:
                found |= reached
        return found


def _is_settings(path: str) -> bool:
    name = posixpath.basename(path)
    folder = posixpath.basename(posixpath.dirname(path))
    return name.startswith("settings") or folder == "settings"
