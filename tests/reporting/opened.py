"""A page in a real browser, with all that it asked for and complained about."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import BrowserContext, Page


class Opened:
    """A page in the browser.

    Attributes:
        requests: what was asked for, the page itself first.
        complaints: what the browser said about it.
        page: the page.
        seconds: until it had loaded, and shown what it waits for.
    """

    def __init__(self, browser: BrowserContext, path: Path, wait_for: str = "body") -> None:
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.page: Page = browser.new_page()
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        start = time.perf_counter()
        self.page.goto(path.as_uri())
        self.page.locator(wait_for).wait_for()
        self.seconds = time.perf_counter() - start

    def asked(self) -> list[str]:
        """What was asked for beside the page itself."""
        return [url for url in self.requests[1:] if not url.startswith("data:")]

    def overflows(self) -> bool:
        """Whether one has to scroll sideways to read it."""
        found: bool = self.page.evaluate(
            "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        )
        return found
