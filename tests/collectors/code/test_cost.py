"""What was read is kept; many files are read at once; no file takes for ever."""

from __future__ import annotations

import sys
import time
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import TYPE_CHECKING

from collectors.code import Code, cache, emit, one, pool, scanner
from collectors.code.cache import Cache, digest, pack, unpack
from collectors.code.one import decode, encode, read_one
from depmap.collecting.port import EVER
from depmap.model.evidence import Gap
from depmap.model.facts import Module, Use
from tests.collectors.code.reading import only, write

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pytest

    from depmap.collecting.port import Item

TEXTS = {
    "a.py": "import requests\nfrom b import url\nrequests.get(url)",
    "b.py": "url = 'http://x'",
    "old.py": "print 1",
}


def calls(items: Iterable[Item]) -> list[str]:
    return [str(use.targets[0]) for use in only(Use, list(items))]


def test_the_second_time_nothing_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Cache(tmp_path / "c")
    first = scanner.scanned("r", TEXTS, {}, kept)
    monkeypatch.setattr(scanner, "read_all", None)
    monkeypatch.setattr(scanner, "facts", None)
    assert scanner.scanned("r", TEXTS, {}, kept) == first
    assert [gap.locator for gap in first if isinstance(gap, Gap)] == ["old.py:1"]


def test_only_what_changed_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Cache(tmp_path / "c")
    scanner.scanned("r", TEXTS, {}, kept)
    seen: list[str] = []

    def noted(sources: list[tuple[str, str]]) -> list[bytes]:
        seen.extend(name for name, _ in sources)
        return list(pool.read_all(sources))

    monkeypatch.setattr(scanner, "read_all", noted)
    moved = {"c.py": TEXTS["b.py"], "a.py": TEXTS["a.py"].replace("b import", "c import")}
    found = scanner.scanned("r", moved, {}, kept)
    assert seen == ["a.py"]
    assert calls(found) == ["http://x"]
    assert {one.file for one in only(Module, list(found))} == {"a.py", "c.py"}


def test_bytes_of_somebody_else_are_read_anew(tmp_path: Path) -> None:
    kept = Cache(tmp_path / "c")
    first = scanner.scanned("r", TEXTS, {}, kept)
    for path in (tmp_path / "c").glob("*/*"):
        path.write_bytes(b"\x00nonsense")
    assert scanner.scanned("r", TEXTS, {}, kept) == first
    assert scanner.scanned("r", TEXTS, {}, kept) == first


def test_a_cache_that_cannot_be_used_is_none(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    for kept in (Cache(None), Cache(blocked / "c")):
        assert calls(scanner.scanned("r", TEXTS, {}, kept)) == ["http://x"]


def test_the_cache_is_bounded(tmp_path: Path) -> None:
    kept = Cache(tmp_path / "code-now", limit=1000)
    other = Cache(tmp_path / "code-before", limit=1000)
    other.put(digest(b"o"), b"o" * 400)
    for number in range(5):
        kept.put(digest(bytes([number])), b"x" * 300)
    kept.prune()
    assert other.get(digest(b"o")) is None
    assert 0 < sum(path.stat().st_size for path in tmp_path.glob("*/*/*")) <= 1000


def test_the_cache_is_where_the_standard_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "x"))
    write(tmp_path / "r", {"a.py": "x = 1"})
    list(Code(paths=(tmp_path / "r",)).collect(EVER))
    (folder,) = (tmp_path / "x" / "depmap").iterdir()
    assert folder.name == f"code-{cache.version()}"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert cache.home() == Path.home() / ".cache" / "depmap"


def test_another_key_gives_other_hashes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Cache(tmp_path / "c")
    text = {"a.py": "import jwt\njwt.encode({}, 'hush-hush', algorithm='HS256')"}
    first = scanner.scanned("r", text, {}, kept)
    monkeypatch.setenv("DEPMAP_HASH_KEY", "another")
    assert scanner.scanned("r", text, {}, kept) != first


def test_secrets_are_not_kept(tmp_path: Path) -> None:
    kept = Cache(tmp_path / "c")
    text = "import jwt\njwt.encode({}, 'hush-hush', algorithm='HS256')"
    scanner.scanned("r", {"a.py": text}, {}, kept)
    whole = b"".join(path.read_bytes() for path in (tmp_path / "c").glob("*/*"))
    assert b"hush-hush" not in whole


def test_entries_survive_the_way_to_bytes_and_back() -> None:
    entry = read_one("a.py", TEXTS["a.py"])
    assert decode(encode(entry), "a.py") == entry
    bad = read_one("old.py", TEXTS["old.py"])
    assert decode(encode(bad), "new.py").gap == Gap(bad.gap.what, bad.gap.why, "new.py:1")  # type: ignore[union-attr]
    items: list[Item] = [Module(locator="a.py:1"), Gap("what", "why")]
    assert unpack(pack(items)) == items


def test_many_files_are_read_by_several_processes_in_order() -> None:
    sources = [(f"{number}.py", f"x{number} = {number}") for number in range(pool.FEW + 3)]
    found = [decode(data, name) for (name, _), data in
             zip(sources, pool.read_all(sources, workers=2), strict=True)]  # fmt: skip
    assert [next(iter(one.summary.names)) for one in found if one.summary] == [
        f"x{number}" for number in range(pool.FEW + 3)
    ]


def test_a_process_that_dies_is_done_without(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        def result(self, timeout: float) -> list[bytes]:
            raise BrokenProcessPool(str(timeout))

    monkeypatch.setattr(ProcessPoolExecutor, "submit", lambda *_: Broken())
    sources = [(f"{number}.py", "x = 1") for number in range(pool.FEW)]
    assert len(list(pool.read_all(sources, workers=2))) == pool.FEW


def test_a_process_that_hangs_leaves_gaps(monkeypatch: pytest.MonkeyPatch) -> None:
    class Hanging:
        def result(self, timeout: float) -> list[bytes]:
            raise TimeoutError(str(timeout))

    monkeypatch.setattr(ProcessPoolExecutor, "submit", lambda *_: Hanging())
    sources = [(f"{number}.py", "x = 1") for number in range(pool.FEW)]
    found = [decode(data, name) for (name, _), data in
             zip(sources, pool.read_all(sources, workers=2), strict=True)]  # fmt: skip
    assert {one.gap.what for one in found if one.gap} == {"a file that takes too long"}


def test_a_script_without_a_guard_is_not_started_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "script.py"
    script.write_text("import depmap\n")
    main = type("Main", (), {"__spec__": None, "__file__": str(script)})()
    monkeypatch.setitem(sys.modules, "__main__", main)
    assert not pool._repeatable()
    script.write_text("if __name__ == '__main__': pass\n")
    assert pool._repeatable()


def test_a_file_that_takes_too_long_is_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    def forever(name: str, text: str) -> None:
        while True:
            del name, text
            time.sleep(0.01)
            name = text = ""

    monkeypatch.setattr(one, "read", forever)
    start = time.monotonic()
    entry = read_one("slow.py", "x", limit_s=0.2)
    assert time.monotonic() - start < 5
    assert entry.gap == Gap(
        "a file that takes too long", "reading it takes more than 0.2 seconds", "slow.py"
    )


def test_calls_that_are_too_much_to_follow_are_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(emit, "MAX_STEPS", 50)
    text = "import requests\n" + "requests.get('http://a')\n" * 100
    found = list(scanner.scanned("r", {"a.py": text, "b.py": TEXTS["b.py"]}, {}, Cache(None)))
    assert [gap.what for gap in found if isinstance(gap, Gap)] == ["a file that takes too long"]
    assert 0 < len(calls(found)) < 100
    assert {one.file for one in only(Module, list(found))} == {"a.py", "b.py"}
