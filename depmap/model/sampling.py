"""How traces were sampled, where their spans do not tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A sampling policy, as people know it.

    Attributes:
        head: share (0-1, not 0) of traces that were kept whatever happened in them.
        errors: which were kept besides: ``none``, ``any`` (an error anywhere in the trace) or
            ``root`` (the whole request failed).
    """

    head: float = 1.0
    errors: Literal["none", "any", "root"] = "none"

    @property
    def by_outcome(self) -> bool:
        """Whether what happened decides what was kept."""
        return self.errors != "none" and self.head < 1
