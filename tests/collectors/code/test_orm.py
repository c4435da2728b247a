"""Tables and collections behind mapped classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from depmap.model.facts import Use
from tests.collectors.code.reading import only, read

if TYPE_CHECKING:
    from pathlib import Path

Row = tuple[str, str, bool | None]


def rows(folder: Path, files: dict[str, str]) -> list[Row]:
    """(system, table, whether it writes) of each use that names a table, without doubles."""
    found = [
        (use.system, str(use.operations[0]), use.writes)
        for use in only(Use, read(folder, files))
        if use.operations
    ]
    return list(dict.fromkeys(found))


CASES: dict[str, tuple[str, list[Row]]] = {
    "django": (
        """
        from django.db import models
        class Base(models.Model):
            class Meta:
                abstract = True
        class Order(Base): ...
        class Item(models.Model):
            class Meta:
                db_table = "items"
        def f():
            Order.objects.filter(a=1).first()
            Item(name="x").save()
        """,
        [("", "shop_order", False), ("", "items", True), ("", "shop_order", None),
         ("", "items", None)],
    ),
    "tortoise": (
        """
        from tortoise.models import Model
        class Order(Model):
            class Meta:
                table = "orders"
        async def f():
            await Order.create(a=1)
            await Order.all()
        """,
        [("", "orders", True), ("", "orders", False), ("", "orders", None)],
    ),
    "peewee": (
        """
        import peewee
        class Order(peewee.Model):
            class Meta:
                table_name = "orders"
        Order.select().where(1)
        """,
        [("", "orders", False), ("", "orders", None)],
    ),
    "beanie": (
        """
        from beanie import Document
        class Product(Document):
            class Settings:
                name = "products"
        async def f():
            await Product.find_one(1)
            await Product(name="x").insert()
        """,
        [("mongodb", "products", False), ("mongodb", "products", True),
         ("mongodb", "products", None)],
    ),
    "mongoengine": (
        """
        import mongoengine
        class Product(mongoengine.Document):
            meta = {"collection": "products"}
        Product.objects(name="x").first()
        """,
        [("mongodb", "products", False), ("mongodb", "products", None)],
    ),
    "sqlmodel": (
        """
        from sqlmodel import SQLModel, Session, create_engine, select
        class Order(SQLModel, table=True): ...
        class OrderIn(SQLModel): ...
        engine = create_engine("postgresql://db/x")
        with Session(engine) as s:
            s.exec(select(Order))
        """,
        [("", "order", None)],
    ),
    "flask-sqlalchemy": (
        """
        from flask_sqlalchemy import SQLAlchemy
        db = SQLAlchemy()
        class OrderItem(db.Model): ...
        OrderItem.query.filter_by(a=1).all()
        """,
        [("", "order_item", False), ("", "order_item", None)],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("source", "expected"), CASES.values(), ids=CASES)
def test_mapped_classes(tmp_path: Path, source: str, expected: list[Row]) -> None:
    assert rows(tmp_path, {"shop/models.py": source}) == expected


def test_a_database_that_an_object_is_given_later(tmp_path: Path) -> None:
    database = """
        import os
        from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorDatabase
        class Held:
            client: AsyncIOMotorClient = None
            db: AsyncIOMotorDatabase = None
        held = Held()
        def connect():
            held.client = AsyncIOMotorClient(os.environ["MONGO"])
            held.db = held.client["shop"]
        def get_db() -> AsyncIOMotorDatabase:
            return held.db
    """
    main = """
        from fastapi import Depends
        from database import get_db
        @app.get("/")
        async def f(db=Depends(get_db)):
            return await db["products"].find({})
    """
    uses = only(Use, read(tmp_path, {"main.py": main, "database.py": database}))
    found = [(str(one.targets[0]), str(one.operations[0])) for one in uses if one.operations]
    assert found == [("{env:MONGO}", "products")]
