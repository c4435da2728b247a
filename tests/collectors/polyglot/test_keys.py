"""Who signs and who verifies tokens, and with which key."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from depmap.collecting.secrets import digest
from depmap.model.facts import KeyUse, Use
from tests.collectors.polyglot.reading import PROJECTS, only, read
from tests.scanning.building import scan, write

if TYPE_CHECKING:
    from pathlib import Path

JAVA = """
    import io.jsonwebtoken.Jwts;
    class A {{
        @Value("${{jwt.key}}") private String secret;
        Key key() {{ return Keys.hmacShaKeyFor(secret.getBytes(UTF_8)); }}
        Object f() {{ return {0}; }}
    }}
"""
NODE = 'const jwt = require("{0}"); {1};'
GO = 'import "github.com/golang-jwt/jwt"\nfunc f() {{ {0} }}'
CSHARP = """
    class A {{ void F() {{
        var key = new SymmetricSecurityKey(Encoding.UTF8.GetBytes(configuration["K"]));
        {0};
    }} }}
"""
NEST = """
    JwtModule.registerAsync({ useFactory: () => ({ secret: process.env.K }) });
    class A { f() { this.jwt.signAsync(x); } }
"""
USES = {
    "node": ("a.js", NODE.format("jsonwebtoken", "jwt.sign({}, process.env.K, {})"), "signs K"),
    "node, with a function": (
        "a.js",
        'import { verify } from "jsonwebtoken"; verify(t, process.env.K, done);',
        "verifies K",
    ),
    "express": (
        "a.js",
        NODE.format("express-jwt", "app.use(jwt({ secret: process.env.K }))"),
        "verifies K",
    ),
    "passport": ("a.js", "new JwtStrategy({ secretOrKey: process.env.K }, done);", "verifies K"),
    "nest": ("a.ts", NEST, "signs K"),
    "jjwt signs": (
        "A.java",
        JAVA.format("Jwts.builder().signWith(HS512, secret).compact()"),
        "signs JWT_KEY",
    ),
    "jjwt signs, by a helper": (
        "A.java",
        JAVA.format("Jwts.builder().signWith(key())"),
        "signs JWT_KEY",
    ),
    "jjwt verifies": (
        "A.java",
        JAVA.format("Jwts.parser().verifyWith(key()).build()"),
        "verifies JWT_KEY",
    ),
    "auth0": (
        "A.java",
        JAVA.format("JWT.require(Algorithm.HMAC256(secret)).build()"),
        "verifies JWT_KEY",
    ),
    "go signs": (
        "a.go",
        GO.format("s, e := t.SignedString(key)") + '\nvar key = []byte(os.Getenv("K"))',
        "signs K",
    ),
    "go verifies": (
        "a.go",
        GO.format(
            'jwt.Parse(s, func(t *jwt.Token) (any, error) { return []byte(os.Getenv("K")), nil })'
        ),
        "verifies K",
    ),
    "c# signs": ("A.cs", CSHARP.format("new SigningCredentials(key, A.HmacSha256)"), "signs K"),
    "c# verifies": (
        "A.cs",
        CSHARP.format("o.P = new TokenValidationParameters { IssuerSigningKey = key }"),
        "verifies K",
    ),
    "php": (
        "a.php",
        '<?php use Firebase\\JWT\\JWT; JWT::encode($p, getenv("K"), "HS256");',
        "signs K",
    ),
    "ruby": ("a.rb", 'JWT.decode(token, ENV["K"], true)', "verifies K"),
    "rust": (
        "a.rs",
        'use jsonwebtoken::encode;\nfn f() { EncodingKey::from_secret(env::var("K").unwrap()); }',
        "signs K",
    ),
}


@pytest.mark.parametrize(("name", "text", "wanted"), USES.values(), ids=USES)
def test_keys(tmp_path: Path, name: str, text: str, wanted: str) -> None:
    project = PROJECTS[name[name.rfind(".") :]]
    found = only(KeyUse, read(tmp_path, {name: text, project: ""}))
    shown = {f"{'signs' if one.signs else 'verifies'} {one.keys[0]}" for one in found}
    assert shown == {wanted.replace(" ", " {env:") + "}"}


def test_a_literal_is_kept_as_its_hash_alone(tmp_path: Path) -> None:
    text = 'const jwt = require("jsonwebtoken"); jwt.sign({}, "hunter2-hunter2");'
    (use,) = only(KeyUse, read(tmp_path, {"a.js": text, "package.json": ""}))
    assert use.digest == digest("hunter2-hunter2")
    assert "hunter2" not in repr(use)


def test_a_key_in_a_configuration_file_is_kept_as_its_hash_alone(tmp_path: Path) -> None:
    files = {
        "A.java": JAVA.format("Jwts.builder().signWith(key())"), "pom.xml": "",
        "application.yml": "jwt: {key: hunter2-hunter2}",
    }  # fmt: skip
    (use,) = only(KeyUse, read(tmp_path, files))
    assert use.digest == digest("hunter2-hunter2")
    assert "hunter2" not in repr(use)


def test_what_signs_no_token(tmp_path: Path) -> None:
    text = NODE.format("jsonwebtoken", "argon2.verify(hash, process.env.K)")
    assert only(KeyUse, read(tmp_path, {"a.js": text, "package.json": ""})) == []


def test_who_is_asked_for_keys(tmp_path: Path) -> None:
    text = 'class A { void F() { s.AddJwtBearer(o => { o.Authority = configuration["Id"]; }); } }'
    (use,) = only(Use, read(tmp_path, {"A.cs": text, "a.csproj": ""}))
    assert (str(use.targets[0]), use.kind.value) == ("{env:Id}", "http")


def test_a_secret_across_languages_belongs_to_who_signs(tmp_path: Path) -> None:
    node = NODE.format("jsonwebtoken", 'jwt.verify(t, process.env.JWT_SECRET || "x")')
    files = {
        "auth/a.go": USES["go signs"][1].replace('"K"', '"JWT_SECRET"'), "auth/go.mod": "",
        "web/a.js": node, "web/package.json": "{}",
        "docker-compose.yml": """
            services:
              auth: {build: auth, environment: {JWT_SECRET: hunter2-hunter2}}
              web: {build: web, environment: {JWT_SECRET: hunter2-hunter2}}
        """,
    }  # fmt: skip
    found = scan(write(tmp_path / "r", files))
    assert [(one.resource, one.members, one.owner) for one in found.shared] == [
        ("JWT_SECRET", ("auth", "web"), "auth")
    ]
    assert [(one.consumer, one.provider) for one in found.evidence] == [("web", "auth")]
