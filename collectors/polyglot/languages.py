"""What tells the languages apart: their files, their grammar, and where a process starts."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Language:
    """A language that is read.

    Attributes:
        name: its name.
        suffixes: how the names of its files end.
        module: the package of its grammar.
        function: the function of that package that gives the grammar.
        mains: functions in which a process starts.
        throws: whether a failure goes up by itself when nothing catches it.
    """

    name: str
    suffixes: tuple[str, ...]
    module: str
    function: str = "language"
    mains: frozenset[str] = frozenset({"main"})
    throws: bool = True


LANGUAGES = (
    Language("go", (".go",), "tree_sitter_go", throws=False),
    Language("java", (".java",), "tree_sitter_java"),
    Language("kotlin", (".kt",), "tree_sitter_kotlin"),
    Language(
        "javascript", (".js", ".mjs", ".cjs", ".jsx"), "tree_sitter_javascript"
    ),
    Language("typescript", (".ts", ".mts"), "tree_sitter_typescript", "language_typescript"),
    Language("tsx", (".tsx",), "tree_sitter_typescript", "language_tsx"),
    Language("csharp", (".cs",), "tree_sitter_c_sharp", mains=frozenset({"Main", "main"})),
    Language("php", (".php",), "tree_sitter_php", "language_php"),
    Language("ruby", (".rb", ".ru"), "tree_sitter_ruby"),
    Language("rust", (".rs",), "tree_sitter_rust", throws=False),
)  # fmt: skip
"""Every language, the usual ones first."""

PROJECT_FILES = frozenset(
    {"go.mod", "pom.xml", "build.gradle", "build.gradle.kts", "package.json", "Cargo.toml",
     "composer.json", "Gemfile"}
)  # fmt: skip
"""Files that make the folder they lie in a project."""

_BY_SUFFIX = {suffix: language for language in LANGUAGES for suffix in language.suffixes}


def language_of(name: str) -> Language | None:
    """The language of a file by its name; None for generated, minified and unknown ones.

    >>> language_of("main.go").name, language_of("x.min.js"), language_of("a_pb.js")
    ('go', None, None)
    """
    lowered = name.lower()
    if lowered.endswith((".min.js", ".d.ts", ".pb.go", "_pb.js", "_grpc_web_pb.js", "_pb.rb",
                         ".g.cs", ".designer.cs", "modelsnapshot.cs", ".bundle.js",
                         "_pb.ts", ".pb.gw.go",
                         "_generated.go", "_grpc_pb.js")):  # fmt: skip
        return None
    dot = lowered.rfind(".")
    return _BY_SUFFIX.get(lowered[dot:]) if dot >= 0 else None


_TESTS = frozenset(
    {"test", "tests", "testing", "__tests__", "spec", "specs", "e2e", "examples", "example",
     "docs", "doc", "mock", "mocks", "__mocks__", "testdata", "benchmarks", "cypress",
     "androidtest", "wwwroot", "testbase", "genproto", "generated", "migrations"}
)  # fmt: skip


def is_aside(path: str) -> bool:
    """Whether a path is that of a test, an example, documentation or generated code."""
    above, main, _ = path.partition("src/main/")
    last = path.rpartition("/")[2]
    folders = (above if main else path[: -len(last)]).split("/")  # com/example is a package
    if any(
        part.lower() in _TESTS
        or part.lower().endswith(("-test", "-tests", "_test", "_tests", "testfixtures"))
        or part.endswith((".Tests", "Tests", ".UnitTests", ".FunctionalTests"))
        for part in folders
    ):
        return True
    stem = last.rpartition(".")[0]
    return stem.endswith(("_test", ".test", ".spec", "_spec", "Test", "Tests", "IT", ".stories"))


_OUTPUTS = {
    "pom.xml": ("target",), "Cargo.toml": ("target",), "build.gradle": ("build", "bin"),
    "build.gradle.kts": ("build", "bin"), "package.json": ("dist", "build"),
    ".csproj": ("bin", "obj"), ".fsproj": ("bin", "obj"), ".vbproj": ("bin", "obj"),
}  # fmt: skip


def output_folders(names: Iterable[str]) -> tuple[str, ...]:
    """The folders that builds write to, which lie beside the files of the projects.

    >>> output_folders(["a/pom.xml", "b/B.csproj", "target/x.go"])
    ('a/target/', 'b/bin/', 'b/obj/')
    """
    found: set[str] = set()
    for name in names:
        folder, last = posixpath.split(name)
        outputs = _OUTPUTS.get(last) or _OUTPUTS.get(posixpath.splitext(last)[1], ())
        found.update(f"{posixpath.join(folder, one)}/" for one in outputs)
    return tuple(sorted(found))
