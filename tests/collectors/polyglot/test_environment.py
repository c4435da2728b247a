"""Which variables a file reads, and what values become of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from depmap.model.facts import Use
from tests.collectors.polyglot.reading import only, read, uses, variables

if TYPE_CHECKING:
    from pathlib import Path

READS = {
    "go": ("a.go", 'package m\nfunc f() { x := os.Getenv("A"); y, _ := os.LookupEnv("B") }'),
    "go tags": ("a.go", ('package m\ntype C struct {\n A string `env:"A" envDefault:"x"`\n'
                        ' B string `envconfig:"B"`\n}')),
    "java": ("A.java", ('class A { String a = System.getenv("A");'
                       ' String b = System.getenv().getOrDefault("B", "x"); }')),
    "spring": ("A.java", 'class A { @Value("${A}") String a; A(@Value("${b:x}") String b) {} }'),
    "kotlin": ("A.kt", 'val a = System.getenv("A") ?: "x"\nval b = System.getenv("B")'),
    "javascript": ("a.js", 'const a = process.env.A; const { B = "x" } = process.env;'),
    "typescript": ("a.ts", 'const a: string = process.env["A"]!; f(process.env.B ?? "x");'),
    "c#": ("A.cs", ('class A { string a = Environment.GetEnvironmentVariable("A");'
                   ' string b = configuration["B"]; }')),
    "php": ("a.php", '<?php $a = getenv("A"); $b = $_ENV["B"] ?: "x";'),
    "ruby": ("a.rb", 'a = ENV["A"]\nb = ENV.fetch("B", "x")'),
    "rust": ("a.rs", 'fn f() { let a = env::var("A").unwrap(); let b = std::env::var("B"); }'),
}  # fmt: skip


@pytest.mark.parametrize(("name", "text"), READS.values(), ids=READS)
def test_reading_the_environment(tmp_path: Path, name: str, text: str) -> None:
    assert variables(tmp_path, name, text) == ["A", "B"]


VALUES = {
    "a default": ("a.js", 'fetch((process.env.A_URL || "http://a:1") + "/x");', "{env:A_URL}/x"),
    "a helper with a default": (
        "a.go",
        """
        package m
        func setting(key, fallback string) string {
            if v := os.Getenv(key); v != "" { return v }
            return fallback
        }
        func f() { http.Get(fmt.Sprintf("%s/x", setting("A_URL", "http://a:1"))) }
        """,
        "{env:A_URL}/x",
    ),
    "a pointer that a helper fills": (
        "a.go",
        """
        package m
        func must(target *string, key string) { v := os.Getenv(key); *target = v }
        func main() { must(&s.addr, "A_ADDR"); http.Get("http://" + s.addr + "/x") }
        """,
        "http://{env:A_ADDR}/x",
    ),
    "a field and a getter": (
        "A.java",
        """
        class A {
            private String url = System.getenv("A_URL");
            String getUrl() { return url; }
            void f(RestTemplate restTemplate) {
                restTemplate.getForObject(getUrl() + "/x/{id}", String.class);
            }
        }
        """,
        "{env:A_URL}/x/{id}",
    ),
    "a template": (
        "a.ts", "const h = process.env.A_HOST; axios.get(`http://${h}:80/x/${id}`);",
        "http://{env:A_HOST}:80/x/{}",
    ),
    "a wrapper": (
        "a.js",
        """
        const call = (path) => fetch(`${process.env.A_URL}${path}`);
        call("/x");
        """,
        "{env:A_URL}/x",
    ),
    "kotlin": ("A.kt", 'val h = System.getenv("A_HOST")\nfun f() { client.get("http://$h/x") }',
               "http://{env:A_HOST}/x"),
    "c#": (
        "A.cs",
        """
        class A { async Task F() {
            var u = Environment.GetEnvironmentVariable("A_URL");
            await _client.GetAsync($"{u}/x");
        } }
        """,
        "{env:A_URL}/x",
    ),
    "php": ("a.php", '<?php $u = getenv("A_URL"); $client->get("$u/x");', "{env:A_URL}/x"),
    "ruby": ("a.rb", 'HTTParty.get("#{ENV["A_URL"]}/x")', "{env:A_URL}/x"),
    "rust": ("a.rs", ('async fn f() { let a = env::var("A_URL").unwrap();'
                     ' client.get(format!("{}/x", a)).send().await?; }'), "{env:A_URL}/x"),
    "a macro of rust": ("a.rs", """
        async fn f() {
            let a: String = format!("{}{}", env::var("A_URL").expect("none"), "/x");
            client.post(a).send().await?;
        }
    """, "{env:A_URL}/x"),
}  # fmt: skip


@pytest.mark.parametrize(("name", "text", "target"), VALUES.values(), ids=VALUES)
def test_values_of_addresses(tmp_path: Path, name: str, text: str, target: str) -> None:
    (use,) = uses(tmp_path, name, text)
    assert use[:3] == ("http", "http", target)


HANDED = {
    "a constructor": (
        "A.java",
        """
        class A {
            private final String base;
            A(String base) { this.base = base; }
            void f() { restTemplate.getForObject(base + "/x", B.class); }
        }
        class C { A a = new A(System.getenv("A_URL")); }
        """,
        "{env:A_URL}/x",
    ),
    "a function that makes a client": (
        "a.go",
        """
        package m
        type Client struct { base string }
        func NewClient(base string) *Client { return &Client{base: base} }
        func (c *Client) Get() { http.Get(c.base + "/x") }
        func main() { NewClient(os.Getenv("A_URL")) }
        """,
        "{env:A_URL}/x",
    ),
    "a conversion": (
        "a.go",
        """
        package m
        type Address string
        func open(a Address) { http.Get(string(a) + "/x") }
        func main() { open(Address(os.Getenv("A_URL"))) }
        """,
        "{env:A_URL}/x",
    ),
    "a section of settings": (
        "A.cs",
        """
        class A { void F() {
            var section = configuration.GetSection("Urls");
            _client.GetAsync(section["A"] + "/x");
        } }
        """,
        "{env:Urls__A}/x",
    ),
    "a service of settings": (
        "a.ts",
        """
        export default () => ({ a: { url: process.env.A_URL } });
        class A { f() { fetch(this.config.get<string>("a.url") + "/x"); } }
        """,
        "{env:A_URL}/x",
    ),
}


@pytest.mark.parametrize(("name", "text", "target"), HANDED.values(), ids=HANDED)
def test_values_that_are_handed_on(tmp_path: Path, name: str, text: str, target: str) -> None:
    assert {one[2] for one in uses(tmp_path, name, text)} == {target}


def test_what_main_calls_a_variable_is_its_own(tmp_path: Path) -> None:
    files = {
        "go.mod": "", "a/main.go": 'package main\nfunc main() { url := "http://a" }\n',
        "b/b.go": "package b\nfunc f(url string) { http.Get(url) }\n",
    }  # fmt: skip
    assert only(Use, read(tmp_path, files)) == []


def test_a_variable_that_is_used_again_is_what_it_was_last(tmp_path: Path) -> None:
    text = """
        const a = make(process.env.A_URL);
        let c = make(process.env.A_URL); fetch(c + "/a");
        c = make(process.env.B_URL); fetch(c + "/b");
        function make(x) { return x; }
    """
    found = uses(tmp_path, "a.js", f"function main() {{ {text} }}")
    assert [one[2] for one in found] == ["{env:A_URL}/a", "{env:B_URL}/b"]
