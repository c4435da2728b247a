"""Files that nobody vouches for."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from collectors.polyglot import Polyglot
from collectors.polyglot.contracts import Contracts
from collectors.polyglot.languages import LANGUAGES, Language, is_aside, language_of
from collectors.polyglot.program import Program, Scope
from collectors.polyglot.reading import read as summary
from collectors.polyglot.tree import parser
from depmap.collecting.port import EVER
from depmap.model.evidence import Gap
from depmap.model.facts import Module
from tests.collectors.polyglot.reading import only, read

if TYPE_CHECKING:
    from pathlib import Path

SECONDS = 20
DEEP = 20_000
ODD = {
    "deep calls": "f(" * DEEP + ")" * DEEP,
    "deep blocks": "{" * DEEP + "}" * DEEP,
    "a long chain": "a" + ".b()" * 5_000,
    "a long sum": "x = " + " + ".join(['"a"'] * 5_000),
    "never closed": 'x = "' + "(" * 1_000,
    "nothing": "",
    "noise": "\x01\x02 %%% ]]] ((( \ufffd",
    "itself": "const f = (x) => f(f(x)); let a = b, b = a; fetch(a); fetch(f(a));",
}


@pytest.mark.parametrize("suffix", ["go", "java", "js", "cs", "php", "rb", "rs", "kt"])
@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_odd_text_does_no_harm(tmp_path: Path, suffix: str, text: str) -> None:
    start = time.monotonic()
    lines = "\n" * 200  # so that it is not passed over as a bundle of scripts
    assert only(Module, read(tmp_path, {f"a.{suffix}": text + lines}))
    assert time.monotonic() - start < SECONDS


def test_functions_that_call_one_another_take_no_longer(tmp_path: Path) -> None:
    methods = "".join(f'S F(int a{n}) {{ return F(a{n}) + "/" + F(a{n}); }} ' for n in range(5))
    text = f'class A {{ {methods} void G() {{ _client.GetAsync(F(1) + "/x"); }} }}'
    start = time.monotonic()
    assert only(Module, read(tmp_path, {"A.cs": text}))
    assert time.monotonic() - start < SECONDS


@pytest.mark.parametrize("text", ["/*-", "\n", "service a{"])
def test_contracts_that_never_end_take_no_longer(text: str) -> None:
    start = time.monotonic()
    Contracts.of({"a.proto": text * 200_000})
    assert time.monotonic() - start < SECONDS


def test_files_that_cannot_be_read_are_gaps(tmp_path: Path) -> None:
    (tmp_path / "a.go").write_bytes(b"package m // \xff\xfe\n")
    (tmp_path / "b.go").write_text("// x\n" * 200_000)
    (tmp_path / "c.go").write_text("package m\nfunc f() {}\n")
    items = list(Polyglot(paths=(tmp_path,)).collect(EVER))
    gaps = [item.what for item in items if isinstance(item, Gap)]
    assert gaps == ["a file that is not UTF-8", "a file that is too large"]
    assert [one.file for one in only(Module, items)] == ["c.go"]


def test_configuration_that_is_broken_is_left_out(tmp_path: Path) -> None:
    files = {
        "pom.xml": "<", "A.java": "class A {}", "application.yml": "a: [" * 3_000,
        "appsettings.json": "{" * 3_000, "application.properties": "=\n===\n\\u12",
    }  # fmt: skip
    assert only(Module, read(tmp_path, files))


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda one: one.name)
def test_every_grammar_is_there(language: Language) -> None:
    assert parser(language) is not None


@pytest.mark.parametrize(
    ("name", "known"),
    [("a.go", True), ("a.pb.go", False), ("a.min.js", False), ("a.d.ts", False), ("a.py", False)],
)
def test_generated_files_are_not_read(name: str, *, known: bool) -> None:
    assert (language_of(name) is not None) is known


@pytest.mark.parametrize(
    ("path", "aside"),
    [("src/a.go", False), ("a/a_test.go", True), ("tests/a.js", True), ("a.spec.ts", True),
     ("src/test/java/A.java", True), ("Cart.Tests/A.cs", True), ("latest/a.go", False)],
)  # fmt: skip
def test_tests_are_not_read(path: str, *, aside: bool) -> None:
    assert is_aside(path) is aside


@pytest.mark.parametrize(
    ("line", "kept"),
    [("f(1);" * 1_000, False), ("f(1);\n" * 1_000, True), ("f(1);\r" * 1_000, True)],
)
def test_bundles_of_scripts_are_not_read(tmp_path: Path, line: str, *, kept: bool) -> None:
    items = read(tmp_path, {"a.js": line, "package.json": ""})
    assert bool(only(Module, items)) is kept
    gaps = [item.what for item in items if isinstance(item, Gap)]
    assert gaps == ([] if kept else ["a file of machine-made code"])


def test_a_name_is_looked_up_once_for_each_place() -> None:
    script = language_of("a.js")
    assert script is not None
    file = summary("a.js", script, "e = 1; e = 2; function f() {}")
    program = Program.of([file], {""}, {})
    scope = Scope(file, "f")
    found = program.assigned("e", scope, attribute=False)
    assert [one.value.text for _, one in found] == ["1", "2"]
    assert program.assigned("e", Scope(file, "f"), attribute=False) is found
    assert program.functions("f", file) is program.functions("f", file)


@pytest.mark.parametrize(
    ("project", "output"),
    [("pom.xml", "target/classes"), ("Cargo.toml", "target/debug"), ("a.csproj", "bin/Debug"),
     ("a.csproj", "obj"), ("build.gradle", "bin/main"), ("package.json", "dist")],
)  # fmt: skip
def test_what_builds_write_is_not_read(tmp_path: Path, project: str, output: str) -> None:
    files = {f"a/{project}": "", f"a/{output}/B.java": "class B {}", "a/A.java": "class A {}",
             f"bare/{output}/C.java": "class C {}"}  # fmt: skip
    wanted = ["a/A.java"] if output == "dist" else ["a/A.java", f"bare/{output}/C.java"]
    assert [one.file for one in only(Module, read(tmp_path, files))] == wanted
