"""What can be read of a file that does not parse: its imports and where it listens."""

from __future__ import annotations

import re

from collectors.code.summary import Expr, Site, Summary

_FROM = re.compile(r"^[ \t]*from[ \t]+([.\w]+)[ \t]+import[ \t]+([\w, \t]+)", re.MULTILINE)
_IMPORT = re.compile(r"^[ \t]*import[ \t]+([\w.]+)", re.MULTILINE)
_APP = re.compile(r"^(\w+)[ \t]*=[ \t]*(Flask|FastAPI|Quart)\(", re.MULTILINE)
_RUN = re.compile(r"^[ \t]+(\w+)\.run\([^)\n]*?\bport[ \t]*=[ \t]*(\d+)", re.MULTILINE)


def read(path: str, text: str) -> Summary:
    """Return a summary of what stands at the start of lines."""
    summary = Summary(path, parsed=False)
    for found in _FROM.finditer(text):
        names = [name.split()[0] for name in found[2].split(",") if name.strip()]
        summary.modules.extend((found[1], *(f"{found[1]}.{name}" for name in names)))
        summary.imports.update({name: f"{found[1]}.{name}" for name in names})
    for found in _IMPORT.finditer(text):
        summary.modules.append(found[1])
    for found in _APP.finditer(text):
        call = Expr("call", args=(Expr("name", found[2]),), line=_line(text, found.start()))
        summary.names[found[1]] = [call]
        summary.sites.append(Site(call, call.line))
    for found in _RUN.finditer(text):
        run = Expr("attr", "run", (Expr("name", found[1]),))
        line = _line(text, found.start())
        call = Expr("call", args=(run, Expr("number", found[2])), keys=("port",), line=line)
        summary.sites.append(Site(call, line, main=True))
    return summary


def _line(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1
