"""How fast a server is asked."""

from __future__ import annotations

import time
from threading import Lock


class Pace:
    """Keeps requests apart, whichever thread sends them."""

    def __init__(self, rate: float) -> None:
        """Allow so many requests a second; 0: as many as may be."""
        self._apart = 1 / rate if rate > 0 else 0.0
        self._lock = Lock()
        self._next = 0.0

    def wait(self) -> None:
        """Wait for one's turn."""
        if not self._apart:
            return
        with self._lock:
            now = time.monotonic()
            turn = max(now, self._next)
            self._next = turn + self._apart
        time.sleep(turn - now)
