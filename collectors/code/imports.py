"""Import statements."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from collectors.code.expressions import dotted

if TYPE_CHECKING:
    from collectors.code.summary import Summary


def note(node: cst.Import | cst.ImportFrom, summary: Summary) -> None:
    """Add what an import statement binds to a summary."""
    if isinstance(node, cst.Import):
        for alias in node.names:
            _plain(alias, summary)
    else:
        _from(node, summary)


def _plain(alias: cst.ImportAlias, summary: Summary) -> None:
    target = dotted(alias.name)
    summary.modules.append(target)
    if alias.asname is not None and isinstance(alias.asname.name, cst.Name):
        summary.imports[alias.asname.name.value] = target
    else:
        first = target.split(".")[0]
        summary.imports[first] = first


def _from(node: cst.ImportFrom, summary: Summary) -> None:
    base = "." * len(node.relative) + dotted(node.module)
    summary.modules.append(base)
    if isinstance(node.names, cst.ImportStar):
        summary.imports.setdefault("*", "")
        summary.imports["*"] = f"{summary.imports['*']} {base}".strip()
        return
    for alias in node.names:
        name = dotted(alias.name)
        target = f"{base}{name}" if base.endswith(".") else f"{base}.{name}"
        summary.modules.append(target)
        bound = alias.asname.name if alias.asname is not None else None
        summary.imports[bound.value if isinstance(bound, cst.Name) else name] = target
