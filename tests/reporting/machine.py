"""What a test needs from the machine."""

from __future__ import annotations

import os
import shutil
from importlib.util import find_spec

import pytest


def need(path: str) -> None:
    """Skip with the reason where a program is absent; fail where all must be present."""
    if shutil.which(path) is None:
        _absent(f"{path} is not installed (Debian: apt-get install {path.rpartition('/')[2]})")


def need_module(name: str) -> None:
    """Likewise for a Python module."""
    if find_spec(name) is None:
        _absent(f"the Python package {name} is not installed (it is in the group dev)")


def _absent(reason: str) -> None:
    if os.environ.get("DEPMAP_REQUIRE_ALL") == "1":
        pytest.fail(reason)
    pytest.skip(reason)
