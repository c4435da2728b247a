"""Programs that are several in one: the word that each unit starts them with decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.scanning.building import pairs, scan, write

if TYPE_CHECKING:
    from pathlib import Path

COMPOSE = """
    services:
      front: {build: ., command: [front]}
      stock: {build: ., command: [stock]}
      prices: {build: ., command: [prices]}
"""
DOCKERFILE = 'FROM golang\nCOPY . .\nRUN go build -o /all ./cmd\nENTRYPOINT ["/all"]\n'
SWITCH = """
    package main
    import ("flag"; "x/front"; "x/stock"; "x/prices")
    func main() {
        flag.Parse()
        cmd := flag.Arg(0)
        switch cmd {
        case "front":
            front.New("http://stock:80").Run()
        case "stock":
            stock.New().Run()
        case "prices":
            prices.New().Run()
        }
    }
"""
COBRA = """
    package main
    import ("github.com/spf13/cobra"; "x/front"; "x/stock"; "x/prices")
    var root = &cobra.Command{Use: "all"}
    var a = &cobra.Command{Use: "front [flags]", Run: func(c *cobra.Command, args []string) {
        front.New("http://stock:80").Run()
    }}
    var b = &cobra.Command{Use: "stock", Run: func(c *cobra.Command, args []string) {
        stock.New().Run()
    }}
    var c = &cobra.Command{Use: "prices", Run: func(c *cobra.Command, args []string) {
        prices.New().Run()
    }}
    func main() { root.Execute() }
"""
FRONT = """
    package front
    import "net/http"
    type Server struct { base string }
    func New(base string) *Server { return &Server{base: base} }
    func (s *Server) Run() { http.HandleFunc("/", s.page); http.ListenAndServe(":80", nil) }
    func (s *Server) page(w http.ResponseWriter, r *http.Request) {
        http.Get(s.base + "/items")
    }
"""
OTHER = """
    package {0}
    import "net/http"
    type Server struct {{}}
    func New() *Server {{ return &Server{{}} }}
    func (s *Server) Run() {{ http.HandleFunc("/{1}", s.page); http.ListenAndServe(":80", nil) }}
    func (s *Server) page(w http.ResponseWriter, r *http.Request) {{ {2} }}
"""
FILES = {
    "docker-compose.yml": COMPOSE, "Dockerfile": DOCKERFILE, "go.mod": "module x\n",
    "front/front.go": FRONT,
    "stock/stock.go": OTHER.format("stock", "items", 'http.Get("http://prices:80/prices")'),
    "prices/prices.go": OTHER.format("prices", "prices", ""),
}  # fmt: skip


@pytest.mark.parametrize("main", [SWITCH, COBRA], ids=["switch", "cobra"])
def test_each_unit_does_what_its_word_leads_to(tmp_path: Path, main: str) -> None:
    found = pairs(scan(write(tmp_path / "r", FILES | {"cmd/main.go": main})))
    assert found == {("front", "stock", "http"), ("stock", "prices", "http")}


def test_a_variable_decides_as_a_word_does(tmp_path: Path) -> None:
    compose = COMPOSE.replace("command: [", "environment: {RUNS: ").replace("]", "}")
    main = SWITCH.replace("flag.Arg(0)", 'strings.ToLower(os.Getenv("RUNS"))')
    files = FILES | {"cmd/main.go": main, "docker-compose.yml": compose}
    found = pairs(scan(write(tmp_path / "r", files)))
    assert found == {("front", "stock", "http"), ("stock", "prices", "http")}


def test_a_unit_without_a_word_may_do_all(tmp_path: Path) -> None:
    compose = "services: {one: {build: .}, stock: {image: s}, prices: {image: p}}"
    files = FILES | {"cmd/main.go": SWITCH, "docker-compose.yml": compose}
    found = pairs(scan(write(tmp_path / "r", files)))
    assert ("one", "stock", "http") in found


def test_code_that_is_mounted_where_the_process_runs(tmp_path: Path) -> None:
    unit = "{{build: tools, working_dir: /code/{0}, volumes: ['./src:/code'], env_file: .env}}"
    main = "package main\nfunc main() {{ http.Get({0}) }}\n"
    files = {
        "docker-compose.yml": "services:\n  a: {}\n  b: {}\n  c: {{image: c}}\n".format(
            unit.format("a"), unit.format("b")
        ),
        ".env": "C_URL=http://c:80\nB_URL=http://b:80\n",
        "tools/Dockerfile": "FROM golang\nRUN go install reflex\nENTRYPOINT reflex\n",
        "src/a/main.go": main.format('os.Getenv("B_URL") + "/x"'), "src/a/go.mod": "module a\n",
        "src/b/main.go": main.format('os.Getenv("C_URL") + "/x"'), "src/b/go.mod": "module b\n",
    }  # fmt: skip
    assert pairs(scan(write(tmp_path / "r", files))) == {("a", "b", "http"), ("b", "c", "http")}
