"""depmap: the dependencies between services, from all the evidence there is.

Three functions, and nothing else is public: ``links`` (trace files to a frame), ``scan`` (code and
deployment files to services, evidence and gaps) and ``build`` (a project to its snapshot).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from depmap.api import build, links, scan

__all__ = ["build", "links", "scan"]


def __getattr__(name: str) -> Any:
    """Import the library when it is first used, so that the command line starts at once."""
    if name in __all__:
        from depmap import api  # noqa: PLC0415 - see above

        return getattr(api, name)
    raise AttributeError(f"module 'depmap' has no attribute {name!r}")
