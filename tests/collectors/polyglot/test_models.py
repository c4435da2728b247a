"""Tables and collections by models, and stores by the options of a framework."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from depmap.model.facts import EnvRead, Use
from tests.collectors.polyglot.reading import PROJECTS, only, read

if TYPE_CHECKING:
    from pathlib import Path

MONGOOSE = 'const m = require("mongoose"); m.model("Story", s); m.model("B", s, "bs");'
FEATURES = """
    MongooseModule.forFeature([{ name: "User", schema: S }, { name: "B", collection: "bs" }]);
"""
SEQUELIZE = """
    const { Model } = require("sequelize"); s.define("user", {});
    B.init({}, { sequelize: s, tableName: "bs" });
"""
TYPEORM = """
    @Entity("xs") export class X {}
    @Entity({ name: "ys" }) class Y {}
    @Entity() class OrderItem {}
"""
CONTEXT = "class A : DbContext {{ public DbSet<X> Xs {{ get; set; }} {0} }}"
MODELS = {
    "mongoose": ("a.js", MONGOOSE, ["stories", "bs"]),
    "mongoose in nest": ("a.ts", FEATURES, ["users", "bs"]),
    "sequelize": ("a.js", SEQUELIZE, ["users", "bs"]),
    "typeorm": ("a.ts", TYPEORM, ["xs", "ys", "order_item"]),
    "jpa": (
        "A.java",
        '@Entity class OrderItem {} @Entity @Table(name = "xs") class X {}',
        ["order_item", "xs"],
    ),
    "documents": (
        "A.java",
        '@Document class OrderItem {} @Document("xs") class X {}',
        ["orderItem", "xs"],
    ),
    "gorm": (
        "a.go",
        'func (X) TableName() string { return "xs" }\nfunc f() { db.Table("ys y") }',
        ["ys", "xs"],
    ),
    "entity framework": ("A.cs", CONTEXT.format(""), ["Xs"]),
    "entity framework, by name": (
        "A.cs",
        CONTEXT.format('void F() { b.Entity<X>().ToTable("the_xs"); }'),
        ["the_xs"],
    ),
    "eloquent": ("a.php", "<?php class X extends Model { protected $table = 'xs'; }", ["xs"]),
}


@pytest.mark.parametrize(("name", "text", "wanted"), MODELS.values(), ids=MODELS)
def test_tables(tmp_path: Path, name: str, text: str, wanted: list[str]) -> None:
    found = only(Use, read(tmp_path, {name: text, PROJECTS[name[name.rfind(".") :]]: ""}))
    assert [str(one.operations[0]) for one in found if one.operations] == wanted


BY_FACTORY = """
    TypeOrmModule.forRootAsync({ useFactory: (config: ConfigService) => ({
        type: "postgres", host: config.get("DB_HOST") }) });
"""
BY_CLASS = "class A { createMongooseOptions() { return { uri: process.env.M }; } }"
STORES = {
    "typeorm": (BY_FACTORY, "postgresql {env:DB_HOST}"),
    "mongoose": ("MongooseModule.forRoot(process.env.M);", "mongodb {env:M}"),
    "mongoose, by a class": (BY_CLASS, "mongodb {env:M}"),
    "port before host": (
        'import Redis from "ioredis"; new Redis(6379, process.env.R);',
        "redis {env:R}",
    ),
    "bull": (
        'import Queue from "bull"; new Queue("q", { redis: { host: process.env.R } });',
        "redis {env:R}",
    ),
}


@pytest.mark.parametrize(("text", "wanted"), STORES.values(), ids=STORES)
def test_stores(tmp_path: Path, text: str, wanted: str) -> None:
    found = only(Use, read(tmp_path, {"a.ts": text, "package.json": ""}))
    shown = [f"{one.system} {str(one.targets[0]).rpartition('//')[2]}" for one in found]
    assert shown == [wanted]


PRISMA = """
    datasource db {{
      provider = "{0}"
      url      = env("DB_URL")
    }}
    model User {{
      id Int @id
    }}
    model Post {{
      id Int @id
      @@map("posts")
    }}
"""


def test_schemas_of_prisma(tmp_path: Path) -> None:
    files = {"a.ts": "", "package.json": "", "prisma/schema.prisma": PRISMA.format("postgresql")}
    items = read(tmp_path, files)
    assert [
        (one.locator, one.system, str((*one.targets, *one.operations)[0]))
        for one in only(Use, items)
    ] == [
        ("prisma/schema.prisma:3", "postgresql", "{env:DB_URL}"),
        ("prisma/schema.prisma:5", "postgresql", "User"),
        ("prisma/schema.prisma:8", "postgresql", "posts"),
    ]
    assert [one.name for one in only(EnvRead, items)] == ["DB_URL"]


def test_a_database_in_the_process_is_none_that_is_deployed(tmp_path: Path) -> None:
    files = {"a.ts": "", "package.json": "", "schema.prisma": PRISMA.format("sqlite")}
    assert only(Use, read(tmp_path, files)) == []
