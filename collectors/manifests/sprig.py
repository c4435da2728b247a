"""The functions of Helm's templates that take plain values and give plain values."""

from __future__ import annotations

import base64
import hashlib
import json
import posixpath
import re
from typing import TYPE_CHECKING, Any

from collectors.manifests.govalues import (
    MAX_TEXT,
    indent,
    number,
    printf,
    quote,
    text,
    to_json,
    to_yaml,
    true,
    weighed,
)
from collectors.manifests.values import read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

MAX_LIST = 10_000
"""Elements of a list that a function may make."""

_WORDS = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")


def _from_yaml(value: Any) -> Any:
    return read(text(value))


def _equal(first: Any, *others: Any) -> bool:
    return any(text(first) == text(one) for one in others)


def _less(one: Any, other: Any) -> bool:
    if isinstance(one, str) and isinstance(other, str):
        return one < other
    return number(one) < number(other)


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _as_dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _index(value: Any, *path: Any) -> Any:
    for key in path:
        if isinstance(value, dict):
            value = value.get(text(key))
        elif isinstance(value, list | str) and 0 <= number(key) < len(value):
            value = value[number(key)]
        else:
            return None
    return value


def _dig(*given: Any) -> Any:
    *path, default, value = given
    found = _index(value, *path)
    return default if found is None else found


def _pairs(*given: Any) -> dict[str, Any]:
    return {text(key): value for key, value in zip(given[::2], given[1::2], strict=False)}


def merged(first: Any, *others: Any) -> dict[str, Any]:
    """Mappings laid under the first one, key by key; nothing of what is given is changed."""
    found = dict(_as_dict(weighed(first)))
    for other in others:
        for key, value in _as_dict(weighed(other)).items():
            held = found.get(key)
            if isinstance(held, dict) and isinstance(value, dict):
                found[key] = merged(held, value)
            elif held is None:
                found[key] = value
    return found


def _over(first: Any, *others: Any) -> dict[str, Any]:
    return merged(*reversed(others), first) if others else dict(_as_dict(first))


def _set(held: Any, key: Any, value: Any) -> Any:
    if isinstance(held, dict):
        held[text(key)] = value
    return held


def _unset(held: Any, key: Any) -> Any:
    _as_dict(held).pop(text(key), None)
    return held


def _has(value: Any, among: Any) -> bool:
    return any(text(value) == text(one) for one in _as_list(among))


def _until(*given: Any) -> list[Any]:
    numbers = [number(one) for one in given]
    start, stop, step = (0, numbers[0], 1) if len(numbers) == 1 else (*numbers, 1)[:3]
    return list(range(start, stop, step or 1)[:MAX_LIST])


def _default(value: Any, *given: Any) -> Any:
    return given[0] if given and true(given[0]) else value


def _coalesce(*given: Any) -> Any:
    return next((one for one in given if true(one)), None)


def _kind(value: Any) -> str:
    kinds: dict[type, str] = {bool: "bool", int: "int", float: "float64", str: "string",
                              list: "slice", dict: "map", type(None): "invalid"}  # fmt: skip
    return kinds.get(type(value), "invalid")


def _semver(constraint: Any, *_: Any) -> bool:
    """The cluster is thought to be a new one."""
    return not text(constraint).strip().startswith("<")


def _decoded(value: Any) -> str:
    try:
        return base64.b64decode(text(value), validate=True).decode()
    except ValueError:
        return ""


def _bounded(count: int, size: int) -> None:
    if count * size > MAX_TEXT:
        raise ValueError("a text that grows too long")


def _replaced(old: Any, new: Any, value: Any) -> str:
    held, wanted = text(value), text(old)
    _bounded(held.count(wanted), len(text(new)))
    return held.replace(wanted, text(new)) if wanted else held


def _joined(sep: Any, value: Any) -> str:
    given = value if isinstance(value, list) else [value]
    _bounded(len(given), len(text(sep)))
    return text(sep).join(map(text, given))


def _repeated(count: Any, value: Any) -> str:
    times = max(number(count), 0)
    _bounded(times, len(text(value)))
    return text(value) * times


def _split(sep: Any, value: Any) -> list[str]:
    return text(value).split(text(sep) or None)


def _words(join: str, value: Any) -> str:
    return join.join(one.lower() for one in _WORDS.findall(text(value)))


def _all(values: Iterable[Any], *more: Any) -> list[Any]:
    return list(dict.fromkeys((*values, *more)))


def _sum(*given: Any) -> int:
    return sum(map(number, given))


FUNCTIONS: dict[str, Callable[..., Any]] = {
    # texts
    "quote": quote, "squote": lambda *v: " ".join(f"'{text(one)}'" for one in v),
    "toString": text, "toStrings": lambda v: [text(one) for one in _as_list(v)],
    "print": lambda *v: "".join(map(text, v)), "println": lambda *v: " ".join(map(text, v)) + "\n",
    "printf": printf, "indent": indent, "nindent": lambda w, v: "\n" + indent(w, v),
    "trim": lambda v: text(v).strip(), "trimAll": lambda c, v: text(v).strip(text(c)),
    "trimSuffix": lambda s, v: text(v).removesuffix(text(s)),
    "trimPrefix": lambda s, v: text(v).removeprefix(text(s)),
    "lower": lambda v: text(v).lower(), "upper": lambda v: text(v).upper(),
    "title": lambda v: text(v).title(), "untitle": lambda v: text(v)[:1].lower() + text(v)[1:],
    "camelcase": lambda v: _words(" ", v).title().replace(" ", ""),
    "snakecase": lambda v: _words("_", v), "kebabcase": lambda v: _words("-", v),
    "trunc": lambda n, v: text(v)[: number(n)] if number(n) >= 0 else text(v)[number(n) :],
    "substr": lambda a, b, v: text(v)[number(a) : number(b) if number(b) >= 0 else None],
    "replace": _replaced,
    "contains": lambda part, v: text(part) in text(v),
    "hasPrefix": lambda part, v: text(v).startswith(text(part)),
    "hasSuffix": lambda part, v: text(v).endswith(text(part)),
    "repeat": _repeated,
    "nospace": lambda v: "".join(text(v).split()), "cat": lambda *v: " ".join(map(text, v)),
    "join": _joined, "splitList": _split,
    "split": lambda sep, v: {f"_{n}": one for n, one in enumerate(_split(sep, v))},
    "b64enc": lambda v: base64.b64encode(text(v).encode()).decode(), "b64dec": _decoded,
    "sha256sum": lambda v: hashlib.sha256(text(v).encode()).hexdigest(),
    "base": lambda v: posixpath.basename(text(v)), "dir": lambda v: posixpath.dirname(text(v)),
    "toYaml": to_yaml, "toJson": to_json, "toRawJson": to_json, "toPrettyJson": to_json,
    "mustToJson": to_json, "mustToYaml": to_yaml,
    "fromYaml": _from_yaml, "fromJson": _from_yaml, "fromYamlArray": _from_yaml,
    "regexReplaceAll": lambda _, v, __: text(v), "regexMatch": lambda _, v: true(v),
    "regexReplaceAllLiteral": lambda _, v, __: text(v), "regexFind": lambda _, v: text(v),
    "randAlphaNum": lambda n: "x" * min(number(n), 100), "uuidv4": lambda: "",
    "randAlpha": lambda n: "x" * min(number(n), 100), "randNumeric": lambda _: "1",
    "htpasswd": lambda *_: "", "now": lambda: "", "date": lambda *_: "",
    "genCA": lambda *_: {}, "genSelfSignedCert": lambda *_: {}, "genSignedCert": lambda *_: {},
    "genPrivateKey": lambda *_: "", "derivePassword": lambda *_: "", "lookup": lambda *_: {},
    "semverCompare": _semver, "env": lambda _: "", "expandenv": text,
    # conditions
    "eq": _equal, "ne": lambda a, b: text(a) != text(b), "not": lambda v: not true(v),
    "lt": _less, "gt": lambda a, b: _less(b, a), "le": lambda a, b: not _less(b, a),
    "ge": lambda a, b: not _less(a, b), "empty": lambda v: not true(v),
    "and": lambda *v: next((one for one in v if not true(one)), v[-1]),
    "or": lambda *v: next((one for one in v if true(one)), v[-1]),
    "default": _default, "coalesce": _coalesce, "required": lambda _, v=None: v,
    "ternary": lambda yes, no, v: yes if true(v) else no, "fail": lambda *_: "",
    "all": lambda *v: all(map(true, v)), "any": lambda *v: any(map(true, v)),
    "kindIs": lambda kind, v: _kind(v) == kind, "kindOf": _kind, "typeOf": _kind,
    "typeIs": lambda kind, v: _kind(v) == text(kind).partition("[")[0],
    # numbers
    "int": number, "int64": number, "atoi": number, "float64": number, "toDecimal": number,
    "add": _sum, "add1": lambda v: number(v) + 1, "sub": lambda a, b: number(a) - number(b),
    "mul": lambda a, b: number(a) * number(b), "div": lambda a, b: number(a) // (number(b) or 1),
    "mod": lambda a, b: number(a) % (number(b) or 1), "ceil": number, "floor": number,
    "round": lambda v, *_: number(v), "max": lambda *v: max(map(number, v)),
    "min": lambda *v: min(map(number, v)), "until": _until, "untilStep": _until, "seq": _until,
    # lists and mappings
    "list": lambda *v: list(v), "tuple": lambda *v: list(v), "dict": _pairs,
    "len": lambda v: len(v) if isinstance(v, list | dict | str) else 0, "index": _index,
    "first": lambda v: (v or [None])[0], "last": lambda v: (v or [None])[-1],
    "rest": lambda v: _as_list(v)[1:], "initial": lambda v: _as_list(v)[:-1],
    "append": lambda v, one: [*_as_list(v), one], "prepend": lambda v, one: [one, *_as_list(v)],
    "concat": lambda *v: [one for held in v for one in _as_list(held)],
    "uniq": lambda v: list({text(one): one for one in _as_list(v)}.values()),
    "reverse": lambda v: _as_list(v)[::-1], "compact": lambda v: [o for o in _as_list(v) if o],
    "sortAlpha": lambda v: sorted(map(text, _as_list(v))), "has": _has,
    "without": lambda v, *out: [one for one in _as_list(v) if not _has(one, list(out))],
    "hasKey": lambda held, key: text(key) in _as_dict(held),
    "get": lambda held, key: _as_dict(held).get(text(key), ""), "set": _set, "unset": _unset,
    "keys": lambda *v: sorted(key for held in v for key in _as_dict(held)),
    "values": lambda v: list(_as_dict(v).values()), "dig": _dig,
    "pick": lambda held, *keys: {k: v for k, v in _as_dict(held).items() if k in keys},
    "omit": lambda held, *keys: {k: v for k, v in _as_dict(held).items() if k not in keys},
    "merge": merged, "mustMerge": merged, "mergeOverwrite": _over, "mustMergeOverwrite": _over,
    "deepCopy": lambda v: json.loads(to_json(v)),
}  # fmt: skip
"""By their names there. Expressions to be matched are not: what is matched stays as it is."""
