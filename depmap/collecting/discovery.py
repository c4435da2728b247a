"""Finding collectors: every public module of each package that is advertised as one."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from importlib.metadata import entry_points
from types import ModuleType
from typing import TYPE_CHECKING

from depmap.collecting.port import Collector
from depmap.errors import InputError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator

GROUP = "depmap.collectors"


def collector_types() -> dict[str, type[Collector]]:
    """Return every collector by name: built-in and third-party ones alike.

    Raises:
        InputError: two collectors have one name, or an advertised package holds none.
    """
    found: dict[str, type[Collector]] = {}
    for point in sorted(entry_points(group=GROUP), key=lambda point: (point.name, point.value)):
        loaded = point.load()
        types = list(_types_in(loaded))
        if not types:
            raise InputError(
                f"the entry point {point.name!r} of {GROUP} holds no collector",
                where=str(getattr(loaded, "__file__", point.value)),
                hint="a folder of the same name may hide the installed package",
            )
        for cls in types:
            other = found.setdefault(cls.name, cls)
            if other is not cls:
                raise InputError(
                    f"two collectors are called {cls.name!r}: "
                    f"{other.__module__} and {cls.__module__}",
                    hint="uninstall one of the two packages",
                )
    return dict(sorted(found.items()))


def collector_type(name: str) -> type[Collector]:
    """Return the collector of that name.

    Raises:
        InputError: there is none.
    """
    types = collector_types()
    if name not in types:
        raise InputError(
            f"there is no collector {name!r}",
            hint=did_you_mean(name, types) or f"there are: {', '.join(types)}",
        )
    return types[name]


def _types_in(loaded: object) -> Iterator[type[Collector]]:
    if inspect.isclass(loaded):
        if issubclass(loaded, Collector):
            yield loaded
        return
    if not isinstance(loaded, ModuleType):
        return
    for module in _public_modules(loaded):
        for _, cls in sorted(inspect.getmembers(module, inspect.isclass)):
            if issubclass(cls, Collector) and cls.__module__ == module.__name__:
                yield cls


def _public_modules(package: ModuleType) -> Iterator[ModuleType]:
    yield package
    for info in sorted(pkgutil.iter_modules(getattr(package, "__path__", []))):
        if not info.name.startswith("_"):
            yield importlib.import_module(f"{package.__name__}.{info.name}")
