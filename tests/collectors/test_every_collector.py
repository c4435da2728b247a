"""What holds for each collector that depmap brings with it."""

from __future__ import annotations

import dataclasses
import inspect
from typing import TYPE_CHECKING

import pytest

from depmap.collecting.discovery import collector_types
from depmap.model.words import Source

if TYPE_CHECKING:
    from depmap.collecting.port import Collector

TYPES = collector_types()
each = pytest.mark.parametrize("cls", TYPES.values(), ids=TYPES.keys())


def test_the_collectors_for_traces_are_found() -> None:
    assert {"jaeger", "zipkin", "spans"} <= TYPES.keys()


@each
def test_it_says_what_it_reads(cls: type[Collector]) -> None:
    # A dataclass without a docstring gets its signature as one.
    doc = inspect.getdoc(cls) or ""
    assert doc.endswith(".")
    assert not doc.startswith(f"{cls.__name__}(")


@each
def test_it_is_found_by_its_own_name(cls: type[Collector]) -> None:
    assert TYPES[cls.name] is cls
    assert cls.name == cls.name.lower()
    assert [other for other in TYPES.values() if other.name == cls.name] == [cls]


@each
def test_its_source_and_window_are_declared(cls: type[Collector]) -> None:
    assert isinstance(cls.source, Source)
    assert isinstance(cls.windowed, bool)


@each
def test_every_option_is_explained(cls: type[Collector]) -> None:
    helps = {item.name: item.metadata.get("help", "") for item in dataclasses.fields(cls)}
    assert [name for name, text in helps.items() if not text.strip()] == []


@each
def test_it_is_frozen(cls: type[Collector]) -> None:
    assert cls.__dataclass_params__.frozen  # type: ignore[attr-defined]


@each
def test_it_collects_lazily(cls: type[Collector]) -> None:
    assert inspect.isgeneratorfunction(cls.collect)
