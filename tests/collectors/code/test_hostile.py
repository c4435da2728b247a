"""Files that nobody vouches for: gaps, never a crash, and nothing is run."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from collectors.code import MAX_BYTES, Code
from collectors.code.lines import line_numbers, parse_fast
from depmap.collecting.port import EVER
from depmap.errors import InputError
from depmap.model.evidence import Gap
from depmap.model.facts import Entry, Module, Use
from tests.collectors.code.reading import only, read

if TYPE_CHECKING:
    from pathlib import Path

    from depmap.collecting.port import Item


def gaps(items: list[Item]) -> list[Gap]:
    return [item for item in items if isinstance(item, Gap)]


def test_python_2_is_a_gap_with_its_line(tmp_path: Path) -> None:
    source = """
        from helper import x
        from flask import Flask
        app = Flask(__name__)
        print "hello"
        if __name__ == "__main__":
            app.run(port=5002)
    """
    items = read(tmp_path, {"old.py": source, "helper.py": "x = 1"})
    (gap,) = gaps(items)
    assert (gap.what, gap.locator) == ("a file that is not Python 3", "old.py:4")
    module = next(one for one in only(Module, items) if one.file == "old.py")
    assert (module.imports, module.parsed) == (("helper.py",), False)
    assert [str(one.port) for one in only(Entry, items) if one.way == "server"] == ["5002"]


@pytest.mark.parametrize(
    "text",
    [
        "x = " + "(" * 5000 + ")" * 5000,
        "x = " + "[" * 150 + "]" * 150,
        "x = " + "-" * 100_000 + "1",
        "x = " + "not " * 50_000 + "1",
        "x = 1" + " + 1" * 100_000,
        "x = a" + ".b" * 100_000,
        "x = f" + "(1)" * 50_000,
        "x = " + "lambda: " * 20_000 + "1",
        "".join(f"{' ' * n}if x:\n" for n in range(300)) + " " * 300 + "pass\n",
        "{{ cookiecutter.name }} = 1\n{% if x %}\n",
        "x = '\\ud800'\n",
        "\x0c\n\t\n",
        "def f(:\n",
    ],
    ids=lambda text: text[:12].encode("unicode_escape").decode(),
)
def test_strange_files_are_read_or_gaps(tmp_path: Path, text: str) -> None:
    start = time.monotonic()
    items = read(tmp_path, {"x.py": text, "ok.py": "import requests\nrequests.get('http://a')"})
    assert [str(use.targets[0]) for use in only(Use, items)] == ["http://a"]
    assert time.monotonic() - start < 10


def test_binary_large_and_foreign_files_are_gaps(tmp_path: Path) -> None:
    folder = tmp_path / "r"
    folder.mkdir()
    (folder / "binary.py").write_bytes(b"\0\1\2")
    (folder / "large.py").write_text("#" * (MAX_BYTES + 1))
    (folder / "latin.py").write_bytes("x = 'é'".encode("latin-1"))
    (tmp_path / "secret.py").write_text("import requests\nrequests.get('http://outside')")
    (folder / "out.py").symlink_to(tmp_path / "secret.py")
    (folder / "loop").symlink_to(folder)
    items = list(Code(paths=(folder,)).collect(EVER))
    assert sorted(gap.locator for gap in gaps(items)) == [
        "binary.py",
        "large.py",
        "latin.py",
        "out.py",
    ]
    assert only(Use, items) == []


def test_nothing_is_run(tmp_path: Path) -> None:
    target = tmp_path / "made"
    read(tmp_path, {"x.py": f"open({str(target)!r}, 'w')\nimport os\nos.mkdir('x')"})
    assert not target.exists()


def test_a_value_that_explodes_is_cut_off(tmp_path: Path) -> None:
    lines = ["import requests", "a0 = x() or 'a' or 'b' or 'c'"]
    lines += [f"a{n} = a{n - 1} + a{n - 1} + a{n - 1} or a{n - 1}" for n in range(1, 40)]
    start = time.monotonic()
    read(tmp_path, {"x.py": "\n".join([*lines, "requests.get(a39)"])})
    assert time.monotonic() - start < 10


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        list(Code(paths=(tmp_path / "none",)).collect(EVER))
    file = tmp_path / "compose.yml"
    file.touch()
    with pytest.raises(InputError, match="this is a file") as caught:
        list(Code(paths=(file,)).collect(EVER))
    assert str(tmp_path) in caught.value.hint


def test_an_empty_folder_gives_nothing(tmp_path: Path) -> None:
    assert list(Code(paths=(tmp_path,)).collect(EVER)) == []


def test_lines_agree_with_the_position_provider() -> None:
    import libcst as cst  # noqa: PLC0415 - as late as in the collector
    from libcst.metadata import MetadataWrapper, PositionProvider  # noqa: PLC0415

    text = '''
@a(1)
class C(b(2), metaclass=m(3)):
    x: int = f(4) if g(5) else h(
        6)

    @p(7)
    async def q(self, y=r(8)) -> s(9):
        """Doc."""
        with t(10) as u, v(11):
            return [w(z) for z in k(12) if l(13)]
        try: n(14)
        except o(15): pass
        e = f"{aa(16)}" + bb(17)(18).cc(19)
'''
    module = cst.parse_module(text)
    lines = line_numbers(module, parse_fast(text))
    places = MetadataWrapper(module, unsafe_skip_copy=True).resolve(PositionProvider)
    known = {id(node): place.start.line for node, place in places.items()}
    assert len(lines) > 20
    assert {node: known[node] for node in lines} == lines
    assert line_numbers(module, None).keys() == lines.keys()
