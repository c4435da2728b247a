"""Classes whose fields are read from the environment: pydantic's, nested ones included."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from collectors.code import instances, tables
from collectors.code.configured import variable
from collectors.code.program import Place
from collectors.code.summary import HOLE, Expr, argument
from collectors.code.things import Scope, Thing, literal
from depmap.model.facts import Part

if TYPE_CHECKING:
    from collectors.code.evaluate import Evaluator
    from collectors.code.summary import Class
    from collectors.code.things import Things

_VALIDATORS = frozenset({"validator", "field_validator"})


def is_settings(ev: Evaluator, path: str, held: Class, thing: Thing | None = None) -> bool:
    """Whether the fields of a class, or of an object of it, are read from the environment."""
    if thing is not None and _is_nested(thing):
        return True
    bases = [base for _, one in instances.lineage(ev, path, held.name) for base in one.bases]
    return any(base.text in tables.SETTINGS_BASES for base in bases)


def _is_nested(thing: Thing) -> bool:
    return thing.origin is not None and thing.origin.kind == "nested"


def field(ev: Evaluator, path: str, held: Class, name: str, thing: Thing) -> Things:
    """A field of settings: an environment variable of that name, with its default."""
    values = held.names.get(name, [])
    nested = _settings_in(ev, path, held, name)
    if nested:
        return nested
    prefix, delimiter = _prefix(ev, path, held), _config(ev, path, held, "env_nested_delimiter")
    if thing.origin is not None and _is_nested(thing):
        prefix, delimiter = thing.origin.text, "".join(one.text for one in thing.origin.parts)
    model = _model_in(ev, path, held, name)
    if model is not None:
        below = Thing("nested", (Part("text", delimiter),), f"{prefix}{name}{delimiter}".upper())
        return (replace(model, origin=below) if delimiter else model,)
    names: list[str] = []
    for value in values:
        for key in ("validation_alias", "alias", "env"):
            given = argument(value, -1, key) if value.op == "call" else None
            if given is not None:
                names.extend(_texts(ev, given, path))
    body = instances.body_of(path, held)
    default = tuple(one for value in values for one in ev.evaluate(value, body))
    if _is_nested(thing):
        default = instances.given_at_making(ev, thing, held, name) or default
    found = [
        one for each in names or [f"{prefix}{name}".upper()]
        for one in variable(ev, each, default, path)
    ]  # fmt: skip
    return (*found, *_validated(ev, path, held, name))


def _validated(ev: Evaluator, path: str, held: Class, name: str) -> Things:
    """What a validator puts together of other fields: ``values.get("DB_HOST")``."""
    found: list[Thing] = []
    for function in ev.program.files[path].functions.values():
        if function.owner != held.name or not any(
            deco.op == "call" and deco.args[0].text in _VALIDATORS
            and any(one.text == name for one in deco.args[1:])
            for deco in function.decorators
        ):  # fmt: skip
            continue
        method = Thing("func", text=function.name, path=path)
        call = Expr("call", args=(HOLE, HOLE, Expr("fields", held.name)))
        found.extend(one for one in ev.run(method, call, Scope(path)) if one.kind == "str")
    return tuple(found)


def _settings_in(ev: Evaluator, path: str, held: Class, name: str) -> Things:
    """A field that is itself an object of settings."""
    return tuple(
        one for one in _objects(ev, path, held, name)
        if any(
            is_settings(ev, where, klass)
            for where, klass in instances.lineage(ev, one.path, one.text)
        )
    )[:1]  # fmt: skip


def _model_in(ev: Evaluator, path: str, held: Class, name: str) -> Thing | None:
    """A field that is an object of a plain model."""
    return next(iter(_objects(ev, path, held, name)), None)


def _objects(ev: Evaluator, path: str, held: Class, name: str) -> Things:
    scope = Scope(path)
    found = [one for value in held.names.get(name, ()) for one in ev.evaluate(value, scope)]
    if name in held.types:
        found.extend(instances.of_type(ev, held.types[name], scope))
    return tuple(one for one in found if one.kind == "instance" and not _is_enum(ev, one))


def _is_enum(ev: Evaluator, thing: Thing) -> bool:
    return any(
        base.text.endswith("Enum")
        for _, held in instances.lineage(ev, thing.path, thing.text)
        for base in held.bases
    )


def _texts(ev: Evaluator, given: Expr, path: str) -> list[str]:
    parts = (
        given.args[1:] if given.op == "call" else given.args if given.op == "list" else (given,)
    )
    found = [literal(one) for part in parts for one in ev.evaluate(part, Scope(path))]
    return [name for name in found if name]


def _prefix(ev: Evaluator, path: str, held: Class) -> str:
    return _config(ev, path, held, "env_prefix")


def _config(ev: Evaluator, path: str, held: Class, key: str) -> str:
    """What a class of settings, or one that it derives from, says of how it is read."""
    for where, one in instances.lineage(ev, path, held.name):
        for value in one.names.get("model_config", []):
            given = argument(value, -1, key) if value.op == "call" else None
            if value.op == "dict" and key in value.keys:
                given = value.args[value.keys.index(key)]
            if given is not None:
                return next(iter(_texts(ev, given, where)), "")
        inner = ev.program.klass(Place(where, f"{one.name}.Config"))
        for value in inner.names.get(key, []) if inner else []:
            return next(iter(_texts(ev, value, where)), "")
    return ""
