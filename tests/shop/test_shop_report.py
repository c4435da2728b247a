"""The committed report is what the shop gives, byte by byte, and says what a reader looks for."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.shop.truth import AS_OF

GOLDEN = Path(__file__).parents[2] / "reports" / "shop"
PICTURES = "neighbourhood"
"""Their bytes depend on the installed Graphviz."""


def written(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and PICTURES not in path.parts
    }


def report(work: Path, *, hash_seed: str = "0") -> Path:
    """Run the demo's command with another ledger and other folders, in a process of its own."""
    code = (
        "import sys; from pathlib import Path\n"
        "from tests.shop.truth import snapshot_of, SHOP\n"
        "from depmap.history.store import save\n"
        "from depmap.cli.run import write_all\n"
        "work = Path(sys.argv[1])\n"
        "snapshot = snapshot_of(SHOP, work)\n"
        "save(snapshot, work / 'shop'); write_all(snapshot, work / 'shop')\n"
    )
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "TZ": "Pacific/Apia", "LC_ALL": "C"}
    subprocess.run(
        [sys.executable, "-c", code, str(work)],
        check=True,
        env=environment,
        cwd=Path(__file__).parents[2],
    )
    return work / "shop"


@pytest.mark.parametrize("hash_seed", ["0", "12345"])
def test_the_committed_report_is_what_the_shop_gives(tmp_path: Path, hash_seed: str) -> None:
    found = written(report(tmp_path, hash_seed=hash_seed))
    golden = written(GOLDEN)
    assert sorted(found) == sorted(golden)
    different = [name for name in golden if golden[name] != found[name]]
    assert different == [], "run `make demo`, look at the difference, and commit it if it is right"


@pytest.fixture(scope="module")
def page() -> str:
    text = (GOLDEN / "index.html").read_text()
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))


@pytest.mark.parametrize(
    ("item", "said"),
    [
        (1, "recommendation depends on payment without calling it: they share a secret"),
        (2, "order depends on inventory: http, technical, strong"),
        (2, "order depends on inventory: business-process, business, strong"),
        (3, "cart depends on config-service: startup-order, operational, strong"),
        (4, "finance-close depends on order (business-process, needed: quarter-end): only people"),
        (5, "storefront depends on ads: http, technical, optional"),
        (6, "shipping -> pricing"),
        (6, "ads -> postgres"),
        (7, "shipping depends on order: event, technical, strong, asynchronous"),
        (8, "pricing depends on promotions: http, technical, weak"),
        (8, "promotions depends on pricing: http, technical, strong"),
    ],
)
def test_each_item_stands_where_a_reader_looks(page: str, item: int, said: str) -> None:
    assert said in page.replace("&gt;", ">"), f"item {item}"


def test_evidence_names_files_traces_and_people(page: str) -> None:
    assert "services/recommendation/members.py:" in page
    assert re.search(r"trace:[0-9a-f]{32}", page)
    assert re.search(r"interviews/finance-close\.yaml:\d+", page)


def test_the_moment_of_the_report_is_the_makefiles() -> None:
    makefile = (Path(__file__).parents[2] / "Makefile").read_text()
    assert f"AS_OF := {AS_OF.date()}" in makefile
