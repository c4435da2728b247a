from __future__ import annotations

from typing import TYPE_CHECKING

from depmap.collecting.files import MAX_BYTES, SourceFile, read_text, walk
from depmap.model.evidence import Gap

if TYPE_CHECKING:
    from pathlib import Path


def names(root: Path) -> list[str]:
    found = walk(root, lambda name: name.endswith(".py"))
    return [item.name if isinstance(item, SourceFile) else f"gap:{item.locator}" for item in found]


def test_files_come_in_the_order_of_their_names_and_copies_are_left_out(tmp_path: Path) -> None:
    for name in ("b.py", "a/z.py", "a/b.py", "node_modules/x.py", ".git/y.py", "c.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    assert names(tmp_path) == ["b.py", "a/b.py", "a/z.py"]


def test_a_link_out_of_the_root_is_a_gap_and_is_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.py").write_text("")
    root = tmp_path / "root"
    root.mkdir()
    (root / "link").symlink_to(outside)
    (root / "file.py").symlink_to(outside / "secret.py")
    assert names(root) == ["gap:file.py", "gap:link"]


def test_a_loop_of_links_ends(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.py").write_text("")
    (tmp_path / "a" / "loop").symlink_to(tmp_path)
    assert names(tmp_path) == ["a/x.py"]


def text_of(tmp_path: Path, data: bytes, **more: int) -> str | Gap:
    path = tmp_path / "x.py"
    path.write_bytes(data)
    return read_text(SourceFile(path, "x.py"), **more)


def test_text_is_read_without_its_byte_order_mark(tmp_path: Path) -> None:
    assert text_of(tmp_path, b"\xef\xbb\xbfx = 1") == "x = 1"


def test_what_is_no_text_is_a_gap(tmp_path: Path) -> None:
    for data, what in (
        (b"a\0b", "a binary file"),
        (b"\xff\xfe\xfa", "a file that is not UTF-8"),
        (b"x" * 11, "a file that is too large"),
    ):
        found = text_of(tmp_path, data, max_bytes=10)
        assert isinstance(found, Gap)
        assert (found.what, found.locator) == (what, "x.py")
    assert MAX_BYTES > 10
