"""One snapshot of the shop for all tests that look at it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.shop.truth import SHOP, snapshot_of

if TYPE_CHECKING:
    from depmap.model.snapshot import Snapshot


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """What depmap makes of the recording, the files and the people of the shop."""
    return snapshot_of(SHOP, tmp_path_factory.mktemp("shop"))
